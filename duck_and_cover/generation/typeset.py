"""Sets artist and title on a cover: a design of its genre, where the picture is calm, readable.

design -> its arrangement on the calmest part -> inks that can be read -> shade or panel, letters
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from duck_and_cover.generation import ground
from duck_and_cover.generation.design import SMALLEST, Design, designed
from duck_and_cover.generation.ground import Colour
from duck_and_cover.generation.layouts import Name
from duck_and_cover.generation.names import clean
from duck_and_cover.generation.placing import Placed, masks_of, place

_MORE_SHADE = 0.04  # share that is added until the worst pixel is readable
_KEYLINE_IN, _KEYLINE_THICK = 0.014, 0.0028  # of the side


@dataclass(frozen=True)
class Lettering:
    """One name as it lies on the cover.

    Args:
        mask: Its letters, mode L.
        corner: Of the mask on the cover, in pixels.
        colour: Of the ink.
    """

    mask: Image.Image
    corner: tuple[int, int]
    colour: Colour


@dataclass(frozen=True)
class Composition:
    """A typeset cover in its layers: the picture with its shade or panel, and the letters."""

    ground: Image.Image
    lettering: tuple[Lettering, ...]

    def flat(self) -> Image.Image:
        """All layers in one RGB picture."""
        picture = self.ground.copy()
        for part in self.lettering:
            picture.paste(part.colour, part.corner, part.mask)
        return picture


def typeset(
    picture: Image.Image,
    artist: str,
    album: str,
    genres: Sequence[str] = (),
    seed: int = 0,
    *,
    source: Image.Image | None = None,
) -> Image.Image:
    """A picture with artist and title set on it, of the same size.

    Args:
        picture: Square, at least `SMALLEST` pixels a side: enlarge smaller ones first.
        artist, album: In any script and of any length; an empty one is left out.
        genres: Choose the family of designs.
        seed: Chooses the design; neighbouring seeds have different ones.
        source: The picture before it was enlarged, by which the design is chosen, so that it is
            the same at every size; by default the picture itself.

    Raises:
        ValueError: The picture is not square or too small.
    """
    return compose(picture, artist, album, genres, seed, source=source).flat()


def compose(
    picture: Image.Image,
    artist: str,
    album: str,
    genres: Sequence[str] = (),
    seed: int = 0,
    *,
    source: Image.Image | None = None,
) -> Composition:
    """As `typeset`, in layers."""
    if picture.width != picture.height or picture.width < SMALLEST:
        raise ValueError(f"{picture.size}: square pictures of {SMALLEST} pixels or more are set")
    picture = picture.convert("RGB")
    given: dict[Name, str] = {"artist": clean(artist), "title": clean(album)}
    names = {name: text for name, text in given.items() if text}
    if not names:
        return Composition(picture, ())
    design = designed((source or picture).convert("RGB"), names, genres, seed)
    placed = place(design.arrangement, design.style, names, picture.width)
    if placed[0].panel is not None:
        return _on_panel(picture, placed[0], design)
    return _on_picture(picture, placed, design)


def _on_panel(picture: Image.Image, part: Placed, design: Design) -> Composition:
    """Letters on a flat colour."""
    box = part.panel
    assert box is not None
    under = picture.copy()
    left, top, right, bottom = (round(edge * picture.width) for edge in box)
    draw = ImageDraw.Draw(under)
    draw.rectangle((left, top, right - 1, bottom - 1), fill=design.back)
    if part.stack.panel == "card":
        inner, thick = round(_KEYLINE_IN * picture.width), round(_KEYLINE_THICK * picture.width)
        line = (left + inner, top + inner, right - 1 - inner, bottom - 1 - inner)
        draw.rectangle(line, outline=design.ink, width=max(1, thick))
    return _lettered(under, masks_of([part]), design.ink)


def _on_picture(picture: Image.Image, placed: Sequence[Placed], design: Design) -> Composition:
    """Letters on the picture itself, shaded no more than the worst pixel behind them asks for."""
    boxes, masks = [part.box for part in placed], masks_of(placed)
    calm, share = ground.calmed(picture, boxes), design.share
    light = ground.of_colour(design.ink)
    under = ground.shaded(calm, boxes, design.back, share) if share else calm
    while share < 1 and not all(
        ground.enough(ground.behind(under, mask, part.corner), light) for part, mask in masks
    ):
        share = min(1.0, share + _MORE_SHADE)
        under = ground.shaded(calm, boxes, design.back, share)
    return _lettered(under, masks, design.ink)


def _lettered(
    under: Image.Image, masks: Sequence[tuple[Placed, Image.Image]], ink: Colour
) -> Composition:
    return Composition(under, tuple(Lettering(mask, part.corner, ink) for part, mask in masks))
