"""Does one part of the condition change the picture, alone, and in the right direction?

Pairs of covers that differ in one thing: the genre, the year, the sound, the names, or z. How far
they lie apart in the judge's features is told as a share of the distance of two random real covers;
and of each pair the judge says whether the new genre has come, and by how many years the picture
has moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.evaluation.distances import mean_pairwise_distance
from duck_and_cover.evaluation.judge import Judge
from duck_and_cover.evaluation.makes import Makes, made
from duck_and_cover.evaluation.real_covers import RealCovers
from duck_and_cover.evaluation.report.contents import Conditioning
from duck_and_cover.evaluation.verdicts import Verdicts

PAIRS = 256  # of each kind of change


def conditioning(
    maker: Makes, judge: Judge, real: RealCovers, seed: int = 0, pairs: int = PAIRS
) -> Conditioning:
    """What a change of the genre alone does, of the year alone, and so on, and of z alone.

    A part that the model does not know is nan, and has no change.

    Args:
        real: Covers whose conditions are the starting points, and whose distance is the unit.
        seed: Of the first cover and of the changes.
        pairs: How many covers are drawn for the start, and for each change.
    """
    vocabulary, side = maker.vocabulary, real.pictures.shape[1]
    unit = mean_pairwise_distance(judge.look(real.some(1000).pictures).features)
    random = np.random.default_rng(seed)
    start = _starts(vocabulary, real, random, pairs)
    changed = {
        "genre": _other_genres(start, vocabulary, random),
        "year": _other_years(start, vocabulary, random),
        "audio": _others(start, ("audio",), random),
        "text": _others(start, ("artist", "album"), random),
    }

    def seen(conditions: Sequence[Condition], first_seed: int) -> Verdicts:
        return judge.look(made(maker, conditions, side, first_seed))

    before = seen(start, seed)
    after = {name: seen(wishes, seed) for name, wishes in changed.items() if wishes != start}
    after["z"] = seen(start, seed + len(start))
    gaps = {
        name: float(np.linalg.norm(verdicts.features - before.features, axis=1).mean() / unit)
        for name, verdicts in after.items()
    }
    flips = _flip_rate(before, after.get("genre"), changed["genre"], judge.vocabulary)
    return Conditioning(flips, _slope(before, after.get("year"), start, changed["year"]), gaps)


def _starts(
    vocabulary: Vocabulary, real: RealCovers, random: np.random.Generator, count: int
) -> list[Condition]:
    """Conditions of real covers, with one genre each: a change is then a change of all of it."""
    rows = random.choice(len(real.genres), count, replace=len(real.genres) < count)
    wishes = vocabulary.conditions(real.labels.at(rows))
    return [replace(wish, genres=wish.genres[:1]) for wish in wishes]


def _other_genres(
    start: Sequence[Condition], vocabulary: Vocabulary, random: np.random.Generator
) -> list[Condition]:
    """Another genre for each that has one, any of them as likely."""
    changed = []
    for wish in start:
        others = [name for name in vocabulary.genres if name not in wish.genres]
        if wish.genres and others:
            wish = replace(wish, genres=(others[random.integers(len(others))],))
        changed.append(wish)
    return changed


def _other_years(
    start: Sequence[Condition], vocabulary: Vocabulary, random: np.random.Generator
) -> list[Condition]:
    """Another year for each that has one, any of the range as likely."""
    first, last = vocabulary.first_year, vocabulary.last_year
    return [
        wish if wish.year is None else replace(wish, year=int(random.integers(first, last + 1)))
        for wish in start
    ]


def _others(
    start: Sequence[Condition], parts: Sequence[str], random: np.random.Generator
) -> list[Condition]:
    """Some parts of the condition of another cover for each."""
    sources = [start[i] for i in random.permutation(len(start))]
    return [
        replace(wish, **{part: getattr(source, part) for part in parts})
        for wish, source in zip(start, sources, strict=True)
    ]


def _flip_rate(
    before: Verdicts, after: Verdicts | None, wishes: Sequence[Condition], words: Vocabulary
) -> float:
    """Share of covers that are judged to be of the new genre, and were not before.

    Genres that the judge does not know do not count.
    """
    if after is None:
        return float("nan")
    place = {name: i for i, name in enumerate(words.genres)}
    new = np.array([place.get(wish.genres[0], -1) if wish.genres else -1 for wish in wishes])
    known = new >= 0
    came = (after.likeliest == new) & (before.likeliest != new)
    return float(came[known].mean()) if known.any() else float("nan")


def _slope(
    before: Verdicts,
    after: Verdicts | None,
    start: Sequence[Condition],
    changed: Sequence[Condition],
) -> float:
    """Years that the pictures have moved, per year that was asked for: a line through 0."""
    if after is None:
        return float("nan")
    asked = _years(changed) - _years(start)
    moved = after.years.astype(np.float64) - before.years
    known = np.isfinite(asked)
    square = float(asked[known] @ asked[known])
    return float(asked[known] @ moved[known]) / square if square else float("nan")


def _years(conditions: Sequence[Condition]) -> npt.NDArray[np.float64]:
    """Years asked for, nan for none."""
    return np.array([float("nan") if c.year is None else c.year for c in conditions], np.float64)
