"""The AC-GAN's networks: counts, shapes, three heads, and what each of them looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from duck_and_cover.networks.acgan import ACGANDiscriminator, ACGANGenerator
from duck_and_cover.networks.condition_encoder import ConditionTensors
from tests.given import spec

GENRES, LATENT = 3, 8
Of = Callable[..., ConditionTensors]


def generator(resolution: int = 16, **settings: Any) -> ACGANGenerator:
    small: dict[str, Any] = dict(spec=spec(GENRES), latent=LATENT, fmap_max=16, condition_width=4)
    return ACGANGenerator(resolution, **small | settings)


def discriminator(resolution: int = 16, **settings: Any) -> ACGANDiscriminator:
    small: dict[str, Any] = dict(spec=spec(GENRES), latent=LATENT, fmap_max=16)
    return ACGANDiscriminator(resolution, **small | settings)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def count(network: nn.Module, kind: type[nn.Module]) -> int:
    return sum(isinstance(layer, kind) for layer in network.modules())


def test_the_published_networks_layer_by_layer() -> None:
    """One dense and four transposed convolutions against four convolutions and three heads."""
    with torch.device("meta"):
        g = ACGANGenerator(64, spec(5), condition_width=0)
        d = ACGANDiscriminator(64, spec(5), dropout=0.5)
    assert count(g, nn.Linear) == 1 and count(g, nn.ConvTranspose2d) == 4
    assert count(d, nn.Linear) == 3 and count(d, nn.Conv2d) == 4
    widths = [1024, 512, 256, 128, 3]
    convolutions = sum(25 * a * b for a, b in zip(widths, widths[1:], strict=False))
    norms = 2 * sum(widths[:-1])
    assert parameters(g) == 100 * 16 * 1024 + convolutions + norms
    features = 16 * 1024
    heads = features + (features + 1) * 5 + (features + 1) * 100
    assert parameters(d) == convolutions + norms - 2 * 128 + heads  # the first has no norm
    assert count(d, nn.BatchNorm2d) == 3
    assert [layer.p for layer in d.modules() if isinstance(layer, nn.Dropout)] == [0.5] * 4


@pytest.mark.parametrize("resolution", [16, 32, 64, 128, 256])
def test_shapes_at_every_resolution(resolution: int) -> None:
    with torch.device("meta"):
        g, d = generator(resolution), discriminator(resolution)
        condition = ConditionTensors.nothing(2, GENRES)
        images = g(torch.empty(2, LATENT), condition)
        says = d.heads(d.features(images), condition)
    doublings = resolution.bit_length() - 3
    assert count(g, nn.ConvTranspose2d) == count(d, nn.Conv2d) == doublings
    assert images.shape == (2, 3, resolution, resolution)
    assert says.score.shape == (2,)
    assert says.genres.shape == (2, GENRES)
    assert says.latent.shape == (2, LATENT)


def test_blocks_are_those_of_a_smaller_network() -> None:
    """All but the layers at the picture can be taken over."""
    for build in (generator, discriminator):
        small, large = build(32), build(64)
        ours = {name: tensor.shape for name, tensor in small.state_dict().items()}
        theirs = {name: tensor.shape for name, tensor in large.state_dict().items()}
        shared = {name: shape for name, shape in ours.items() if "rgb" not in name}
        assert shared and all(theirs.get(name) == shape for name, shape in shared.items())


def test_pictures_are_in_range_and_depend_on_latent_and_condition(of: Of) -> None:
    g = generator().eval()
    nn.init.normal_(
        g.get_parameter("to_rgb.16.weight"), std=50.0
    )  # large enough for tanh to matter
    z = torch.randn(4, LATENT)
    rock, jazz = (g(z, of(genre, None)) for genre in (0, 1))
    assert rock.abs().max() <= 1 and rock.std() > 0.5
    assert not torch.allclose(rock, jazz)
    assert not torch.allclose(rock, g(torch.randn(4, LATENT), of(0, None)))
    typical = g(z, of(0, None), truncation=0.0)
    torch.testing.assert_close(typical, typical[:1].expand_as(typical))


def test_forward_is_the_first_head(of: Of) -> None:
    d, images = discriminator(projection=True), torch.randn(4, 3, 16, 16)
    says = d.heads(d.features(images), of(1, 0.5))
    torch.testing.assert_close(d(images, of(1, 0.5)), says.score)
    torch.testing.assert_close(d.genre_fits(images, of(1, 0.5)), says.genres)
    both = d.features(torch.cat([images, -images]), batches=2)
    for half, alone in zip(d.heads(both, of(1, 0.5, 8)).chunk(2), (images, -images), strict=True):
        for part, same in zip(half, d.heads(d.features(alone), of(1, 0.5)), strict=True):
            torch.testing.assert_close(part, same)


def test_minibatches_do_not_mix(of: Of) -> None:
    """Batch statistics of reals are the same whatever fakes come with them."""
    d = discriminator()
    real = torch.randn(4, 3, 16, 16)
    scores = [
        d(torch.cat([real, fakes]), of(None, None, 8), batches=2)[:4]
        for fakes in (torch.randn(4, 3, 16, 16), torch.zeros(4, 3, 16, 16))
    ]
    torch.testing.assert_close(scores[0], scores[1], rtol=0, atol=0)
    mixed = d(torch.cat([real, torch.zeros(4, 3, 16, 16)]), of(None, None, 8))[:4]
    assert not torch.allclose(mixed, scores[0])


def test_conditions_reach_the_score_by_projection_alone(of: Of) -> None:
    images = torch.randn(4, 3, 16, 16)
    for projection in (False, True):
        d = discriminator(projection=projection, norm=False)
        for other in (of(1, 0.5), of(0, -0.5)):
            same = torch.equal(d(images, of(0, 0.5)), d(images, other))
            assert same is not projection
        logits = [d.genre_fits(images, of(genre, 0.5)) for genre in (0, 1)]
        assert torch.equal(*logits)


def test_dropout_is_of_training_alone(of: Of) -> None:
    d, images = discriminator(dropout=0.5), torch.randn(4, 3, 16, 16)
    assert not torch.equal(d(images, of(0, 0.0)), d(images, of(0, 0.0)))
    d.eval()
    assert torch.equal(d(images, of(0, 0.0)), d(images, of(0, 0.0)))


def test_without_genres_there_is_no_second_head() -> None:
    d = discriminator(spec=None)
    h = d.features(torch.randn(4, 3, 16, 16))
    says = d.heads(h, ConditionTensors.nothing(4, 0))
    assert d.genre is None and says.genres.shape == (4, 0) and says.latent.shape == (4, LATENT)
