"""What lies behind letters: how calm it is, which ink can be read on it, and shade where none can.

Contrast is that of WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) of the relative luminances of the lighter
and the darker colour, from 1 to 21; text needs 4.5. It is measured against the worst pixels.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

CONTRAST = 4.5
_MARGIN = 1.05  # of contrast, since finishing rounds and compresses
_MAP = 96  # pixels of the side at which pictures are looked at
_FALL = 0.24  # of the side: how far a shade takes to end
_BLUR, _BLUR_FALL, _BLURRED = 0.022, 0.13, 192  # of the side, likewise; pixels that are blurred

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Luminance = npt.NDArray[np.float32]
_WEIGHTS = (0.2126, 0.7152, 0.0722)


@lru_cache(maxsize=1)
def _linear() -> npt.NDArray[np.float32]:
    """Linear light of each of the 256 values of sRGB."""
    values = np.arange(256) / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def luminance(pixels: npt.NDArray[np.uint8]) -> Luminance:
    """Relative luminance (...) in [0, 1] of sRGB pixels (..., 3)."""
    linear = _linear()
    light = sum(w * linear[pixels[..., i]] for i, w in enumerate(_WEIGHTS))
    return np.asarray(light, dtype=np.float32)


def contrast(one: float, other: float) -> float:
    """Of two relative luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def of_colour(colour: Colour) -> float:
    """A colour's relative luminance."""
    return float(luminance(np.array(colour, dtype=np.uint8)))


@dataclass(frozen=True)
class Range:
    """The darkest and the lightest luminance behind some letters."""

    low: float
    high: float

    def contrast(self, ink: float) -> float:
        """The worst contrast that an ink of this luminance has there."""
        if self.low <= ink <= self.high:
            return 1.0
        return min(contrast(ink, self.low), contrast(ink, self.high))


def behind(picture: Image.Image, letters: Image.Image, corner: tuple[int, int]) -> Range:
    """The range of luminance under a mask of letters (mode L) laid on a picture at a corner."""
    box = letters.getbbox()
    if box is None:
        return Range(0.0, 0.0)
    x, y = corner
    part = picture.crop((x + box[0], y + box[1], x + box[2], y + box[3]))
    under = luminance(np.asarray(part))[np.asarray(letters.crop(box)) > 0]
    return Range(float(under.min()), float(under.max()))


class Look:
    """What a picture is like, seen at `_MAP` pixels: its detail, its light, its colours."""

    def __init__(self, picture: Image.Image) -> None:
        small = picture.resize((_MAP, _MAP), Image.Resampling.BOX)
        self._light = luminance(np.asarray(small))
        grey = np.asarray(small.convert("L").filter(ImageFilter.GaussianBlur(0.7)), np.float32)
        down, right = np.gradient(grey / 255)
        self._detail = np.hypot(down, right)
        self.palette = _palette(small)

    def _part(self, values: Luminance, box: Box) -> Luminance:
        left, top, right, bottom = (round(edge * _MAP) for edge in box)
        return values[top : max(bottom, top + 1), left : max(right, left + 1)]

    def unrest(self, box: Box) -> float:
        """How little letters can stand in a box (fractions of the side): 0 for a flat area."""
        low, high = np.quantile(np.sqrt(self._part(self._light, box)), (0.03, 0.97))
        return float(self._part(self._detail, box).mean() * 4 + (high - low) * 0.6)

    def range(self, box: Box) -> Range:
        """About the range of luminance in a box (fractions of the side)."""
        part = self._part(self._light, box)
        return Range(float(part.min()), float(part.max()))


@dataclass(frozen=True)
class Palette:
    """Inks that go with a picture: near white, near black, and its own colour in two tones."""

    paper: Colour
    black: Colour
    bright: Colour
    deep: Colour


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """A colour with a share of another in it."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(one, other, strict=True))
    return r, g, b


def _palette(small: Image.Image) -> Palette:
    table = small.quantize(8, Image.Quantize.MEDIANCUT, kmeans=1)
    flat = table.getpalette() or [0, 0, 0]
    counts = table.getcolors() or []
    colours: list[tuple[float, Colour]] = []
    for count, place in counts:
        assert isinstance(place, int)
        r, g, b = flat[3 * place : 3 * place + 3]
        chroma = max(r, g, b) - min(r, g, b)
        colours.append((chroma * (count / _MAP**2) ** 0.25, (r, g, b)))
    accent = max(colours)[1]
    mean = small.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(mean, tuple)
    tint: Colour = (int(mean[0]), int(mean[1]), int(mean[2]))
    return Palette(
        paper=mixed((255, 253, 248), tint, 0.05),
        black=mixed((10, 10, 12), tint, 0.06),
        bright=_toned(accent, 0.94),
        deep=_toned(accent, 0.34),
    )


def _toned(colour: Colour, value: float) -> Colour:
    """A colour of the same hue at a brightness (HSV's value), rich but not garish."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    # Bright inks stay light enough to be read; dark ones keep their hue.
    limit = 0.52 if value > 0.5 else 0.85
    r, g, b = colorsys.hsv_to_rgb(hue, min(saturation, limit), value)
    return round(r * 255), round(g * 255), round(b * 255)


def shade_needed(there: Range, ink: float, shade: float) -> float:
    """About the share of a shade's luminance that lets an ink be read: 0 where none is needed."""
    worst = there.high if ink > shade else there.low
    for step in range(21):
        share = step / 20
        # Blending is done on sRGB values, which are near the square root of light.
        mixed_light = (worst**0.5 * (1 - share) + shade**0.5 * share) ** 2
        if Range(mixed_light, mixed_light).contrast(ink) >= CONTRAST * _MARGIN:
            return share
    return 1.0


def enough(there: Range, ink: float) -> bool:
    """Whether an ink can be read there, with a little to spare."""
    return there.contrast(ink) >= CONTRAST * _MARGIN


def _fade(boxes: Sequence[Box], fall: float, to_edges: bool) -> npt.NDArray[np.float32]:
    """1 within boxes (fractions of the side), softly down to 0 at a distance, on the small map.

    Args:
        to_edges: Whether a box near the upper or lower edge reaches to it and from side to side, as
            light falls.
    """
    across = (np.arange(_MAP, dtype=np.float32) + 0.5) / _MAP
    fade = np.zeros((_MAP, _MAP), np.float32)
    for left, top, right, bottom in boxes:
        if to_edges and (top < 0.2 or bottom > 0.8):
            left, right = 0.0, 1.0
            top, bottom = (0.0 if top < 0.2 else top), (1.0 if bottom > 0.8 else bottom)
        beside = np.maximum(0, np.maximum(left - across, across - right))
        above = np.maximum(0, np.maximum(top - across, across - bottom))
        away = np.clip(np.hypot(beside[None, :], above[:, None]) / fall, 0, 1)
        fade = np.maximum(fade, 1 - away * away * (3 - 2 * away))
    return fade


def _mask(fade: npt.NDArray[np.float32], share: float, size: tuple[int, int]) -> Image.Image:
    small = Image.fromarray(np.uint8(np.ceil(fade * 255 * share)))
    return small.resize(size, Image.Resampling.BICUBIC)


def calmed(picture: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """A picture out of focus about some boxes (fractions of its side), so that letters stand out.

    What a generator has learnt of lettering would otherwise run into the real one.
    """
    side = picture.width
    # A blur so wide keeps nothing that a smaller picture lacks.
    small = picture.resize((_BLURRED, _BLURRED), Image.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur(_BLUR * _BLURRED))
    mask = _mask(_fade(boxes, _BLUR_FALL, to_edges=False), 1.0, picture.size)
    return Image.composite(soft.resize((side, side), Image.Resampling.BICUBIC), picture, mask)


def shaded(picture: Image.Image, boxes: Sequence[Box], colour: Colour, share: float) -> Image.Image:
    """A picture with a soft shade of a colour about some boxes (fractions of its side)."""
    mask = _mask(_fade(boxes, _FALL, to_edges=True), share, picture.size)
    return Image.composite(Image.new("RGB", picture.size, colour), picture, mask)
