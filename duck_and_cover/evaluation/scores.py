"""One generator against held-out real covers: its scores, and its rows by genre."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.evaluation.distances import (
    kid,
    mean_pairwise_distance,
    mean_structural_similarity,
)
from duck_and_cover.evaluation.judge import Judge
from duck_and_cover.evaluation.makes import Makes, made
from duck_and_cover.evaluation.real_covers import RealCovers
from duck_and_cover.evaluation.report.contents import GenreRow
from duck_and_cover.evaluation.verdicts import (
    Verdicts,
    average_precision,
    genre_accuracy,
    hit_rate,
    truth,
    year_error,
)
from duck_and_cover.generation.generator import Pictures

FEWEST_OF_A_GENRE = 8  # for its diversity to mean anything
PAIRS = 200  # a genre, for MS-SSIM


@dataclass(frozen=True)
class Scores:
    """What the judge makes of a set of covers that were made, or found, under known conditions."""

    genre_accuracy: float  # share whose likeliest genre is one of their own
    average_precision: float  # of covers ranked by each genre in turn, the mean over genres
    year_error: float  # mean absolute, in years
    diversity: float  # mean distance of two covers of a genre in the judge's features
    ms_ssim: float  # mean similarity of two covers of a genre
    kid: float  # kernel distance to the held-out real covers, in the judge's features
    count: int


def score(
    judge: Judge, pictures: Pictures, real: RealCovers, against: npt.NDArray[np.float32]
) -> Scores:
    """Judge `pictures`, made under the conditions of `real` in turn (N of them or a multiple).

    Args:
        against: Features (M, D) of the real covers that `kid` is measured to.
    """
    return score_of(judge.look(pictures), pictures, real, against, judge.vocabulary)


def score_of(
    verdicts: Verdicts,
    pictures: Pictures,
    real: RealCovers,
    against: npt.NDArray[np.float32],
    vocabulary: Vocabulary,
) -> Scores:
    """As `score`, of covers that the judge has looked at."""
    asked, features = real.asked(len(pictures)), verdicts.features
    return Scores(
        genre_accuracy(verdicts, asked.genres, vocabulary),
        average_precision(verdicts, asked.genres, vocabulary),
        year_error(verdicts, asked.years),
        _by_genre(asked.genres, lambda rows: mean_pairwise_distance(features[rows])),
        _by_genre(
            asked.genres, lambda rows: mean_structural_similarity(pictures[rows], PAIRS, seed=0)
        ),
        kid(against, features),
        len(pictures),
    )


def look_over(
    judge: Judge, pictures: Pictures, real: RealCovers, against: npt.NDArray[np.float32]
) -> dict[str, float]:
    """The scores that cost next to nothing beside the drawing, by name: all but `ms_ssim`.

    Args:
        pictures, real, against: As in `score`.
    """
    verdicts = judge.look(pictures)
    asked, features = real.asked(len(pictures)), verdicts.features
    return {
        "genre_accuracy": genre_accuracy(verdicts, asked.genres, judge.vocabulary),
        "average_precision": average_precision(verdicts, asked.genres, judge.vocabulary),
        "year_error": year_error(verdicts, asked.years),
        "diversity": _by_genre(asked.genres, lambda rows: mean_pairwise_distance(features[rows])),
        "kid": kid(against, features),
    }


def _by_genre(genres: Sequence[Sequence[str]], figure: Callable[[list[int]], float]) -> float:
    """Mean over genres of a figure of their rows; over all covers where there are no genres.

    Genres with next to no covers do not count.
    """
    names = sorted({name for row in genres for name in row}) or [""]
    groups = [[i for i, row in enumerate(genres) if not name or name in row] for name in names]
    values = [figure(rows) for rows in groups if len(rows) >= FEWEST_OF_A_GENRE]
    return float(np.mean(values)) if values else float("nan")


def genre_rows(
    generated: tuple[Pictures, Verdicts],
    real: tuple[RealCovers, Verdicts],
    vocabulary: Vocabulary,
) -> list[GenreRow]:
    """Generated covers beside the real ones, genre by genre, the commonest first.

    A cover with several genres counts in the row of each, and there is a hit where any is seen.

    Args:
        generated: Made under the conditions of `real` in turn, and what the judge sees in them.
    """
    covers, seen = real
    asked = covers.asked(len(generated[0]))
    own, real_own = truth(asked.genres, vocabulary), truth(covers.genres, vocabulary)
    rows = []
    for place in np.argsort(-own.sum(axis=0), kind="stable"):
        if not own[:, place].any():
            continue
        made_now = _of_genre(*generated, asked.years, own, int(place))
        real_now = _of_genre(covers.pictures, seen, covers.years, real_own, int(place))
        pairs = (value for both in zip(made_now, real_now, strict=True) for value in both)
        rows.append(GenreRow(vocabulary.genres[place], int(own[:, place].sum()), *pairs))
    return rows


def _of_genre(
    pictures: Pictures,
    verdicts: Verdicts,
    years: npt.NDArray[np.int32],
    own: npt.NDArray[np.bool_],
    place: int,
) -> tuple[float, float, float]:
    """Accuracy, year error and MS-SSIM of the covers of one genre."""
    rows = np.flatnonzero(own[:, place])
    few = len(rows) < FEWEST_OF_A_GENRE
    return (
        hit_rate(verdicts.genres[rows], own[rows]),
        year_error(verdicts.rows(rows), years[rows]),
        float("nan") if few else mean_structural_similarity(pictures[rows], PAIRS, seed=0),
    )


def compare(
    generator: Makes, judge: Judge, real: RealCovers, first_seed: int = 0
) -> tuple[Scores, Scores]:
    """Scores of the held-out real covers and of as many generated under the same conditions.

    The reals' own kernel distance is that of one half to the other: the floor.
    """
    verdicts = judge.look(real.pictures)
    conditions = generator.vocabulary.conditions(real.labels)
    pictures = made(generator, conditions, real.pictures.shape[1], first_seed)
    half, features = len(verdicts.features) // 2, verdicts.features
    own = score_of(verdicts, real.pictures, real, features, judge.vocabulary)
    floor = kid(features[:half], features[half:])
    return Scores(**{**asdict(own), "kid": floor}), score(judge, pictures, real, features)
