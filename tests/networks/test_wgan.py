"""WGAN-GP's two forms against the official code's 64x64 networks."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duck_and_cover.losses import gradient_penalty
from duck_and_cover.networks.condition_encoder import ConditionSpec, ConditionTensors
from duck_and_cover.networks.wgan import (
    Form,
    LayerNorm,
    ResidualDown,
    ResidualUp,
    WGANDiscriminator,
    WGANGenerator,
    residual_width,
)

Of = Callable[..., ConditionTensors]

SPEC = ConditionSpec(3)
BOTH = pytest.mark.parametrize("form", ["convolutional", "resnet"])


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_official_residual_networks_parameter_counts() -> None:
    """DIM 64: 8, 8, 4, 2, 1 times as many channels from 4x4 to 64x64."""
    channels = [512, 512, 256, 128, 64]
    assert [residual_width(r, 512) for r in (4, 8, 16, 32, 64)] == channels
    up = down = 0
    for low, high in zip(channels, channels[1:], strict=False):
        shortcut = low * high + high
        up += 9 * low * high + 9 * high * high + high + 2 * (low + high)
        down += 9 * high * high + 9 * high * low + low + 2 * (high + high)
        up, down = up + shortcut, down + low * high + low
    up += 128 * 8192 + 8192 + 2 * 64 + 9 * 64 * 3 + 3
    down += 9 * 3 * 64 + 64 + 8192 + 1
    assert parameters(WGANGenerator(condition_width=0)) == up
    assert parameters(WGANDiscriminator(conditional=False)) == down
    without = WGANDiscriminator(conditional=False, layer_norm=False)
    assert parameters(without) == down - 4 * (512 + 256 + 128 + 64)


def test_the_convolutional_parameter_counts() -> None:
    """The DCGAN's of half its width, with layer norm's parameters in the place of batch norm's."""
    kernels = 25 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    up = WGANGenerator(form="convolutional", condition_width=0)
    down = WGANDiscriminator(form="convolutional", conditional=False)
    assert parameters(up) == 128 * 8192 + kernels + 2 * (512 + 256 + 128 + 64)
    assert parameters(down) == kernels + 2 * (512 + 256 + 128) + 8192 + 1


@BOTH
@pytest.mark.parametrize("resolution", [16, 32, 64, 128, 256])
def test_shapes_at_every_resolution(resolution: int, form: Form, of: Of) -> None:
    generator = WGANGenerator(resolution, SPEC, 8, 16, form, condition_width=4)
    discriminator = WGANDiscriminator(resolution, SPEC, 16, form)
    with torch.no_grad():
        pictures = generator(torch.randn(2, 8), of(0, 0.5, 2), resolution)
        assert pictures.shape == (2, 3, resolution, resolution)
        assert pictures.abs().max() <= 1 and pictures.std() > 0
        assert discriminator(pictures, of(0, 0.5, 2)).shape == (2,)
        assert discriminator.genre_fits(pictures, of(0, 0.5, 2)).shape == (2, 3)


@BOTH
def test_a_larger_network_has_the_layers_of_a_smaller_one(form: Form) -> None:
    for build in (WGANGenerator, WGANDiscriminator):
        small, large = (build(r, fmap_max=64, form=form).state_dict() for r in (32, 64))
        shared = {name: small[name].shape for name in small if "_rgb" not in name}
        assert shared.items() <= {name: large[name].shape for name in large}.items()
        assert sum(name.startswith("blocks") for name in shared) >= 2


def test_residual_weights_begin_as_in_the_official_code() -> None:
    discriminator = WGANDiscriminator(32, conditional=False, fmap_max=64)
    for name, layer in discriminator.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            taps = layer.weight[0, 0].numel() if layer.weight.dim() == 4 else 1
            fans = (layer.weight.shape[0] + layer.weight.shape[1]) * taps
            scale = 4 if ".conv" in name else 2
            bound = math.sqrt(3 * scale / fans)
            assert layer.weight.abs().max() <= bound, name
            assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1), name
            assert layer.bias is None or not layer.bias.any(), name


def normalised(x: Tensor, over: tuple[int, ...]) -> Tensor:
    spread = (x.var(over, unbiased=False, keepdim=True) + 1e-5).sqrt()
    return (x - x.mean(over, keepdim=True)) / spread


def test_the_block_up_written_out() -> None:
    block, x = ResidualUp(6, 4), torch.randn(3, 6, 4, 4)
    y = F.interpolate(normalised(x, (0, 2, 3)).relu(), scale_factor=2)
    y = normalised(F.conv2d(y, block.conv0.weight, padding=1), (0, 2, 3)).relu()
    y = F.conv2d(y, block.conv1.weight, block.conv1.bias, padding=1)
    aside = F.conv2d(F.interpolate(x, scale_factor=2), block.shortcut.weight, block.shortcut.bias)
    torch.testing.assert_close(block(x), y + aside)


@pytest.mark.parametrize("norm", [LayerNorm, nn.Identity])
def test_the_block_down_written_out(norm: type[nn.Module], of: Of) -> None:
    block, x = ResidualDown(4, 6, norm), torch.randn(3, 4, 8, 8)

    def norms(x: Tensor) -> Tensor:
        return normalised(x, (1, 2, 3)) if norm is LayerNorm else x

    y = F.conv2d(norms(x).relu(), block.conv0.weight, padding=1)
    y = F.conv2d(norms(y).relu(), block.conv1.weight, block.conv1.bias, padding=1)
    aside = F.conv2d(F.avg_pool2d(x, 2), block.shortcut.weight, block.shortcut.bias)
    torch.testing.assert_close(block(x), F.avg_pool2d(y, 2) + aside)


@BOTH
@pytest.mark.parametrize("layer_norm", [False, True])
def test_the_critic_looks_at_each_picture_by_itself(form: Form, layer_norm: bool, of: Of) -> None:
    critic = WGANDiscriminator(16, SPEC, 16, form, layer_norm)
    images = torch.rand(4, 3, 16, 16)
    alone = torch.cat([critic(image[None], of(0, 0.5, 1)) for image in images])
    torch.testing.assert_close(critic(images, of(0, 0.5)), alone)


@BOTH
@pytest.mark.parametrize("layer_norm", [False, True])
def test_the_penalty_can_be_learnt_from(form: Form, layer_norm: bool, of: Of) -> None:
    critic = WGANDiscriminator(16, SPEC, 16, form, layer_norm)
    real, fake = torch.rand(4, 3, 16, 16), -torch.rand(4, 3, 16, 16)
    loss = gradient_penalty(lambda x: critic(x, of(0, 0.5)), real, fake, torch.rand(4))
    kernels = {n: p for n, p in critic.named_parameters() if p.dim() == 4 or n == "score.weight"}
    slopes = torch.autograd.grad(loss, list(kernels.values()))
    for name, slope in zip(kernels, slopes, strict=True):
        assert slope.isfinite().all() and slope.any(), name


@BOTH
def test_settings_rebuild_the_generator(form: Form, of: Of) -> None:
    generator = WGANGenerator(16, SPEC, 8, 16, form, condition_width=4, uniform=True)
    settings = {**generator.settings, "spec": ConditionSpec.of(generator.settings["spec"])}
    twin, z = WGANGenerator(**settings), torch.randn(4, 8)
    twin.load_state_dict(generator.state_dict())
    assert twin.uniform and torch.equal(twin(z, of(0, 0.5)), generator(z, of(0, 0.5)))
