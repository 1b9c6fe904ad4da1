"""What a year does to a cover: how its colours print, how its paper ages, how its type is set.

Every quantity runs continuously through the anchor years below, so that two covers a year apart
look a year apart: cream duotones of the fifties, saturated sixties, brown seventies, neon eighties,
muted dirty nineties, glossy two-thousands, flat pastel tens, vivid grainy twenties.
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from duck_and_cover.data.synthetic.palettes import mix
from duck_and_cover.data.synthetic.textures import clouds, distance_field, white_noise
from duck_and_cover.typography import Colour

FIRST_YEAR = 1950
LAST_YEAR = 2027


@dataclass(frozen=True)
class Era:
    """How a year prints. Shares are in 0..1.

    Args:
        black: what the darkest ink becomes.
        white: what bare paper is.
        saturation: 1 leaves colours as drawn.
        border: width of the unprinted edge, as a share of the side.
        wear: scuffed edges and the ring a record presses into its sleeve.
        vignette: darkening of the corners.
        halftone: visibility of the printing dots.
        grain: noise, in levels of 0..255.
        gloss: the shine of a jewel case.
        hinge: width of the jewel case's hinge, as a share of the side.
    """

    black: Colour
    white: Colour
    saturation: float
    border: float
    wear: float
    vignette: float
    halftone: float
    grain: float
    gloss: float
    hinge: float


#      year: black,          white,           satur. border wear  vign. half  grain gloss hinge
_ANCHORS: dict[int, Era] = {
    1950: Era((70, 48, 30), (238, 214, 160), 0.22, 0.066, 0.95, 0.55, 0.60, 9, 0.0, 0.0),
    1957: Era((60, 44, 36), (242, 224, 176), 0.55, 0.052, 0.80, 0.42, 0.70, 8, 0.0, 0.0),
    1964: Era((34, 26, 44), (250, 236, 200), 1.10, 0.036, 0.60, 0.25, 0.80, 6, 0.0, 0.0),
    1970: Era((44, 22, 20), (250, 222, 166), 1.10, 0.018, 0.62, 0.28, 0.60, 7, 0.0, 0.0),
    1976: Era((58, 30, 8), (240, 200, 132), 0.85, 0.000, 0.55, 0.38, 0.40, 9, 0.0, 0.0),
    1982: Era((34, 8, 44), (252, 222, 214), 1.15, 0.000, 0.30, 0.18, 0.20, 4, 0.0, 0.0),
    1988: Era((8, 0, 58), (255, 240, 255), 1.50, 0.000, 0.12, 0.05, 0.10, 2, 0.10, 0.030),
    1993: Era((22, 26, 34), (222, 218, 196), 0.90, 0.000, 0.10, 0.22, 0.0, 11, 0.20, 0.062),
    1998: Era((34, 44, 34), (196, 206, 190), 0.50, 0.000, 0.05, 0.30, 0.0, 14, 0.45, 0.070),
    2003: Era((0, 16, 44), (214, 238, 255), 0.95, 0.000, 0.0, 0.12, 0.0, 3, 1.00, 0.050),
    2009: Era((16, 40, 62), (236, 252, 255), 1.00, 0.000, 0.0, 0.0, 0.0, 1, 0.45, 0.012),
    2015: Era((84, 74, 96), (255, 248, 246), 0.68, 0.000, 0.0, 0.0, 0.0, 0, 0.0, 0.0),
    2021: Era((40, 14, 62), (255, 244, 236), 1.10, 0.000, 0.0, 0.10, 0.0, 12, 0.0, 0.0),
    2027: Era((0, 0, 10), (240, 255, 246), 1.55, 0.000, 0.0, 0.34, 0.0, 24, 0.0, 0.0),
}


@lru_cache(maxsize=256)
def era_of(year: int) -> Era:
    """The era between the anchor years around a year; years outside count as the nearest end."""
    years = sorted(_ANCHORS)
    year = max(years[0], min(years[-1], year))
    before = max(anchor for anchor in years if anchor <= year)
    after = min(anchor for anchor in years if anchor >= year)
    if before == after:
        return _ANCHORS[before]
    share = (year - before) / (after - before)
    old, new = _ANCHORS[before], _ANCHORS[after]
    numbers = {
        field.name: getattr(old, field.name)
        + (getattr(new, field.name) - getattr(old, field.name)) * share
        for field in fields(Era)
        if field.name not in ("black", "white")
    }
    return Era(mix(old.black, new.black, share), mix(old.white, new.white, share), **numbers)


@lru_cache(maxsize=256)
def _tone_table(year: int) -> list[int]:
    """Where each of 3 x 256 levels goes when printed with this year's ink and paper."""
    era = era_of(year)
    table: list[int] = []
    for low, high in zip(era.black, era.white, strict=True):
        table.extend(low + (high - low) * level // 255 for level in range(256))
    return table


@lru_cache(maxsize=256)
def _vignette_mask(side: int, strength: int) -> Image.Image:
    """What to multiply with: 255 in the middle, down to 255 - strength in the corners."""
    far = np.maximum(distance_field(side).astype(np.int64) - 96, 0)
    return Image.fromarray((255 - far * far * strength // (159 * 159)).astype(np.uint8))


@lru_cache(maxsize=32)
def _wear_mask(side: int) -> Image.Image:
    """Where a sleeve's ink rubs off, at full wear: its edges and the ring of the record."""
    mask = Image.new("L", (side * 2, side * 2), 0)
    draw = ImageDraw.Draw(mask)
    ring, width = round(side * 0.07), max(1, round(side * 0.034))
    draw.ellipse((ring, ring, 2 * side - ring, 2 * side - ring), outline=120, width=width)
    edge = max(1, round(side * 0.03))
    draw.rectangle((0, 0, 2 * side - 1, 2 * side - 1), outline=200, width=edge)
    noise = clouds(side * 2, 5, 6).point([max(0, min(255, (v - 90) * 3)) for v in range(256)])
    return ImageChops.multiply(mask, noise).reduce(2)


@lru_cache(maxsize=8)
def _gloss_mask(side: int) -> Image.Image:
    """A band of light falling across a jewel case."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.int64)
    place = (rows * 2 + columns * 3) * 1000 // (side * 5)
    upper = np.clip(430 - place, 0, 430) * 90 // 430
    band = np.clip(60 - np.abs(place - 640), 0, 60) * 80 // 60
    return Image.fromarray(np.where(place < 430, upper + 30, band).astype(np.uint8))


@lru_cache(maxsize=8)
def _dots_mask(side: int) -> Image.Image:
    """Printing dots, a screen turned by 45 degrees, as values around 128."""
    pitch = max(2, side // 40)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.int64)
    first, second = (rows + columns) % (2 * pitch), (rows - columns) % (2 * pitch)
    height = np.abs(first - pitch) + np.abs(second - pitch)
    return Image.fromarray((height * 96 // (2 * pitch) + 80).astype(np.uint8))


@lru_cache(maxsize=256)
def _scaled(make: str, side: int, share: int) -> Image.Image:
    """One of the masks above at share/64 of its strength; dots shrink towards 128, others to 0."""
    mask = {"wear": _wear_mask, "gloss": _gloss_mask, "dots": _dots_mask}[make](side)
    rest = 128 if make == "dots" else 0
    return mask.point([rest + (level - rest) * share // 64 for level in range(256)])


def age(picture: Image.Image, year: int, rng: Random) -> Image.Image:
    """Print a drawn RGB cover as it would have been in its year, and let it age until today."""
    era, side = era_of(year), picture.width
    grey = picture.convert("L").convert("RGB")
    # Shares are in 64ths: exact in a float, so that every machine rounds alike.
    picture = Image.blend(grey, picture, round(era.saturation * 64) / 64)
    if era.halftone > 0.05:
        dots = _scaled("dots", side, round(era.halftone * 40))
        picture = ImageChops.overlay(picture, Image.merge("RGB", (dots, dots, dots)))
    picture = picture.point(_tone_table(year))
    if era.vignette > 0.02:
        mask = _vignette_mask(side, round(era.vignette * 200))
        picture = ImageChops.multiply(picture, Image.merge("RGB", (mask, mask, mask)))
    if era.gloss > 0.02:
        picture.paste((255, 255, 255), mask=_scaled("gloss", side, round(era.gloss * 64)))
    _edges(picture, era, rng)
    return _grainy(picture, era, rng)


def _edges(picture: Image.Image, era: Era, rng: Random) -> None:
    """Border, wear and hinge, drawn in place."""
    side, draw = picture.width, ImageDraw.Draw(picture)
    border = era.border * side
    if border >= 0.3:
        whole = int(border)
        part = round((border - whole) * 64)
        rim = Image.new("L", picture.size, 0)
        ImageDraw.Draw(rim).rectangle(
            (whole, whole, side - 1 - whole, side - 1 - whole), outline=part * 4
        )
        picture.paste(era.white, mask=rim)
        if whole:
            draw.rectangle((0, 0, side - 1, side - 1), outline=era.white, width=whole)
    turned = rng.randrange(4)
    if era.wear > 0.02:
        mask = _scaled("wear", side, round(era.wear * 64))
        if turned:
            mask = mask.transpose(list(Image.Transpose)[turned])
        picture.paste(era.white, mask=mask)
    hinge = round(era.hinge * side * 2)
    if hinge:
        strip = picture.crop((0, 0, max(1, hinge // 2), side))
        picture.paste(Image.blend(strip, Image.new("RGB", strip.size), 0.75), (0, 0))
        line = max(0, hinge // 2)
        draw.line((line, 0, line, side), fill=mix(era.white, (0, 0, 0), 0.25))


def _grainy(picture: Image.Image, era: Era, rng: Random) -> Image.Image:
    side, spare = picture.width, 64
    x, y = rng.randrange(spare), rng.randrange(spare)
    strength = round(era.grain * 4)
    if not strength:
        return picture
    noise = white_noise(side + spare, 11)[y : y + side, x : x + side].astype(np.int16)
    # The noise spreads by about 43 levels; strength is in quarters of a level.
    levels = np.asarray(picture, dtype=np.int16) + ((noise - 128) * strength // 172)[:, :, None]
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def caption_of(year: int) -> str:
    """How a print of this year looks, for captions."""
    looks = (
        (1957, "on yellowed cream card with a worn border"),
        (1968, "in saturated inks on a scuffed sleeve"),
        (1979, "in faded brown and orange print"),
        (1990, "in high-contrast eighties colours"),
        (2000, "in muted, dirty print behind a jewel case"),
        (2010, "with a glossy sheen"),
        (2019, "in flat, washed-out pastels"),
        (LAST_YEAR, "in vivid colours under heavy grain"),
    )
    return next(words for last, words in looks if year <= last)
