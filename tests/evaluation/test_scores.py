"""A generator's scores beside those of the covers whose conditions it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.evaluation.conditioning import conditioning
from duck_and_cover.evaluation.makes import made
from duck_and_cover.evaluation.real_covers import RealCovers
from duck_and_cover.evaluation.scores import (
    FEWEST_OF_A_GENRE,
    compare,
    genre_rows,
    look_over,
    score,
)
from duck_and_cover.evaluation.verdicts import genre_accuracy, year_error
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.labels import Labels
from tests.evaluation.conftest import Yardstick
from tests.evaluation.liars import Honest, IgnoresGenre, OneCoverAGenre, Size

WORDS = Vocabulary(("folk", "jazz"), 1950, 2020)


@dataclass
class Records(Honest):
    """Draws black, and remembers what it was asked for."""

    asked: tuple[tuple[Condition, int], ...] = ()

    def stream(self, conditions: Sequence[Condition], first_seed: int = 0) -> Iterator[Pictures]:
        self.asked += tuple((c, first_seed + i) for i, c in enumerate(conditions))
        side = self.config.resolution
        yield np.zeros((len(conditions), side, side, 3), np.uint8)


def test_models_are_asked_for_what_they_know() -> None:
    genres = [["jazz", "polka"], ["polka"], []]
    years = np.array([1960, 1940, 0], np.int32)
    asked = WORDS.conditions(Labels(genres, years))
    assert asked == [Condition(("jazz",), 1960), Condition(), Condition()]
    yearless = Vocabulary(("jazz",), 0, 0).conditions(Labels(genres, years))
    assert yearless == [Condition(("jazz",)), Condition(), Condition()]


def test_covers_of_a_growing_generator_are_enlarged(yardstick: Yardstick) -> None:
    maker = Honest(yardstick.judge.vocabulary, Size(8))
    wishes = [Condition(("jazz",), 1960), Condition(("folk",), 1970)]
    small, large = made(maker, wishes, 8), made(maker, wishes, 16)
    assert small.shape == (2, 8, 8, 3) and large.shape == (2, 16, 16, 3)
    assert np.array_equal(large[:, ::2, 1::2], small)


def test_honest_covers_score_as_real_ones_and_others_do_not(yardstick: Yardstick) -> None:
    vocabulary = yardstick.judge.vocabulary
    real, made_well = compare(Honest(vocabulary), yardstick.judge, yardstick.real)
    assert made_well.count == real.count == len(yardstick.real.genres)
    assert made_well.genre_accuracy == pytest.approx(real.genre_accuracy, abs=0.1)
    assert made_well.average_precision == pytest.approx(real.average_precision, abs=0.1)
    assert made_well.diversity == pytest.approx(real.diversity, rel=0.15)
    _, alike = compare(OneCoverAGenre(vocabulary), yardstick.judge, yardstick.real)
    assert alike.diversity < 0.01 and alike.ms_ssim > 0.99
    assert alike.kid > made_well.kid + 1
    _, deaf = compare(IgnoresGenre(vocabulary), yardstick.judge, yardstick.real)
    assert deaf.genre_accuracy < 0.2 and deaf.average_precision < 0.25


def test_several_covers_for_each_real_one(yardstick: Yardstick) -> None:
    judge, real = yardstick.judge, yardstick.real
    twice = np.concatenate([real.pictures, real.pictures])
    once = score(judge, real.pictures, real, yardstick.seen.features)
    both = score(judge, twice, real, yardstick.seen.features)
    assert both.count == 2 * once.count
    assert both.genre_accuracy == pytest.approx(once.genre_accuracy)
    assert both.year_error == pytest.approx(once.year_error)


def test_a_quick_look_sees_what_a_long_one_sees(yardstick: Yardstick) -> None:
    judge, real, against = yardstick.judge, yardstick.real, yardstick.seen.features
    whole = vars(score(judge, real.pictures, real, against))
    quick = look_over(judge, real.pictures, real, against)
    assert quick.keys() == whole.keys() - {"ms_ssim", "count"}
    assert quick == pytest.approx({name: whole[name] for name in quick})


def test_genre_rows_are_the_whole_by_genre(yardstick: Yardstick) -> None:
    real, seen, words = yardstick.real, yardstick.seen, yardstick.judge.vocabulary
    black = np.zeros_like(real.pictures)
    rows = genre_rows((black, yardstick.judge.look(black)), (real, seen), words)
    counts = [row.count for row in rows]
    assert counts == sorted(counts, reverse=True) and sum(counts) == len(real.genres)
    accuracy = sum(row.count * row.real_accuracy for row in rows) / sum(counts)
    assert accuracy == pytest.approx(genre_accuracy(seen, real.genres, words))
    error = sum(row.count * row.real_year_error for row in rows) / sum(counts)
    assert error == pytest.approx(year_error(seen, real.years), rel=1e-5)
    for row in rows:
        known = row.count >= FEWEST_OF_A_GENRE
        assert (row.ms_ssim == pytest.approx(1, abs=1e-4)) if known else np.isnan(row.ms_ssim)


def test_a_cover_of_two_genres_stands_in_both_rows(yardstick: Yardstick) -> None:
    genres = [["folk", "jazz"]] * 10 + [["jazz"]] * 10
    real = RealCovers(yardstick.real.pictures[:20], Labels(genres, yardstick.real.years[:20]))
    seen = yardstick.seen.rows(range(20))
    rows = genre_rows((real.pictures, seen), (real, seen), yardstick.judge.vocabulary)
    assert [(row.name, row.count) for row in rows] == [("jazz", 20), ("folk", 10)]


def test_one_thing_changes_at_a_time(yardstick: Yardstick) -> None:
    maker = Records(yardstick.judge.vocabulary)
    conditioning(maker, yardstick.judge, yardstick.real, seed=7, pairs=20)
    start, genre, year, z = (maker.asked[i : i + 20] for i in range(0, 80, 20))
    for (a, seed_a), (b, seed_b), (c, seed_c), (d, seed_d) in zip(
        start, genre, year, z, strict=True
    ):
        assert seed_a == seed_b == seed_c != seed_d
        assert a == d and a.year == b.year and a.genres == c.genres
        assert len(a.genres) == len(b.genres) == 1 and a.genres != b.genres
    assert sum(a.year != c.year for (a, _), (c, _) in zip(start, year, strict=True)) > 15
    assert not {seed for _, seed in start} & {seed for _, seed in z}


def test_what_a_model_does_not_know_has_no_change(yardstick: Yardstick) -> None:
    maker = Records(Vocabulary((), 0, 0))
    found = conditioning(maker, yardstick.judge, yardstick.real, pairs=10)
    assert found.changes == {"z": 0} and len(maker.asked) == 20
    assert np.isnan(found.genre_flip_rate) and np.isnan(found.year_slope)
    one_genre = Records(replace(yardstick.judge.vocabulary, genres=("jazz",)))
    found = conditioning(one_genre, yardstick.judge, yardstick.real, pairs=10)
    assert set(found.changes) == {"year", "z"}
