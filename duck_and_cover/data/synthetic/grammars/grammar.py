"""What a genre's grammar consists of, and the type a year sets its small print in."""

from collections.abc import Callable
from dataclasses import dataclass

from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import Palette
from duck_and_cover.typography import Align, Colour, VerticalAlign


@dataclass(frozen=True)
class Layout:
    """One composition: the function that draws it, and a caption's words for it."""

    draw: Callable[[Page], None]
    caption: str


@dataclass(frozen=True)
class Grammar:
    """All compositions of a genre and the colours they may be printed in."""

    genre: str
    layouts: tuple[Layout, ...]
    palettes: tuple[Palette, ...]


# (last year, font role, capitals): the small print's fashion.
_FASHIONS: tuple[tuple[int, str, bool], ...] = (
    (1957, "didone", False),
    (1968, "condensed", True),
    (1980, "swash", False),
    (1990, "neon", True),
    (2000, "mono", True),
    (2010, "wide", True),
    (2019, "light", False),
    (9999, "wide", False),
)


def small_print(
    page: Page,
    words: str,
    box: tuple[float, float, float, float],
    fill: Colour,
    *,
    align: Align = "centre",
    valign: VerticalAlign = "middle",
    size: float = 0.075,
) -> None:
    """Set a line in the type of the page's year."""
    _, role, capitals = next(fashion for fashion in _FASHIONS if page.year <= fashion[0])
    words = words.upper() if capitals else words
    page.text(words, role, box, fill, align=align, valign=valign, size=size)
