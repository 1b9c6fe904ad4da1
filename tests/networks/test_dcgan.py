"""The DCGAN against its paper: sizes, first weights, what a forward pass is."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duck_and_cover.networks.condition_encoder import ConditionSpec, ConditionTensors
from duck_and_cover.networks.dcgan import DCGANDiscriminator, DCGANGenerator, width_at
from duck_and_cover.networks.layers import pixel_norm

Of = Callable[..., ConditionTensors]

SPEC = ConditionSpec(3)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_papers_parameter_counts() -> None:
    generator = DCGANGenerator(condition_width=0)
    discriminator = DCGANDiscriminator(conditional=False)
    kernels = 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    ups = 100 * 4 * 4 * 1024 + kernels + 2 * (1024 + 512 + 256 + 128)
    downs = kernels + 2 * (1024 + 512 + 256) + 4 * 4 * 1024
    assert (parameters(generator), parameters(discriminator)) == (ups, downs)
    assert (ups, downs) == (18_855_040, 17_232_768)


def test_the_papers_widths_and_the_rule_beyond() -> None:
    assert [width_at(r, 1024) for r in (4, 8, 16, 32, 64, 128)] == [1024, 512, 256, 128, 64, 32]
    assert [width_at(r, 64) for r in (4, 8, 16, 32)] == [64, 32, 16, 16]
    generator, discriminator = (
        DCGANGenerator(128, fmap_max=256),
        DCGANDiscriminator(128, fmap_max=256),
    )
    for r in (8, 16, 32, 64):
        up = generator.get_parameter(f"blocks.{r}.0.weight")
        down = discriminator.get_parameter(f"blocks.{r}.0.weight")
        assert up.shape == down.shape == (2048 // r, 1024 // r, 5, 5)


@pytest.mark.parametrize("resolution", [16, 32, 64, 128, 256])
def test_shapes_at_every_resolution(resolution: int, of: Of) -> None:
    generator = DCGANGenerator(resolution, SPEC, 8, fmap_max=16, condition_width=4)
    discriminator = DCGANDiscriminator(resolution, SPEC, fmap_max=16)
    with torch.no_grad():
        pictures = generator(torch.rand(2, 8), of(0, 0.5, 2))
        assert pictures.shape == (2, 3, resolution, resolution)
        assert pictures.abs().max() <= 1 and pictures.std() > 0
        assert discriminator(pictures, of(0, 0.5, 2)).shape == (2,)
        assert discriminator.genre_fits(pictures, of(0, 0.5, 2)).shape == (2, 3)
        same = generator.eval()(torch.ones(2, 8), of(0, 0.5, 2), resolution)
    assert same.shape == pictures.shape
    with pytest.raises(AssertionError):
        generator(torch.rand(2, 8), of(0, 0.5, 2), 2 * resolution)


def test_a_larger_network_has_the_layers_of_a_smaller_one() -> None:
    for build in (DCGANGenerator, DCGANDiscriminator):
        small, large = (build(r, fmap_max=64).state_dict() for r in (32, 64))
        shared = {name: small[name].shape for name in small if "_rgb" not in name}
        assert shared.items() <= {name: large[name].shape for name in large}.items()
        assert sum(name.startswith("blocks") for name in shared) >= 2


def test_weights_begin_as_in_the_paper() -> None:
    for network in (
        DCGANGenerator(64, SPEC, fmap_max=64),
        DCGANDiscriminator(64, SPEC, fmap_max=64),
    ):
        for name, layer in network.named_modules():
            if name.startswith("encoder") or not hasattr(layer, "weight"):
                continue
            centre = 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0
            assert layer.weight.mean().item() == pytest.approx(centre, abs=0.02), name
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.6), name
            if layer.weight.numel() > 2000:
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05), name
            assert getattr(layer, "bias", None) is None or not layer.bias.any(), name


def batch_norm(x: Tensor, layer: nn.Module) -> Tensor:
    """Over all but the channels, with the biased variance."""
    assert isinstance(layer, nn.BatchNorm2d)
    mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
    gain, bias = (each.reshape(1, -1, 1, 1) for each in (layer.weight, layer.bias))
    return (x - mean) / (var + 1e-5).sqrt() * gain + bias


def test_the_generator_written_out(of: Of) -> None:
    generator, z = DCGANGenerator(16, SPEC, 8, fmap_max=32, condition_width=4), torch.rand(4, 8)
    condition, state, blocks = of(1, 0.2), generator.state_dict(), generator.blocks
    assert generator.encoder is not None
    joined = torch.cat([z, pixel_norm(generator.encoder(condition))], dim=1)
    x = (joined @ state["base.weight"].T).reshape(4, 32, 4, 4)
    x = batch_norm(x, blocks.get_submodule("4.0")).relu()
    x = F.conv_transpose2d(x, state["blocks.8.0.weight"], None, 2, 2, 1)
    x = batch_norm(x, blocks.get_submodule("8.1")).relu()
    x = F.conv_transpose2d(x, state["to_rgb.16.weight"], None, 2, 2, 1).tanh()
    torch.testing.assert_close(generator(z, condition), x)


@pytest.mark.parametrize("conditional", [False, True])
def test_the_discriminator_written_out(conditional: bool, of: Of) -> None:
    discriminator = DCGANDiscriminator(16, SPEC, fmap_max=32, conditional=conditional)
    images, condition, state = torch.rand(4, 3, 16, 16), of(1, 0.2), discriminator.state_dict()
    x = F.leaky_relu(F.conv2d(images, state["from_rgb.16.0.weight"], None, 2, 2), 0.2)
    x = F.conv2d(x, state["blocks.8.0.weight"], None, 2, 2)
    h = F.leaky_relu(batch_norm(x, discriminator.blocks.get_submodule("8.1")), 0.2)
    scores = h.reshape(4, -1) @ state["score.weight"][0]
    if conditional:
        assert discriminator.encoder is not None and discriminator.project is not None
        direction = discriminator.project(discriminator.encoder(condition))
        scores = scores + (direction * h.sum((2, 3)) / 4).sum(1) / math.sqrt(32)
    torch.testing.assert_close(discriminator(images, condition), scores)


def test_minibatches_keep_their_own_statistics(of: Of) -> None:
    discriminator = DCGANDiscriminator(16, SPEC, fmap_max=32)
    reals, fakes = torch.rand(4, 3, 16, 16), -torch.rand(4, 3, 16, 16)
    stacked = discriminator(torch.cat([reals, fakes]), of(0, 0.5, 8), batches=2)
    apart = torch.cat([discriminator(each, of(0, 0.5)) for each in (reals, fakes)])
    torch.testing.assert_close(stacked, apart)
    mixed = discriminator(torch.cat([reals, fakes]), of(0, 0.5, 8))
    assert not torch.allclose(mixed, apart, rtol=0.01)


def test_in_evaluation_a_cover_is_the_same_alone_and_in_company(of: Of) -> None:
    generator, z = DCGANGenerator(16, SPEC, 8, fmap_max=32), torch.rand(4, 8)
    generator(z, of(0, 0.5))
    together = generator.eval()(z, of(0, 0.5))
    torch.testing.assert_close(generator(z[:1], of(0, 0.5, 1)), together[:1])


def test_genre_fits_and_matches_are_scores(of: Of) -> None:
    discriminator, images = (
        DCGANDiscriminator(16, SPEC, fmap_max=32).eval(),
        torch.rand(4, 3, 16, 16),
    )
    fits = discriminator.genre_fits(images, of(2, 0.5))
    for genre in range(3):
        torch.testing.assert_close(fits[:, genre], discriminator(images, of(genre, 0.5)))
    matches = discriminator.matches(discriminator.features(images), of(1, 0.5))
    plain = DCGANDiscriminator(16, SPEC, fmap_max=32, conditional=False).eval()
    plain.load_state_dict(discriminator.state_dict(), strict=False)
    torch.testing.assert_close(matches[:, 0] + plain(images, of(1, 0.5)), fits[:, 1])


def test_truncation_ends_in_one_cover_a_condition(of: Of) -> None:
    generator = DCGANGenerator(16, SPEC, 8, fmap_max=32).eval()
    jazz, rock = (generator(torch.rand(4, 8), of(g, 0.5), truncation=0.0) for g in (0, 1))
    assert torch.equal(jazz[0], jazz[3]) and not torch.allclose(jazz, rock)


def test_settings_rebuild_the_generator(of: Of) -> None:
    generator, z = DCGANGenerator(16, SPEC, 8, fmap_max=32, condition_width=4), torch.rand(4, 8)
    settings = {**generator.settings, "spec": ConditionSpec.of(generator.settings["spec"])}
    twin = DCGANGenerator(**settings)
    twin.load_state_dict(generator.state_dict())
    assert twin.uniform and torch.equal(twin(z, of(0, 0.5)), generator(z, of(0, 0.5)))
