"""A collection becomes a dataset's folder: divided as training divides it, whole, and the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from data_collection.publish import parse_size, write_to_disk
from data_collection.rows import iter_rows, write_metadata
from data_collection.store import Store, open_store
from data_collection.waiting import Patience
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.pictures import decode_cover
from duck_and_cover.data.schema import SPLITS, features
from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError
from tests.data_collection.filled import album, fill, some

SMALL = 100_000  # bytes of a shard: some 15 pictures as they are


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`datasets` unpacks into a folder of the test's own."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """60 covers by 20 artists."""
    with open_store(tmp_path / "collection") as opened:
        fill(opened, some())
        yield opened


def caption(row: Mapping[str, Any]) -> str:
    return f"{row['album_name']} by {row['artist_name']}"


def write(
    store: Store, folder: Path, max_bytes: int = SMALL, patience: Patience | None = None
) -> list[tuple[int, int, int]]:
    told: list[tuple[int, int, int]] = []
    write_to_disk(
        store, folder, caption, max_bytes, patience or Patience(), lambda *now: told.append(now)
    )
    return told


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("text", "size"),
    [("500MB", 500_000_000), ("2gb", 2 * 10**9), ("1.5 KB", 1500), ("12345", 12345)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-5MB", "MB", "5TB", "many", "0.1", "1e6", "٣MB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="--max-shard-size"):
        parse_size(text)


def test_the_folder_loads_as_a_dataset(store: Store, tmp_path: Path) -> None:
    told = write(store, tmp_path / "out")
    full = datasets.load_dataset(str(tmp_path / "out"))
    small = datasets.load_dataset(str(tmp_path / "out"), "64px")
    rows = {row["album_id"]: row for row in iter_rows(store)}
    assert sum(map(len, full.values())) == sum(map(len, small.values())) == len(rows) == 60
    for split in SPLITS:
        assert full[split].features == small[split].features == features(decode=True)
        assert len(full[split]) == len(small[split]) > 0
        for cover, reduced in zip(full[split], small[split], strict=True):
            assert cover["album_id"] == reduced["album_id"]
            row = rows[cover["album_id"]]
            path = store.picture(row["key"])
            assert np.array_equal(cover["image"], np.asarray(Image.open(path)))
            assert np.array_equal(reduced["image"], np.asarray(decode_cover(path, 64)))
            assert cover["caption"] == reduced["caption"] == caption(row)
            assert cover["genres"] == row["genres"] and cover["tracks"] == []
            assert cover["release_year"] == row["release_year"]
            assert cover["audio_features"] is None
    assert told[-1] == (120, 120, 0)
    assert told == sorted(told)


def test_pictures_are_the_files_themselves_and_png(store: Store, tmp_path: Path) -> None:
    write(store, tmp_path / "out")
    keys = {row["album_id"]: row["key"] for row in iter_rows(store)}
    for config, kind in (("full", "JPEG"), ("64px", "PNG")):
        for path in (tmp_path / "out" / config).iterdir():
            table = pq.read_table(path).to_pylist()
            assert [keys[row["album_id"]] for row in table] == sorted(
                keys[row["album_id"]] for row in table
            )
            for row in table:
                image, key = row["image"], keys[row["album_id"]]
                assert Path(image["path"]).stem == key
                assert Image.open(BytesIO(image["bytes"])).format == kind
                if config == "full":
                    assert image["bytes"] == store.picture(key).read_bytes()


def test_splits_are_those_of_training(store: Store, tmp_path: Path) -> None:
    write(store, tmp_path / "out")
    write_metadata(store)
    trained = load_covers(store.folder)
    published = load_covers(tmp_path / "out")
    small = load_covers(tmp_path / "out" / "64px")
    for split in SPLITS:
        ids = sorted(trained[split]["album_id"])
        assert sorted(published[split]["album_id"]) == sorted(small[split]["album_id"]) == ids


def test_few_artists_leave_the_dividing_to_training(tmp_path: Path) -> None:
    with open_store(tmp_path / "collection") as store:
        fill(store, some(covers=12, artists=2))
        write(store, tmp_path / "out")
        write_metadata(store)
        trained = load_covers(store.folder)
    loaded = datasets.load_dataset(str(tmp_path / "out"))
    assert list(loaded) == ["train"] and len(loaded["train"]) == 12
    again = load_covers(tmp_path / "out")
    for split in SPLITS:
        assert sorted(again[split]["album_id"]) == sorted(trained[split]["album_id"])


def test_shards_are_of_limited_size_and_in_small_groups(store: Store, tmp_path: Path) -> None:
    write(store, tmp_path / "out", max_bytes=SMALL)
    full = sorted((tmp_path / "out" / "full").glob("train-*"))
    assert len(full) > 2
    assert [path.name for path in full] == [
        f"train-{number:05}-of-{len(full):05}.parquet" for number in range(len(full))
    ]
    assert all(path.stat().st_size <= SMALL + 20_000 for path in full)  # and the footer
    write(store, tmp_path / "rows", max_bytes=1)
    single = list((tmp_path / "rows" / "full").iterdir())
    assert len(single) == 60 and all(pq.read_metadata(path).num_rows == 1 for path in single)


def test_row_groups_are_small(tmp_path: Path) -> None:
    with open_store(tmp_path / "collection") as store:
        fill(store, some(covers=230, artists=2))
        write(store, tmp_path / "out", max_bytes=10**9)
    data = pq.read_metadata(tmp_path / "out" / "64px" / "train-00000-of-00001.parquet")
    assert [data.row_group(i).num_rows for i in range(data.num_row_groups)] == [100, 100, 30]


def test_the_same_covers_make_the_same_files(store: Store, tmp_path: Path) -> None:
    write(store, tmp_path / "one" / "covers")
    write(store, tmp_path / "two" / "covers")
    first = contents(tmp_path / "one" / "covers")
    assert first == contents(tmp_path / "two" / "covers") and len(first) > 8


def test_a_former_output_is_replaced_whole(store: Store, tmp_path: Path) -> None:
    write(store, tmp_path / "out", max_bytes=20_000)
    before = contents(tmp_path / "out")
    fill(store, [album(number, 20) for number in range(60, 70)])
    write(store, tmp_path / "out")
    after = contents(tmp_path / "out")
    assert len(after) < len(before)
    assert sum(map(len, load_covers(tmp_path / "out").values())) == 70


def test_a_stop_in_the_middle_is_mended(store: Store, tmp_path: Path) -> None:
    write(store, tmp_path / "whole" / "out")
    patience = Patience()
    with pytest.raises(StoppedEarly):
        write_to_disk(
            store,
            tmp_path / "out",
            caption,
            SMALL,
            patience,
            lambda done, *_: patience.stop.set() if done > 30 else None,
        )
    assert not (tmp_path / "out" / "README.md").exists()
    assert any(path.suffix == ".partial" for path in (tmp_path / "out").rglob("*"))
    write(store, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole" / "out")


@pytest.mark.parametrize("name", ["README.md", "notes.txt", "full/mine.parquet"])
def test_other_content_is_left_alone(store: Store, tmp_path: Path, name: str) -> None:
    path = tmp_path / "mine" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(UsageError, match="none of this program's"):
        write(store, tmp_path / "mine")
    assert contents(tmp_path / "mine").keys() == {name}
    with pytest.raises(UsageError, match="a file of that name"):
        write(store, path)
    assert path.read_text() == "mine"


def test_nothing_to_publish(tmp_path: Path) -> None:
    with (
        open_store(tmp_path / "empty") as store,
        pytest.raises(UsageError, match="no covers yet"),
    ):
        write(store, tmp_path / "out")


@pytest.mark.parametrize("damage", [b"", b"<html>not found</html>", None])
def test_a_picture_that_cannot_be_read(store: Store, tmp_path: Path, damage: bytes | None) -> None:
    path = store.picture(next(iter_rows(store))["key"])
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(DuckAndCoverError, match="cannot be read .*: delete it") as caught:
        write(store, tmp_path / "out")
    assert path.name in str(caught.value)
