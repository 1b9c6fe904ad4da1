"""What counts as a cover, and in which form it is stored: a square JPEG of a limited size.

Nearly all covers are just that and keep their bytes. The others are made so: PNGs, grey and
transparent pictures, those that a camera turned, those that are too large or not quite square.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from duck_and_cover.data.pictures import FORMATS, UnreadablePicture, decode_cover

NARROWEST = 32  # pixels of a side; what is smaller is a tracking pixel or an icon
LONGEST = 1.5  # of the shorter side; what is longer is a banner or an unfolded booklet

_ORIENTATION_TAG = 0x0112


class NotACover(Exception):
    """A picture that is whole, and none that a cover can be made of; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def stands_as_it_is(path: Path, size: int) -> bool:
    """Whether a file is a whole, upright, square RGB JPEG of at most `size` pixels a side.

    The data are decoded to their end, at an eighth of the scale: that finds a file that was cut
    off by a single byte, in less than half the time.

    Raises:
        NotACover: it is too small.
    """
    try:
        with Image.open(path, formats=("JPEG",)) as picture:
            width, height = picture.size
            upright = picture.getexif().get(_ORIENTATION_TAG, 1) == 1
            if picture.format != "JPEG" or picture.mode != "RGB" or width != height or not upright:
                return False
            if NARROWEST <= width <= size:
                picture.draft("RGB", (1, 1))
                picture.load()
                return True
    # Broken files make Pillow raise nearly anything; `converted` finds the words for it.
    except Exception:
        return False
    return False


def converted(path: Path, size: int) -> bytes:
    """Any picture as a square JPEG of at most `size` pixels a side.

    Raises:
        NotACover: it is whole, but too small, too large or far from square.
        UnreadablePicture: it is damaged or no picture.
    """
    try:
        picture = decode_cover(path, min(size, _side(path)))
    except UnreadablePicture as error:
        general = error.reason.partition(":")[0]
        if general in ("too small", "too large"):
            raise NotACover(general) from error
        raise UnreadablePicture(general) from error
    file = BytesIO()
    picture.save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


def _side(path: Path) -> int:
    """Pixels of the shorter side."""
    Image.init()
    try:
        with Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN]) as picture:
            width, height = picture.size
    # The same as above: decoding will say what is wrong with it.
    except Exception:
        return NARROWEST
    if min(width, height) < NARROWEST:
        raise NotACover("too small")
    if max(width, height) > LONGEST * min(width, height):
        raise NotACover("not square")
    return min(width, height)
