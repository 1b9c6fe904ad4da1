"""Conditions as vectors: every part tells, and every part may be missing."""

from __future__ import annotations

import json
import math

import pytest
import torch

from duck_and_cover.networks.condition_encoder import (
    ARTIST,
    AUDIO,
    SOUND,
    YEAR_WAVES,
    ConditionEncoder,
    ConditionSpec,
    ConditionTensors,
    drop_conditions,
    year_features,
)
from duck_and_cover.networks.condition_encoder import GENRES as GENRE
from duck_and_cover.networks.layers import leaky_relu
from duck_and_cover.networks.text_encoder import TEXT_LENGTH, TEXTS, TextEncoder
from tests.given import given, spec

GENRES = 5


@pytest.fixture
def encoder() -> ConditionEncoder:
    return ConditionEncoder(spec(GENRES), 16)


def whole(count: int) -> ConditionTensors:
    """Conditions with two genres, a year, two names and all audio features each."""
    hot = torch.zeros(count, GENRES)
    for row in range(count):
        hot[row, [row % GENRES, (row + 1) % GENRES]] = 1.0
    texts = torch.zeros(count, TEXTS, TEXT_LENGTH, dtype=torch.int32)
    texts[:, :, :5] = torch.randint(97, 123, (count, TEXTS, 5), dtype=torch.int32)
    present = torch.ones(count, SOUND + AUDIO)
    audio = torch.randn(count, AUDIO)
    return ConditionTensors(hot, torch.linspace(-1, 1, count), audio, texts, present)


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
    both = given(hot, torch.zeros(1), torch.tensor([[1.0, 0.0]]))
    assert encoder.genres is not None
    weight = encoder.genres.families.weight.T  # (G, width): He's gain cancels a one-hot's fan-in
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
    condition = given(
        torch.stack([row[0] for row in rows]),
        torch.tensor([row[1] for row in rows]),
        torch.tensor([row[2] for row in rows]),
    )
    vectors = encoder(condition)
    assert vectors.shape == (18, 16)
    assert torch.pdist(vectors).min() > 0.1


def test_what_is_missing_is_not_read(encoder: ConditionEncoder) -> None:
    one = given(torch.zeros(2, GENRES), torch.zeros(2), torch.zeros(2, 2))
    other = given(torch.ones(2, GENRES), torch.ones(2), torch.zeros(2, 2))
    torch.testing.assert_close(encoder(one), encoder(other))


def test_a_dataset_may_have_no_genres() -> None:
    condition = given(torch.zeros(3, 0), torch.zeros(3), torch.zeros(3, 2))
    assert ConditionEncoder(spec(0), 8)(condition).shape == (3, 8)


def test_encodings_keep_their_size_with_any_vocabulary() -> None:
    for genres in (1, 16, 400):
        index = torch.arange(200) % genres
        hot = torch.zeros(200, genres).scatter_(1, index[:, None], 1.0)
        condition = given(hot, torch.rand(200) * 2 - 1, torch.ones(200, 2))
        size = ConditionEncoder(spec(genres), 128)(condition).square().mean().item()
        assert 0.5 < size < 8, genres


def test_all_parts_learn() -> None:
    encoder = ConditionEncoder(ConditionSpec(GENRES, (0, 0, 1, 1, 2), audio=True, texts=True), 16)
    dropped = drop_conditions(whole(64), 0.5, torch.Generator().manual_seed(1))
    encoder(dropped).square().sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_dropping_nothing_and_everything() -> None:
    condition = whole(8)
    for kept, before in zip(drop_conditions(condition, 0.0), condition, strict=True):
        assert torch.equal(kept, before)
    for gone in drop_conditions(condition, 1.0):
        assert not gone.any()


def test_parts_are_dropped_on_their_own_as_often_as_asked() -> None:
    condition = whole(20_000)
    dropped = drop_conditions(condition, 0.3, torch.Generator().manual_seed(0))
    share = 1 - dropped.present.mean(dim=0)
    torch.testing.assert_close(share[:SOUND], torch.full((SOUND,), 0.3), atol=0.02, rtol=0)
    # Six covers in ten forget, each part by a coin; of a sound that is left, half a feature.
    both = (dropped.present[:, :2].sum(dim=1) == 0).float().mean().item()
    assert both == pytest.approx(0.6 / 4, abs=0.01)
    torch.testing.assert_close(share[SOUND:], torch.full((AUDIO,), 0.6 * 0.75), atol=0.02, rtol=0)
    heard = dropped.present[:, SOUND:].sum(dim=1)
    alone = (heard == 1).float().mean().item()
    assert alone == pytest.approx(0.3 / 11, abs=0.01)
    kept = dropped.present.bool()
    assert torch.equal(dropped.genres[kept[:, 0]], condition.genres[kept[:, 0]])
    assert torch.equal(dropped.year[kept[:, 1]], condition.year[kept[:, 1]])
    assert not dropped.genres[~kept[:, 0]].any() and not dropped.year[~kept[:, 1]].any()
    for kind in range(TEXTS):
        column = kept[:, ARTIST + kind]
        assert torch.equal(dropped.texts[column, kind], condition.texts[column, kind])
        assert not dropped.texts[~column, kind].any()
    assert torch.equal(dropped.audio, condition.audio * kept[:, SOUND:])


def test_what_was_missing_stays_missing() -> None:
    present = torch.zeros(50, SOUND + AUDIO)
    present[:, GENRE] = 1
    dropped = drop_conditions(
        whole(50)._replace(present=present), 0.2, torch.Generator().manual_seed(0)
    )
    assert not dropped.present[:, 1:].any() and dropped.present[:, GENRE].any()


def test_a_seed_drops_the_same_parts() -> None:
    def draw(seed: int) -> torch.Tensor:
        return drop_conditions(whole(40), 0.5, torch.Generator().manual_seed(seed)).present

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))


def test_batches_of_conditions_repeat_whole() -> None:
    condition = whole(3)
    twice = condition.repeat(2)
    for tensor, once in zip(twice, condition, strict=True):
        assert torch.equal(tensor, torch.cat([once, once]))
    assert all(tensor.device.type == "meta" for tensor in condition.to("meta"))


def test_some_rows_and_one_genre_alone() -> None:
    condition = whole(6)
    some = condition.rows(torch.tensor([4, 1]))
    for part, column in zip(some, condition, strict=True):
        assert torch.equal(part, column[[4, 1]])
    alone = condition._replace(present=condition.present * 0).with_genre(2)
    assert alone.genres.argmax(dim=1).tolist() == [2] * 6 and alone.genres.sum() == 6
    assert alone.present[:, GENRE].all() and not alone.present[:, 1:].any()
    assert torch.equal(alone.year, condition.year)


def test_each_part_moves_the_encoding_alone() -> None:
    encoder = ConditionEncoder(ConditionSpec(GENRES, audio=True, texts=True), 16)
    assert isinstance(encoder.texts, TextEncoder)
    torch.nn.init.normal_(encoder.texts.table)  # names begin alike
    condition = whole(6)
    before = encoder(condition)
    changes = [
        condition._replace(genres=condition.genres.roll(1, 1)),
        condition._replace(year=condition.year.flip(0)),
        condition._replace(texts=condition.texts.roll(1, 0)),
        *(condition._replace(audio=condition.audio + torch.eye(AUDIO)[i]) for i in range(AUDIO)),
    ]
    for changed in changes:
        assert (encoder(changed) - before).norm(dim=1).min() > 1e-3


def test_a_feature_of_zero_is_not_a_missing_one() -> None:
    encoder = ConditionEncoder(ConditionSpec(0, audio=True), 16)
    nothing = ConditionTensors.nothing(1, 0)
    present = nothing.present.clone()
    present[0, SOUND + 3] = 1
    assert (encoder(nothing._replace(present=present)) - encoder(nothing)).norm() > 1e-2


def test_genres_of_a_family_begin_alike_and_may_part() -> None:
    encoder = ConditionEncoder(ConditionSpec(4, families=(0, 1, 0, 0)), 16)
    one_each = given(torch.eye(4), torch.zeros(4), torch.tensor([[1.0, 0.0]]).repeat(4, 1))
    vectors = encoder(one_each)
    assert torch.equal(vectors[0], vectors[2]) and torch.equal(vectors[0], vectors[3])
    assert (vectors[0] - vectors[1]).norm() > 0.1
    vectors[0].sum().backward()
    assert encoder.genres is not None and encoder.genres.own is not None
    gradient = encoder.genres.own.weight.grad
    assert gradient is not None and gradient[:, 0].any() and not gradient[:, 1:].any()
    family = encoder.genres.families.weight.grad
    assert family is not None and family[:, 0].any() and not family[:, 1].any()


def test_genres_without_families_have_one_embedding_each() -> None:
    flat = ConditionEncoder(ConditionSpec(4), 16)
    alone = ConditionEncoder(ConditionSpec(4, families=(0, 1, 2, 3)), 16)
    for encoder in (flat, alone):
        assert encoder.genres is not None and encoder.genres.own is None
        assert encoder.genres.families.weight.shape == (16, 4)


def test_a_spec_comes_back_from_json() -> None:
    spec = ConditionSpec(3, (0, 1, 1), audio=True, texts=True)
    kept = json.loads(json.dumps(spec.settings()))
    assert ConditionSpec.of(kept) == spec
    with pytest.raises(ValueError, match="2 families for 3 genres"):
        ConditionSpec.of(kept | {"families": [0, 1]})
