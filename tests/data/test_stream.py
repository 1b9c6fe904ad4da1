"""A stream's covers: each once an epoch, in an order that its place alone decides."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.block import Block, Cover, Place, Skipped
from duck_and_cover.data.splits import split_of
from duck_and_cover.data.stream import CoverStream
from duck_and_cover.errors import DuckAndCoverError, UsageError

START = Place(0, 0, 0)
SHARDS, EACH = 3, 20  # the parquet files, and the covers in each


@pytest.fixture
def covers(make_covers: Callable[..., Any], tmp_path: Path) -> Path:
    """A folder of parquet files; every cover has an album of its own, some share an artist."""
    folder = tmp_path / "covers"
    folder.mkdir()
    for shard in range(SHARDS):
        numbers = range(shard * EACH, (shard + 1) * EACH)
        make_covers(
            EACH,
            album=[f"album {number}" for number in numbers],
            artist=[f"artist {number // 2}" for number in numbers],
            genre=["rock" if number % 2 else "Jazz, pop" for number in numbers],
            year=[str(1950 + number) for number in numbers],
            notes=["not read"] * EACH,
        ).to_parquet(str(folder / f"{shard}.parquet"))
    return folder


def names(blocks: list[Block]) -> list[str]:
    return [cover.name for block in blocks for cover in block.covers]


def epoch(stream: CoverStream, number: int = 0, rank: int = 0, world: int = 1) -> list[Block]:
    """All blocks of one rank in an epoch."""
    found = []
    for block in stream.blocks(Place(number, 0, 0), rank, world):
        if block.place.epoch != number:
            break
        found.append(block)
    return found


def artist_of(name: str) -> str:
    return name.split(" - ")[0]


def trained_on(artist: str) -> bool:
    return split_of(f"artist_name:{artist}") == "train"


def test_an_epoch_is_every_cover_but_those_held_out(covers: Path) -> None:
    found = names(epoch(CoverStream(str(covers), buffer=7)))
    every = [f"artist {number // 2} - album {number}" for number in range(SHARDS * EACH)]
    kept = [name for name in every if trained_on(artist_of(name))]
    assert 0 < len(kept) < len(every)
    assert sorted(found) == sorted(kept)


def test_covers_have_their_labels(covers: Path) -> None:
    for cover in (cover for block in epoch(CoverStream(str(covers))) for cover in block.covers):
        number = int(cover.name.split()[-1])
        assert cover.year == 1950 + number
        assert cover.genres == (["rock"] if number % 2 else ["jazz", "pop"])


def test_the_splits_of_the_data_are_kept(covers: Path) -> None:
    (covers / "0.parquet").rename(covers / "test-0.parquet")
    (covers / "1.parquet").rename(covers / "validation-0.parquet")
    found = names(epoch(CoverStream(str(covers))))
    assert {int(name.split()[-1]) for name in found} == set(range(2 * EACH, 3 * EACH))


def test_seed_and_epoch_decide_the_order(covers: Path) -> None:
    stream = CoverStream(str(covers), seed=1, buffer=7)
    first, second = names(epoch(stream)), names(epoch(stream, 1))
    assert first != second and sorted(first) == sorted(second)
    assert names(epoch(CoverStream(str(covers), seed=1, buffer=7))) == first
    assert names(epoch(CoverStream(str(covers), seed=2, buffer=7))) != first
    assert names(list(islice(stream.blocks(START), 20)))[: len(first) + 3] == first + second[:3]


@pytest.mark.parametrize("world", [1, 2, 3])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_any_block_is_found_again_by_its_place(covers: Path, world: int, number: int) -> None:
    stream = CoverStream(str(covers), buffer=9)
    blocks = list(islice(stream.blocks(START, world - 1, world), 8))
    again = list(islice(stream.blocks(blocks[number].place, world - 1, world), 8 - number))
    assert [block.covers for block in again] == [block.covers for block in blocks[number:]]


@pytest.mark.parametrize("world", [2, 3, 4])
def test_ranks_share_an_epoch(covers: Path, world: int) -> None:
    """Three ranks have a shard each; two and four share each of the three shards."""
    stream = CoverStream(str(covers), buffer=7)
    parts = [names(epoch(stream, 0, rank, world)) for rank in range(world)]
    assert all(parts)
    assert sorted(sum(parts, [])) == sorted(names(epoch(stream)))


def test_the_vocabulary_is_that_of_the_training_covers(
    covers: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stream = CoverStream(str(covers))
    with caplog.at_level("INFO"):
        found = Vocabulary.of(stream.some_labels())
    assert found.genres == ("jazz", "pop", "rock")
    shown = [cover.year for block in epoch(stream) for cover in block.covers]
    assert (found.first_year, found.last_year) == (min(shown), max(shown))
    assert "3 genres" in caplog.text


def test_a_short_look_is_spread_over_the_shards(covers: Path) -> None:
    found = Vocabulary.of(CoverStream(str(covers)).some_labels(rows=12))
    assert found.last_year - found.first_year > 2 * EACH - 5


def test_columns_are_mapped(covers: Path) -> None:
    stream = CoverStream(str(covers), {"genres": "notes"})
    assert Vocabulary.of(stream.some_labels()).genres == ("not read",)
    with pytest.raises(UsageError, match="no column 'tag'"):
        CoverStream(str(covers), {"genres": "tag"})


def with_broken(covers: Path, *numbers: int) -> None:
    """Cut off the pictures of some albums."""
    import datasets

    for path in covers.glob("*.parquet"):
        rows = datasets.Dataset.from_parquet(str(path)).cast_column(
            "image", datasets.Image(decode=False)
        )

        def cut(row: dict[str, Any]) -> dict[str, Any]:
            broken = int(row["album"].split()[-1]) in numbers
            content = row["image"]["bytes"]
            return {"image": {"bytes": content[:40] if broken else content, "path": None}}

        rows.map(cut, features=rows.features).to_parquet(str(path))


def test_few_covers_are_looked_through(
    covers: Path, caches: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = set(names(epoch(CoverStream(str(covers), buffer=7))))
    broken = sorted(whole)[:5]
    with_broken(covers, *(int(name.split()[-1]) for name in broken))
    stream = CoverStream(str(covers), buffer=7)
    assert set(names(epoch(stream))) == whole - set(broken)
    assert stream.skipped.count == 5
    assert f"cannot be shown: {broken[0]}: truncated" in caplog.text


def bare(source: bytes | None, name: str) -> Cover:
    """A cover of which nothing is known."""
    return Cover(source, [], 0, "", "", None, name)


def test_a_broken_cover_gives_way_to_the_next(encoded_cover: Callable[..., bytes]) -> None:
    sources = [encoded_cover(0), b"", b"<html>", encoded_cover(3), None]
    skipped = Skipped()
    block = Block(START, [bare(s, str(i)) for i, s in enumerate(sources)], skipped)
    for _ in range(2):
        for number in range(5):
            block.decode(number, 8)
        assert [block.shown(number).name for number in range(5)] == ["0", "3", "3", "3", "0"]
    assert skipped.count == 3
    assert (block.decode(1, 8) == block.decode(3, 8)).all()
    with pytest.raises(DuckAndCoverError, match="none of 1 covers"):
        Block(START, [bare(b"", "one")], skipped).decode(0, 8)


def test_data_that_has_nothing_to_show_is_one_line(covers: Path, caches: Path) -> None:
    with_broken(covers, *range(SHARDS * EACH))
    with pytest.raises(DuckAndCoverError, match="no covers in .* to train"):
        next(CoverStream(str(covers), buffer=7).blocks(START))


def test_a_file_that_goes_is_one_line(covers: Path) -> None:
    stream = CoverStream(str(covers), buffer=7)
    blocks = stream.blocks(START)
    next(blocks)
    for path in covers.glob("*.parquet"):
        path.unlink()
    with pytest.raises(DuckAndCoverError, match="cannot read .*go on with --resume"):
        for _ in range(20):
            next(blocks)


def test_reading_stops_when_told(covers: Path) -> None:
    stop = threading.Event()
    blocks = CoverStream(str(covers), buffer=7).blocks(START, stop=stop)
    next(blocks)
    stop.set()
    assert next(blocks, None) is None


def test_what_cannot_be_streamed_is_a_usage_error(tmp_path: Path) -> None:
    for data in ("synthetic", "synthetic-unlettered", str(tmp_path), "nowhere"):
        with pytest.raises(UsageError):
            CoverStream(data)
    with pytest.raises(UsageError, match="shuffle_buffer 0"):
        CoverStream("synthetic", buffer=0)


def test_the_fingerprint_is_of_the_files(covers: Path, make_covers: Callable[..., Any]) -> None:
    before = CoverStream(str(covers)).fingerprint
    assert CoverStream(str(covers)).fingerprint == before
    make_covers(1).to_parquet(str(covers / "more.parquet"))
    assert CoverStream(str(covers)).fingerprint != before
