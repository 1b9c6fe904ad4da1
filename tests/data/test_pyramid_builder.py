"""Levels are means rounded once; pictures of every size and state are dealt with."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from PIL import Image

from duck_and_cover.data.columns import to_schema
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.pictures import decode_cover
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.data.pyramid_builder import means
from duck_and_cover.errors import DuckAndCoverError

Encode = Callable[..., bytes]
Make = Callable[..., datasets.Dataset]


@pytest.fixture
def covers(make_covers: Make) -> datasets.Dataset:
    """Ten covers of 32x32."""
    return to_schema(make_covers(10, side=32))


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
    assert pyramid.labels.genres == [["a"], ["c"]]
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
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_small_pictures_are_enlarged_with_a_warning(
    covers: datasets.Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        pyramid = CoverPyramid.open_or_build(covers, 64, cache=tmp_path)
    assert pyramid.levels[64].shape == (10, 64, 64, 3)
    assert "10 covers are smaller than 64x64" in caplog.text


def test_processes_give_the_same_pixels(make_covers: Make, tmp_path: Path) -> None:
    covers = to_schema(make_covers(300, side=9))
    several = CoverPyramid.open_or_build(covers, 8, cache=tmp_path / "a", processes=2)
    alone = CoverPyramid.open_or_build(covers, 8, cache=tmp_path / "b", processes=1)
    assert len(several) == 300
    assert all(np.array_equal(several.levels[side], alone.levels[side]) for side in (4, 8))


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
