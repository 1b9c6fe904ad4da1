"""Figures of verdicts against values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.evaluation.verdicts import (
    MOST_POINTS,
    Verdicts,
    average_precision,
    chance_rate,
    commonest,
    confusion,
    genre_accuracy,
    truth,
    year_error,
    year_shift,
    year_slope,
    years_seen,
)

WORDS = Vocabulary(("blues", "folk", "jazz"), 1950, 2020)


def verdicts(logits: list[list[float]], years: Sequence[float] | None = None) -> Verdicts:
    n = len(logits)
    return Verdicts(
        np.zeros((n, 2), np.float32),
        np.array(logits, np.float32),
        np.array(years or [0.0] * n, np.float32),
    )


def seeing(*places: int) -> Verdicts:
    """Sure of the genre at each place."""
    return verdicts(np.eye(3)[list(places)].tolist())


def test_any_of_a_covers_genres_is_a_hit() -> None:
    genres = [["folk", "jazz"], ["folk", "jazz"], ["folk", "jazz"], ["blues"]]
    assert genre_accuracy(seeing(1, 2, 0, 0), genres, WORDS) == pytest.approx(3 / 4)


def test_covers_without_known_genres_do_not_count() -> None:
    genres = [["folk"], [], ["polka"], ["polka", "jazz"]]
    assert genre_accuracy(seeing(1, 1, 1, 1), genres, WORDS) == pytest.approx(1 / 2)
    assert math.isnan(genre_accuracy(seeing(1), [["polka"]], WORDS))
    assert math.isnan(average_precision(seeing(1), [["polka"]], WORDS))
    assert math.isnan(chance_rate(seeing(1).genres, truth([["polka"]], WORDS)))


def test_chance_knows_what_is_asked_for_and_what_is_seen() -> None:
    """Of blues three quarters of the time, by a generator that draws nothing else."""
    hot = truth([["blues"], ["blues"], ["blues"], ["jazz"]], WORDS)
    assert chance_rate(seeing(0, 0, 0, 0).genres, hot) == pytest.approx(3 / 4)
    assert chance_rate(seeing(2, 2, 2, 2).genres, hot) == pytest.approx(1 / 4)
    assert chance_rate(seeing(0, 0, 2, 2).genres, hot) == pytest.approx(1 / 2)


def test_chance_is_what_shuffled_covers_hit() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(200, 3)).astype(np.float32)
    hot = random.random((200, 3)) < 0.4
    hot[~hot.any(axis=1), 0] = True
    best = logits.argmax(axis=1)
    shuffled = [hot[random.permutation(200), best].mean() for _ in range(500)]
    assert chance_rate(logits, hot) == pytest.approx(np.mean(shuffled), abs=0.005)


def test_average_precision_by_hand() -> None:
    # Ranked by blues: covers 0, 1, 2, 3, of which 0 and 2 are blues: (1/1 + 2/3) / 2.
    # Ranked by jazz: 3, 2, 1, 0, of which 1 and 3 are: (1/1 + 2/3) / 2. Folk: no cover.
    seen = verdicts([[4, 0, 0], [3, 0, 1], [2, 0, 3], [1, 0, 4]])
    genres = [["blues"], ["jazz"], ["blues"], ["jazz"]]
    assert average_precision(seen, genres, WORDS) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_of_a_perfect_judge_is_one_and_of_a_blind_one_the_share() -> None:
    random = np.random.default_rng(1)
    places = random.integers(0, 3, 3000)
    genres = [[WORDS.genres[place]] for place in places]
    assert average_precision(seeing(*places), genres, WORDS) == 1
    blind = verdicts(random.normal(size=(3000, 3)).tolist())
    assert average_precision(blind, genres, WORDS) == pytest.approx(1 / 3, abs=0.04)


def test_years_without_a_date_do_not_count() -> None:
    seen, years = verdicts([[0, 0, 0]] * 3, [1960, 1990, 1999]), np.array([1950, 2000, 0], np.int32)
    assert year_error(seen, years) == pytest.approx(10)
    assert year_shift(seen, years) == pytest.approx(0)
    assert math.isnan(year_error(seen, years * 0)) and math.isnan(year_shift(seen, years * 0))


def test_slope_is_that_of_the_line() -> None:
    years = np.array([1950, 1960, 1970, 2000, 0], np.int32)
    seen = verdicts([[0, 0, 0]] * 5, (0.5 * years[:4] + 980).tolist() + [1900])
    assert year_slope(seen, years, [["jazz"]] * 5) == pytest.approx(0.5)
    assert math.isnan(year_slope(seen, years * 0, [["jazz"]] * 5))


def test_a_genre_that_gives_its_year_away_is_no_slope() -> None:
    """Folk is old and disco young: whoever sees the genre knows the year, but not from the year."""
    years = np.array([1950, 1960, 2000, 2010], np.int32)
    genres = [["folk"], ["folk"], ["disco"], ["disco"]]
    seen = verdicts([[0, 0, 0]] * 4, [1955, 1955, 2005, 2005])
    assert year_slope(seen, years, genres) == pytest.approx(0)


def test_confusion_has_asked_rows_and_seen_columns() -> None:
    genres = [["blues"], ["blues"], ["jazz"], ["jazz", "blues"]]
    generated, real = seeing(0, 2, 2, 2), seeing(0, 0, 2, 0)
    table = confusion(generated, real, genres, WORDS)
    assert table.labels == ["blues", "jazz"]
    assert np.allclose(table.generated, [[1 / 3, 2 / 3], [0.0, 1.0]])
    assert np.allclose(table.real, [[1.0, 0.0], [1 / 2, 1 / 2]])
    assert all(type(share) is float for row in table.generated for share in row)


def test_confusion_of_several_covers_for_each_real_one() -> None:
    table = confusion(seeing(0, 2, 2, 2), seeing(0, 2), [["blues"], ["jazz"]], WORDS)
    assert np.allclose(table.generated, [[1 / 2, 1 / 2], [0.0, 1.0]])


def test_the_commonest_genres_in_the_vocabularys_order() -> None:
    genres = [["jazz"], ["jazz"], ["blues"], ["folk"], ["folk"], ["polka"], ["polka"], ["polka"]]
    assert commonest(genres, WORDS, 2) == ["folk", "jazz"]
    assert commonest(genres, WORDS) == ["blues", "folk", "jazz"]


def test_years_seen_are_pairs_and_at_most_so_many() -> None:
    years = np.arange(1950, 2030, dtype=np.int32).repeat(20)
    years[::3] = 0
    seen = verdicts([[0, 0, 0]] * len(years), (years + 1).tolist())
    points = years_seen(seen, seen, years)
    assert points is not None
    assert 0.7 * MOST_POINTS <= len(points.asked) <= MOST_POINTS
    assert np.array_equal(np.array(points.asked) + 1, points.seen)
    assert min(points.asked) == 1950 and max(points.asked) >= 2028
    assert years_seen(seen, seen, years * 0) is None
