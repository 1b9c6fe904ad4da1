"""Drawn covers: the default data, and the yardstick, since what each one shows is known.

Every genre has a grammar of composition, shape, texture and type; the year decides how it prints.
The same seed and index give the same picture on every machine.
"""

from duck_and_cover.data.synthetic.covers import (
    GENRES,
    CoverInfo,
    describe_cover,
    draw_cover,
    synthetic_rows,
)
from duck_and_cover.data.synthetic.eras import FIRST_YEAR, LAST_YEAR

__all__ = [
    "FIRST_YEAR",
    "GENRES",
    "LAST_YEAR",
    "CoverInfo",
    "describe_cover",
    "draw_cover",
    "synthetic_rows",
]
