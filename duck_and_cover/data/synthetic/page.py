"""The page a cover is drawn on: shapes and type in units of its side, so that any size will do.

Coordinates run from 0 to 1, left to right and top to bottom; they are rounded to whole pixels
before anything is drawn, so that a cover does not depend on how a machine rounds.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from random import Random

from PIL import Image, ImageDraw

from duck_and_cover.data.synthetic.palettes import Palette, contrasting, darker, lighter
from duck_and_cover.data.synthetic.textures import clouds, glow_mask, gradient
from duck_and_cover.typography import Align, Colour, VerticalAlign, draw_text, fit_text

Point = tuple[float, float]

_TURN = 4096


@lru_cache(maxsize=_TURN)
def _on_circle(step: int) -> Point:
    angle = 2 * math.pi * step / _TURN
    return (round(math.cos(angle), 9), round(math.sin(angle), 9))


def around(x: float, y: float, radius: float, turns: float) -> Point:
    """The point at `radius` from (x, y), clockwise by `turns` from the right."""
    across, down = _on_circle(round(turns * _TURN) % _TURN)
    return (x + radius * across, y + radius * down)


class Page:
    """One cover being drawn.

    Args:
        side: pixels of a side.
        rng: all of the cover's randomness.
        palette: its colours.
        artist: printed name of the artist.
        album: printed title.
        year: of release; grammars set type with it, the colours follow in `printing.age`.
        lettered: whether words are printed; their place stays free where not.
    """

    def __init__(
        self,
        side: int,
        rng: Random,
        palette: Palette,
        artist: str,
        album: str,
        year: int,
        lettered: bool = True,
    ) -> None:
        self.side = side
        self.rng = rng
        self.palette = palette
        self.artist = artist
        self.album = album
        self.year = year
        self.lettered = lettered
        self.image = Image.new("RGB", (side, side), palette.ground)
        self.draw = ImageDraw.Draw(self.image)

    def px(self, length: float) -> int:
        """A length in whole pixels, at least one."""
        return max(1, round(length * self.side))

    def points(self, points: Iterable[Point]) -> list[tuple[int, int]]:
        """Points in whole pixels."""
        side = self.side
        return [(round(x * side), round(y * side)) for x, y in points]

    def chance(self, share: float) -> bool:
        """True in this share of covers."""
        return self.rng.random() < share

    def fill(self, *stops: Colour, across: bool = False) -> None:
        """Cover the whole page with a colour, or with a gradient running through several."""
        if len(stops) == 1:
            self.image.paste(stops[0], (0, 0, self.side, self.side))
        else:
            self.image.paste(gradient(stops, self.side, across=across))

    def colour_at(self, x: float, y: float) -> Colour:
        """What has been drawn at a point so far."""
        across, down = round(x * (self.side - 1)), round(y * (self.side - 1))
        red, green, blue = self.image.crop((across, down, across + 1, down + 1)).tobytes()
        return (red, green, blue)

    def rect(self, x0: float, y0: float, x1: float, y1: float, fill: Colour) -> None:
        """A filled rectangle, its last row and column left out so that neighbours only touch."""
        s = self.side
        left, top, right, bottom = round(x0 * s), round(y0 * s), round(x1 * s), round(y1 * s)
        if right > left and bottom > top:
            self.draw.rectangle((left, top, right - 1, bottom - 1), fill=fill)

    def frame(self, inset: float, width: float, colour: Colour) -> None:
        """A rectangular line around the page, `inset` from its edge."""
        a, b = round(inset * self.side), self.side - 1 - round(inset * self.side)
        self.draw.rectangle((a, a, b, b), outline=colour, width=self.px(width))

    def disc(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """A filled circle."""
        self.oval(x, y, radius, radius, fill)

    def oval(self, x: float, y: float, across: float, down: float, fill: Colour) -> None:
        """A filled ellipse from its two radii."""
        s = self.side
        box = (round((x - across) * s), round((y - down) * s))
        self.draw.ellipse((*box, round((x + across) * s), round((y + down) * s)), fill=fill)

    def ring(self, x: float, y: float, radius: float, width: float, colour: Colour) -> None:
        """A circular line whose outer edge is at `radius`."""
        self.arc(x, y, radius, width, 0, 1, colour)

    def arc(
        self,
        x: float,
        y: float,
        radius: float,
        width: float,
        start: float,
        stop: float,
        colour: Colour,
    ) -> None:
        """Part of a circular line, clockwise between two turns."""
        s, r = self.side, round(radius * self.side)
        if r < 1:
            return
        cx, cy = round(x * s), round(y * s)
        box = (cx - r, cy - r, cx + r, cy + r)
        degrees = (round(start * 360), round(stop * 360))
        if degrees[1] - degrees[0] >= 360:
            self.draw.ellipse(box, outline=colour, width=min(r, self.px(width)))
        else:
            self.draw.arc(box, *degrees, fill=colour, width=min(r, self.px(width)))

    def wedge(
        self, x: float, y: float, radius: float, start: float, stop: float, fill: Colour
    ) -> None:
        """A slice of a circle, clockwise between two turns."""
        self.polygon(
            [(x, y), *(around(x, y, radius, start + (stop - start) * k / 12) for k in range(13))],
            fill,
        )

    def polygon(self, points: Iterable[Point], fill: Colour) -> None:
        """A filled polygon."""
        self.draw.polygon(self.points(points), fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        """A line through points, with round corners when it is wide."""
        pixels = self.px(width)
        joint = "curve" if pixels > 4 and len(points) > 2 else None
        self.draw.line(self.points(points), fill=fill, width=pixels, joint=joint)

    def glow(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A soft round light."""
        size = self.px(radius * 2)
        corner = (round((x - radius) * self.side), round((y - radius) * self.side))
        # A few sizes only, so that the masks are reused; the page is soft there anyway.
        mask = glow_mask(64).resize((size, size), Image.Resampling.BILINEAR)
        self.image.paste(colour, corner, mask)

    def fog(self, colour: Colour, strength: float, detail: int = 3) -> None:
        """Drifting clouds of one colour, at most `strength` (0..1) opaque."""
        mask = _fog_mask(self.side, self.rng.randrange(6), detail, round(strength * 16))
        self.image.paste(colour, mask=_turned(mask, self.rng.randrange(8)))

    def speckle(self, colour: Colour, share: float) -> None:
        """Rough ink: small flecks of a colour over a share (0..1) of the page."""
        limit = _fleck_level(self.side, round(share * 64))
        mask = _fleck_noise(self.side).point([255 if v >= limit else 0 for v in range(256)])
        self.image.paste(colour, mask=_turned(mask, self.rng.randrange(8)))

    def text(
        self,
        words: str,
        role: str,
        box: tuple[float, float, float, float],
        fill: Colour,
        *,
        align: Align = "centre",
        valign: VerticalAlign = "middle",
        lines: int = 1,
        size: float | None = None,
        leading: float = 0.95,
        shadow: Colour | None = None,
    ) -> tuple[float, float, float, float]:
        """Set words into a box (left, top, right, bottom); returns the part they took."""
        s = self.side
        left, top, right, bottom = (edge * s for edge in box)
        fitted = fit_text(
            words,
            role,
            (left, top, right, bottom),
            align=align,
            valign=valign,
            max_lines=lines,
            max_pixels=None if size is None else size * s,
            leading=leading,
        )
        if self.lettered:
            drop = max(1, round(fitted.font.size) // 14)
            draw_text(self.draw, fitted, fill, shadow=shadow, offset=(drop, drop))
        x0, y0, x1, y1 = fitted.box
        return (x0 / s, y0 / s, x1 / s, y1 / s)

    def readable_on(self, ground: Colour) -> Colour:
        """The palette's ground or light, or nearly black or white: what reads best on a colour."""
        light, ground_ink = self.palette.light, darker(self.palette.ground, 0.4)
        return contrasting(ground, light, ground_ink, lighter(ground, 0.8), darker(ground, 0.85))


def _turned(mask: Image.Image, way: int) -> Image.Image:
    """One of the eight ways a square can lie."""
    return mask if way == 7 else mask.transpose(list(Image.Transpose)[way])


def _fog_mask(side: int, seed: int, detail: int, strength: int) -> Image.Image:
    """Clouds as opacity, at most strength/16 of full."""
    table = [max(0, min(255, (level - 60) * 3 // 2)) * strength // 16 for level in range(256)]
    return clouds(side, seed, detail).point(table)


@lru_cache(maxsize=64)
def _fleck_level(side: int, share: int) -> int:
    """Where to cut the fleck noise so that share/64 of it lies above."""
    counts, wanted, level = _fleck_noise(side).histogram(), side * side * share // 64, 255
    while level > 0 and sum(counts[level:]) < wanted:
        level -= 1
    return level


def _fleck_noise(side: int) -> Image.Image:
    return clouds(side, 17, 2, coarsest=64)
