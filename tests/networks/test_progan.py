"""The progressive GAN against its paper: sizes, constants, precision."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from duck_and_cover.losses import gradient_penalty, zero_centred_penalties
from duck_and_cover.networks.blocks import DiscriminatorBlock, GeneratorBlock
from duck_and_cover.networks.condition_encoder import ConditionTensors
from duck_and_cover.networks.layers import (
    EqualConv2d,
    EqualLinear,
    Style,
    downsample,
    leaky_relu,
    pixel_norm,
    smooth_upsample,
    upsample,
)
from duck_and_cover.networks.progan import (
    ProGANDiscriminator,
    ProGANGenerator,
    resolutions,
    width,
)
from tests.given import spec

SmallGenerator = Callable[..., ProGANGenerator]
SmallDiscriminator = Callable[..., ProGANDiscriminator]
Of = Callable[..., ConditionTensors]

BOTH = pytest.mark.parametrize("fused", [False, True])


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_papers_parameter_counts() -> None:
    with torch.device("meta"):
        assert parameters(ProGANGenerator(condition_width=0)) == 23_079_115
        assert parameters(ProGANDiscriminator(conditional=False)) == 23_087_249


def test_the_papers_widths() -> None:
    papers = {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32, 1024: 16}
    assert resolutions(1024) == list(papers)
    assert {r: width(r, 8192, 512) for r in papers} == papers
    with torch.device("meta"):
        generator, discriminator = ProGANGenerator(), ProGANDiscriminator()
    for r, channels in papers.items():
        assert generator.get_parameter(f"to_rgb.{r}.weight").shape == (3, channels, 1, 1)
        assert discriminator.get_parameter(f"from_rgb.{r}.weight").shape == (channels, 3, 1, 1)
        if r > 4:
            shapes = [
                network.get_parameter(f"blocks.{r}.{conv}.weight").shape
                for network in (generator, discriminator)
                for conv in ("conv0", "conv1")
            ]
            below = papers[r // 2]
            pairs = [(channels, below), (channels, channels), (channels, channels)]
            assert shapes == [(*pair, 3, 3) for pair in [*pairs, (below, channels)]]


def test_resolutions_are_powers_of_two() -> None:
    assert resolutions(4) == [4]
    assert resolutions(32, 8) == [8, 16, 32]
    for top, start in [(48, 4), (2, 4), (8, 16), (32, 6)]:
        with pytest.raises(AssertionError):
            resolutions(top, start)


@BOTH
def test_shapes_at_every_resolution(fused: bool, of: Of) -> None:
    generator = ProGANGenerator(1024, spec(3), 8, fmap_base=1024, fmap_max=4, condition_width=4)
    discriminator = ProGANDiscriminator(1024, spec(3), fmap_base=1024, fmap_max=4, fused=fused)
    z = torch.randn(2, 8)
    with torch.no_grad():
        for r in resolutions(1024):
            pictures = generator(z, of(0, 0.5, 2), r, alpha=0.5)
            assert pictures.shape == (2, 3, r, r)
            scores = discriminator(pictures, of(0, 0.5, 2), alpha=0.5)
            assert scores.shape == (2,) and scores.isfinite().all()
        assert generator(z, of(0, 0.5, 2)).shape == (2, 3, 1024, 1024)


def test_constants_of_the_equalised_learning_rate(
    small_generator: SmallGenerator, small_discriminator: SmallDiscriminator
) -> None:
    root2 = math.sqrt(2)
    networks = (
        small_generator(styles=True),
        small_discriminator(fused=True),
        small_discriminator(fused=True, residual=True),
    )
    for network in networks:
        seen, residual = 0, network is networks[2]
        for name, layer in network.named_modules():
            if not isinstance(layer, EqualConv2d | EqualLinear) or name.startswith("encoder"):
                continue
            gain = {"base.dense": root2 / 4, "score": 1.0}.get(name, root2)
            gain = 1.0 if name.startswith("to_rgb") else 0.5 if "style" in name else gain
            gain = 1.0 if residual and re.fullmatch(r"blocks\.\d+\.conv1", name) else gain
            fan_in = layer.weight[0].numel()
            assert layer.scale == pytest.approx(gain / math.sqrt(fan_in), rel=1e-12), name
            seen += 1
        assert seen == (2 + 4 * 3 + 4 if isinstance(network, ProGANGenerator) else 3 + 2 * 3 + 4)


def test_weights_begin_as_unit_noise_and_biases_at_zero(
    small_generator: SmallGenerator, small_discriminator: SmallDiscriminator
) -> None:
    for network in (small_generator(fmap_max=32, styles=True), small_discriminator(fmap_max=32)):
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                assert not parameter.any(), name
            elif parameter.numel() > 2000:
                assert parameter.mean().item() == pytest.approx(0, abs=0.1), name
                assert parameter.std().item() == pytest.approx(1, abs=0.1), name


def test_the_first_dense_layer_is_the_papers_padded_convolution(
    small_generator: SmallGenerator,
) -> None:
    base = small_generator(condition_width=0).base
    latent = torch.randn(2, 8)
    # A 4x4 convolution of the 1x1 latent padded by 3: each place meets one tap of the kernel.
    taps = base.dense.weight.reshape(-1, 4, 4, 8).permute(0, 3, 1, 2).flip(2, 3)
    scale = math.sqrt(2) / math.sqrt(8 * 16)
    expected = torch.conv2d(latent[:, :, None, None], taps * scale, padding=3)
    torch.testing.assert_close(base.dense(latent).reshape(2, -1, 4, 4), expected)


@pytest.mark.parametrize("styles", [False, True])
@pytest.mark.parametrize("skips", [False, True])
def test_the_generator_written_out(
    skips: bool, styles: bool, small_generator: SmallGenerator, of: Of
) -> None:
    generator, condition = small_generator(8, styles=styles, skips=skips), of(1, 0.2)
    z = torch.randn(4, 8)
    encoder, base, block = generator.encoder, generator.base, generator.blocks["8"]
    assert encoder is not None and isinstance(block, GeneratorBlock)
    joined = torch.cat([pixel_norm(z), pixel_norm(encoder(condition))], dim=1)
    x = base.dense(joined).reshape(4, 12, 4, 4) + base.bias.reshape(1, 12, 1, 1)
    x = pixel_norm(leaky_relu(base.conv(pixel_norm(leaky_relu(x)))))
    rgb = smooth_upsample(generator.to_rgb["4"](x)) if skips else torch.zeros(4, 3, 8, 8)

    def styled(x: Tensor, style: Style | None) -> Tensor:
        assert (style is not None) == styles
        if style is None:
            return x
        moved = 0.5 * joined @ style.dense.weight.T / math.sqrt(8 + 128)
        return torch.einsum("bc,bcxy->bcxy", 1 + moved, x)

    x = styled(pixel_norm(leaky_relu(EqualConv2d.forward(block.conv0, upsample(x)))), block.style0)
    x = styled(pixel_norm(leaky_relu(block.conv1(x))), block.style1)
    torch.testing.assert_close(generator(z, condition), rgb + generator.to_rgb["8"](x))


@BOTH
@pytest.mark.parametrize("residual", [False, True])
def test_the_discriminator_written_out(
    residual: bool, fused: bool, small_discriminator: SmallDiscriminator, of: Of
) -> None:
    discriminator = small_discriminator(
        8, fused=fused, residual=residual, conditional=False, stddev_group=None
    )
    images, block = torch.rand(4, 3, 8, 8), discriminator.blocks["8"]
    assert isinstance(block, DiscriminatorBlock)
    seen = leaky_relu(discriminator.from_rgb["8"](images))
    x = leaky_relu(block.conv0(seen))
    x = EqualConv2d.forward(block.conv1, x)
    # Fused, the halving comes before the activation instead of after it.
    x = leaky_relu(downsample(x)) if fused else downsample(leaky_relu(x))
    if residual:
        x = x + downsample(seen)
    spread = (x.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
    x = leaky_relu(discriminator.conv(torch.cat([x, spread.expand(4, 1, 4, 4)], dim=1)))
    x = leaky_relu(discriminator.dense(x.reshape(4, -1)))
    scores = discriminator.score(x).reshape(4)
    torch.testing.assert_close(discriminator(images, of(0, 0.5)), scores)


def test_more_channels_repeat_those_that_come_in() -> None:
    block, x = DiscriminatorBlock(8, 12, fused=True, residual=True), torch.randn(2, 8, 4, 4)
    nn.init.zeros_(block.conv1.weight)
    halved = downsample(x)
    assert torch.equal(block(x), torch.cat([halved, halved[:, :4]], dim=1))


@BOTH
@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_penalties_can_be_learnt_from(
    fused: bool, alpha: float, small_discriminator: SmallDiscriminator, of: Of
) -> None:
    discriminator = small_discriminator(16, fused=fused, residual=fused)
    real, fake = torch.rand(4, 3, 16, 16), -torch.rand(4, 3, 16, 16)

    def score(x: Tensor) -> Tensor:
        scores: Tensor = discriminator(x, of(0, 0.5), alpha)
        return scores

    mix = torch.rand(4)
    loss = gradient_penalty(score, real, fake, mix) + zero_centred_penalties(score, real)[0]
    learning = {
        name: parameter
        for name, parameter in discriminator.named_parameters()
        if name.endswith("weight") and "from_rgb" not in name
    }
    for r in (16, 8) if alpha < 1 else (16,):
        learning[f"from_rgb.{r}"] = discriminator.get_parameter(f"from_rgb.{r}.weight")
    slopes = torch.autograd.grad(loss, list(learning.values()))
    for name, slope in zip(learning, slopes, strict=True):
        assert slope.isfinite().all() and slope.any(), name


def test_networks_run_in_bfloat16(
    small_generator: SmallGenerator, small_discriminator: SmallDiscriminator, of: Of
) -> None:
    generator, discriminator = small_generator(16), small_discriminator(16)
    z, condition = torch.randn(4, 8), of(0, 0.5)
    plain = generator(z, condition, 16, 0.5)
    with torch.autocast("cpu", torch.bfloat16):
        pictures = generator(z, condition, 16, 0.5)
        scores = discriminator(plain, condition, 0.5)
    torch.testing.assert_close(pictures.float(), plain, atol=0.15, rtol=0)
    # Losses and penalties are sums of many scores: they come out in full precision.
    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores, discriminator(plain, condition, 0.5), atol=0.15, rtol=0)
    slopes = torch.autograd.grad(scores.sum(), list(discriminator.dense.parameters()))
    assert all(slope.isfinite().all() for slope in slopes)


def test_settings_rebuild_the_generator(small_generator: SmallGenerator, of: Of) -> None:
    generator = small_generator(16, condition_width=4, normalize="joined")
    twin = ProGANGenerator(**generator.settings | {"spec": spec(3)})
    twin.load_state_dict(generator.state_dict())
    z = torch.randn(4, 8)
    assert torch.equal(twin(z, of(0, 0.5)), generator(z, of(0, 0.5)))
