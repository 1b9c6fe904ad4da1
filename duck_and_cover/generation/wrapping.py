"""Fits a name to a box: breaks it into lines where its script may be broken, and sizes them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from duck_and_cover.generation.letters import ink, side_bearings
from duck_and_cover.generation.names import clusters, stands_apart

_MEASURE = 160  # lines are measured at this many pixels; other sizes follow in proportion
_LONG_WORD, _PIECE = 20, 5  # letters of a word that is broken, and of its pieces
_NARROWEST_GAP = 0.08  # white between the ink of two lines, in ems
_INSIDE = 0.25**2  # cost of a line's end within a word
_SMALLEST = 4  # pixels of an em
# Scripts written without spaces: a line may end after any of their letters.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
# Signs that never begin a line, and those that never end one.
_CLOSING = set("、。，．・：；？！）」』】〉》”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…!?,.)")
_OPENING = set("（「『【〈《“‘(")
_MOST_UNITS = 96  # more are taken together, since breaking is quadratic in them


@dataclass(frozen=True)
class Fitted:
    """Lines at the size that fits them to a box.

    Args:
        lines: From top to bottom.
        fonts: Those that draw them, best first.
        pixels: The size of an em.
        spacing: Added after each letter, in ems.
        baselines: Of each line, from the top of the first one's ink, in pixels.
        width, height: Of all ink, in pixels.
    """

    lines: tuple[str, ...]
    fonts: tuple[str, ...]
    pixels: int
    spacing: float
    baselines: tuple[float, ...]
    width: float
    height: float


@dataclass(frozen=True)
class _Unit:
    text: str
    gap: str  # what parts it from the unit before, where no line ends between them


def _units(name: str) -> list[_Unit]:
    units: list[_Unit] = []
    for word in name.split():
        gap = " "
        for piece in _pieces(word):
            units.append(_Unit(piece, gap))
            gap = ""
    step = -(-len(units) // _MOST_UNITS)
    groups = [units[i : i + step] for i in range(0, len(units), step)]
    return [
        _Unit(group[0].text + "".join(u.gap + u.text for u in group[1:]), group[0].gap)
        for group in groups
    ]


def _pieces(word: str) -> list[str]:
    """The parts of a word between which a line may end; most words are one part."""
    parts = clusters(word)
    if _UNSPACED.search(word):
        pieces = [parts[0]]
        for before, part in zip(parts, parts[1:], strict=False):
            breaks = _UNSPACED.match(part) or _UNSPACED.match(before)
            if breaks and part not in _CLOSING and before not in _OPENING:
                pieces.append(part)
            else:
                pieces[-1] += part
        return pieces
    if len(parts) <= _LONG_WORD:
        return [word]
    count = -(-len(parts) // _PIECE)
    ends = [len(parts) * i // count for i in range(count + 1)]
    return ["".join(parts[a:b]) for a, b in zip(ends, ends[1:], strict=False)]


@lru_cache(maxsize=1024)
def break_lines(
    name: str, fonts: tuple[str, ...], count: int, spacing: float = 0.0
) -> tuple[str, ...]:
    """A name in at most `count` lines of about equal width.

    The breaks are those of the least sum of squared distances from the mean width, where ending a
    line inside a word costs as much as a quarter of a line too much.
    """
    units = _units(name)
    count = min(count, len(units))
    if count <= 1:
        return (name,)
    space = _MEASURE / 4
    widths = [_width(unit.text, fonts, spacing) for unit in units]
    so_far = [0.0]
    for unit, width in zip(units, widths, strict=True):
        so_far.append(so_far[-1] + width + (space if unit.gap else 0.0))
    inside = [0.0 if unit.gap else _INSIDE for unit in units]
    starts = (*_line_starts(so_far, inside, count), len(units))
    return tuple(
        "".join(unit.gap + unit.text for unit in units[a:b]).strip() + _hyphen(units, b)
        for a, b in zip(starts, starts[1:], strict=False)
    )


def _hyphen(units: list[_Unit], end: int) -> str:
    """What ends a line within a word: a hyphen in alphabets, nothing in other scripts."""
    if end == len(units) or units[end].gap:
        return ""
    letters = units[end - 1].text[-1], units[end].text[0]
    return "-" if all(c.isalpha() and stands_apart(c) for c in letters) else ""


def _line_starts(so_far: list[float], inside: list[float], count: int) -> tuple[int, ...]:
    """The first unit of each of `count` lines.

    Args:
        so_far: Width of all units before each, and of all.
        inside: What it costs to begin a line with each unit.
        count: Of lines, at most the number of units.
    """
    mean, total = so_far[-1] / count, len(inside)
    # best[e]: the least cost of the units before e in the lines so far, and their starts.
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ()), *[(math.inf, ())] * total]
    for _ in range(count):
        after: list[tuple[float, tuple[int, ...]]] = [(math.inf, ())] * (total + 1)
        for end in range(1, total + 1):
            for start in range(end):
                off = (so_far[end] - so_far[start] - mean) / mean
                cost = best[start][0] + off * off + (inside[start] if start else 0.0)
                if cost < after[end][0]:
                    after[end] = (cost, (*best[start][1], start))
        best = after
    return best[total][1]


def _width(line: str, fonts: tuple[str, ...], spacing: float) -> float:
    left, _, right, _ = ink(line, fonts, _MEASURE, spacing)
    return right - left


def _stand(
    lines: tuple[str, ...], fonts: tuple[str, ...], pixels: int, spacing: float, leading: float
) -> tuple[tuple[float, ...], float, float]:
    """Baselines, width and height of lines at a size, from the top of the first one's ink."""
    edges = [ink(line, fonts, pixels, spacing) for line in lines]
    baselines = [-edges[0][1]]
    for above, below in zip(edges, edges[1:], strict=False):
        # Scripts with tall marks get the room that they need; capitals may stand close.
        step = max(leading * pixels, above[3] - below[1] + _NARROWEST_GAP * pixels)
        baselines.append(baselines[-1] + step)
    width = max(edge[2] - edge[0] for edge in edges)
    return tuple(baselines), width, baselines[-1] + edges[-1][3]


def fit(
    name: str,
    fonts: tuple[str, ...],
    width: float,
    height: float,
    *,
    max_lines: int,
    max_pixels: float,
    leading: float = 1.0,
    spacing: float = 0.0,
) -> Fitted:
    """The largest setting of a name that fits a box, in the fewest lines that reach that size.

    Args:
        name: Cleaned text, not empty.
        fonts: As `fonts_for` gives them.
        width, height: Of the box, in pixels.
        max_lines: Into which it may be broken.
        max_pixels: Largest size of an em.
        leading: Least distance of baselines, in ems.
        spacing: Added after each letter, in ems.
    """
    best: tuple[float, tuple[str, ...]] = (0.0, (name,))
    for count in range(1, max_lines + 1):
        lines = break_lines(name, fonts, count, spacing)
        _, wide, tall = _stand(lines, fonts, _MEASURE, spacing, leading)
        pixels = min(_MEASURE * min(width / max(wide, 1), height / max(tall, 1)), max_pixels)
        # A line more is worth it only where the letters grow by it.
        if pixels > best[0] * 1.05:
            best = (pixels, lines)
    pixels, lines = max(_SMALLEST, int(best[0])), best[1]
    while True:
        baselines, wide, tall = _stand(lines, fonts, pixels, spacing, leading)
        if pixels <= _SMALLEST or (wide <= width and tall <= height):
            return Fitted(lines, fonts, pixels, spacing, baselines, wide, tall)
        # Small letters are set on whole pixels, which widens them beyond proportion.
        pixels -= max(1, pixels // 100)


def aligned_start(line: str, fitted: Fitted, room: float, share: float) -> float:
    """Where a line starts in a box `room` wide, so that its ink stands at a share of the rest.

    The ink itself is aligned, not the white that belongs to its outer letters: large and small
    lines stand on one edge.
    """
    left, _, right, _ = ink(line, fitted.fonts, fitted.pixels, fitted.spacing)
    before, after = side_bearings(line, fitted.fonts, fitted.pixels, fitted.spacing)
    left, right = left + before, right - after
    return (room - (right - left)) * share - left
