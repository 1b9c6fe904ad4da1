"""Colours of the drawn covers: exact integer mixing, and the named palettes genres choose from."""

from dataclasses import dataclass
from random import Random

from duck_and_cover.typography import Colour


def colour(code: str) -> Colour:
    """A colour from six hexadecimal digits, `ff8000`."""
    return (int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with a share (0..1) of `second` in it."""
    part = round(share * 256)
    red, green, blue = (
        a + (((b - a) * part + 128) >> 8) for a, b in zip(first, second, strict=True)
    )
    return (red, green, blue)


def darker(base: Colour, share: float) -> Colour:
    """The colour with a share (0..1) of black."""
    return mix(base, (0, 0, 0), share)


def lighter(base: Colour, share: float) -> Colour:
    """The colour with a share (0..1) of white."""
    return mix(base, (255, 255, 255), share)


def brightness(base: Colour) -> int:
    """Perceived brightness, 0..255."""
    red, green, blue = base
    return (red * 77 + green * 150 + blue * 29) >> 8


def contrasting(base: Colour, *choices: Colour) -> Colour:
    """Of the choices, the one that stands out most from `base` in brightness."""
    return max(choices, key=lambda choice: abs(brightness(choice) - brightness(base)))


@dataclass(frozen=True)
class Palette:
    """Five colours with fixed jobs, and the words a caption has for them.

    Args:
        name: for captions, such as "blood red and black".
        ground: what most of the cover is covered with.
        main: the colour of the largest shape.
        second: of the next shapes.
        accent: of the smallest.
        light: readable on the ground.
    """

    name: str
    ground: Colour
    main: Colour
    second: Colour
    accent: Colour
    light: Colour

    @property
    def bright(self) -> tuple[Colour, Colour, Colour]:
        """The three colours that are neither ground nor light."""
        return (self.main, self.second, self.accent)

    def jittered(self, rng: Random) -> "Palette":
        """A close relative: every colour leans a little towards its own random tint."""

        def lean(base: Colour) -> Colour:
            tint = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
            return mix(base, tint, 0.10 * rng.random())

        return Palette(
            self.name,
            lean(self.ground),
            lean(self.main),
            lean(self.second),
            lean(self.accent),
            lean(self.light),
        )


def palette(name: str, codes: str) -> Palette:
    """A palette from five colour codes: ground, main, second, accent, light."""
    ground, main, second, accent, light = map(colour, codes.split())
    return Palette(name, ground, main, second, accent, light)
