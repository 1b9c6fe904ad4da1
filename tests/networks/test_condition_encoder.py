"""Conditions as vectors: every part tells, and every part may be missing."""

from __future__ import annotations

import math

import pytest
import torch

from duck_and_cover.networks.condition_encoder import (
    YEAR_WAVES,
    ConditionEncoder,
    ConditionTensors,
    drop_conditions,
    year_features,
)
from duck_and_cover.networks.layers import leaky_relu

GENRES = 5


@pytest.fixture
def encoder() -> ConditionEncoder:
    return ConditionEncoder(GENRES, 16)


def given(count: int) -> ConditionTensors:
    """Conditions with two genres and a year each."""
    hot = torch.zeros(count, GENRES)
    for row in range(count):
        hot[row, [row % GENRES, (row + 1) % GENRES]] = 1.0
    return ConditionTensors(hot, torch.linspace(-1, 1, count), torch.ones(count, 2))


def test_years_become_themselves_and_waves() -> None:
    year = torch.tensor([-1.0, 0.0, 0.5])
    features = year_features(year)
    assert features.shape == (3, 1 + 2 * YEAR_WAVES)
    for row, y in enumerate(year.tolist()):
        angles = [y * math.pi * k / 2 for k in range(1, YEAR_WAVES + 1)]
        expected = [y, *map(math.sin, angles), *map(math.cos, angles)]
        torch.testing.assert_close(features[row], torch.tensor(expected), atol=1e-6, rtol=0)


def test_neighbouring_years_are_told_apart_but_stay_near() -> None:
    features = year_features(torch.linspace(-1, 1, 71))  # 1950 to 2020
    gaps = torch.cdist(features, features)
    assert gaps.fill_diagonal_(9.0).min() > 0.05
    assert gaps.diagonal(1).max() < gaps.diagonal(10).min()


def test_several_genres_count_as_their_mean(encoder: ConditionEncoder) -> None:
    hot = torch.tensor([[1.0, 0, 1.0, 0, 0]])
    both = ConditionTensors(hot, torch.zeros(1), torch.tensor([[1.0, 0.0]]))
    assert encoder.genres is not None
    weight = encoder.genres.weight.T  # (G, width): He's gain cancels a one-hot's fan-in
    mean = (weight[0] + weight[2]) / 2 + encoder.absent[1]
    expected = encoder.out(leaky_relu(encoder.mix(mean[None])))
    torch.testing.assert_close(encoder(both), expected)


def test_every_part_of_a_condition_tells(encoder: ConditionEncoder) -> None:
    hot = torch.cat([torch.eye(GENRES), torch.zeros(1, GENRES)])
    rows = [
        (h, year, (float(h.any()), known))
        for h in hot
        for year, known in [(-1.0, 1.0), (0.5, 1.0), (0.0, 0.0)]
    ]
    condition = ConditionTensors(
        torch.stack([row[0] for row in rows]),
        torch.tensor([row[1] for row in rows]),
        torch.tensor([row[2] for row in rows]),
    )
    vectors = encoder(condition)
    assert vectors.shape == (18, 16)
    assert torch.pdist(vectors).min() > 0.1


def test_what_is_missing_is_not_read(encoder: ConditionEncoder) -> None:
    one = ConditionTensors(torch.zeros(2, GENRES), torch.zeros(2), torch.zeros(2, 2))
    other = ConditionTensors(torch.ones(2, GENRES), torch.ones(2), torch.zeros(2, 2))
    torch.testing.assert_close(encoder(one), encoder(other))


def test_a_dataset_may_have_no_genres() -> None:
    condition = ConditionTensors(torch.zeros(3, 0), torch.zeros(3), torch.zeros(3, 2))
    assert ConditionEncoder(0, 8)(condition).shape == (3, 8)


def test_encodings_keep_their_size_with_any_vocabulary() -> None:
    for genres in (1, 16, 400):
        index = torch.arange(200) % genres
        hot = torch.zeros(200, genres).scatter_(1, index[:, None], 1.0)
        condition = ConditionTensors(hot, torch.rand(200) * 2 - 1, torch.ones(200, 2))
        size = ConditionEncoder(genres, 128)(condition).square().mean().item()
        assert 0.5 < size < 8, genres


def test_all_parts_learn(encoder: ConditionEncoder) -> None:
    dropped = drop_conditions(given(64), 0.5, torch.Generator().manual_seed(1))
    encoder(dropped).square().sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_dropping_nothing_and_everything() -> None:
    condition = given(8)
    for kept, before in zip(drop_conditions(condition, 0.0), condition, strict=True):
        assert torch.equal(kept, before)
    for gone in drop_conditions(condition, 1.0):
        assert not gone.any()


def test_parts_are_dropped_on_their_own_as_often_as_asked() -> None:
    condition = given(20_000)
    dropped = drop_conditions(condition, 0.3, torch.Generator().manual_seed(0))
    share = 1 - dropped.present.mean(dim=0)
    torch.testing.assert_close(share, torch.tensor([0.3, 0.3]), atol=0.02, rtol=0)
    both = (dropped.present.sum(dim=1) == 0).float().mean().item()
    assert both == pytest.approx(0.09, abs=0.01)
    kept = dropped.present.bool()
    assert torch.equal(dropped.genres[kept[:, 0]], condition.genres[kept[:, 0]])
    assert torch.equal(dropped.year[kept[:, 1]], condition.year[kept[:, 1]])
    assert not dropped.genres[~kept[:, 0]].any() and not dropped.year[~kept[:, 1]].any()


def test_what_was_missing_stays_missing() -> None:
    condition = given(50)._replace(present=torch.tensor([[1.0, 0.0]]).repeat(50, 1))
    dropped = drop_conditions(condition, 0.2, torch.Generator().manual_seed(0))
    assert not dropped.present[:, 1].any() and dropped.present[:, 0].any()


def test_a_seed_drops_the_same_parts() -> None:
    def draw(seed: int) -> torch.Tensor:
        return drop_conditions(given(40), 0.5, torch.Generator().manual_seed(seed)).present

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))


def test_batches_of_conditions_repeat_whole() -> None:
    condition = given(3)
    twice = condition.repeat(2)
    for tensor, once in zip(twice, condition, strict=True):
        assert torch.equal(tensor, torch.cat([once, once]))
    assert all(tensor.device.type == "meta" for tensor in condition.to("meta"))
