"""The progressive discriminator's head for genres, and what it says where it has none."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from duck_and_cover.networks.condition_encoder import ConditionSpec, ConditionTensors
from duck_and_cover.networks.progan import ProGANDiscriminator

LABELS = 3
Of = Callable[..., ConditionTensors]


def discriminator(
    classify: bool, conditional: bool = True, labels: int = LABELS
) -> ProGANDiscriminator:
    """Small, at 8x8; statistics look at one picture, so that pictures do not meet."""
    torch.manual_seed(0)
    return ProGANDiscriminator(
        8,
        ConditionSpec(labels),
        fmap_base=64,
        fmap_max=12,
        conditional=conditional,
        stddev_group=0,
        classify=classify,
    )


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_head_is_one_linear_layer_and_built_only_when_asked_for() -> None:
    bare, with_head = discriminator(False), discriminator(True)
    assert parameters(with_head) - parameters(bare) == 12 * LABELS + LABELS
    assert parameters(discriminator(True, labels=0)) == parameters(discriminator(False, labels=0))
    assert bare.genre_head is None and discriminator(True, labels=0).genre_head is None


def test_the_score_knows_nothing_of_the_head(of: Of) -> None:
    network, x = discriminator(True), torch.randn(4, 3, 8, 8)
    assert network.genre_head is not None
    before = network(x, of(0, 0.5))
    nn.init.ones_(network.genre_head.weight)
    assert torch.equal(network(x, of(0, 0.5)), before)


def test_fits_are_the_scores_under_each_genre(of: Of) -> None:
    network, x = discriminator(False), torch.randn(4, 3, 8, 8)
    fits = network.genre_fits(x, of(1, 0.5), 0.5)
    assert fits.shape == (4, LABELS)
    for genre in range(LABELS):
        torch.testing.assert_close(fits[:, genre], network(x, of(genre, 0.5), 0.5))
    assert fits.std(dim=1).min() > 1e-3


def test_fits_are_the_heads_logits_where_there_is_one(of: Of) -> None:
    network, x = discriminator(True), torch.randn(4, 3, 8, 8)
    logits = network.genre_logits(network.features(x, 0.5))
    assert logits.shape == (4, LABELS) and logits.dtype == torch.float32
    assert torch.equal(network.genre_fits(x, of(1, 0.5), 0.5), logits)
    assert torch.equal(network.genre_fits(x, of(None, None), 0.5), logits)


def test_genres_are_told_by_projection_or_head() -> None:
    for classify, conditional, told in [(0, 1, 1), (1, 0, 1), (1, 1, 1), (0, 0, 0)]:
        assert discriminator(bool(classify), bool(conditional)).tells_genres == bool(told)
