"""Finished covers: crisp when enlarged, typeset at their final size, in a file that says so."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile

from duck_and_cover.conditions import Condition
from duck_and_cover.data.synthetic.covers import describe_cover, draw_cover
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.finish import enlarge, finished, save, srgb_profile
from duck_and_cover.generation.typeset import typeset

WISH = Condition(("jazz",), 1959, {}, "Björk & 宇多田", "Ágætis Train")


@pytest.fixture
def cover() -> Cover:
    return Cover(draw_cover(describe_cover(9), 64), WISH, 3, 0.7, "owner/name")


def pixels(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(picture).astype(np.float64)


def error(one: Image.Image, other: Image.Image) -> float:
    return float(((pixels(one) - pixels(other)) ** 2).mean())


@pytest.mark.parametrize("resolution", [32, 64, 128])
def test_enlarging_is_nearer_to_the_truth_than_lanczos_at_once(resolution: int) -> None:
    for index in (0, 9, 23, 66):
        truth = draw_cover(describe_cover(index), 512)
        small = truth.resize((resolution, resolution), Image.Resampling.BOX)
        once = small.resize((512, 512), Image.Resampling.LANCZOS)
        assert error(enlarge(small, 512), truth) < error(once, truth)


def test_an_edge_stays_an_edge_without_halos() -> None:
    values = np.full((32, 32, 3), 60, np.uint8)
    values[:, 16:] = 190
    small = Image.fromarray(values)
    large, once = enlarge(small, 512), small.resize((512, 512), Image.Resampling.LANCZOS)
    assert pixels(large).min() >= 59 and pixels(large).max() <= 191
    assert pixels(once).min() < 55 and pixels(once).max() > 195
    steepest, before = (np.abs(np.diff(pixels(p)[256], axis=0)).max() for p in (large, once))
    assert steepest > 2 * before


@pytest.mark.parametrize("size", [40, 64, 100, 128, 300, 1000])
def test_any_size_can_be_had(cover: Cover, size: int) -> None:
    flat = enlarge(Image.new("RGB", (64, 64), (10, 200, 30)), size)
    assert flat.size == (size, size) and flat.getcolors() == [(size * size, (10, 200, 30))]
    assert enlarge(cover.picture, size).size == (size, size)


def test_covers_are_finished_at_the_size_that_is_asked_for(cover: Cover) -> None:
    assert finished(cover).tobytes() == cover.picture.tobytes()
    assert finished(cover, 500).size == (500, 500)
    assert finished(cover, with_type=True).size == (300, 300)
    typed = finished(cover, 640, with_type=True)
    bare = finished(cover, 640)
    again = typeset(bare, WISH.artist, WISH.album, ("jazz",), 3, source=cover.picture)
    assert typed.tobytes() == again.tobytes()
    assert typed.tobytes() != bare.tobytes()


@pytest.mark.parametrize(
    ("size", "with_type"), [(63, False), (4097, False), (299, True), (-1, True)]
)
def test_sizes_out_of_range(cover: Cover, size: int, with_type: bool) -> None:
    with pytest.raises(UsageError, match=f"^size {size}: .* to 4096 pixels$"):
        finished(cover, size, with_type)


def test_a_png_says_what_it_is(cover: Cover, tmp_path: Path) -> None:
    path = tmp_path / "cover.png"
    save(finished(cover, 320), path, cover)
    with Image.open(path) as picture:
        assert picture.format == "PNG" and picture.size == (320, 320)
        text = {key: picture.info[key] for key in cover.settings}
        assert text == cover.settings and text["Artist"] == "Björk & 宇多田"
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        assert picture.info["icc_profile"] == srgb_profile()
        assert picture.convert("RGB").tobytes() == finished(cover, 320).tobytes()


@pytest.mark.parametrize("name", ["cover.jpg", "cover.JPEG"])
def test_a_jpeg_says_what_it_is(cover: Cover, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save(finished(cover, 320), path, cover)
    with Image.open(path) as picture:
        assert picture.format == "JPEG" and picture.size == (320, 320)
        assert json.loads(picture.info["comment"]) == cover.settings
        exif = picture.getexif()
        assert exif[0x0131] == "duck_and_cover"
        assert exif[0x9C9D].decode("utf-16-le") == "Björk & 宇多田\0"
        assert json.loads(exif[0x010E]) == cover.settings
        assert picture.info["dpi"] == (300, 300)
        assert picture.info["icc_profile"] == srgb_profile()
        # Colour at full resolution: 4:4:4.
        assert isinstance(picture, JpegImageFile)
        assert {factor for _, *factors, _ in picture.layer for factor in factors} == {1}
        assert error(picture, finished(cover, 320)) < 4


def test_the_profile_is_srgb_and_the_same_at_any_time(tmp_path: Path, cover: Cover) -> None:
    profile = ImageCms.getOpenProfile(io.BytesIO(srgb_profile()))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    files = []
    for name in ("a.png", "b.png"):
        save(finished(cover, 320), tmp_path / name, cover)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("name", ["cover.gif", "cover"])
def test_other_endings(cover: Cover, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"a cover is a \.png or a \.jpg"):
        save(finished(cover), tmp_path / name, cover)
    assert not list(tmp_path.iterdir())
