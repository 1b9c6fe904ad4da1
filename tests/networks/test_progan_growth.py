"""How the progressive GAN grows, and what conditions and batches do at every resolution."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from duck_and_cover.networks.condition_encoder import ConditionTensors
from duck_and_cover.networks.layers import (
    downsample,
    fade,
    fade_reals,
    upsample,
)
from duck_and_cover.networks.progan import (
    ProGANDiscriminator,
    ProGANGenerator,
)

SmallGenerator = Callable[..., ProGANGenerator]
SmallDiscriminator = Callable[..., ProGANDiscriminator]
Of = Callable[..., ConditionTensors]

SIDES = [4, 8, 16, 32]
BOTH = pytest.mark.parametrize("fused", [False, True])


@BOTH
@pytest.mark.parametrize("r", SIDES[1:])
def test_a_fade_begins_at_the_previous_network(
    r: int,
    fused: bool,
    small_generator: SmallGenerator,
    small_discriminator: SmallDiscriminator,
    of: Of,
) -> None:
    generator = small_generator(styles=fused, skips=fused)
    discriminator = small_discriminator(fused=fused, residual=fused)
    z, condition = torch.randn(4, 8), of(0, 0.5)
    before = upsample(generator(z, condition, r // 2))
    torch.testing.assert_close(generator(z, condition, r, alpha=0.0), before)
    torch.testing.assert_close(generator(z, condition, r, alpha=1e-6), before, atol=1e-4, rtol=0)
    images = torch.rand(4, 3, r, r) * 2 - 1
    scores = discriminator(downsample(images), condition)
    torch.testing.assert_close(discriminator(images, condition, alpha=0.0), scores)
    # The faded reals say the same: of the new detail, nothing is there yet.
    faded = discriminator(fade_reals(images, 0.0), condition, alpha=0.0)
    torch.testing.assert_close(faded, scores)


@BOTH
@pytest.mark.parametrize("r", SIDES[1:])
def test_a_fade_ends_in_the_plain_network(
    r: int,
    fused: bool,
    small_generator: SmallGenerator,
    small_discriminator: SmallDiscriminator,
    of: Of,
) -> None:
    generator, discriminator = small_generator(), small_discriminator(fused=fused)
    z, condition = torch.randn(4, 8), of(0, 0.5)
    images = torch.rand(4, 3, r, r) * 2 - 1
    nn.init.constant_(generator.get_parameter(f"to_rgb.{r // 2}.weight"), float("nan"))
    nn.init.constant_(discriminator.get_parameter(f"from_rgb.{r // 2}.weight"), float("nan"))
    # At alpha 1 the old ends take no part any more: not even a NaN in them is seen.
    assert generator(z, condition, r, alpha=1.0).isfinite().all()
    assert discriminator(images, condition, alpha=1.0).isfinite().all()


@pytest.mark.parametrize("r", SIDES[1:])
def test_fades_are_linear(
    r: int, small_generator: SmallGenerator, small_discriminator: SmallDiscriminator, of: Of
) -> None:
    generator, discriminator = small_generator(skips=True), small_discriminator(residual=True)
    z, condition = torch.randn(4, 8), of(0, 0.5)
    low, high = (generator(z, condition, r, alpha) for alpha in (0.0, 1.0))
    torch.testing.assert_close(generator(z, condition, r, 0.3), fade(low, high, 0.3))
    images = torch.rand(4, 3, r, r) * 2 - 1
    end = discriminator(images, condition, 1.0)
    near = discriminator(images, condition, 1 - 1e-6)
    torch.testing.assert_close(near, end, atol=1e-4, rtol=0)
    assert not torch.allclose(discriminator(images, condition, 0.5), end, atol=1e-3)


@pytest.mark.parametrize("alpha", [0.3, 1.0])
@pytest.mark.parametrize("r", SIDES)
@pytest.mark.parametrize("normalize", ["latent", "joined"])
def test_conditions_reach_both_networks_at_every_resolution(
    r: int,
    alpha: float,
    normalize: str,
    small_generator: SmallGenerator,
    small_discriminator: SmallDiscriminator,
    of: Of,
) -> None:
    generator = small_generator(normalize=normalize, styles=normalize == "latent")
    discriminator = small_discriminator(residual=normalize == "latent")
    z, images = torch.randn(4, 8), torch.rand(4, 3, r, r) * 2 - 1
    conditions = [of(0, 0.5), of(1, 0.5), of(0, -0.5), of(None, 0.5), of(0, None), of(None, None)]
    drawn = [generator(z, condition, r, alpha) for condition in conditions]
    scored = [discriminator(images, condition, alpha) for condition in conditions]
    for i in range(len(conditions)):
        assert drawn[i].isfinite().all() and scored[i].isfinite().all()
        for j in range(i):
            assert (drawn[i] - drawn[j]).abs().amax(dim=(1, 2, 3)).min() > 1e-2, (i, j)
            assert (scored[i] - scored[j]).abs().max() > 1e-2, (i, j)


def test_unconditional_networks_take_no_notice(
    small_generator: SmallGenerator, small_discriminator: SmallDiscriminator, of: Of
) -> None:
    generator = small_generator(8, condition_width=0)
    discriminator = small_discriminator(8, conditional=False)
    z, images = torch.randn(4, 8), torch.rand(4, 3, 8, 8)
    assert torch.equal(generator(z, of(0, 0.5)), generator(z, of(None, None)))
    assert torch.equal(discriminator(images, of(0, 0.5)), discriminator(images, of(None, None)))


def test_scores_are_a_line_and_a_projection(
    small_discriminator: SmallDiscriminator, of: Of
) -> None:
    discriminator, images, condition = small_discriminator(8), torch.rand(4, 3, 8, 8), of(1, 0.1)
    h = discriminator.features(images)
    own = discriminator.matches(h, condition).diagonal()
    expected = discriminator.score(h).squeeze(1) + own
    torch.testing.assert_close(discriminator(images, condition), expected)
    mixed = ConditionTensors(
        *(torch.cat([a[:2], b[:2]]) for a, b in zip(of(0, 1.0), of(2, None), strict=True))
    )
    matches = discriminator.matches(h, mixed)
    assert matches.shape == (4, 4)
    torch.testing.assert_close(matches[:, 0], matches[:, 1])
    assert not torch.allclose(matches[:, 0], matches[:, 2])


def test_joined_latents_have_unit_length(small_generator: SmallGenerator, of: Of) -> None:
    generator = small_generator(8, normalize="joined")
    z = 3 * torch.randn(4, 8)
    for truncation in (0.0, 0.5, 1.0):
        joined = generator.latents(z, of(0, 0.5), truncation)
        assert joined.shape == (4, 8 + 128)
        torch.testing.assert_close(joined.square().mean(dim=1), torch.ones(4))
    with pytest.raises(AssertionError):
        small_generator(8, normalize="both")


def test_truncation_moves_towards_the_conditions_mean(
    small_generator: SmallGenerator, of: Of
) -> None:
    generator, condition = small_generator(8, styles=True), of(0, 0.5, 200)
    z = torch.randn(100, 8)
    pairs = torch.cat([z, -z])  # whose mean is the mean of all z

    def start(truncation: float) -> Tensor:
        features: Tensor = generator.base.dense(generator.latents(pairs, condition, truncation))
        return features

    typical = start(0.0)
    torch.testing.assert_close(typical, start(1.0).mean(dim=0).expand_as(typical))
    torch.testing.assert_close(start(0.5), fade(typical, start(1.0), 0.5))
    pictures = [generator(pairs, condition, 8, 1.0, t) for t in (0.0, 0.3, 0.6, 1.0)]
    spreads = [picture.std(dim=0).mean().item() for picture in pictures]
    assert spreads[0] < 1e-5 and spreads == sorted(spreads)
    other = generator(pairs, of(1, 0.5, 200), 8, 1.0, 0.0)
    assert not torch.allclose(other[0], pictures[0][0], atol=1e-2)


@BOTH
@pytest.mark.parametrize("group", [None, 2])
def test_stacked_minibatches_are_scored_apart(
    group: int | None, fused: bool, small_discriminator: SmallDiscriminator, of: Of
) -> None:
    discriminator = small_discriminator(8, stddev_group=group, fused=fused)
    real, fake = torch.rand(4, 3, 8, 8), -torch.rand(4, 3, 8, 8)
    condition = of(0, 0.5)
    together = discriminator(torch.cat([real, fake]), condition.repeat(2), batches=2)
    apart = torch.cat([discriminator(real, condition), discriminator(fake, condition)])
    torch.testing.assert_close(together, apart)


def test_the_spread_of_a_batch_can_be_left_out(
    small_discriminator: SmallDiscriminator, of: Of
) -> None:
    images, condition = torch.rand(4, 3, 8, 8), of(0, 0.5)
    for group, matters in [(4, True), (None, True), (0, False)]:
        discriminator = small_discriminator(8, stddev_group=group)
        alone = discriminator(images[:1], of(0, 0.5, 1))
        assert matters != torch.allclose(discriminator(images, condition)[:1], alone, atol=1e-5)
