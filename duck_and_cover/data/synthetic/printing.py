"""Print a drawn cover as its year would have, and let it age: sleeve, inks, light, wear, grain."""

from functools import lru_cache
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from duck_and_cover.data.synthetic.eras import Era, era_of
from duck_and_cover.data.synthetic.textures import clouds, distance_field, white_noise
from duck_and_cover.typography import draw_text, fit_text


@lru_cache(maxsize=256)
def _tone_table(year: int) -> list[int]:
    """Where each of 3 x 256 levels goes when printed with this year's ink and paper."""
    era = era_of(year)
    table: list[int] = []
    for low, high in zip(era.black, era.white, strict=True):
        table.extend(low + (high - low) * level // 255 for level in range(256))
    return table


def _vignette_mask(side: int, strength: int) -> Image.Image:
    """What to multiply with: 255 in the middle, down to 255 - strength in the corners."""
    table = [255 - max(0, far - 96) ** 2 * strength // (159 * 159) for far in range(256)]
    return Image.fromarray(distance_field(side)).point(table)


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
def _airbrush_mask(side: int) -> Image.Image:
    """Opacity rising towards the foot."""
    line = np.maximum(np.arange(side, dtype=np.int64) * 3 - side, 0) ** 2 * 130 // (4 * side * side)
    return Image.fromarray(np.repeat(line.astype(np.uint8)[:, None], side, axis=1))


@lru_cache(maxsize=8)
def _aura_mask(side: int) -> Image.Image:
    """Opacity rising towards the upper left corner."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.int64)
    near = np.maximum(side * 9 // 10 - rows - columns * 3 // 4, 0)
    return Image.fromarray((near * near * 200 // (side * side)).astype(np.uint8))


@lru_cache(maxsize=8)
def _dots_mask(side: int) -> Image.Image:
    """Printing dots, a screen turned by 45 degrees, as values around 128."""
    pitch = max(2, side // 40)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.int64)
    first, second = (rows + columns) % (2 * pitch), (rows - columns) % (2 * pitch)
    height = np.abs(first - pitch) + np.abs(second - pitch)
    return Image.fromarray((height * 96 // (2 * pitch) + 80).astype(np.uint8))


def _weakened(mask: Image.Image, share: float, rest: int = 0) -> Image.Image:
    """A mask at a share of its strength, its levels drawn towards `rest`."""
    part = round(share * 64)
    return mask.point([rest + (level - rest) * part // 64 for level in range(256)])


def age(drawn: Image.Image, size: int, year: int, rng: Random) -> Image.Image:
    """Print a drawn RGB cover as in its year and let it age until today.

    Args:
        drawn: the artwork, at least as large as the print.
        size: pixels of a side of the result.
        year: of the print.
        rng: for wear, grain and the label's strip.
    """
    era = era_of(year)
    # Shares are in 64ths: exact in a float, so that every machine rounds alike.
    picture = _sleeve(drawn, size, era, year, rng)
    grey = picture.convert("L").convert("RGB")
    picture = Image.blend(grey, picture, round(era.saturation * 64) / 64)
    if era.halftone > 0.05:
        dots = _weakened(_dots_mask(size), era.halftone * 0.6, 128)
        picture = ImageChops.overlay(picture, Image.merge("RGB", (dots, dots, dots)))
    picture = picture.point(_tone_table(year))
    if era.vignette > 0.02:
        mask = _vignette_mask(size, round(era.vignette * 200))
        picture = ImageChops.multiply(picture, Image.merge("RGB", (mask, mask, mask)))
    if era.airbrush > 0.02:
        picture.paste((255, 30, 150), mask=_weakened(_airbrush_mask(size), era.airbrush))
    if era.aura > 0.02:
        picture.paste((120, 60, 255), mask=_weakened(_aura_mask(size), era.aura))
    if era.gloss > 0.02:
        picture.paste((255, 255, 255), mask=_weakened(_gloss_mask(size), era.gloss))
    turned = rng.randrange(4)
    if era.wear > 0.02:
        mask = _weakened(_wear_mask(size), era.wear)
        picture.paste(era.white, mask=mask.transpose(list(Image.Transpose)[turned]))
    return _grainy(picture, era, rng)


def _sleeve(drawn: Image.Image, size: int, era: Era, year: int, rng: Random) -> Image.Image:
    """The artwork scaled into its sleeve: paper border, stereo strip, jewel case hinge."""
    border, hinge = round(era.border * size), round(era.hinge * size)
    strip = round(size * 0.05) if rng.random() < _strip_share(year) else 0
    if not border and not hinge and not strip:
        return drawn.resize((size, size), Image.Resampling.BOX)
    inner = (size - 2 * border - hinge, size - 2 * border - strip)
    sleeve = Image.new("RGB", (size, size), (255, 255, 255))
    sleeve.paste(drawn.resize(inner, Image.Resampling.BOX), (border + hinge, border + strip))
    draw = ImageDraw.Draw(sleeve)
    if hinge:
        draw.rectangle((0, 0, hinge - 1, size), fill=(26, 26, 26))
        draw.rectangle((hinge // 2, 0, hinge * 3 // 4, size), fill=(64, 64, 64))
    if strip:
        words = "STEREO" if year >= 1958 else "HIGH FIDELITY"
        box = (size * 0.2, border + strip * 0.14, size * 0.8, border + strip * 0.86)
        draw.rectangle(
            (border, border, size - border - 1, border + strip - 1), fill=(240, 240, 240)
        )
        draw_text(draw, fit_text(words, "condensed", box), (30, 30, 30))
    return sleeve


def _strip_share(year: int) -> float:
    """How many sleeves of a year carry a strip saying how they were recorded."""
    return max(0.0, 0.5 - abs(year - 1961) / 16)


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
