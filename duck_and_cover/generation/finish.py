"""Finishes covers for a shop: enlarged, with their type, in a file that says what it is.

Shops ask for 3000 x 3000 pixels of sRGB as PNG or JPEG; a generator gives 32 to 512.
"""

from __future__ import annotations

import io
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageFilter

from duck_and_cover.errors import UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.design import SMALLEST
from duck_and_cover.generation.typeset import typeset
from duck_and_cover.generation.upscale import Upscaler

Pixels = npt.NDArray[np.uint8]
Form = Literal["png", "jpeg"]

SIZES = (64, 4096)  # pixels of the side that can be asked for
_STEPS_UP_TO = 2048  # pixels: what is sharp here stays sharp beyond
_STEEPER, _GRAIN = 100, 3  # percent that edges are sharpened by; grey levels that are no edge
_DPI = (300, 300)
# ASCII by the standard; the other two are Microsoft's, in UTF-16, for names in any script.
_EXIF_DESCRIPTION, _EXIF_SOFTWARE = 0x010E, 0x0131
_EXIF_NAMES = {"Album": 0x9C9B, "Artist": 0x9C9D}
_JPEG_QUALITY, _PNG_LEVEL = 95, 2
_FORMS: dict[str, Form] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}


def enlarge(picture: Image.Image, size: int, upscaler: Upscaler | None = None) -> Image.Image:
    """A square picture at another size: by Lanczos, doubled step by step where it grows.

    What has learnt to enlarge goes first, as far as the size has room for it.

    At once, Lanczos leaves halos and edges as soft as the picture's pixels are wide. Here each
    doubling is kept within the values that the picture has about the place, which takes away the
    halos, and its edges are made steeper within the same bounds, which keeps them crisp.
    """
    while upscaler and upscaler.scale * picture.width <= min(size, _STEPS_UP_TO):
        picture = upscaler(picture)
    while 2 * picture.width <= min(size, _STEPS_UP_TO):
        side = 2 * picture.width
        grown = picture.resize((side, side), Image.Resampling.LANCZOS)
        blocks = picture.resize((side, side), Image.Resampling.NEAREST)
        grown = _within(grown, blocks)
        edges = ImageFilter.UnsharpMask(radius=1, percent=_STEEPER, threshold=_GRAIN)
        picture = _within(grown.filter(edges), grown)
    if picture.size == (size, size):
        return picture
    return picture.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _within(picture: Image.Image, bounds: Image.Image) -> Image.Image:
    """A picture no darker and no lighter than another is within a pixel of each place."""
    values = np.pad(np.asarray(bounds), ((1, 1), (1, 1), (0, 0)), mode="edge")
    return Image.fromarray(
        np.clip(np.asarray(picture), _spread(values, np.minimum), _spread(values, np.maximum))
    )


def _spread(values: Pixels, extreme: np.ufunc) -> Pixels:
    """The least or the greatest of the nine values about each place; (H + 2, W + 2, 3) -> (H, W, 3)

    Rows, then columns: many times as fast as a rank filter.
    """
    rows = extreme(extreme(values[:-2], values[1:-1]), values[2:])
    found = extreme(extreme(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return np.asarray(found, dtype=np.uint8)


def finished(
    cover: Cover,
    size: int | None = None,
    with_type: bool = False,
    upscaler: Upscaler | None = None,
) -> Image.Image:
    """A cover as it is delivered.

    Args:
        cover: Its condition has the artist, the album and the genres, its seed the design.
        size: Pixels of the side, within `SIZES`; None for the cover's own, or as few more as type
            needs.
        with_type: Whether artist and title are set on it; an empty name is left out.
        upscaler: What has learnt to enlarge, see `upscale.load_upscaler`; None for Lanczos alone.

    Raises:
        UsageError: A size out of range, or too small for type.
    """
    least = SMALLEST if with_type else SIZES[0]
    if size is not None and not least <= size <= SIZES[1]:
        why = f"{'type needs' if with_type else 'take'} {least} to {SIZES[1]} pixels"
        raise UsageError(f"size {size}: {why}")
    side = size or max(cover.picture.width, SMALLEST if with_type else 0)
    picture = enlarge(cover.picture.convert("RGB"), side, upscaler)
    if not with_type:
        return picture
    wish = cover.condition
    # Variations of a seed are designs of their own too.
    seed = cover.seed + (cover.variation[0] if cover.variation else 0)
    return typeset(picture, wish.artist, wish.album, wish.genres, seed, source=cover.picture)


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, the same bytes at any time."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Bytes 24 to 35 are the time at which it was made (ICC.1, 7.2.8): here 1 January 2000.
    made = b"".join(part.to_bytes(2, "big") for part in (2000, 1, 1, 0, 0, 0))
    return profile[:24] + made + profile[36:]


def encoded(picture: Image.Image, form: Form, cover: Cover) -> bytes:
    """A finished picture as a file: sRGB at 300 dpi.

    The cover's settings are in it: as text chunks of a PNG, as the comment (JSON) and the EXIF
    description of a JPEG.
    """
    settings, file = cover.settings, io.BytesIO()
    if form == "png":
        how: dict[str, Any] = dict(pnginfo=cover.text_chunks(), compress_level=_PNG_LEVEL)
    else:
        how = dict(
            quality=_JPEG_QUALITY,
            subsampling="4:4:4",
            optimize=True,
            comment=json.dumps(settings).encode(),
            exif=_exif(settings),
        )
    picture.save(file, form, icc_profile=srgb_profile(), dpi=_DPI, **how)
    return file.getvalue()


def save(picture: Image.Image, path: Path, cover: Cover) -> None:
    """Write a finished picture as PNG or JPEG, by the path's ending; see `encoded`.

    Raises:
        UsageError: Another ending.
    """
    ending = path.suffix.lower()
    if ending not in _FORMS:
        raise UsageError(f"{path}: a cover is a .png or a .jpg, not {ending or 'without ending'}")
    path.write_bytes(encoded(picture, _FORMS[ending], cover))


def _exif(settings: dict[str, str]) -> Image.Exif:
    exif = Image.Exif()
    exif[_EXIF_SOFTWARE] = settings["Software"]
    exif[_EXIF_DESCRIPTION] = json.dumps(settings)
    for name, tag in _EXIF_NAMES.items():
        if settings.get(name):
            exif[tag] = (settings[name] + "\0").encode("utf-16-le", "replace")
    return exif
