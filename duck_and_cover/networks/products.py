"""3x3 convolutions with fewer products: the same numbers as the plain ones, to rounding.

    y = fall_y(lift_w(w) . lift_x(x))      in `tiles`; the product is over channels

    convolution           products an output pixel    plainly
    conv(x)               4                           9
    conv(upsample(x))     2.25                        9, as one strided convolution 4
    downsample(conv(x))   9                           36, as one strided convolution 16

The product is linear in pictures and in kernels, so its derivatives are three functions that are
each other's derivatives, to any order: what gradient penalties need.
"""

from typing import Any

import torch
from torch import Tensor

from duck_and_cover.networks.tiles import SAME, UP, Kind, Move, fall, lift

# Lifted pictures are made, multiplied and forgotten this many tiles at a time: they stay in the
# caches, and the matrices are still large.
TILES = 256
LEAST_WIDTH = 256  # channels; below, the sums cost more than the products saved
LEAST_SIDE = 8  # pixels of y; below, lifting the kernels does


def _chunks(count: int, tiles: int, at_once: int) -> list[slice]:
    """The batch in slices of about `at_once` tiles."""
    each = max(1, at_once // tiles)
    return [slice(start, start + each) for start in range(0, count, each)]


def _pass(
    x: Tensor, weight: Tensor, lifting: Move, falling: Move, step: int, out_step: int
) -> Tensor:
    """Lift, multiply with (P * P, C, D), fall: (B, C, H, W) -> (B, D, H', W'), channels last."""
    count, height, width = x.shape[0], x.shape[2] // step, x.shape[3] // step
    shape = (count, weight.shape[2], height * out_step, width * out_step)
    y = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    last_in, last_out = _channels_last(x), y.permute(0, 2, 3, 1)
    for part in _chunks(count, height * width, TILES):
        product = torch.bmm(lift(lifting, last_in[part]), weight)
        tiles = (len(last_in[part]), height, width)
        last_out[part] = fall(falling, product, tiles)
    return y


def _channels_last(x: Tensor) -> Tensor:
    """(B, C, H, W) as (B, H, W, C), a copy only where it is laid out otherwise."""
    return x.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1)


class _Forth(torch.autograd.Function):
    """y of x and the lifted kernels."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, lifted: Tensor, kind: Kind) -> Tensor:
        ctx.save_for_backward(x, lifted)
        ctx.kind = kind
        return _pass(x, lifted.transpose(1, 2), kind.lift_x, kind.fall_y, kind.x_step, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (x, lifted), (y,) = ctx.saved_tensors, gradients
        return (
            _back(y, lifted, ctx.kind) if ctx.needs_input_grad[0] else None,
            _weigh(x, y, ctx.kind) if ctx.needs_input_grad[1] else None,
            None,
        )


class _Back(torch.autograd.Function):
    """x of y and the lifted kernels: the transpose of `_Forth`."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, lifted: Tensor, kind: Kind) -> Tensor:
        ctx.save_for_backward(y, lifted)
        ctx.kind = kind
        return _pass(y, lifted, kind.lift_y, kind.fall_x, 2, kind.x_step)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (y, lifted), (x,) = ctx.saved_tensors, gradients
        return (
            _forth(x, lifted, ctx.kind) if ctx.needs_input_grad[0] else None,
            _weigh(x, y, ctx.kind) if ctx.needs_input_grad[1] else None,
            None,
        )


class _Weigh(torch.autograd.Function):
    """The lifted kernels' gradient of x and y."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, kind: Kind) -> Tensor:
        ctx.save_for_backward(x, y)
        ctx.kind = kind
        total = x.new_zeros(len(kind.kernel) ** 2, y.shape[1], x.shape[1])
        last_x, last_y = _channels_last(x), _channels_last(y)
        for part in _chunks(len(x), y.shape[2] * y.shape[3] // 4, 4 * TILES):
            lifted_y = lift(kind.lift_y, last_y[part]).transpose(1, 2)
            total.baddbmm_(lifted_y, lift(kind.lift_x, last_x[part]))
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (x, y), (lifted,) = ctx.saved_tensors, gradients
        return (
            _back(y, lifted, ctx.kind) if ctx.needs_input_grad[0] else None,
            _forth(x, lifted, ctx.kind) if ctx.needs_input_grad[1] else None,
            None,
        )


def _forth(x: Tensor, lifted: Tensor, kind: Kind) -> Tensor:
    y: Tensor = _Forth.apply(x, lifted, kind)
    return y


def _back(y: Tensor, lifted: Tensor, kind: Kind) -> Tensor:
    x: Tensor = _Back.apply(y, lifted, kind)
    return x


def _weigh(x: Tensor, y: Tensor, kind: Kind) -> Tensor:
    lifted: Tensor = _Weigh.apply(x, y, kind)
    return lifted


def pays(x: Tensor, weight: Tensor, side: int) -> bool:
    """Whether a convolution to `side` pixels is quicker in this way: wide, on a CPU, in float32.

    Other devices' libraries choose such ways themselves, and sums of neighbours in bfloat16 lose
    three times as much to rounding.
    """
    return (
        x.device.type == "cpu"
        and x.dtype == weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and min(weight.shape[:2]) >= LEAST_WIDTH
        and weight.shape[2] == 3
        and side >= LEAST_SIDE
        and side % 2 == 0
    )


def same_kernel(weight: Tensor, scale: float) -> Tensor:
    """Kernels (O, I, 3, 3), times `scale`, as `conv` takes them: (16, O, I)."""
    return SAME.lift_w(weight, scale)


def up_kernel(weight: Tensor, scale: float) -> Tensor:
    """Kernels (O, I, 3, 3), times `scale`, as `conv_up` takes them: (9, O, I)."""
    return UP.lift_w(weight, scale)


def down_kernel(weight: Tensor, scale: float) -> Tensor:
    """Kernels (O, I, 3, 3), times `scale`, as `conv_down` takes them: (9, I, O)."""
    # The transpose of going up: kernels turned round, a mean of four in the place of a sum.
    return UP.lift_w(weight.flip(2, 3), scale / 4).transpose(1, 2)


def conv(x: Tensor, kernel: Tensor) -> Tensor:
    """`conv2d(x, scale * weight, padding=1)`: (B, I, R, R) -> (B, O, R, R)."""
    return _forth(x, kernel, SAME)


def conv_up(x: Tensor, kernel: Tensor) -> Tensor:
    """`conv(upsample(x))`: (B, I, R, R) -> (B, O, 2R, 2R)."""
    return _forth(x, kernel, UP)


def conv_down(x: Tensor, kernel: Tensor) -> Tensor:
    """`downsample(conv(x))`: (B, I, 2R, 2R) -> (B, O, R, R)."""
    return _back(x, kernel, UP)
