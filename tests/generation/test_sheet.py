"""Contact sheets: every cover in its place, at a size that can be seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from duck_and_cover.generation.sheet import GAP, PAPER, contact_sheet


def covers(count: int, side: int) -> npt.NDArray[np.uint8]:
    """Noise, each cover its own."""
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("side", "cell"), [(4, 64), (16, 64), (48, 96), (64, 64), (100, 100), (128, 128)]
)
def test_small_covers_are_enlarged_by_whole_factors(side: int, cell: int) -> None:
    sheet = contact_sheet(covers(2, side), columns=2)
    assert sheet.size == (2 * (cell + GAP) + GAP, cell + 2 * GAP)
    shown = np.asarray(sheet)[GAP : GAP + cell : cell // side, GAP : GAP + cell : cell // side]
    assert np.array_equal(shown, covers(2, side)[0])


@pytest.mark.parametrize(("count", "columns", "height"), [(6, 3, 2), (7, 3, 3), (1, 4, 1)])
def test_covers_fill_rows(count: int, columns: int, height: int) -> None:
    pictures = covers(count, 8)
    sheet = contact_sheet(pictures, columns, cell=8)
    assert sheet.size == (columns * (8 + GAP) + GAP, height * (8 + GAP) + GAP)
    grid = np.asarray(sheet)
    for place in range(columns * height):
        x, y = GAP + place % columns * (8 + GAP), GAP + place // columns * (8 + GAP)
        shown = grid[y : y + 8, x : x + 8]
        if place < count:
            assert np.array_equal(shown, pictures[place])
        else:
            assert (shown == PAPER).all()
    assert (grid[:GAP] == PAPER).all() and (grid[:, :GAP] == PAPER).all()


def test_rows_may_have_names() -> None:
    pictures = covers(4, 32)
    plain = contact_sheet(pictures, 2)
    named = contact_sheet(pictures, 2, rows=["jazz", "thrash metal"])
    left = named.width - plain.width
    assert left > 0 and named.height == plain.height
    grid = np.asarray(named)
    assert np.array_equal(grid[:, left:], np.asarray(plain))
    inked = (grid[:, :left] != PAPER).any(axis=2)
    middle = named.height // 2
    jazz, metal = inked[:middle].any(axis=0), inked[middle:].any(axis=0)
    assert 0 < jazz.sum() < metal.sum()
    assert contact_sheet(pictures, 2, rows=["", ""]).size == plain.size
