"""The pyramid holds what the pictures show, is built once, and mends itself."""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

from duck_and_cover.data import pyramid as pyramid_module
from duck_and_cover.data.cache import one_at_a_time
from duck_and_cover.data.columns import to_schema
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.pictures import decode_cover
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.data.pyramid_builder import build
from duck_and_cover.errors import UsageError

Encode = Callable[..., bytes]
Make = Callable[..., datasets.Dataset]


@pytest.fixture
def covers(make_covers: Make) -> datasets.Dataset:
    """Ten covers of 32x32 with genres and years; the third year is not known."""
    years = [1980 + number if number != 2 else None for number in range(10)]
    return to_schema(make_covers(10, side=32, genre=list("abcdefghij"), year=years))


def folders_in(cache: Path) -> list[str]:
    """All that stands there but the locks, which are empty files."""
    return [path.name for path in cache.iterdir() if path.is_dir()]


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
    assert pyramid.labels.genres == [[name] for name in "abcdefghij"]
    assert pyramid.labels.years.dtype == np.int32
    assert pyramid.labels.years.tolist() == [1980, 1981, 0, *range(1983, 1990)]
    assert pyramid.skipped == []
    for number in range(10):
        picture = decode_cover(encoded_cover(number, 32), 32)
        assert np.array_equal(pyramid.levels[32][number], np.asarray(picture))


def test_read_gives_rows_in_the_order_asked(covers: datasets.Dataset, tmp_path: Path) -> None:
    pyramid = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    batch = pyramid.read(np.array([7, 0, 7]), 8)
    assert batch.shape == (3, 8, 8, 3) and batch.dtype == np.uint8
    assert type(batch) is np.ndarray and batch.flags.writeable and batch.flags.c_contiguous
    assert np.array_equal(batch, pyramid.levels[8][[7, 0, 7]])
    pyramid.close()
    assert np.array_equal(batch, pyramid.read(np.array([7, 0, 7]), 8))


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
    assert folders_in(tmp_path) == [again.folder.name]


def test_new_labels_need_no_decoding_and_change_the_fingerprint(
    covers: datasets.Dataset, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    request.getfixturevalue("refuse_building")
    relabelled = covers.remove_columns("release_year").add_column(
        "release_year", [1999] * 10, feature=datasets.Value("int32")
    )
    second = CoverPyramid.open_or_build(relabelled, 16, cache=tmp_path)
    assert second.labels.years.tolist() == [1999] * 10
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


@pytest.mark.parametrize("top", [0, 2, 3, 48, -4])
def test_top_is_a_power_of_two(covers: datasets.Dataset, top: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"resolution: {top} is none of 4, 8"):
        CoverPyramid.open_or_build(covers, top, cache=tmp_path)


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


def darken(folder: Path) -> None:
    content = bytearray((folder / "16.npy").read_bytes())
    content[-1] ^= 1
    (folder / "16.npy").write_bytes(content)


def forget_sides(folder: Path) -> None:
    (folder / "sides.npy").unlink()


@pytest.mark.parametrize(
    "harm",
    [cut, swap, empty, garble, drop_rows, lose_level, lose_list, darken, forget_sides],
)
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
    assert folders_in(tmp_path) == [mended.folder.name]


def test_of_two_at_once_one_builds_and_the_other_waits(
    covers: datasets.Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    built: list[Path] = []

    def build_when_told(dataset: datasets.Dataset, folder: Path, *details: Any) -> None:
        begun.set()
        assert go_on.wait(30)
        built.append(folder)
        build(dataset, folder, *details)

    monkeypatch.setattr(pyramid_module, "build", build_when_told)
    with ThreadPoolExecutor(2) as pool, caplog.at_level(logging.INFO):
        first = pool.submit(CoverPyramid.open_or_build, covers, 16, cache=tmp_path)
        assert begun.wait(30)
        waits = WaitingLine()
        logging.getLogger("duck_and_cover").addHandler(waits)
        second = pool.submit(CoverPyramid.open_or_build, covers, 16, cache=tmp_path)
        assert waits.seen.wait(30)
        logging.getLogger("duck_and_cover").removeHandler(waits)
        go_on.set()
        assert np.array_equal(first.result().levels[16], second.result().levels[16])
    assert len(built) == 1
    assert folders_in(tmp_path) == [first.result().folder.name]


class WaitingLine(logging.Handler):
    """Sets `seen` when somebody says that he waits."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "waiting for another process" in record.getMessage():
            self.seen.set()


def test_a_whole_pyramid_is_opened_while_another_holds_the_lock(
    covers: datasets.Dataset, tmp_path: Path
) -> None:
    made = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    with one_at_a_time(made.folder), ThreadPoolExecutor(1) as pool:
        again = pool.submit(CoverPyramid.open_or_build, covers, 16, cache=tmp_path)
        assert len(again.result(timeout=30)) == 10


def test_levels_above_the_limit_are_not_stored(covers: datasets.Dataset, tmp_path: Path) -> None:
    low = CoverPyramid.open_or_build(covers, 16, cache=tmp_path)
    high = CoverPyramid.open_or_build(covers, 64, limit=16, cache=tmp_path)
    assert high.folder == low.folder and high.resolutions == (4, 8, 16)
    rows = np.array([7, 0, 7])
    assert np.array_equal(high.read(rows, 16), low.read(rows, 16))
    assert high.read(rows, 64).shape == (3, 64, 64, 3)


@pytest.mark.parametrize("limit", [0, 2, 100])
def test_the_limit_is_a_power_of_two(covers: datasets.Dataset, limit: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"pyramid_max: {limit} is none of 4, 8"):
        CoverPyramid.open_or_build(covers, 64, limit=limit, cache=tmp_path)


def test_a_pickle_holds_no_pixels(covers: datasets.Dataset, tmp_path: Path) -> None:
    pyramid = CoverPyramid.open_or_build(covers, 32, cache=tmp_path)
    pixels = pyramid.levels[32]
    pickled = pickle.dumps(pyramid)
    assert len(pickled) < pixels.nbytes / 10
    again = pickle.loads(pickled)
    assert np.array_equal(again.read(np.arange(10), 32), pixels)
    assert again.labels.genres == pyramid.labels.genres and again.fingerprint == pyramid.fingerprint
