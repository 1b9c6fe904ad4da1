"""Every kind of picture becomes an RGB square, and everything else a reason."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from duck_and_cover.data.pictures import UnreadablePicture, decode_cover, decode_measured
from duck_and_cover.errors import DuckAndCoverError

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def reason_of(source: bytes | str | Path) -> str:
    with pytest.raises(UnreadablePicture) as caught:
        decode_cover(source, 16)
    assert isinstance(caught.value, DuckAndCoverError)
    return caught.value.reason


def close(picture: Image.Image, colour: tuple[int, int, int], within: int = 3) -> bool:
    return bool((np.abs(np.asarray(picture).astype(int) - colour) <= within).all())


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("JPEG", mode) for mode in ("1", "L", "RGB", "CMYK", "YCbCr")),
        *(("TIFF", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16")),
        *((kind, mode) for kind in ("WEBP", "AVIF", "JPEG2000") for mode in ("RGB", "RGBA")),
    ],
)
def test_every_mode_becomes_an_rgb_square(kind: str, mode: str) -> None:
    picture = Image.new("RGB", (40, 40), (90, 90, 90))
    source = picture.convert("L").convert(mode) if mode == "I;16" else picture.convert(mode)
    data = encoded(source, kind)
    for size in (None, 16):
        cover = decode_cover(data, size)
        assert cover.mode == "RGB"
        assert cover.size == ((40, 40) if size is None else (16, 16))


def test_grey_and_cmyk_keep_their_colour() -> None:
    assert close(decode_cover(encoded(Image.new("L", (32, 32), 77))), (77, 77, 77), 0)
    cmyk = encoded(Image.new("RGB", (32, 32), RED).convert("CMYK"), "JPEG", quality=95)
    assert close(decode_cover(cmyk), RED, 4)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_shows_white(mode: str) -> None:
    clear = Image.new("RGBA", (32, 32), (0, 0, 0, 0)).convert(mode)
    assert close(decode_cover(encoded(clear)), WHITE, 0)
    half = Image.new("RGBA", (32, 32), (0, 0, 0, 128)).convert(mode)
    assert close(decode_cover(encoded(half)), (127, 127, 127), 1)


def test_transparent_palette_and_transparent_colour_show_white() -> None:
    palette = Image.new("P", (32, 32), 0)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(1, (0, 0, 32, 16))
    cover = decode_cover(encoded(palette, transparency=0))
    assert cover.getpixel((0, 0)) == BLUE
    assert cover.getpixel((0, 31)) == WHITE
    keyed = encoded(Image.new("RGB", (32, 32), RED), transparency=RED)
    assert close(decode_cover(keyed), WHITE, 0)


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        grey = np.asarray(decode_cover(encoded(Image.fromarray(ramp), kind)))[..., 0]
        assert np.array_equal(grey, np.rint(ramp / 257.0).astype(np.uint8))


def test_float_and_32_bit_grey_find_their_white() -> None:
    ramp = np.linspace(0, 1, 64 * 64).reshape(64, 64).astype(np.float32)
    unit = np.asarray(decode_cover(encoded(Image.fromarray(ramp), "TIFF")))[..., 0]
    assert np.array_equal(unit, np.rint(ramp * 255).astype(np.uint8))
    wide = (ramp * 1_000_000).astype(np.int32)
    scaled = np.asarray(decode_cover(encoded(Image.fromarray(wide), "TIFF")))[..., 0]
    assert scaled[0, 0] == 0 and scaled[-1, -1] == 255 and len(np.unique(scaled)) == 256


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animations_show_their_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, BLUE)]
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
    assert close(decode_cover(data), RED)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_undone(orientation: int) -> None:
    upright = Image.new("RGB", (64, 64), WHITE)
    upright.paste(RED, (0, 0, 32, 32))
    upright.paste(BLUE, (32, 0, 64, 32))
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.rotate(180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.rotate(90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.rotate(-90),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    cover = decode_cover(encoded(stored, "JPEG", quality=95, exif=exif))
    assert close(cover.crop((4, 4, 28, 28)), RED, 8)
    assert close(cover.crop((36, 4, 60, 28)), BLUE, 8)


def test_a_damaged_exif_block_costs_nothing() -> None:
    data = encoded(Image.new("RGB", (32, 32), RED), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert close(decode_cover(data), RED, 4)


@pytest.mark.parametrize("size", [(454, 640), (640, 454)])
def test_the_centre_is_cropped_square(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, WHITE)
    left, top = (size[0] - 454) // 2, (size[1] - 454) // 2
    picture.paste(RED, (left, top, left + 454, top + 454))
    data = encoded(picture, "JPEG", quality=95, subsampling=0)
    assert decode_cover(data).size == (454, 454)
    assert close(decode_cover(data), RED, 20)
    # The reduced JPEG rounds the edges of the square to a pixel of its own.
    assert close(decode_cover(data, 32).crop((1, 1, 31, 31)), RED, 12)


def test_reduced_decoding_looks_like_full_decoding() -> None:
    ramp = np.linspace(0, 255, 512)[None, :] * np.linspace(0.2, 1, 512)[:, None]
    data = encoded(Image.fromarray(ramp.astype(np.uint8)).convert("RGB"), "JPEG", quality=95)
    small = np.asarray(decode_cover(data, 32)).astype(int)
    whole = decode_cover(data).resize((32, 32), Image.Resampling.LANCZOS)
    assert np.abs(small - np.asarray(whole)).max() <= 4


def test_the_side_in_the_file_is_told() -> None:
    data = encoded(Image.new("RGB", (300, 200)), "JPEG")
    assert decode_measured(data, 16)[1] == 200


def test_paths_and_bytes_give_the_same(tmp_path: Path) -> None:
    data = encoded(Image.effect_noise((50, 50), 60).convert("RGB"), "JPEG")
    file = tmp_path / "cover.jpg"
    file.write_bytes(data)
    covers = [decode_cover(source, 16).tobytes() for source in (data, file, str(file))]
    assert covers[0] == covers[1] == covers[2]


def test_reasons(tmp_path: Path) -> None:
    assert reason_of(b"") == "empty file"
    assert "web page" in reason_of(b"\n<!DOCTYPE html><html><body>Not found</body></html>")
    assert reason_of(b"just some words") == "not a picture"
    assert reason_of(tmp_path / "gone.jpg").startswith("no file")
    assert reason_of("a\0b").startswith("no file")
    assert reason_of(tmp_path).startswith("no file")
    assert reason_of(encoded(Image.new("RGB", (1, 1)))) == "too small: 1x1"
    assert reason_of(encoded(Image.new("RGB", (400, 7)))) == "too small: 400x7"
    assert decode_cover(encoded(Image.new("RGB", (8, 8))), 16).size == (16, 16)


def test_postscript_stays_shut() -> None:
    assert reason_of(encoded(Image.new("RGB", (32, 32)), "EPS")) == "not a picture"


@pytest.mark.parametrize("side", [9_500, 50_000])
def test_decompression_bombs_are_refused_unopened(side: int) -> None:
    def block(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = block(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    pixels = block(b"IDAT", zlib.compress(bytes(1000)))
    bomb = b"\x89PNG\r\n\x1a\n" + header + pixels + block(b"IEND", b"")
    assert reason_of(bomb).startswith("too large")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_cut_off_at_any_length(kind: str, encoded_cover: Callable[..., bytes]) -> None:
    data = encoded_cover(1, 24, kind)
    reasons = set()
    for length in range(len(data)):
        try:
            assert decode_cover(data[:length], 16).size == (16, 16)
        except UnreadablePicture as error:
            reasons.add(error.reason)
    assert "truncated" in reasons
    if kind in ("JPEG", "PNG"):
        assert reason_of(data[: len(data) // 2]) == "truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_damage_never_raises_anything_else(kind: str, encoded_cover: Callable[..., bytes]) -> None:
    chance = random.Random(7)
    whole = encoded_cover(2, 24, kind)
    unreadable = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            assert decode_cover(bytes(data), 16).mode == "RGB"
        except UnreadablePicture as error:
            unreadable += 1
            assert error.reason and "\n" not in error.reason and len(error.reason) < 120
    assert unreadable


def test_random_bytes_are_no_picture() -> None:
    chance = random.Random(3)
    for _ in range(300):
        assert reason_of(chance.randbytes(chance.randint(0, 400)))
