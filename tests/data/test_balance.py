"""Rare genres are shown as often as asked for: exactly, on any number of ranks, after any stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from duck_and_cover.data.balance import check_balance, genre_weights
from duck_and_cover.data.sampler import CoverOrder, Draw, StageBatchSampler
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth

GENRES = [["pop"]] * 60 + [["jazz"]] * 25 + [["pop", "jazz"]] * 10 + [["polka"]] * 3 + [[]] * 2
KNOWN = ["pop", "jazz", "polka"]
GROWTH = Growth(resolution=8, kimg=1.2, fade_kimg=0.1, stable_kimg=0.1, batch_size=8)


def shares(weights: npt.NDArray[np.float64]) -> dict[str, float]:
    """The weight of each genre, a cover of several giving each a part."""
    return {
        name: sum(w / len(g) for w, g in zip(weights.tolist(), GENRES, strict=True) if name in g)
        for name in KNOWN
    }


def draws(balance: float = 1.0, **options: Any) -> list[Draw]:
    weights = genre_weights(GENRES, KNOWN, balance)
    found = StageBatchSampler(GROWTH, len(GENRES), **({"seed": 3} | options), weights=weights)
    return list(found)


def rows(found: list[Draw]) -> list[int]:
    return [int(row) for draw in found for row in draw.indices]


def test_no_balance_weighs_every_cover_alike() -> None:
    assert np.allclose(genre_weights(GENRES, KNOWN, 0.0), 1.0)


def test_full_balance_gives_every_genre_of_one_genre_covers_the_same() -> None:
    covers = [["pop"]] * 60 + [["jazz"]] * 25 + [["polka"]] * 3
    weights = genre_weights(covers, KNOWN, 1.0)
    assert weights.sum() == pytest.approx(88)
    parts = [weights[:60].sum(), weights[60:85].sum(), weights[85:].sum()]
    assert np.allclose(parts, 88 / 3)


def test_the_shares_of_covers_with_several_genres_by_hand() -> None:
    # pop has 60 + 10/2 = 65 shares, jazz 25 + 10/2 = 30, polka 3.
    weights = genre_weights(GENRES, KNOWN, 0.5)
    plain = {"pop": 65**-0.5, "jazz": 30**-0.5, "polka": 3**-0.5}
    assert weights[60] / weights[0] == pytest.approx(plain["jazz"] / plain["pop"])
    assert weights[95] / weights[0] == pytest.approx(plain["polka"] / plain["pop"])
    assert weights[85] / weights[0] == pytest.approx((1 + plain["jazz"] / plain["pop"]) / 2)


def test_more_balance_brings_the_genres_nearer() -> None:
    spread = []
    for balance in (0.0, 0.5, 1.0):
        found = shares(genre_weights(GENRES, KNOWN, balance))
        spread.append(max(found.values()) / min(found.values()))
    assert spread[0] > 20 and spread[0] > spread[1] > spread[2] and spread[2] < 1.5


def test_covers_without_a_known_genre_weigh_one() -> None:
    weights = genre_weights([*GENRES, ["noise"]], KNOWN, 1.0)
    assert weights[-3:].tolist() == [1.0, 1.0, 1.0]
    assert weights.mean() == pytest.approx(1.0)
    assert genre_weights([[], []], [], 1.0).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("balance", [-0.1, 1.5, float("nan")])
def test_balance_is_from_none_to_full(balance: float) -> None:
    with pytest.raises(UsageError, match="balance .*: take 0"):
        check_balance(balance)


def test_every_pass_holds_a_cover_as_often_as_it_weighs() -> None:
    weights = genre_weights(GENRES, KNOWN, 1.0)
    order = CoverOrder(100, seed=1, weights=weights)
    for number in range(20):
        times = np.bincount(order.at(number * 100, 100), minlength=100)
        assert ((times == np.floor(weights)) | (times == np.ceil(weights))).all()
        # Covers alike in weight lie side by side under the comb: their sum is as exact as one's.
        for weight in np.unique(weights):
            alike = weights == weight
            assert abs(times[alike].sum() - alike.sum() * weight) < 1


def test_in_the_long_run_frequencies_are_the_weights() -> None:
    weights = genre_weights(GENRES, KNOWN, 1.0)
    passes = 200
    times = np.bincount(CoverOrder(100, seed=5, weights=weights).at(0, passes * 100), minlength=100)
    # Independent draws would be off by up to sqrt(200): the comb moves evenly from pass to pass.
    assert np.abs(times - passes * weights).max() < 3


def test_passes_are_shuffled_and_other_seeds_are_other_orders() -> None:
    weights = genre_weights(GENRES, KNOWN, 1.0)
    first, second = (CoverOrder(100, seed=1, weights=weights).at(n * 100, 100) for n in range(2))
    other = CoverOrder(100, seed=2, weights=weights).at(0, 100)
    assert not np.array_equal(first, np.sort(first))
    assert not np.array_equal(first, second) and not np.array_equal(first, other)


def test_weights_of_one_change_nothing_but_the_order() -> None:
    order = CoverOrder(7, seed=1, weights=np.ones(7)).at(0, 21).tolist()
    assert all(sorted(order[start : start + 7]) == list(range(7)) for start in (0, 7, 14))


def test_two_ranks_divide_what_one_draws() -> None:
    alone = draws()
    ranks = [draws(rank=rank, world=2) for rank in range(2)]
    for step, one in enumerate(alone):
        parts = [found[step].indices for found in ranks]
        assert np.array_equal(np.concatenate(parts), one.indices)
    assert rows(draws(balance=0.0)) != rows(alone)


def test_a_run_stopped_anywhere_goes_on_exactly() -> None:
    whole = draws()
    for stopped in range(0, len(whole), 7):
        assert rows(draws(start=whole[stopped].images_shown)) == rows(whole[stopped:])
