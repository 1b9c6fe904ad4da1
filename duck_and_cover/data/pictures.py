"""Makes one RGB square of whatever stands in a picture file, or says why it cannot.

Covers come from many hands: grey, CMYK, transparent, rotated by EXIF, cut off half-way, or a web
page saved under the name of a JPEG. Everything that reads a cover goes through `decode_cover`.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from duck_and_cover.errors import DuckAndCoverError

SMALLEST_SIDE = 8  # below this a file is a tracking pixel or a placeholder, not a cover
LARGEST_PIXELS = 90_000_000  # 9,486 x 9,486; what claims more is a decompression bomb

# Formats a cover comes in. The others Pillow knows stay shut: EPS, for one, starts a program.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000")
SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


Measured = tuple[Image.Image, int]


class UnreadablePicture(DuckAndCoverError):
    """A file that cannot be shown as a cover; `reason` says why in a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode_cover(source: bytes | str | Path, size: int | None = None) -> Image.Image:
    """Decode a picture into an RGB square: the first frame, upright, centre-cropped.

    Args:
        source: the file's bytes or its path.
        size: pixels of the result's side; None keeps the shorter side of the picture. A small
            size makes JPEGs decode at a reduced scale, several times faster.

    Raises:
        UnreadablePicture: whatever is wrong with the file, and nothing else.
    """
    return decode_measured(source, size)[0]


def decode_at_least(source: bytes | str | Path, size: int) -> Image.Image:
    """`decode_cover` without its resizing: a square of `size` pixels or more if the file has them.

    JPEGs are reduced by their decoder as far as that goes, and no further.
    """
    return _opened(source, lambda file: _decode(file, size, whole=True))[0]


def decode_measured(source: bytes | str | Path, size: int | None) -> tuple[Image.Image, int]:
    """`decode_cover`, and the side of the square in the file: pixels before any resizing."""
    return _opened(source, lambda file: _decode(file, size))


def _opened(source: bytes | str | Path, decode: Callable[[IO[bytes]], Measured]) -> Measured:
    """What `decode` makes of the file; whatever is wrong with it is an UnreadablePicture."""
    try:
        file: IO[bytes] = BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")
    except (OSError, ValueError) as error:
        raise UnreadablePicture(f"no file: {_first_line(error)}") from error
    with file, warnings.catch_warnings():
        # Pillow warns of odd EXIF blocks and palettes in pictures that it shows well.
        warnings.simplefilter("ignore")
        try:
            return decode(file)
        except UnreadablePicture:
            raise
        # Broken files make Pillow's codecs raise anything from SyntaxError to KeyError.
        except Exception as error:
            raise UnreadablePicture(_reason(file, error)) from error


def _decode(file: IO[bytes], size: int | None, whole: bool = False) -> Measured:
    """The square and its side in the file; `whole` leaves the square larger than `size`."""
    with Image.open(file, formats=_formats()) as picture:
        width, height = picture.size
        if min(width, height) < SMALLEST_SIDE:
            raise UnreadablePicture(f"too small: {width}x{height}")
        if width * height > LARGEST_PIXELS:
            raise UnreadablePicture(f"too large: {width}x{height}")
        if size is not None:
            # Twice the size wanted leaves the last halving to a better filter than the JPEG's.
            draft = size if whole else 2 * size
            picture.draft("RGB", (draft, draft))
        picture.load()
        upright = _upright(_to_rgb(picture), picture)
        return _square(upright, None if whole else size), min(width, height)


@cache
def _formats() -> tuple[str, ...]:
    """Those of FORMATS that this build of Pillow has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _square(picture: Image.Image, size: int | None) -> Image.Image:
    """The centre square, resized with Lanczos: the filter of the progressive GAN's own data."""
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    if size is None or size == side:
        return picture.crop(box)
    # The gap lets a box filter do the coarse part of a large reduction at a tenth of the cost.
    return picture.resize((size, size), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _upright(rgb: Image.Image, picture: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF block says; a block that cannot be read says nothing."""
    try:
        orientation = picture.getexif().get(_ORIENTATION_TAG, 1)
        turn = _UPRIGHT.get(orientation)
    # A damaged block must not cost us a good picture, and breaks Pillow in as many ways.
    except Exception:
        turn = None
    return rgb if turn is None else rgb.transpose(turn)


def _to_rgb(picture: Image.Image) -> Image.Image:
    """Convert any Pillow mode to RGB; what is transparent shows white."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _from_deep_grey(picture)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return picture.convert("RGB")


def _from_deep_grey(picture: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and float grey to 8 bits; Pillow's own conversion clips at 255."""
    grey = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0.0, neginf=0.0)
    brightest = float(grey.max())
    if picture.mode.startswith("I;16"):
        white = 65535.0
    else:
        # These modes do not say how bright white is: the narrowest usual range that fits.
        usual = (1.0, 255.0, 65535.0) if picture.mode == "F" else (255.0, 65535.0)
        white = next((limit for limit in usual if brightest <= limit), brightest)
    scaled = np.rint(np.clip(grey / white, 0.0, 1.0) * 255.0).astype(np.uint8)
    return Image.fromarray(scaled).convert("RGB")


def _reason(file: IO[bytes], error: Exception) -> str:
    """A few words for the list of skipped covers."""
    file.seek(0)
    head = file.read(512)
    if not head:
        return "empty file"
    if isinstance(error, Image.DecompressionBombError):
        return "too large"
    if isinstance(error, UnidentifiedImageError) and not head.startswith(_MAGIC):
        return "not a picture: a web page" if b"<" in head.lstrip()[:1] else "not a picture"
    # What starts as a picture and cannot be read on is, nearly always, a broken-off download.
    cut_off = (UnidentifiedImageError, EOFError, struct.error)
    if isinstance(error, cut_off) or "truncated" in str(error).lower():
        return "truncated"
    return f"damaged: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return text[:100] or type(error).__name__
