"""What is kept between two drawings is never stale, never saved, and changes no picture."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from duck_and_cover.networks.condition_encoder import ConditionTensors
from duck_and_cover.networks.layers import (
    EqualConv2d,
    EqualConvDown,
    EqualConvUp,
    activated,
    leaky_relu,
    leaky_relu_,
    pixel_norm,
    plain_kernel,
)
from duck_and_cover.networks.products import LEAST_WIDTH
from duck_and_cover.networks.progan import ProGANGenerator
from duck_and_cover.training.ema import update_ema
from tests.given import spec

KINDS = pytest.mark.parametrize("kind", [EqualConv2d, EqualConvUp, EqualConvDown])
WIDTHS = pytest.mark.parametrize("width", [4, LEAST_WIDTH])


def fresh(layer: EqualConv2d, x: Tensor) -> Tensor:
    """The layer's answer from its weights as they are."""
    answer: Tensor = copy.deepcopy(layer).train()(x)
    return answer.detach()


def optimise(layer: EqualConv2d, x: Tensor) -> None:
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1, fused=True)
    layer.requires_grad_(True)(x).square().sum().backward()
    optimizer.step()
    layer.requires_grad_(False)


def load(layer: EqualConv2d, x: Tensor) -> None:
    layer.load_state_dict({k: torch.randn_like(v) for k, v in layer.state_dict().items()})


def assign(layer: EqualConv2d, x: Tensor) -> None:
    state = {k: torch.randn_like(v) for k, v in layer.state_dict().items()}
    layer.load_state_dict(state, assign=True)


def replace(layer: EqualConv2d, x: Tensor) -> None:
    layer.weight.data = torch.randn_like(layer.weight)


def move_average(layer: EqualConv2d, x: Tensor) -> None:
    live = copy.deepcopy(layer)
    load(live, x)
    update_ema(layer, live, {"": 0}, 1000, 100, 10.0)


CHANGES = [optimise, load, assign, replace, move_average]


@KINDS
@WIDTHS
@pytest.mark.parametrize("change", CHANGES)
def test_no_change_of_weights_is_missed(
    kind: type[EqualConv2d], width: int, change: Callable[[EqualConv2d, Tensor], None]
) -> None:
    torch.manual_seed(0)
    layer, x = kind(width, width).eval().requires_grad_(False), torch.randn(1, width, 16, 16)
    for _ in range(2):
        before = fresh(layer, x)
        with torch.no_grad():
            torch.testing.assert_close(layer(x), before, atol=1e-4, rtol=1e-4)
        change(layer, x)
        after = fresh(layer, x)
        assert not torch.allclose(after, before, atol=1e-2)
        with torch.no_grad():
            torch.testing.assert_close(layer(x), after, atol=1e-4, rtol=1e-4)


def test_kernels_are_kept_where_nothing_learns() -> None:
    layer = EqualConv2d(3, 4).eval().requires_grad_(False)
    with torch.no_grad():
        kept = layer.kernel(plain_kernel)
        assert layer.kernel(plain_kernel) is kept
        assert layer.train().kernel(plain_kernel) is not kept
        learning = layer.requires_grad_(True).eval().kernel(plain_kernel)
        assert layer.kernel(plain_kernel) is not learning
    assert layer.kernel(plain_kernel).requires_grad


def test_what_is_kept_is_neither_copied_nor_saved() -> None:
    layer, x = EqualConv2d(3, 4).eval().requires_grad_(False), torch.randn(1, 3, 8, 8)
    with torch.no_grad():
        kept = layer.kernel(plain_kernel)
        assert set(layer.state_dict()) == {"weight", "bias"}
        for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert twin.kernel(plain_kernel) is not kept
            assert torch.equal(twin(x), layer(x))


def test_two_precisions_share_a_layer() -> None:
    layer = EqualConv2d(LEAST_WIDTH, LEAST_WIDTH).eval().requires_grad_(False)
    x = torch.randn(1, LEAST_WIDTH, 8, 8)
    with torch.no_grad():
        first = layer(x)
        with torch.autocast("cpu", torch.bfloat16):
            torch.testing.assert_close(layer(x).float(), first, atol=0.1, rtol=0.1)
        assert torch.equal(layer(x), first)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_activations_in_place_are_the_others(layout: torch.memory_format) -> None:
    x = torch.randn(2, 5, 4, 6).contiguous(memory_format=layout)
    expected = pixel_norm(leaky_relu(x))
    torch.testing.assert_close(activated(x.clone()), expected)
    zero = torch.zeros_like(x)
    assert not activated(zero).any()


def test_activations_in_place_have_the_same_slopes() -> None:
    torch.manual_seed(0)
    layer, x = nn.Conv2d(2, 3, 1).double(), torch.randn(2, 2, 3, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: leaky_relu_(layer(x)), (x,))
    assert torch.autograd.gradgradcheck(lambda x: leaky_relu_(layer(x)).pow(3), (x,))
    layer, single = layer.float(), x.detach().float().requires_grad_()
    slopes = []
    for answer in (activated(layer(single)), pixel_norm(leaky_relu(layer(single)))):
        (slope,) = torch.autograd.grad(answer.pow(3).sum(), single, create_graph=True)
        slopes.append((slope, *torch.autograd.grad(slope.square().sum(), single)))
    for seen, expected in zip(*slopes, strict=True):
        torch.testing.assert_close(seen, expected)


@pytest.mark.parametrize("widest", [12, LEAST_WIDTH])
def test_drawing_is_the_same_with_and_without_gradients(
    widest: int, of: Callable[..., ConditionTensors]
) -> None:
    torch.manual_seed(0)
    generator = ProGANGenerator(16, spec(3), 8, fmap_base=8 * widest, fmap_max=widest)
    z, condition = torch.randn(2, 8), of(0, 0.5, 2)
    before = z.clone()
    learning = generator(z, condition, 16, 0.5).detach()
    with torch.no_grad():
        for _ in range(2):
            drawn = generator.eval().requires_grad_(False)(z, condition, 16, 0.5)
            torch.testing.assert_close(drawn, learning, atol=1e-4, rtol=1e-4)
    assert torch.equal(z, before)
