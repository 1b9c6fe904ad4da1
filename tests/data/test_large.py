"""Above the stored levels: the same covers, near enough the same pixels, ahead of their step."""

from __future__ import annotations

import threading
from collections.abc import Generator
from io import BytesIO
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from duck_and_cover.data.columns import to_schema
from duck_and_cover.data.large import (
    MOST_THREADS,
    STEPS_AHEAD,
    AheadSampler,
    DrawAhead,
    LargeCovers,
    decode_to,
    threads_for,
)
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.pictures import decode_cover
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.data.sampler import Draw, StageBatchSampler
from duck_and_cover.errors import DuckAndCoverError
from duck_and_cover.growth import Growth

Pixels = npt.NDArray[np.uint8]


def jpeg(number: int, side: int) -> bytes:
    """A smooth picture, different for each number, as photographs are: little at single pixels."""
    coarse = np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
    file = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1)).save(file, "JPEG", quality=95)
    return file.getvalue()


def dataset(*pictures: Any) -> datasets.Dataset:
    """Covers of bytes or paths, in the schema."""
    images = [
        {"bytes": p, "path": None} if isinstance(p, bytes) else {"bytes": None, "path": str(p)}
        for p in pictures
    ]
    covers = datasets.Dataset.from_dict({"image": images})
    return to_schema(covers.cast_column("image", datasets.Image()))


def mean_difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("side", [32, 48, 64, 100, 128, 300])
def test_pixels_are_near_those_of_a_whole_decoding(side: int) -> None:
    picture = jpeg(side, side)
    exact = np.asarray(decode_cover(decode_whole(picture), 64))
    found = decode_to(picture, 64)
    assert found.shape == (64, 64, 3) and found.dtype == np.uint8
    assert mean_difference(found, exact) < 1.5


def decode_whole(picture: bytes) -> bytes:
    """The same pixels in a format that cannot be decoded at a reduced scale."""
    file = BytesIO()
    Image.open(BytesIO(picture)).save(file, "PNG")
    return file.getvalue()


def test_torchs_bicubic_is_next_to_pillows_lanczos() -> None:
    picture = decode_whole(jpeg(1, 150))
    pillow = np.asarray(decode_cover(picture, 64)).astype(int)
    assert np.abs(decode_to(picture, 64) - pillow).max() <= 3


def test_the_next_level_up_is_consistent_with_the_stored_one(tmp_path: Path) -> None:
    covers = dataset(*(jpeg(number, 200) for number in range(4)))
    pyramid = CoverPyramid.open_or_build(covers, 64, limit=32, cache=tmp_path)
    rows = np.arange(4)
    halved = pyramid.read(rows, 64).astype(float).reshape(4, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    assert mean_difference(pyramid.read(rows, 32), halved) < 3
    shifted = pyramid.read(np.roll(rows, 1), 32)
    assert mean_difference(shifted, halved) > 20  # what other covers differ by


def test_rows_are_the_pyramids(tmp_path: Path) -> None:
    covers = dataset(jpeg(0, 64), b"no picture", jpeg(2, 64), jpeg(3, 64))
    pyramid = CoverPyramid.open_or_build(covers, 32, limit=16, cache=tmp_path)
    found = pyramid.read(np.array([2, 1, 0]), 32)
    for place, number in enumerate([3, 2, 0]):
        assert np.array_equal(found[place], decode_to(jpeg(number, 64), 32))


def test_covers_of_a_folder_are_read_by_path(tmp_path: Path) -> None:
    folder = tmp_path / "covers"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.jpg").write_bytes(jpeg(number, 64))
    covers = datasets.concatenate_datasets(list(load_covers(folder).values()))
    pyramid = CoverPyramid.open_or_build(covers, 32, limit=16, cache=tmp_path / "cache")
    paths = [Path(image["path"]) for image in covers["image"]]
    for row, path in enumerate(paths):
        assert np.array_equal(pyramid.read(np.array([row]), 32)[0], decode_to(str(path), 32))


def test_a_cover_that_is_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(jpeg(0, 64))
    covers = LargeCovers(dataset(path), np.arange(1))
    path.unlink()
    with pytest.raises(DuckAndCoverError, match="cannot read the cover .*one.jpg again .no file"):
        covers.read(np.array([0]), 32)


def test_enlarged_covers_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    covers = dataset(jpeg(0, 64), jpeg(1, 32), jpeg(2, 32))
    pyramid = CoverPyramid.open_or_build(covers, 64, limit=16, cache=tmp_path)
    assert "enlarged" not in caplog.text
    pyramid.warn_of_enlarged(64)
    assert "2 covers are smaller than 64x64" in caplog.text


GROWTH = Growth(resolution=8, kimg=0.12, fade_kimg=0.02, stable_kimg=0.04, batch_size=8)


class Marks(LargeCovers):
    """Covers whose pixels are their number; nothing is decoded, `asked` tells what was."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_fill = threading.Event()
        self.may_fill.set()

    def fill(self, pixels: Pixels, indices: npt.NDArray[np.integer[Any]]) -> None:
        assert self.may_fill.wait(30)
        self.asked += len(indices)
        pixels[:] = indices[:, None, None, None]


def test_draws_ahead_are_the_same_draws_with_their_pixels() -> None:
    plain = list(StageBatchSampler(GROWTH, 37))
    found = list(AheadSampler(StageBatchSampler(GROWTH, 37), Marks(), 4, threads=2))
    assert [d.images_shown for d in found] == [d.images_shown for d in plain]
    for draw, one in zip(found, plain, strict=True):
        assert draw.stage == one.stage and np.array_equal(draw.indices, one.indices)
        assert isinstance(draw, DrawAhead) == (one.stage.resolution > 4)
        if isinstance(draw, DrawAhead):
            assert draw.wait().shape == (8, 8, 8, 3)
            assert np.array_equal(draw.pixels[:, 0, 0, 0], one.indices)


def test_covers_are_begun_some_steps_ahead_and_no_more() -> None:
    growth = Growth(resolution=8, start_resolution=8, kimg=0.8, batch_size=8)
    covers = Marks()
    draws = iter(AheadSampler(StageBatchSampler(growth, 37), covers, 4, threads=1))
    for step in range(3):
        draw = next(draws)
        assert isinstance(draw, DrawAhead)
        draw.wait()
        assert covers.asked <= 8 * (step + 1 + STEPS_AHEAD)
    covers.may_fill.clear()
    begun = next(draws)  # comes although nothing is decoded: it is waited for when it is needed
    assert isinstance(begun, DrawAhead)
    covers.may_fill.set()
    assert np.array_equal(begun.wait()[:, 0, 0, 0], begun.indices)


def test_what_is_ahead_when_training_stops_is_dropped() -> None:
    growth = Growth(resolution=8, start_resolution=8, kimg=0.8, batch_size=8)
    covers = Marks()
    covers.may_fill.clear()
    draws = iter(AheadSampler(StageBatchSampler(growth, 37), covers, 4, threads=1))
    draw = next(draws)
    assert isinstance(draw, DrawAhead) and isinstance(draws, Generator)
    draws.close()
    covers.may_fill.set()
    assert all(part.cancelled() for part in draw.parts[1:])


def test_an_error_of_a_thread_is_the_waiters(tmp_path: Path) -> None:
    covers = LargeCovers(dataset(tmp_path / "never.jpg"), np.arange(1))
    growth = Growth(resolution=8, start_resolution=8, kimg=0.001, batch_size=1)
    (draw,) = AheadSampler(StageBatchSampler(growth, 1), covers, 4, threads=1)
    assert isinstance(draw, Draw) and isinstance(draw, DrawAhead)
    with pytest.raises(DuckAndCoverError, match="never.jpg"):
        draw.wait()


def test_ranks_share_the_processors() -> None:
    assert 1 <= threads_for(1) <= MOST_THREADS
    assert threads_for(10_000) == 1
