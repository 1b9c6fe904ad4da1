"""Convolutions with fewer products are the plain ones: pictures, gradients, gradients of these."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from duck_and_cover.networks import products
from duck_and_cover.networks.layers import (
    EqualConv2d,
    EqualConvDown,
    EqualConvUp,
    downsample,
    upsample,
)

Convolve = Callable[[Tensor, Tensor, float], Tensor]


def plain(x: Tensor, weight: Tensor, scale: float) -> Tensor:
    return F.conv2d(x, weight * scale, padding=1)


def plain_up(x: Tensor, weight: Tensor, scale: float) -> Tensor:
    return plain(upsample(x), weight, scale)


def plain_down(x: Tensor, weight: Tensor, scale: float) -> Tensor:
    return downsample(plain(x, weight, scale))


def few_same(x: Tensor, weight: Tensor, scale: float) -> Tensor:
    return products.conv(x, products.same_kernel(weight, scale))


def few_up(x: Tensor, weight: Tensor, scale: float) -> Tensor:
    return products.conv_up(x, products.up_kernel(weight, scale))


def few_down(x: Tensor, weight: Tensor, scale: float) -> Tensor:
    return products.conv_down(x, products.down_kernel(weight, scale))


PAIRS = [(few_same, plain), (few_up, plain_up), (few_down, plain_down)]
BOTH = pytest.mark.parametrize(("few", "plainly"), PAIRS)


@BOTH
@pytest.mark.parametrize("shape", [(1, 2, 2), (3, 4, 6), (2, 34, 32)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_same_numbers(
    few: Convolve, plainly: Convolve, shape: tuple[int, int, int], layout: torch.memory_format
) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape[0], 5, *shape[1:]).contiguous(memory_format=layout)
    weight = torch.randn(7, 5, 3, 3)
    torch.testing.assert_close(few(x, weight, 0.3), plainly(x, weight, 0.3), atol=1e-5, rtol=1e-5)


@BOTH
def test_the_same_gradients_to_the_second_order(few: Convolve, plainly: Convolve) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(2, 3, 4, 4).double(), torch.randn(2, 3, 3, 3).double()
    x, weight = x.requires_grad_(), weight.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: few(a, b, 0.7), (x, weight))
    assert torch.autograd.gradgradcheck(lambda a, b: few(a, b, 0.7), (x, weight))


def penalised(convolve: Convolve, x: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    """Everything that a gradient penalty's step computes with one layer."""
    y = F.leaky_relu(convolve(x, weight, 0.1), 0.2).square().sum()
    (slope,) = torch.autograd.grad(y, x, create_graph=True)
    penalty = slope.square().sum()
    return y, penalty, *torch.autograd.grad(y + penalty, [x, weight])


@BOTH
def test_a_penalised_step_is_the_plain_one(few: Convolve, plainly: Convolve) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(3, 8, 16, 16), torch.randn(6, 8, 3, 3)
    for a, b in zip(
        penalised(few, x.requires_grad_(), weight.requires_grad_()),
        penalised(plainly, x, weight),
        strict=True,
    ):
        assert (a - b).norm() < 1e-5 * b.norm()


@pytest.mark.parametrize("kind", [EqualConv2d, EqualConvUp, EqualConvDown])
def test_wide_layers_are_the_plain_ones(kind: type[EqualConv2d]) -> None:
    torch.manual_seed(0)
    layer = kind(products.LEAST_WIDTH, products.LEAST_WIDTH + 8)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, products.LEAST_WIDTH, 8, 8)
    assert products.pays(x, layer.weight, 8)
    seen, wide = layer(x), torch.double
    plainly = {EqualConv2d: plain, EqualConvUp: plain_up, EqualConvDown: plain_down}[kind]
    bias = layer.bias.to(wide)[:, None, None]
    expected = plainly(x.to(wide), layer.weight.to(wide), layer.scale) + bias
    assert (seen - expected).norm() < 1e-5 * expected.norm()


def test_only_where_it_pays() -> None:
    least = products.LEAST_WIDTH
    x, weight = torch.zeros(1, least, 8, 8), torch.zeros(least, least, 3, 3)
    assert products.pays(x, weight, 8)
    assert not products.pays(x, weight, 4) and not products.pays(x, weight, 9)
    assert not products.pays(x, torch.zeros(least - 1, least, 3, 3), 8)
    assert not products.pays(x, torch.zeros(least, least, 1, 1), 8)
    assert not products.pays(x.bfloat16(), weight.bfloat16(), 8)
    assert not products.pays(x.to("meta"), weight.to("meta"), 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert not products.pays(x, weight, 8)
