"""One generator against held-out real covers: the figures of the quickstart's table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from duck_and_cover.conditions import Condition
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.distances import (
    kid,
    mean_pairwise_distance,
    mean_structural_similarity,
)
from duck_and_cover.evaluation.judge import Judge, Verdicts, genre_accuracy, year_error
from duck_and_cover.generation.generator import CoverGenerator, Pictures

FEWEST_OF_A_GENRE = 8  # for its diversity to mean anything
PAIRS = 200  # a genre, for MS-SSIM
FEWEST, MOST = 64, 2000  # held-out covers


@dataclass(frozen=True)
class Scores:
    """What the judge makes of a set of covers that were made, or found, under known conditions."""

    genre_accuracy: float  # share whose likeliest genre is one of their own
    year_error: float  # mean absolute, in years
    diversity: float  # mean distance of two covers of a genre in the judge's features
    ms_ssim: float  # mean similarity of two covers of a genre
    kid: float  # kernel distance to the held-out real covers, in the judge's features
    count: int

    def as_metrics(self, prefix: str) -> dict[str, float]:
        """By log name, without the count."""
        return {f"{prefix}{k}": v for k, v in asdict(self).items() if k != "count"}


def held_out(data: CoverDataModule) -> "RealCovers":
    """The covers of validation and test together, at the plan's top resolution, at most MOST.

    Where they are fewer than FEWEST, the training covers join them: a distance to a handful of
    pictures says nothing.
    """
    resolution = data.growth.resolution
    pyramids = [data.pyramid("validation"), data.pyramid("test")]
    if sum(len(p) for p in pyramids) < FEWEST:
        pyramids.append(data.pyramid("train"))
    covers = RealCovers(
        np.concatenate([p.read(np.arange(len(p)), resolution) for p in pyramids]),
        [names for p in pyramids for names in p.genres],
        np.concatenate([p.years for p in pyramids]),
    )
    return covers.some(MOST)


@dataclass(frozen=True)
class RealCovers:
    """Covers (N, R, R, 3) with what is known of them."""

    pictures: Pictures
    genres: list[list[str]]
    years: npt.NDArray[np.int32]

    def some(self, most: int) -> "RealCovers":
        """At most so many of them, evenly chosen."""
        rows = range(0, len(self.genres), -(-len(self.genres) // most))
        chosen = list(rows)
        return RealCovers(
            self.pictures[chosen], [self.genres[i] for i in chosen], self.years[chosen]
        )


def score(
    judge: Judge, pictures: Pictures, real: RealCovers, against: npt.NDArray[np.float32]
) -> Scores:
    """Judge `pictures`, made under the conditions of `real` in turn (N of them or a multiple).

    Args:
        against: Features (M, D) of the real covers that `kid` is measured to.
    """
    verdicts = judge.look(pictures)
    times = -(-len(pictures) // len(real.genres))
    genres = (real.genres * times)[: len(pictures)]
    years = np.tile(real.years, times)[: len(pictures)]
    diversity, similarity = _within_genres(verdicts, pictures, genres)
    return Scores(
        genre_accuracy(verdicts, genres, judge.vocabulary),
        year_error(verdicts, years),
        diversity,
        similarity,
        kid(against, verdicts.features),
        len(pictures),
    )


def _within_genres(
    verdicts: Verdicts, pictures: Pictures, genres: Sequence[Sequence[str]]
) -> tuple[float, float]:
    """Diversity and MS-SSIM, the mean over genres; over all covers where there are no genres."""
    names = sorted({name for row in genres for name in row}) or [""]
    distances, similarities = [], []
    for name in names:
        rows = [i for i, row in enumerate(genres) if not name or name in row]
        if len(rows) < FEWEST_OF_A_GENRE:
            continue
        distances.append(mean_pairwise_distance(verdicts.features[rows]))
        similarities.append(mean_structural_similarity(pictures[rows], PAIRS, seed=0))
    if not distances:
        return float("nan"), float("nan")
    return float(np.mean(distances)), float(np.mean(similarities))


def compare(
    generator: CoverGenerator, judge: Judge, real: RealCovers, first_seed: int = 0
) -> tuple[Scores, Scores]:
    """Scores of the held-out real covers and of as many generated under the same conditions.

    The reals' own kernel distance is that of one half to the other: the floor.
    """
    features = judge.look(real.pictures).features
    known = set(generator.vocabulary.genres)
    first, last = generator.vocabulary.first_year, generator.vocabulary.last_year
    conditions = [
        Condition(
            tuple(name for name in names if name in known),
            int(year) if last and first <= year <= last else None,
        )
        for names, year in zip(real.genres, real.years, strict=True)
    ]
    made = np.concatenate(list(generator.stream(conditions, first_seed)))
    blow_up = real.pictures.shape[1] // made.shape[1]  # of a generator that is still growing
    made = made.repeat(blow_up, axis=1).repeat(blow_up, axis=2)
    half = len(features) // 2
    own = score(judge, real.pictures, real, features)
    floor = kid(features[:half], features[half:])
    return Scores(**{**asdict(own), "kid": floor}), score(judge, made, real, features)
