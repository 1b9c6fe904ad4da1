"""The layers against the formulas that they stand for."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from duck_and_cover.networks.layers import (
    EqualConv2d,
    EqualConvDown,
    EqualConvUp,
    EqualLinear,
    Style,
    downsample,
    fade,
    fade_reals,
    leaky_relu,
    minibatch_stddev,
    pixel_norm,
    upsample,
)

Convolution = type[EqualConv2d]


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 2, 2)])
def test_pixel_norm_is_the_papers_formula(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape) * 7
    expected = torch.empty_like(x)
    for b in range(3):
        expected[b] = x[b] / ((x[b] ** 2).sum(dim=0) / 5 + 1e-8).sqrt()
    torch.testing.assert_close(pixel_norm(x), expected)
    torch.testing.assert_close(pixel_norm(x).square().mean(dim=1), torch.ones(3, *shape[2:]))


def test_pixel_norm_of_nothing_stays_finite() -> None:
    x = torch.zeros(2, 4, requires_grad=True)
    (slope,) = torch.autograd.grad(pixel_norm(x).sum(), x)
    assert slope.isfinite().all()
    # Below the root of epsilon a vector is left small, not blown up to length 1.
    torch.testing.assert_close(pixel_norm(torch.full((1, 2), 1e-6)), torch.full((1, 2), 1e-2))


def test_pixel_norm_sums_in_full_precision() -> None:
    x = torch.randn(2, 512).bfloat16()
    half = pixel_norm(x)
    assert half.dtype == torch.bfloat16
    # One rounding of the scale and one of the product: 2 * 2^-8 at most.
    torch.testing.assert_close(half.float(), pixel_norm(x.float()), rtol=8e-3, atol=0)


def test_leaky_relu_has_the_papers_slope() -> None:
    assert leaky_relu(torch.tensor([-5.0, 0.0, 5.0])).tolist() == [-1.0, 0.0, 5.0]


def test_minibatch_stddev_against_numbers_done_by_hand() -> None:
    x = torch.zeros(4, 2, 3, 3)
    x[0], x[1] = 1.0, 5.0  # a pair apart by 4: its deviation from the mean is 2
    x[2, 0], x[3, 0] = 0.0, 6.0  # apart by 6 in one channel of two: (3 + 0) / 2
    seen = minibatch_stddev(x, group=2)
    assert seen.shape == (4, 3, 3, 3)
    assert torch.equal(seen[:, :2], x)
    for picture, spread in enumerate([2.0, 2.0, 1.5, 1.5]):
        expected = torch.full((3, 3), spread)
        torch.testing.assert_close(seen[picture, 2], expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("batch", "group", "size"),
    [(8, 4, 4), (8, None, 8), (6, 4, 3), (9, 4, 3), (7, 4, 1), (5, None, 5), (3, 16, 3)],
)
def test_minibatch_stddev_takes_the_largest_group_that_divides(
    batch: int, group: int | None, size: int
) -> None:
    x = torch.randn(batch, 3, 2, 2)
    channel = minibatch_stddev(x, group)[:, 3]
    for start in range(0, batch, size):
        part = x[start : start + size]
        variance = (part - part.mean(dim=0)).square().mean(dim=0)
        expected = (variance + 1e-8).sqrt().mean()
        torch.testing.assert_close(channel[start : start + size], expected.expand(size, 2, 2))


@pytest.mark.parametrize("group", [None, 4, 6, 16])
def test_minibatch_stddev_never_spans_two_minibatches(group: int | None) -> None:
    real, fake = torch.randn(6, 2, 4, 4), 9 * torch.randn(6, 2, 4, 4)
    together = minibatch_stddev(torch.cat([real, fake]), group, batches=2)
    apart = torch.cat([minibatch_stddev(real, group), minibatch_stddev(fake, group)])
    torch.testing.assert_close(together, apart)


@pytest.mark.parametrize("batch", [1, 4])
def test_minibatch_stddev_is_smooth_where_nothing_varies(batch: int) -> None:
    x = torch.ones(batch, 2, 4, 4, requires_grad=True)
    loss = minibatch_stddev(x)[:, 2].square().sum()
    (slope,) = torch.autograd.grad(loss, x, create_graph=True)
    (curvature,) = torch.autograd.grad((slope + x).square().sum(), x)
    assert torch.equal(slope, torch.zeros_like(x))
    assert curvature.isfinite().all()


def test_resampling() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 6.0]])[None, None]
    assert upsample(x)[0, 0].tolist() == [
        [1.0, 1.0, 2.0, 2.0],
        [1.0, 1.0, 2.0, 2.0],
        [3.0, 3.0, 6.0, 6.0],
        [3.0, 3.0, 6.0, 6.0],
    ]
    assert downsample(x).tolist() == [[[[3.0]]]]
    picture = torch.randn(2, 3, 8, 8)
    assert torch.equal(downsample(upsample(picture)), picture)


def test_fade_is_a_weighted_mean() -> None:
    low, high = torch.randn(2, 3), torch.randn(2, 3)
    assert torch.equal(fade(low, high, 0.0), low)
    assert torch.equal(fade(low, high, 1.0), high)
    torch.testing.assert_close(fade(low, high, 0.3), 0.7 * low + 0.3 * high)


@pytest.mark.parametrize("alpha", [0.01, 0.5, 0.99])
def test_reals_fade_from_their_own_means(alpha: float) -> None:
    images = torch.rand(2, 3, 8, 8) * 2 - 1
    coarse = torch.empty_like(images)
    for y in range(0, 8, 2):
        for x in range(0, 8, 2):
            square = images[:, :, y : y + 2, x : x + 2]
            coarse[:, :, y : y + 2, x : x + 2] = square.mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(fade_reals(images, alpha), (1 - alpha) * coarse + alpha * images)
    # What fades is detail alone: the next lower resolution sees the very same picture.
    torch.testing.assert_close(downsample(fade_reals(images, alpha)), downsample(images))


def test_reals_are_left_alone_outside_of_fades() -> None:
    images, smallest = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 4, 4)
    assert torch.equal(fade_reals(images, 1.0), images)
    assert torch.equal(fade_reals(smallest, 0.5), smallest)


@pytest.mark.parametrize("gain", [math.sqrt(2), 1.0])
def test_layers_scale_their_weights_when_they_run(gain: float) -> None:
    conv, dense = EqualConv2d(6, 5, 3, gain), EqualLinear(6, 5, gain)
    nn.init.normal_(conv.bias)
    assert dense.bias is not None
    nn.init.normal_(dense.bias)
    x = torch.randn(2, 6, 4, 4)
    weight = conv.weight * gain / math.sqrt(6 * 9)
    torch.testing.assert_close(conv(x), F.conv2d(x, weight, conv.bias, padding=1))
    expected = x[:, :, 0, 0] @ dense.weight.T * gain / math.sqrt(6) + dense.bias
    torch.testing.assert_close(dense(x[:, :, 0, 0]), expected)


@pytest.mark.parametrize("kind", [EqualConv2d, EqualConvUp, EqualConvDown])
def test_biases_are_not_scaled(kind: Convolution) -> None:
    conv = kind(2, 3)
    nn.init.zeros_(conv.weight)
    conv.bias.data = torch.tensor([1.0, -2.0, 3.0])
    out = conv(torch.randn(1, 2, 4, 4))
    assert torch.equal(out, conv.bias.detach()[None, :, None, None].expand_as(out))


def test_a_layer_may_go_without_bias() -> None:
    dense = EqualLinear(3, 2, bias=False)
    assert [name for name, _ in dense.named_parameters()] == ["weight"]
    assert torch.equal(dense(torch.zeros(1, 3)), torch.zeros(1, 2))


def test_styles_weigh_each_pictures_channels() -> None:
    style, x, latent = Style(64, 200), torch.randn(8, 200, 3, 3), torch.randn(8, 64)
    scale = style(torch.ones(8, 200, 1, 1), latent).squeeze()
    assert scale.mean().item() == pytest.approx(1, abs=0.1)
    assert scale.std().item() == pytest.approx(0.5, abs=0.1)
    styled = style(x, latent)
    torch.testing.assert_close(styled, x * scale[:, :, None, None])
    with torch.no_grad():
        there = style(x.clone(), latent)
    assert torch.equal(there, styled)
    styled.sum().backward()
    assert style.dense.bias is not None
    torch.testing.assert_close(style.dense.bias.grad, x.sum(dim=(0, 2, 3)))


def test_features_keep_their_size_through_he_layers() -> None:
    x = torch.randn(64, 256)
    for _ in range(4):
        x = leaky_relu(EqualLinear(256, 256)(x))
    # E[leaky_relu(y)^2] = (1 + 0.2^2) / 2 of y's own mean square, which is twice x's.
    assert 0.7 < x.square().mean().item() / 1.04**4 < 1.4
    maps = torch.randn(8, 64, 12, 12)
    inside = leaky_relu(EqualConv2d(64, 64)(maps))[:, :, 1:-1, 1:-1]
    assert 0.9 < inside.square().mean().item() / 1.04 < 1.1


def up_plainly(conv: EqualConv2d, x: Tensor) -> Tensor:
    return EqualConv2d.forward(conv, upsample(x))


def down_plainly(conv: EqualConv2d, x: Tensor) -> Tensor:
    return downsample(EqualConv2d.forward(conv, x))


Plain = Callable[[EqualConv2d, Tensor], Tensor]
FUSED = [(EqualConvUp, up_plainly), (EqualConvDown, down_plainly)]


@pytest.mark.parametrize(("kind", "plainly"), FUSED)
@pytest.mark.parametrize("side", [2, 4, 6])
def test_fused_convolutions_give_the_same_numbers(
    kind: Convolution, plainly: Plain, side: int
) -> None:
    conv = kind(4, 7)
    nn.init.normal_(conv.bias)
    x = torch.randn(2, 4, side, side)
    torch.testing.assert_close(conv(x), plainly(conv, x), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("kind", "plainly"), FUSED)
def test_fused_convolutions_give_the_same_gradients(kind: Convolution, plainly: Plain) -> None:
    conv = kind(3, 4).double()
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    aims = [x, conv.weight, conv.bias]

    def gradients(out: Tensor) -> list[Tensor]:
        """Those of a loss, and those of its squared slope: the order that penalties need."""
        loss = (leaky_relu(out) ** 3).sum()
        first = torch.autograd.grad(loss, aims, create_graph=True)
        second = torch.autograd.grad(first[0].square().sum(), aims)
        return [*first, *second]

    for fused, plain in zip(gradients(conv(x)), gradients(plainly(conv, x)), strict=True):
        torch.testing.assert_close(fused, plain, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(("kind", "plainly"), FUSED)
def test_fused_convolutions_learn_after_they_were_drawn_from(
    kind: Convolution, plainly: Plain
) -> None:
    conv, x = kind(3, 4).to(torch.float16), torch.randn(2, 3, 4, 4, dtype=torch.float16)
    with torch.inference_mode():  # the first use of anything in this precision
        conv(x)
    got, plain = (
        torch.autograd.grad(out.sum(), conv.weight) for out in (conv(x), plainly(conv, x))
    )
    torch.testing.assert_close(got, plain, atol=0.05, rtol=0.01)


@pytest.mark.parametrize("kind", [EqualConv2d, EqualConvUp, EqualConvDown])
def test_convolutions_run_in_bfloat16(kind: Convolution) -> None:
    conv, x = kind(8, 8), torch.randn(2, 8, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        out = conv(x)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), conv(x), atol=0.05, rtol=0.05)
