"""Years: their prints change smoothly, and every era can be told from the paper and the ink."""

from random import Random

import numpy as np
import pytest
from PIL import Image

from duck_and_cover.data.synthetic.eras import FIRST_YEAR, LAST_YEAR, caption_of, era_of
from duck_and_cover.data.synthetic.printing import age


def printed(
    level: int, year: int, size: int = 64
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    drawn = Image.new("RGB", (2 * size, 2 * size), (level, level, level))
    return np.asarray(age(drawn, size, year, Random(1)), dtype=np.int64)


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR))
def test_neighbouring_years_print_alike(year: int) -> None:
    older, newer = era_of(year), era_of(year + 1)
    for old, new in ((older.black, newer.black), (older.white, newer.white)):
        assert max(abs(a - b) for a, b in zip(old, new, strict=True)) <= 14
    assert abs(older.saturation - newer.saturation) <= 0.15
    assert abs(older.border - newer.border) <= 0.01
    assert abs(older.grain - newer.grain) <= 2.5


def test_years_beyond_the_ends_print_like_the_ends() -> None:
    assert era_of(FIRST_YEAR - 30) == era_of(FIRST_YEAR)
    assert era_of(LAST_YEAR + 5) == era_of(LAST_YEAR)


def test_old_paper_is_yellow_and_new_paper_is_not() -> None:
    old, new = (printed(255, year)[24:40, 24:40].mean((0, 1)) for year in (1950, 2012))
    assert old[0] - old[2] > 40 > abs(new[0] - new[2])


def test_old_black_has_faded_and_eighties_black_has_not() -> None:
    middle = slice(24, 40)
    assert (
        printed(0, 1950)[middle, middle, 0].mean() > printed(0, 1988)[middle, middle, 0].mean() + 25
    )


def test_grain_belongs_to_the_twenties_and_none_to_the_tens() -> None:
    middle = slice(24, 40)
    assert printed(128, 2027)[middle, middle].std(axis=(0, 1)).min() > 10
    assert printed(128, 2015)[middle, middle].std(axis=(0, 1)).max() < 1


def test_ageing_depends_on_its_generator_alone() -> None:
    assert (printed(90, 1997) == printed(90, 1997)).all()
    assert (
        printed(90, 1997)
        != np.asarray(age(Image.new("RGB", (128, 128), (90, 90, 90)), 64, 1997, Random(2)))
    ).any()


def test_captions_cover_every_year() -> None:
    captions = {caption_of(year) for year in range(FIRST_YEAR, LAST_YEAR + 1)}
    assert len(captions) == 8
