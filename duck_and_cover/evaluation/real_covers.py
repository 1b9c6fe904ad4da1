"""Real covers in memory, with what is known of them: what generated ones are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.labels import Labels

FEWEST, MOST = 64, 2000  # held-out covers
AT_ONCE = 1000  # covers read at a time

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class RealCovers:
    """Covers (N, R, R, 3) with what is known of them."""

    pictures: Pictures
    labels: Labels

    @property
    def genres(self) -> Sequence[Sequence[str]]:
        """Of each."""
        return self.labels.genres

    @property
    def years(self) -> npt.NDArray[np.int32]:
        """Of each, 0 where not known."""
        return self.labels.years

    def some(self, most: int) -> RealCovers:
        """At most so many of them, evenly chosen."""
        return self.at(evenly(len(self.genres), most))

    def at(self, rows: Rows) -> RealCovers:
        """Those in some rows."""
        return RealCovers(self.pictures[rows], self.labels.at(rows))

    def asked(self, count: int) -> Labels:
        """What is known of `count` covers that take after these in turn."""
        return self.labels.at(np.arange(count) % len(self.labels))


def evenly(count: int, most: int) -> Rows:
    """At most so many of `count` rows."""
    return np.arange(0, count, -(-count // most))


def count_of(data: CoverDataModule, splits: Sequence[str]) -> int:
    """How many covers some splits have together."""
    return sum(len(data.pyramid(split)) for split in splits)


def covers_of(data: CoverDataModule, splits: Sequence[str], rows: Rows | None = None) -> RealCovers:
    """Covers of some splits, taken as one list, at the plan's top resolution.

    Args:
        rows: Which of that list, in rising order; None for all. No others are read.
    """
    pyramids, resolution = [data.pyramid(split) for split in splits], data.growth.resolution
    rows = np.arange(count_of(data, splits)) if rows is None else rows
    pictures = np.empty((len(rows), resolution, resolution, 3), np.uint8)
    first = 0
    for pyramid in pyramids:
        own = np.flatnonzero((rows >= first) & (rows < first + len(pyramid)))
        for start in range(0, len(own), AT_ONCE):
            part = own[start : start + AT_ONCE]
            pictures[part] = pyramid.read(rows[part] - first, resolution)
        pyramid.close()
        first += len(pyramid)
    return RealCovers(pictures, Labels.together([p.labels for p in pyramids]).at(rows))


def held_out(data: CoverDataModule) -> RealCovers:
    """The covers of validation and test together, at the plan's top resolution, at most MOST.

    Where they are fewer than FEWEST, the training covers join them: a distance to a handful of
    pictures says nothing.
    """
    splits = ["validation", "test"]
    if count_of(data, splits) < FEWEST:
        splits.append("train")
    return covers_of(data, splits, evenly(count_of(data, splits), MOST))
