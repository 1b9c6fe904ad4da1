"""The figures of one generator from which faults are told, gathered in one place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.evaluation.real_covers import RealCovers
from duck_and_cover.evaluation.report.contents import Conditioning, GenreRow, Memorisation
from duck_and_cover.evaluation.scores import Scores
from duck_and_cover.evaluation.verdicts import Verdicts, chance_rate, truth, year_shift, year_slope

NAN = float("nan")


@dataclass(frozen=True)
class Evidence:
    """The figures that flags are raised from; nan, empty or None where there are none.

    Args:
        count, real_count: Covers, generated and real.
        accuracy, real_accuracy: Share of covers that the judge sees a right genre in.
        chance: The accuracy of the same generated covers, had each been asked for another's genres.
        diversity: Mean distance of two covers of a genre, as a share of the real ones'.
        genres: Generated beside real, by genre.
        year_error, real_year_error: Mean absolute, in years.
        year_shift: Mean of years seen less years asked for, less the same of real covers.
        real_year_slope: Years seen per year of real covers of the same genre.
        precision, recall: Each as a share of its floor, real half against real half.
        memorisation: Of every kind of features.
        conditioning: What single changes do.
    """

    count: int
    real_count: int
    accuracy: float = NAN
    real_accuracy: float = NAN
    chance: float = NAN
    diversity: float = NAN
    genres: Sequence[GenreRow] = ()
    year_error: float = NAN
    real_year_error: float = NAN
    year_shift: float = 0.0
    real_year_slope: float = NAN
    precision: float = NAN
    recall: float = NAN
    memorisation: Sequence[Memorisation] = ()
    conditioning: Conditioning | None = None

    @property
    def error(self) -> float:
        """The standard error of the difference of a generated and a real share, at its largest."""
        return 0.5 * math.sqrt(1 / max(self.count, 1) + 1 / max(self.real_count, 1))


def gather(
    generated: tuple[Scores, Verdicts],
    real: tuple[Scores, Verdicts],
    covers: RealCovers,
    vocabulary: Vocabulary,
    genres: Sequence[GenreRow] = (),
    memorisation: Sequence[Memorisation] = (),
    conditioning: Conditioning | None = None,
    precision: float = NAN,
    recall: float = NAN,
) -> Evidence:
    """The evidence on covers that were made under the conditions of real ones in turn.

    Args:
        generated, real: Their scores, and what the judge sees in them.
        covers: The real ones.
        vocabulary: The judge's.
        genres, memorisation, conditioning, precision, recall: As in `Evidence`.
    """
    scores, verdicts = generated
    own, seen = real
    asked = covers.asked(len(verdicts.years))
    return Evidence(
        count=scores.count,
        real_count=own.count,
        accuracy=scores.genre_accuracy,
        real_accuracy=own.genre_accuracy,
        chance=chance_rate(verdicts.genres, truth(asked.genres, vocabulary)),
        diversity=scores.diversity / own.diversity if own.diversity else NAN,
        genres=genres,
        year_error=scores.year_error,
        real_year_error=own.year_error,
        year_shift=year_shift(verdicts, asked.years) - year_shift(seen, covers.years),
        real_year_slope=year_slope(seen, covers.years, covers.genres),
        precision=precision,
        recall=recall,
        memorisation=memorisation,
        conditioning=conditioning,
    )
