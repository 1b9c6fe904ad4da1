"""Grain, fog and gradients, made once per size from integer arithmetic and then reused.

Nothing here depends on a platform's floating-point vector code: noise comes from an integer hash,
distances from integer square roots, and the one use of an arctangent is rounded far more coarsely
than any machine's error.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from duck_and_cover.typography import Colour

Bytes = npt.NDArray[np.uint8]


def _hash(values: npt.NDArray[np.uint32], seed: int) -> npt.NDArray[np.uint32]:
    """Scramble 32-bit integers (the finaliser of MurmurHash3)."""
    mixed = values + np.uint32((seed * 0x9E3779B9) & 0xFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    scrambled: npt.NDArray[np.uint32] = mixed ^ (mixed >> np.uint32(16))
    return scrambled


@lru_cache(maxsize=32)
def white_noise(side: int, seed: int) -> Bytes:
    """Independent bytes, shape (side, side), roughly bell-shaped around 128."""
    places = np.arange(side * side, dtype=np.uint32).reshape(side, side)
    bits = _hash(places, seed)
    total = (bits & 0xFF) + ((bits >> np.uint32(8)) & 0xFF) + ((bits >> np.uint32(16)) & 0xFF)
    noise: Bytes = (total // np.uint32(3)).astype(np.uint8)
    return noise


@lru_cache(maxsize=32)
def clouds(side: int, seed: int, octaves: int = 4, coarsest: int = 4) -> Image.Image:
    """Soft fog as an L picture of (side, side) that tiles, values spread over 0..255.

    Its largest patches are a `coarsest`th of the side; each further octave halves them.
    """
    total = np.zeros((side, side), dtype=np.int64)
    for octave in range(octaves):
        cells = coarsest << octave
        if cells > side:
            break
        points = _hash(np.arange(cells * cells, dtype=np.uint32), seed * 31 + octave)
        lattice = (points >> np.uint32(24)).reshape(cells, cells).astype(np.int64)
        total += _spread(lattice, side) >> octave
    low, high = int(total.min()), int(total.max())
    return Image.fromarray(((total - low) * 255 // max(1, high - low)).astype(np.uint8))


def _spread(lattice: npt.NDArray[np.int64], side: int) -> npt.NDArray[np.int64]:
    """Grow a lattice to (side, side) with smooth steps between its points, times 256."""
    cells = len(lattice)
    position = np.arange(side, dtype=np.int64) * cells * 256 // side
    cell, part = position >> 8, position & 255
    smooth = (part * part * (768 - 2 * part)) >> 16  # 3t^2 - 2t^3 in 1/256
    rows = lattice[cell] * (256 - smooth)[:, None] + lattice[(cell + 1) % cells] * smooth[:, None]
    rows >>= 4
    near, far = rows[:, cell], rows[:, (cell + 1) % cells]
    spread: npt.NDArray[np.int64] = (near * (256 - smooth) + far * smooth) >> 12
    return spread


@lru_cache(maxsize=8)
def distance_field(side: int) -> Bytes:
    """Distance from the middle, shape (side, side): 0 there, 255 from the corners on."""
    offsets = 2 * np.arange(side, dtype=np.int64) - (side - 1)
    square = offsets[:, None] ** 2 + offsets[None, :] ** 2
    # 255 * sqrt(square / corner), rounded well above the error of a square root.
    field: Bytes = np.floor(np.sqrt(square / (2 * side * side)) * 255 + 0.25).astype(np.uint8)
    return field


@lru_cache(maxsize=8)
def angle_field(side: int) -> npt.NDArray[np.uint16]:
    """Direction from the middle, shape (side, side), in 1/1024 of a turn."""
    offsets = 2 * np.arange(side, dtype=np.float64) - (side - 1)
    turns = np.arctan2(offsets[:, None], offsets[None, :]) / (2 * np.pi)
    field: npt.NDArray[np.uint16] = (np.floor(turns * 1024 + 0.37).astype(np.int64) & 1023).astype(
        np.uint16
    )
    return field


@lru_cache(maxsize=16)
def glow_mask(side: int) -> Image.Image:
    """A soft round light as an L picture: 255 in the middle, 0 from the rim on."""
    offsets = 2 * np.arange(side, dtype=np.int64) - (side - 1)
    square = (offsets[:, None] ** 2 + offsets[None, :] ** 2) * 1024 // (side * side)
    left = np.clip(1024 - square, 0, 1024)
    return Image.fromarray((left * left * 255 >> 20).astype(np.uint8))


def ramp(stops: tuple[Colour, ...], steps: int) -> Bytes:
    """Colours running evenly through the stops, shape (steps, 3)."""
    spans = len(stops) - 1
    position = np.arange(steps, dtype=np.int64) * spans * 4096 // max(1, steps - 1)
    span = np.minimum(position >> 12, spans - 1)
    part = (position - (span << 12))[:, None]
    table = np.array(stops, dtype=np.int64)
    colours: Bytes = (table[span] + ((table[span + 1] - table[span]) * part >> 12)).astype(np.uint8)
    return colours


def gradient(stops: tuple[Colour, ...], side: int, *, across: bool = False) -> Image.Image:
    """An RGB picture of (side, side) running through the stops downwards, or across."""
    line = ramp(stops, side)
    strip = Image.fromarray(line[None] if across else line[:, None])
    return strip.resize((side, side), Image.Resampling.NEAREST)


def recolour(tones: Bytes, stops: tuple[Colour, ...]) -> Image.Image:
    """A picture of tones (H, W) in 0..255 as RGB running through the stops."""
    table = ramp(stops, 256)
    picture = Image.fromarray(tones)
    return Image.merge("RGB", [picture.point(table[:, band].tolist()) for band in range(3)])
