"""What a judge's verdicts say, as figures: which genres are hit, how far years are missed.

A verdict is held against the truth of real covers, or against what generated ones were asked for.
A cover with several genres is a hit where the likeliest one is any of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.evaluation.report.contents import Confusion, Years

MOST_LABELS = 20  # genres of a confusion that a page can still show
MOST_POINTS = 500  # of a scatter

Genres = Sequence[Sequence[str]]  # of N covers


@dataclass(frozen=True)
class Verdicts:
    """What the judge sees in N covers."""

    features: npt.NDArray[np.float32]  # (N, 128)
    genres: npt.NDArray[np.float32]  # (N, G) logits
    years: npt.NDArray[np.float32]  # (N,)

    def rows(self, chosen: Sequence[int] | npt.NDArray[np.intp]) -> Verdicts:
        """Of some of the covers."""
        where = np.asarray(chosen, np.intp)
        return Verdicts(self.features[where], self.genres[where], self.years[where])

    @property
    def likeliest(self) -> npt.NDArray[np.intp]:
        """The place (N,) of each cover's likeliest genre in the vocabulary."""
        places: npt.NDArray[np.intp] = self.genres.argmax(axis=1)
        return places


def truth(genres: Genres, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """Genre lists of N covers as (N, G); genres that the judge does not know are passed over."""
    place = {name: i for i, name in enumerate(vocabulary.genres)}
    hot = np.zeros((len(genres), len(place)), np.bool_)
    for row, names in enumerate(genres):
        hot[row, [place[name] for name in names if name in place]] = True
    return hot


def genre_accuracy(verdicts: Verdicts, genres: Genres, vocabulary: Vocabulary) -> float:
    """Share of covers whose likeliest genre is one of their own; those without do not count."""
    return hit_rate(verdicts.genres, truth(genres, vocabulary))


def hit_rate(scores: npt.NDArray[np.floating], hot: npt.NDArray[np.bool_]) -> float:
    """Share of rows whose highest score (N, G) is true in (N, G); rows without any do not count."""
    known = hot.any(axis=1)
    if not known.any():
        return float("nan")
    best = scores.argmax(axis=1)
    return float(hot[np.arange(len(hot)), best][known].mean())


def chance_rate(scores: npt.NDArray[np.floating], hot: npt.NDArray[np.bool_]) -> float:
    """The `hit_rate` that is expected when the truth is dealt out anew among the same covers.

    It knows how often each genre is asked for and how often it is seen, so that nothing but
    pictures that follow what they were asked for can rise above it.
    """
    known = hot.any(axis=1)
    if not known.any():
        return float("nan")
    seen = np.bincount(scores[known].argmax(axis=1), minlength=hot.shape[1]) / known.sum()
    return float(seen @ hot[known].mean(axis=0))


def average_precision(verdicts: Verdicts, genres: Genres, vocabulary: Vocabulary) -> float:
    """Mean over genres of the precision averaged over the ranks of the genre's covers, 0 to 1.

    Covers are ranked by the genre's share among all genres. Genres that none or all of the covers
    have do not count.
    """
    hot = truth(genres, vocabulary)
    hot, logits = hot[hot.any(axis=1)], verdicts.genres[hot.any(axis=1)].astype(np.float64)
    if not len(hot):
        return float("nan")
    logits -= logits.max(axis=1, keepdims=True)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = []
    for own, share in zip(hot.T, shares.T, strict=True):
        if own.any() and not own.all():
            ranked = own[np.argsort(-share, kind="stable")]
            precision = ranked.cumsum() / np.arange(1, len(ranked) + 1)
            found.append(precision[ranked].mean())
    return float(np.mean(found)) if found else float("nan")


def year_error(verdicts: Verdicts, years: npt.NDArray[np.int32]) -> float:
    """Mean absolute error in years; covers without a year (0) do not count."""
    known = years > 0
    return float(np.abs(verdicts.years - years)[known].mean()) if known.any() else float("nan")


def year_shift(verdicts: Verdicts, years: npt.NDArray[np.int32]) -> float:
    """Mean of years seen less years asked for; covers without a year (0) do not count."""
    known = years > 0
    return float((verdicts.years - years)[known].mean()) if known.any() else float("nan")


def year_slope(verdicts: Verdicts, years: npt.NDArray[np.int32], genres: Genres) -> float:
    """Years seen per year asked for, among covers of the same genres: 1 obeys, 0 ignores.

    Within genres, because a genre has its years: what is seen of them there says nothing of
    whether the year itself is seen. nan where there is nothing to regress on.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in np.flatnonzero(years > 0).tolist():
        groups.setdefault(tuple(sorted(genres[row])), []).append(row)
    along = across = 0.0
    for rows in groups.values():
        asked = years[rows] - years[rows].mean()
        along += float(asked @ verdicts.years[rows].astype(np.float64))
        across += float(asked @ asked)
    return along / across if across else float("nan")


def commonest(genres: Genres, vocabulary: Vocabulary, most: int = MOST_LABELS) -> list[str]:
    """The genres that most covers have, in the vocabulary's order."""
    counts = Counter(name for names in genres for name in set(names))
    known = [name for name in vocabulary.genres if counts[name]]
    chosen = set(sorted(known, key=lambda name: (-counts[name], name))[:most])
    return [name for name in known if name in chosen]


def confusion(generated: Verdicts, real: Verdicts, genres: Genres, vocab: Vocabulary) -> Confusion:
    """Generated covers and the real ones whose genres they were asked for, as tables.

    A cover with several genres stands in the row of each. Where genres are left out, a row's
    shares come to less than 1.

    Args:
        generated: Of as many covers as there are real ones, or of a multiple, in the same order.
    """
    labels = commonest(genres, vocab)
    places = [vocab.genres.index(name) for name in labels]
    hot = truth(genres, vocab)[:, places]

    def table(verdicts: Verdicts) -> list[list[float]]:
        own = _repeated(hot, len(verdicts.genres))
        seen = verdicts.likeliest[:, None] == np.asarray(places, np.intp)
        counts = own.T.astype(np.float64) @ seen
        shares: list[list[float]] = (counts / own.sum(axis=0)[:, None].clip(min=1)).tolist()
        return shares

    return Confusion(labels, table(generated), table(real))


def years_seen(generated: Verdicts, real: Verdicts, years: npt.NDArray[np.int32]) -> Years | None:
    """Years asked for and seen, evenly chosen; None where no year is known.

    Args:
        generated: As in `confusion`.
    """
    if not (years > 0).any():
        return None

    def points(verdicts: Verdicts) -> tuple[list[float], list[float]]:
        asked = _repeated(years, len(verdicts.years))
        rows = np.flatnonzero(asked > 0)
        rows = rows[:: -(-len(rows) // MOST_POINTS)]
        return asked[rows].astype(float).tolist(), verdicts.years[rows].astype(float).tolist()

    return Years(*points(generated), *points(real))


def _repeated(rows: npt.NDArray, count: int) -> npt.NDArray:  # type: ignore[type-arg]
    """(N, ...) over and over, to `count` rows."""
    return rows[np.arange(count) % len(rows)]
