"""Generators whose truth is known: they draw synthetic covers, all but one with a fault of its own.

A seed stands for z: it decides artist, layout, palette and every line; genre and year are as asked,
as far as the generator listens. Drawn from another shelf than the training covers, so that no
artist is known to the judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.data.synthetic import CoverInfo, describe_cover, draw_cover
from duck_and_cover.data.synthetic.grammars import GRAMMARS
from duck_and_cover.generation.generator import Pictures

SHELF = 77  # a seed of the shelf that no training covers come from
DRAWN = 32  # pixels, the least that can be drawn


@dataclass(frozen=True)
class Size:
    """A description of a generator."""

    resolution: int


@dataclass
class Honest:
    """Draws a new cover of the genre and the year that it was asked for."""

    vocabulary: Vocabulary
    config: Size = field(default_factory=lambda: Size(16))

    @property
    def name(self) -> str:
        return type(self).__name__

    def stream(self, conditions: Sequence[Condition], first_seed: int = 0) -> Iterator[Pictures]:
        for start in range(0, len(conditions), 64):
            part = enumerate(conditions[start : start + 64], first_seed + start)
            yield np.stack([self.cover(condition, seed) for seed, condition in part])

    def cover(self, condition: Condition, seed: int) -> Pictures:
        """One cover (R, R, 3)."""
        own = describe_cover(seed, SHELF)
        genre = condition.genres[0] if condition.genres else own.genre
        info = as_genre(replace(own, year=condition.year or own.year), genre)
        return drawn(self.heard(info, own), self.config.resolution)

    def heard(self, asked: CoverInfo, own: CoverInfo) -> Cover:
        """What it makes of a wish, and of what it would draw by itself."""
        return Cover.of(asked)


@dataclass(frozen=True)
class Cover:
    """What decides a picture, and can be a key."""

    album: str
    genre: str
    year: int

    @classmethod
    def of(cls, info: CoverInfo) -> Cover:
        return cls(info.album_id, info.genre, info.year)


class IgnoresGenre(Honest):
    """Draws whatever genre z has."""

    def heard(self, asked: CoverInfo, own: CoverInfo) -> Cover:
        return Cover.of(replace(own, year=asked.year))


class OneCoverAGenre(Honest):
    """Has collapsed: z is without effect, and the year too."""

    def heard(self, asked: CoverInfo, own: CoverInfo) -> Cover:
        return Cover.of(as_genre(describe_cover(0, SHELF), asked.genre))


class FewCoversAGenre(Honest):
    """Has nearly collapsed: three designs a genre, printed as of the year."""

    def heard(self, asked: CoverInfo, own: CoverInfo) -> Cover:
        z = int(own.album_id.rsplit("-", 1)[1])
        one_of_three = describe_cover(z % 3, SHELF)
        return Cover.of(as_genre(replace(one_of_three, year=asked.year), asked.genre))


class MirrorsYears(Honest):
    """Draws late years as early ones."""

    def heard(self, asked: CoverInfo, own: CoverInfo) -> Cover:
        first, last = self.vocabulary.first_year, self.vocabulary.last_year
        return Cover.of(replace(asked, year=first + last - asked.year))


class ShiftsYears(Honest):
    """Draws every year as one 25 years later, the last ones as the last."""

    def heard(self, asked: CoverInfo, own: CoverInfo) -> Cover:
        return Cover.of(replace(asked, year=min(asked.year + 25, self.vocabulary.last_year)))


class IgnoresYear(Honest):
    """Draws whatever year z has."""

    def heard(self, asked: CoverInfo, own: CoverInfo) -> Cover:
        return Cover.of(replace(asked, year=own.year))


@dataclass
class Copies(Honest):
    """Gives out training covers of the genre: of the eight nearest in years, the one for z."""

    training: CoverPyramid | None = None

    def cover(self, condition: Condition, seed: int) -> Pictures:
        covers, year = self.training, condition.year
        assert covers is not None and year is not None
        rows = np.array(
            [i for i, own in enumerate(covers.labels.genres) if condition.genres[0] in own]
        )
        nearest = rows[np.abs(covers.labels.years[rows] - year).argsort(kind="stable")]
        picture: Pictures = covers.read(nearest[seed % 8][None], self.config.resolution)[0]
        return picture


def as_genre(info: CoverInfo, genre: str) -> CoverInfo:
    """The same z in another genre."""
    grammar = GRAMMARS[genre]
    return replace(
        info,
        genre=genre,
        layout=info.layout % len(grammar.layouts),
        palette=info.palette % len(grammar.palettes),
    )


@lru_cache(maxsize=20_000)
def drawn(cover: Cover, resolution: int) -> Pictures:
    """The picture (R, R, 3), by means of the one that is drawn."""
    z = int(cover.album.rsplit("-", 1)[1])
    info = as_genre(replace(describe_cover(z, SHELF), year=cover.year), cover.genre)
    picture = np.asarray(draw_cover(info, max(DRAWN, resolution)))
    step = len(picture) // resolution
    grid = picture.reshape(resolution, step, resolution, step, 3)
    small: Pictures = grid.mean(axis=(1, 3)).round().astype(np.uint8)
    return small


class ReadsTitles(Honest):
    """Draws the design that a title brings to its mind."""

    def cover(self, condition: Condition, seed: int) -> Pictures:
        return super().cover(condition, sum(map(ord, condition.artist + condition.album)))
