"""Lines of letters in any script: cut into runs of one font, measured and drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from duck_and_cover.generation.names import JOINERS, clusters, right_to_left, stands_apart
from duck_and_cover.generation.typefaces import direction, holds, open_font, shapes_letters

# Ems below FINE pixels are drawn FINER times as large and made smaller: letters stand on whole
# pixels, which in small type closes up words.
FINE, FINER = 64, 4
_BEARINGS = 64  # ems in pixels at which the white beside letters is looked at
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
# A character that no font has stands as a box: its left bearing, width and height in ems.
_BOX_BEARING, _BOX_WIDTH, _BOX_HEIGHT = 0.07, 0.5, 0.7

Ink = tuple[float, float, float, float]  # left, top, right, bottom from the baseline's start


@dataclass(frozen=True)
class Run:
    """Letters of one font and one direction, in reading order; no font where none has them."""

    text: str
    font: str | None
    right_to_left: bool
    spaced: bool


def _font_of(cluster: str, fonts: tuple[str, ...]) -> str | None:
    wanted = "".join(c for c in cluster if c not in JOINERS)
    return next((font for font in fonts if holds(font, wanted)), None)


def _sides(parts: list[str]) -> list[bool]:
    """Which clusters run from right to left, and last, whether the line does.

    Signs and spaces go with what surrounds them.
    """
    kinds = [unicodedata.bidirectional(part[0]) for part in parts]
    base = right_to_left("".join(parts))
    strong: list[bool | None] = []
    for kind in kinds:
        known = {"L": False, "R": True, "AL": True}.get(kind)
        if kind in ("EN", "AN"):  # a number goes with the words that it follows
            known = next((side for side in reversed(strong) if side is not None), base)
        strong.append(known)
    sides: list[bool] = []
    before = base
    for place, side in enumerate(strong):
        after = next((s for s in strong[place:] if s is not None), base)
        if side is None:
            side = before if before == after else base
        else:
            before = side
        sides.append(side)
    return [*sides, base]


@lru_cache(maxsize=4096)
def runs(line: str, fonts: tuple[str, ...]) -> tuple[Run, ...]:
    """The runs of a line in the order in which they stand from left to right."""
    parts = clusters(line)
    *sides, base = _sides(parts)
    spans: list[list[Run]] = []  # a list for each stretch of one direction
    for part, side in zip(parts, sides, strict=True):
        font, spaced = _font_of(part, fonts), stands_apart(part) and not side
        if not spans or spans[-1][-1].right_to_left != side:
            spans.append([])
        last = spans[-1][-1] if spans[-1] else None
        if last and last.font == font and (last.spaced == spaced or not part[0].isalnum()):
            spans[-1][-1] = Run(last.text + part, font, side, last.spaced)
        else:
            spans[-1].append(Run(part, font, side, spaced))
    ordered = reversed(spans) if base else iter(spans)
    return tuple(
        run for span in ordered for run in (reversed(span) if span[0].right_to_left else span)
    )


def _as_read(run: Run) -> str:
    """A run's letters from left to right, where Pillow cannot turn them: unjoined, but in order."""
    number = any(c.isdigit() for c in run.text) and not right_to_left(run.text)
    if not run.right_to_left or number:
        return run.text
    return "".join(reversed(clusters(run.text))).translate(_MIRRORED)


def _pieces(run: Run, pixels: int, spacing: float) -> Iterator[tuple[str, float]]:
    """What is drawn in one go and how far from the run's start; letter by letter where spaced."""
    if not (spacing and run.spaced):
        yield run.text if shapes_letters() else _as_read(run), 0.0
        return
    assert run.font is not None
    font, so_far = open_font(run.font, pixels), ""
    for place, part in enumerate(clusters(run.text)):
        so_far += part
        # The length up to here less the letter's own keeps the kerning before it.
        yield part, font.getlength(so_far) - font.getlength(part) + place * spacing * pixels


def _advance(run: Run, pixels: int, spacing: float) -> float:
    if run.font is None:
        return (_BOX_WIDTH + 2 * _BOX_BEARING) * pixels * len(clusters(run.text))
    extra = spacing * pixels * len(clusters(run.text)) if run.spaced else 0.0
    length: float = open_font(run.font, pixels).getlength(run.text, **direction(run.right_to_left))
    return length + extra


def _boxes(run: Run, pixels: int, x: float, y: float) -> Iterator[tuple[float, float, Ink]]:
    for place in range(len(clusters(run.text))):
        left = x + (_BOX_BEARING + place * (_BOX_WIDTH + 2 * _BOX_BEARING)) * pixels
        yield left, y, (left, y - _BOX_HEIGHT * pixels, left + _BOX_WIDTH * pixels, y)


@lru_cache(maxsize=8192)
def ink(line: str, fonts: tuple[str, ...], pixels: int, spacing: float = 0.0) -> Ink:
    """The edges of a line in pixels, from its start on the baseline: all ink lies within.

    At the sides they count the white that belongs to the outer letters too: see `side_bearings`.

    Args:
        line: Cleaned text.
        fonts: As `fonts_for` gives them.
        pixels: The size of an em.
        spacing: Added after each letter, in ems, in scripts whose letters stand apart.
    """
    if pixels < FINE:
        left, top, right, bottom = ink(line, fonts, pixels * FINER, spacing)
        return left / FINER, top / FINER, right / FINER, bottom / FINER
    x, edges = 0.0, []
    for run in runs(line, fonts):
        if run.font is None:
            edges += [box for _, _, box in _boxes(run, pixels, x, 0.0)]
        else:
            font, way = open_font(run.font, pixels), direction(run.right_to_left)
            for text, offset in _pieces(run, pixels, spacing):
                left, top, right, bottom = font.getbbox(text, anchor="ls", **way)
                edges.append((left + x + offset, top, right + x + offset, bottom))
        x += _advance(run, pixels, spacing)
    edges = [edge for edge in edges if edge[2] > edge[0] and edge[3] > edge[1]]
    if not edges:
        return 0.0, 0.0, x, 0.0
    lefts, tops, rights, bottoms = zip(*edges, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def side_bearings(
    line: str, fonts: tuple[str, ...], pixels: int, spacing: float = 0.0
) -> tuple[float, float]:
    """The white at the left and the right between a line's edges and what is really drawn."""
    left, top, right, bottom = (int(edge) for edge in ink(line, fonts, _BEARINGS, spacing))
    mask = Image.new("L", (right - left + 2, bottom - top + 2))
    draw_line(mask, (-left, -top), line, fonts, _BEARINGS, spacing)
    drawn = mask.getbbox()
    if drawn is None:
        return 0.0, 0.0
    share = pixels / _BEARINGS
    return drawn[0] * share, max(0, right - left - drawn[2]) * share


def draw_line(
    mask: Image.Image,
    start: tuple[float, float],
    line: str,
    fonts: tuple[str, ...],
    pixels: int,
    spacing: float = 0.0,
) -> None:
    """Draw a line's letters in white on a mask of mode L, from `start` on the baseline.

    `ink` has the edges of it for sizes from `FINE`; smaller ones are for the caller to draw larger.
    """
    draw = ImageDraw.Draw(mask)
    x, y = start
    for run in runs(line, fonts):
        if run.font is None:
            for _, _, box in _boxes(run, pixels, x, y):
                draw.rectangle(box, outline=255, width=max(1, pixels // 18))
        else:
            font, way = open_font(run.font, pixels), direction(run.right_to_left)
            for text, offset in _pieces(run, pixels, spacing):
                draw.text((x + offset, y), text, fill=255, font=font, anchor="ls", **way)
        x += _advance(run, pixels, spacing)
