"""The pyramid holds what the pictures show, at every resolution, whatever happens to its folder."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from PIL import Image

from duck_and_cover.data import pyramid as pyramid_module
from duck_and_cover.data.cache import appearing_folder, cache_folder, remove_folder
from duck_and_cover.data.columns import to_schema
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.pictures import decode_cover
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.data.pyramid_builder import build, means
from duck_and_cover.data.workers import map_in_order, progress
from duck_and_cover.errors import DuckAndCoverError, UsageError

Make = Callable[..., datasets.Dataset]
Encode = Callable[..., bytes]


@pytest.fixture
def covers(make_covers: Make) -> datasets.Dataset:
    """Ten covers of 32x32 with genres and years; the third year is not known."""
    years = [1980 + number if number != 2 else None for number in range(10)]
    return to_schema(make_covers(10, side=32, genre=list("abcdefghij"), year=years))


@pytest.fixture
def refuse_building(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(pyramid_module, "build", refuse)


def test_levels_and_labels(covers: datasets.Dataset, tmp_path: Path, encoded_cover: Encode) -> None:
    pyramid = CoverPyramid.open_or_build(covers, 32, cache=tmp_path)
    assert len(pyramid) == 10
    assert {side: level.shape for side, level in pyramid.levels.items()} == {
        side: (10, side, side, 3) for side in (4, 8, 16, 32)
    }
    assert all(level.dtype == np.uint8 for level in pyramid.levels.values())
    assert pyramid.genres == [[name] for name in "abcdefghij"]
    assert pyramid.years.dtype == np.int32
    assert pyramid.years.tolist() == [1980, 1981, 0, *range(1983, 1990)]
    assert pyramid.skipped == []
    for number in range(10):
        picture = decode_cover(encoded_cover(number, 32), 32)
        assert np.array_equal(pyramid.levels[32][number], np.asarray(picture))


def test_every_level_is_the_mean_of_the_top_rounded_once() -> None:
    top = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    levels = dict(zip((4, 8, 16, 32), means(top, (4, 8, 16, 32)), strict=True))
    for side, level in levels.items():
        block = 32 // side
        blocks = top.astype(np.float64).reshape(3, side, block, side, block, 3)
        assert np.array_equal(level, np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8))
    twice = np.rint(levels[16].astype(float).reshape(3, 8, 2, 8, 2, 3).mean(axis=(2, 4)))
    assert not np.array_equal(twice, levels[8])  # which is why they are not made of each other


def test_means_are_exact_at_large_sizes() -> None:
    white = np.full((1, 1024, 1024, 3), 255, np.uint8)
    assert (means(white, tuple(2**power for power in range(2, 11)))[0] == 255).all()


def test_read_gives_rows_in_the_order_asked(covers: datasets.Dataset, tmp_path: Path) -> None:
    pyramid = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    batch = pyramid.read(np.array([7, 0, 7]), 8)
    assert batch.shape == (3, 8, 8, 3) and batch.dtype == np.uint8
    assert type(batch) is np.ndarray and batch.flags.writeable and batch.flags.c_contiguous
    assert np.array_equal(batch, pyramid.levels[8][[7, 0, 7]])


@pytest.mark.usefixtures("refuse_building")
def test_refusing_is_noticed(covers: datasets.Dataset, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="built again"):
        CoverPyramid.open_or_build(covers, 16, cache=tmp_path)


def test_it_is_built_once(
    covers: datasets.Dataset, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    request.getfixturevalue("refuse_building")
    again = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    assert again.fingerprint == first.fingerprint
    assert np.array_equal(again.levels[16], first.levels[16])
    assert [path.name for path in tmp_path.iterdir()] == [again.folder.name]


def test_new_labels_need_no_decoding_and_change_the_fingerprint(
    covers: datasets.Dataset, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    request.getfixturevalue("refuse_building")
    relabelled = covers.remove_columns("release_year").add_column(
        "release_year", [1999] * 10, feature=datasets.Value("int32")
    )
    second = CoverPyramid.open_or_build(relabelled, 16, cache=tmp_path)
    assert second.years.tolist() == [1999] * 10
    assert second.folder == first.folder and second.fingerprint != first.fingerprint


def test_other_pictures_other_order_and_other_top_are_other_pyramids(
    covers: datasets.Dataset, tmp_path: Path
) -> None:
    folders = {
        CoverPyramid.open_or_build(part, top, cache=tmp_path).folder
        for part, top in (
            (covers, 16),
            (covers, 8),
            (covers.select(range(9)), 16),
            (covers.select(range(9, -1, -1)), 16),
        )
    }
    assert len(folders) == 4


def test_the_fingerprint_follows_files(tmp_path: Path, encoded_cover: Encode) -> None:
    folder = tmp_path / "covers"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(encoded_cover(number))

    def fingerprint() -> str:
        covers = load_covers(folder)
        together = datasets.concatenate_datasets(list(covers.values()))
        return CoverPyramid.open_or_build(together, 8, cache=tmp_path / "cache").fingerprint

    before = fingerprint()
    assert fingerprint() == before
    (folder / "1.png").write_bytes(encoded_cover(99))
    os.utime(folder / "1.png", ns=(1, 1))
    assert fingerprint() != before


def test_pictures_that_cannot_be_shown_are_skipped_and_listed(
    make_covers: Make, tmp_path: Path, encoded_cover: Encode, caplog: pytest.LogCaptureFixture
) -> None:
    good = to_schema(make_covers(6, genre=list("abcdef")))
    images: list[Any] = good["image"][:]
    images[1] = {"bytes": b"<html>", "path": None}
    images[3] = {"bytes": encoded_cover(3)[:200], "path": None}
    images[4] = {"bytes": None, "path": str(tmp_path / "gone.jpg")}
    images[5] = None
    covers = good.remove_columns(["image", "album_id"])
    covers = covers.add_column("image", images, feature=datasets.Image(decode=False))
    covers = covers.add_column("album_id", [f"id {number}" for number in range(6)])
    with caplog.at_level(logging.WARNING):
        pyramid = CoverPyramid.open_or_build(covers, 8, cache=tmp_path / "cache")
    assert pyramid.genres == [["a"], ["c"]]
    assert np.array_equal(pyramid.levels[8][1], np.asarray(decode_cover(encoded_cover(2), 8)))
    names = [name for name, _ in pyramid.skipped]
    assert names == ["id 1", "id 3", str(tmp_path / "gone.jpg"), "id 5"]
    reasons = [reason for _, reason in pyramid.skipped]
    assert reasons[0] == "not a picture: a web page" and reasons[1] == "truncated"
    assert reasons[2].startswith("no file") and reasons[3] == "no picture"
    assert "4 of 6 covers cannot be shown" in caplog.text
    assert "id 3: truncated" in caplog.text
    kept = json.loads((pyramid.folder / "skipped.json").read_text())
    assert [tuple(line) for line in kept] == pyramid.skipped
    assert (
        CoverPyramid.open_or_build(covers, 8, cache=tmp_path / "cache").skipped == pyramid.skipped
    )


def test_nothing_left_is_one_line(tmp_path: Path) -> None:
    covers = to_schema(datasets.Dataset.from_dict({"image": [b"no", b"picture"]}))
    with pytest.raises(DuckAndCoverError, match="none of the 2 covers.*not a picture") as caught:
        CoverPyramid.open_or_build(covers, 8, cache=tmp_path)
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("top", [0, 2, 3, 48, -4])
def test_top_is_a_power_of_two(covers: datasets.Dataset, top: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"resolution: {top} is none of 4, 8"):
        CoverPyramid.open_or_build(covers, top, cache=tmp_path)


def test_small_pictures_are_enlarged_with_a_warning(
    covers: datasets.Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        pyramid = CoverPyramid.open_or_build(covers, 64, cache=tmp_path)
    assert pyramid.levels[64].shape == (10, 64, 64, 3)
    assert "10 covers are smaller than 64x64" in caplog.text


def cut(folder: Path) -> None:
    (folder / "16.npy").write_bytes((folder / "16.npy").read_bytes()[:-1])


def swap(folder: Path) -> None:
    shutil.copy(folder / "4.npy", folder / "8.npy")


def empty(folder: Path) -> None:
    (folder / "pyramid.json").write_text("")


def garble(folder: Path) -> None:
    (folder / "rows.npy").write_bytes(b"garbage")


def drop_rows(folder: Path) -> None:
    np.save(folder / "rows.npy", np.arange(3))


def lose_level(folder: Path) -> None:
    (folder / "4.npy").unlink()


def lose_list(folder: Path) -> None:
    (folder / "skipped.json").unlink()


@pytest.mark.parametrize("harm", [cut, swap, empty, garble, drop_rows, lose_level, lose_list])
def test_a_damaged_pyramid_is_built_anew(
    covers: datasets.Dataset,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    harm: Callable[[Path], None],
) -> None:
    whole = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    pixels = {side: np.array(level) for side, level in whole.levels.items()}
    harm(whole.folder)
    with caplog.at_level(logging.WARNING):
        mended = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    assert all(np.array_equal(mended.levels[side], pixels[side]) for side in pixels)
    assert caplog.text.count("is damaged") == 1
    assert [path.name for path in tmp_path.iterdir()] == [mended.folder.name]


def test_processes_give_the_same_pixels(make_covers: Make, tmp_path: Path) -> None:
    covers = to_schema(make_covers(300, side=9))
    several = CoverPyramid.open_or_build(covers, 8, cache=tmp_path / "a", processes=2)
    alone = CoverPyramid.open_or_build(covers, 8, cache=tmp_path / "b", processes=1)
    assert len(several) == 300
    assert all(np.array_equal(several.levels[side], alone.levels[side]) for side in (4, 8))


def test_two_builders_at_once_share_the_winners_pyramid(
    covers: datasets.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_built = threading.Barrier(2, timeout=30)

    def build_together(*details: Any) -> None:
        build(*details)
        both_built.wait()

    monkeypatch.setattr(pyramid_module, "build", build_together)
    found: list[CoverPyramid] = []
    builders = [
        threading.Thread(
            target=lambda: found.append(CoverPyramid.open_or_build(covers, 16, cache=tmp_path))
        )
        for _ in range(2)
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert len(found) == 2 and found[0].folder == found[1].folder
    assert np.array_equal(found[0].levels[16], found[1].levels[16])
    assert [path.name for path in tmp_path.iterdir()] == [found[0].folder.name]


def test_a_pickle_holds_no_pixels(covers: datasets.Dataset, tmp_path: Path) -> None:
    pyramid = CoverPyramid.open_or_build(covers, 32, cache=tmp_path)
    pixels = pyramid.levels[32]
    pickled = pickle.dumps(pyramid)
    assert len(pickled) < pixels.nbytes / 10
    again = pickle.loads(pickled)
    assert np.array_equal(again.read(np.arange(10), 32), pixels)
    assert again.genres == pyramid.genres and again.fingerprint == pyramid.fingerprint


def test_a_full_disk_is_told_before_the_work(
    covers: datasets.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(DuckAndCoverError, match="the covers need .* GB in"):
        CoverPyramid.open_or_build(covers, 32, cache=tmp_path)


def test_jpegs_of_any_size_fill_the_top_level(tmp_path: Path) -> None:
    folder = tmp_path / "covers"
    folder.mkdir()
    for number, size in enumerate([(454, 640), (640, 640), (20, 31)]):
        Image.effect_noise(size, 50).convert("RGB").save(folder / f"{number}.jpg")
    covers = datasets.concatenate_datasets(list(load_covers(folder).values()))
    pyramid = CoverPyramid.open_or_build(covers, 64, cache=tmp_path / "cache")
    assert pyramid.levels[64].shape == (3, 64, 64, 3)
    assert all(level.std() > 1 for level in pyramid.levels[64])


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DUCK_AND_COVER_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("DUCK_AND_COVER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "duck_and_cover"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "duck_and_cover"


def test_folders_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "place"
    with pytest.raises(KeyError), appearing_folder(place) as folder:
        (folder / "half").write_text("")
        raise KeyError
    assert list(place.parent.iterdir()) == []
    abandoned = place.with_name(f".{place.name}.dead")
    abandoned.mkdir()
    os.utime(abandoned, (time.time() - 90_000,) * 2)
    with appearing_folder(place) as folder:
        (folder / "whole").write_text("")
        assert not place.exists()
    assert [path.name for path in place.parent.iterdir()] == ["place"]
    remove_folder(place)
    remove_folder(place)
    assert list(place.parent.iterdir()) == []


def die(_: int) -> int:
    os._exit(9)


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(DuckAndCoverError, match="a worker process was killed"):
        list(map_in_order(die, range(4), 2))


def test_work_comes_back_in_order() -> None:
    assert list(map_in_order(abs, range(-50, 0), 2)) == list(range(50, 0, -1))


def test_progress_is_plain_lines_without_a_terminal(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    with caplog.at_level(logging.INFO), progress("decoding covers", 100) as advance:
        for _ in range(4):
            advance(10)
    assert [record.getMessage() for record in caplog.records] == [
        "decoding covers: 20 of 100, 2 a second",
        "decoding covers: 40 of 100, 2 a second",
    ]
