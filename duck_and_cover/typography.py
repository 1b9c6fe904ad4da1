"""Set type on a picture with the bundled fonts: pick one by role, fit the words, draw them.

Letters are laid out with Pillow's basic engine and the fonts carry no hinting, so the same words
give the same pixels whatever text libraries a machine has.
"""

import io
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]
Align = Literal["left", "centre", "right"]
VerticalAlign = Literal["top", "middle", "bottom"]

FONT_FILES: dict[str, str] = {
    "blackletter": "GrenzeGotisch-Black.ttf",
    "block": "Bungee-Regular.ttf",
    "condensed": "BebasNeue-Regular.ttf",
    "didone": "BodoniModa-Bold.ttf",
    "graffiti": "SedgwickAveDisplay-Regular.ttf",
    "heavy": "Anton-Regular.ttf",
    "inscription": "Cinzel-Bold.ttf",
    "light": "Syne-Regular.ttf",
    "marker": "PermanentMarker-Regular.ttf",
    "mono": "SpaceMono-Bold.ttf",
    "neon": "TiltNeon-Regular.ttf",
    "slab": "Ultra-Regular.ttf",
    "swash": "Shrikhand-Regular.ttf",
    "wide": "Syne-ExtraBold.ttf",
}

# Words are measured at this size first; other sizes follow in proportion, since nothing is hinted.
_MEASURE = 64

# No text is set smaller than this many pixels, whatever its box.
_SMALLEST = 2

# What every bundled font can draw, besides plain ASCII.
_ACCENTED = (
    "¡¢£¤¥¦§¨©«¬®¯°±´¶·¸»¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß"
    "àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿıŒœ–—‘’“”•…€"
)
_DRAWABLE = frozenset(map(chr, range(0x20, 0x7F))) | frozenset(_ACCENTED)


@dataclass(frozen=True)
class SetText:
    """Words fitted to a box: the lines, the font to draw them with, and where they go (pixels)."""

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    positions: tuple[tuple[int, int], ...]
    box: tuple[int, int, int, int]


@lru_cache(maxsize=len(FONT_FILES))
def _font_bytes(role: str) -> bytes:
    folder = resources.files("duck_and_cover") / "fonts"
    return (folder / FONT_FILES[role]).read_bytes()


@lru_cache(maxsize=1024)
def load_font(role: str, pixels: int) -> ImageFont.FreeTypeFont:
    """The bundled font for a role (a key of `FONT_FILES`) at a size in pixels."""
    data = io.BytesIO(_font_bytes(role))
    return ImageFont.truetype(data, pixels, layout_engine=ImageFont.Layout.BASIC)


def legible(text: str) -> str:
    """The text with what the fonts cannot draw reduced to its base letter, or else left out."""
    if text.isascii() or all(letter in _DRAWABLE for letter in text):
        return text
    letters = []
    for letter in text:
        if letter in _DRAWABLE:
            letters.append(letter)
        else:
            base = unicodedata.normalize("NFKD", letter)
            letters.append("".join(part for part in base if part in _DRAWABLE))
    return " ".join("".join(letters).split())


@lru_cache(maxsize=65536)
def _ink(role: str, pixels: int, words: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the drawn letters, from the left of the line's top."""
    return load_font(role, pixels).getbbox(words)


def wrap(text: str, role: str, lines: int) -> tuple[str, ...]:
    """Break a text into at most `lines` lines of about equal width, between words only."""
    words = text.split()
    if lines <= 1 or len(words) <= 1:
        return (" ".join(words),)
    lines = min(lines, len(words))
    widths = [_ink(role, _MEASURE, word)[2] + _MEASURE / 4 for word in words]
    goal = sum(widths) / lines
    result: list[str] = []
    current: list[str] = []
    filled = 0.0
    for place, (word, width) in enumerate(zip(words, widths, strict=True)):
        left = lines - len(result)
        must_break = len(words) - place == left - 1
        if current and left > 1 and (filled + width / 2 > goal or must_break):
            result.append(" ".join(current))
            current, filled = [], 0.0
        current.append(word)
        filled += width
    result.append(" ".join(current))
    return tuple(result)


def _extent(lines: tuple[str, ...], role: str, pixels: int, leading: float) -> tuple[float, float]:
    """Width and height of lines at a size, in pixels."""
    inks = [_ink(role, pixels, line) for line in lines]
    wide = max(right - left for left, _, right, _ in inks)
    return wide, leading * pixels * (len(lines) - 1) + inks[-1][3] - inks[0][1]


def _size_that_fits(
    lines: tuple[str, ...], role: str, width: float, height: float, leading: float
) -> int:
    wide, tall = _extent(lines, role, _MEASURE, leading)
    pixels = _usual(int(_MEASURE * min(width / max(wide, 1), height / max(tall, 1))))
    # Letters advance by whole pixels, which widens small lines beyond proportion.
    while pixels > _SMALLEST:
        wide, tall = _extent(lines, role, pixels, leading)
        if wide <= width and tall <= height:
            break
        pixels = _usual(pixels - 1)
    return pixels


def _usual(pixels: int) -> int:
    """The next smaller of the sizes in use: few, so that loaded fonts serve many covers."""
    step = 1 if pixels < 16 else 2 if pixels < 48 else 4
    return max(_SMALLEST, pixels - pixels % step)


def fit_text(
    text: str,
    role: str,
    box: Box,
    *,
    align: Align = "centre",
    valign: VerticalAlign = "middle",
    max_lines: int = 1,
    max_pixels: float | None = None,
    leading: float = 0.95,
) -> SetText:
    """Break and size a text to fill a box as well as it can.

    Args:
        text: the words; characters outside the fonts are reduced or left out (`legible`).
        role: which font, a key of `FONT_FILES`.
        box: left, top, right, bottom in pixels.
        align: where each line stands in the box's width.
        valign: where the lines stand in the box's height.
        max_lines: how many lines the text may be broken into.
        max_pixels: largest font size; None for as large as fits.
        leading: distance of lines in ems.
    """
    left, upper, right, lower = box
    text = legible(text) or " "
    best: tuple[int, tuple[str, ...]] = (0, (text,))
    for count in range(1, max_lines + 1):
        lines = wrap(text, role, count)
        pixels = _size_that_fits(lines, role, right - left, lower - upper, leading)
        if pixels > best[0]:
            best = (pixels, lines)
    pixels, lines = best
    if max_pixels is not None:
        pixels = max(_SMALLEST, min(pixels, int(max_pixels)))
    _, tall = _extent(lines, role, pixels, leading)
    top = _ink(role, pixels, lines[0])[1]
    start = upper + (lower - upper - tall) * {"top": 0.0, "middle": 0.5, "bottom": 1.0}[valign]
    share = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
    positions = []
    first, last = right, left
    for row, line in enumerate(lines):
        ink_left, _, ink_right, _ = _ink(role, pixels, line)
        x = left + (right - left - (ink_right - ink_left)) * share
        positions.append((round(x - ink_left), round(start - top + row * leading * pixels)))
        first, last = min(first, x), max(last, x + ink_right - ink_left)
    taken = (round(first), round(start), round(last), round(start + tall))
    return SetText(lines, load_font(role, pixels), tuple(positions), taken)


def draw_text(
    draw: ImageDraw.ImageDraw,
    text: SetText,
    fill: Colour,
    *,
    shadow: Colour | None = None,
    offset: tuple[int, int] = (0, 0),
) -> None:
    """Draw fitted text; with `shadow`, a hard shadow `offset` pixels away underneath it."""
    for line, (x, y) in zip(text.lines, text.positions, strict=True):
        if shadow is not None:
            draw.text((x + offset[0], y + offset[1]), line, fill=shadow, font=text.font)
        draw.text((x, y), line, fill=fill, font=text.font)


def set_text(
    image: Image.Image,
    text: str,
    role: str,
    box: Box,
    fill: Colour,
    *,
    align: Align = "centre",
    valign: VerticalAlign = "middle",
    max_lines: int = 1,
) -> tuple[int, int, int, int]:
    """Fit a text to a box of an RGB picture, draw it, and return the pixels it took."""
    fitted = fit_text(text, role, box, align=align, valign=valign, max_lines=max_lines)
    draw_text(ImageDraw.Draw(image), fitted, fill)
    return fitted.box
