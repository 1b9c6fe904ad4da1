"""Decides how a cover's type looks: which style, on which part of the picture, in which ink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image

from duck_and_cover.generation import ground
from duck_and_cover.generation.families import LONG, styles_for
from duck_and_cover.generation.ground import Colour, Look, Palette
from duck_and_cover.generation.layouts import Arrangement, Name, Style, without
from duck_and_cover.generation.names import clusters
from duck_and_cover.generation.placing import Placed, masks_of, place

SMALLEST = 300  # pixels of the side of a cover with type on it
_READABLE = {"title": 0.042, "artist": 0.026}  # least em, as a share of the side
_LONG = 90  # letters of a name that no design but one can hold
_BRIGHT = 0.25  # luminance: inks above it are set on dark
_SECOND_CHOICE = 0.07  # more shade that is accepted for an ink that is wanted
_ACCENTS = 0.3  # of the covers whose style asks for none try the picture's own colour too
_BOTH: tuple[Name, ...] = ("artist", "title")


@dataclass(frozen=True)
class Design:
    """All that is decided about a cover's type, whatever its size."""

    style: Style
    arrangement: Arrangement
    back: Colour  # of the panel or the shade
    ink: Colour
    share: float  # of the shade, at least


def designed(
    source: Image.Image, names: Mapping[Name, str], genres: Sequence[str], seed: int
) -> Design:
    """The first style that can hold the names at a readable size, on the picture's calmest part.

    Args:
        source: RGB, of any size: the design is drafted at `SMALLEST` pixels.
        names: Cleaned texts, none empty.
        genres, seed: Choose among the styles.
    """
    draft = source.resize((SMALLEST, SMALLEST), Image.Resampling.LANCZOS)
    long = any(len(clusters(text)) > _LONG for text in names.values())
    styles = [LONG] if long else styles_for(genres, seed)
    look, rng = Look(draft), Random(f"ink {seed}")
    missing: list[Name] = [name for name in _BOTH if name not in names]
    for style in styles:
        choices: list[tuple[float, int, Arrangement, tuple[Placed, ...]]] = []
        for order, whole in enumerate(style.arrangements()):
            arrangement = without(whole, missing)
            placed = place(arrangement, style, names, draft.width)
            taste = Random(f"anchor {seed} {order}").random() * 0.03
            unrest = sum(look.unrest(part.box) for part in placed)
            choices.append((unrest + taste, order, arrangement, placed))
        _, _, arrangement, placed = min(choices, key=lambda choice: choice[:2])
        if style is styles[-1] or _readable(placed, draft.width):
            break
    if placed[0].panel is not None:
        return Design(style, arrangement, *_panel_colours(placed[0], look.palette, rng), 1.0)
    return Design(style, arrangement, *_ink(draft, placed, style, look.palette, rng))


def _readable(placed: Sequence[Placed], side: int) -> bool:
    return all(
        fitted.pixels >= _READABLE[name] * side
        for part in placed
        for name, fitted in zip(part.stack.names, part.fitted, strict=True)
    )


def _panel_colours(part: Placed, palette: Palette, rng: Random) -> tuple[Colour, Colour]:
    """A panel's colour and an ink that can be read on it."""
    paper, black, bright, deep = palette.paper, palette.black, palette.bright, palette.deep
    pairs = [(paper, black), (deep, paper), (black, bright), (bright, black)]
    if part.stack.panel == "card":
        pairs = [(paper, black), (paper, deep), (black, paper)]
    lights = [(ground.of_colour(back), ground.of_colour(ink)) for back, ink in pairs]
    return rng.choice(
        [
            pair
            for pair, light in zip(pairs, lights, strict=True)
            if ground.contrast(*light) > ground.CONTRAST
        ]
    )


def _ink(
    draft: Image.Image,
    placed: Sequence[Placed],
    style: Style,
    palette: Palette,
    rng: Random,
) -> tuple[Colour, Colour, float]:
    """Shade, ink and the shade's share: the ink that needs the least, or is wanted and near it."""
    under = ground.calmed(draft, [part.box for part in placed])
    there = [ground.behind(under, mask, part.corner) for part, mask in masks_of(placed)]
    inks = [(palette.paper, palette.black)]
    if style.accent or rng.random() < _ACCENTS:
        inks = [(palette.bright, palette.deep), *inks]
    light_there = sum(((part.low + part.high) / 2) ** 0.5 for part in there) / len(there)
    # Shadows suit dark pictures and haze light ones; haze on the dark looks washed out.
    shadow_cost, haze_cost = 0.7 + 0.8 * light_there, 2.6 - 1.6 * light_there
    choices: list[tuple[float, Colour, Colour, float]] = []
    for order, pair in enumerate(inks):
        for ink in pair:
            light = ground.of_colour(ink)
            bright = light > _BRIGHT
            shade = palette.black if bright else palette.paper
            share = max(ground.shade_needed(part, light, ground.of_colour(shade)) for part in there)
            cost = share * (shadow_cost if bright else haze_cost) + order * _SECOND_CHOICE
            choices.append((cost, shade, ink, share))
    _, shade, ink, share = min(choices)
    return shade, ink, share
