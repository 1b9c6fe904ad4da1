"""How pictures and 3x3 kernels are lifted to sums of neighbours, and fall back, axis by axis.

Along one axis a kernel (w0, w1, w2) takes few products so (Winograd 1980; Lavin and Gray 2016):

    SAME  two pixels of conv(x) from d0..d3 by four: (d0 - d2) w0, (d1 + d2) (w0 + w1 + w2) / 2,
          (d2 - d1) (w0 - w1 + w2) / 2, (d1 - d3) w2
    UP    two pixels of conv(upsample(x)) from x0..x2 by three: (x0 - x1) w0,
          x1 (w0 + w1 + w2), (x2 - x1) w2

Two axes make sixteen products, or nine, for each four pixels. Pictures are (B, H, W, C) here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

ROWS, COLUMNS = -3, -2  # of (..., H, W, C)


def _halves(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Every other slice along an axis: the even ones, the odd ones."""
    axis %= x.dim()
    pairs = x.view(*x.shape[:axis], -1, 2, *x.shape[axis + 1 :])
    return pairs.select(axis + 1, 0), pairs.select(axis + 1, 1)


def _twice(x: Tensor, axis: int) -> Tensor:
    """Room for twice as many slices along an axis."""
    shape = list(x.shape)
    shape[axis] *= 2
    return x.new_empty(shape)


def _ends(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """All slices but the last, all but the first."""
    length = x.shape[axis] - 1
    return x.narrow(axis, 0, length), x.narrow(axis, 1, length)


def _same_lift_x(x: Tensor, axis: int) -> Tensor:
    """`(d0 - d2, d1 + d2, d2 - d1, d1 - d3)` of the slices 2t - 1 .. 2t + 2, zero outside."""
    even, odd = _halves(x, axis)
    lifted = x.new_empty(4, *even.shape)
    (odd_before, odd_after), (even_before, even_after) = _ends(odd, axis), _ends(even, axis)
    torch.sub(odd_before, odd_after, out=_ends(lifted[0], axis)[1])
    torch.neg(odd.narrow(axis, 0, 1), out=lifted[0].narrow(axis, 0, 1))
    torch.add(even, odd, out=lifted[1])
    torch.sub(odd, even, out=lifted[2])
    torch.sub(even_before, even_after, out=_ends(lifted[3], axis)[0])
    lifted[3].narrow(axis, -1, 1).copy_(even.narrow(axis, -1, 1))
    return lifted


def _same_fall_x(lifted: Tensor, axis: int) -> Tensor:
    """The transpose of `_same_lift_x`."""
    a, b, c, d = lifted.unbind()
    x = _twice(a, axis)
    even, odd = _halves(x, axis)
    torch.sub(b, c, out=even).add_(d)
    _ends(even, axis)[1].sub_(_ends(d, axis)[0])
    torch.add(b, c, out=odd).sub_(a)
    _ends(odd, axis)[0].add_(_ends(a, axis)[1])
    return x


def _same_fall_y(lifted: Tensor, axis: int) -> Tensor:
    """`y(2t) = m0 + m1 + m2`, `y(2t + 1) = m1 - m2 - m3`."""
    a, b, c, d = lifted.unbind()
    y = _twice(a, axis)
    even, odd = _halves(y, axis)
    torch.add(a, b, out=even).add_(c)
    torch.sub(b, c, out=odd).sub_(d)
    return y


def _same_lift_y(y: Tensor, axis: int) -> Tensor:
    """The transpose of `_same_fall_y`."""
    even, odd = _halves(y, axis)
    lifted = y.new_empty(4, *even.shape)
    lifted[0].copy_(even)
    torch.add(even, odd, out=lifted[1])
    torch.sub(even, odd, out=lifted[2])
    torch.neg(odd, out=lifted[3])
    return lifted


def _up_lift_x(x: Tensor, axis: int) -> Tensor:
    """`(x(t - 1) - x(t), x(t), x(t + 1) - x(t))`, zero outside."""
    lifted = x.new_empty(3, *x.shape)
    before, after = _ends(x, axis)
    torch.sub(before, after, out=_ends(lifted[0], axis)[1])
    torch.neg(x.narrow(axis, 0, 1), out=lifted[0].narrow(axis, 0, 1))
    lifted[1].copy_(x)
    torch.sub(after, before, out=_ends(lifted[2], axis)[0])
    torch.neg(x.narrow(axis, -1, 1), out=lifted[2].narrow(axis, -1, 1))
    return lifted


def _up_fall_x(lifted: Tensor, axis: int) -> Tensor:
    """The transpose of `_up_lift_x`."""
    a, b, c = lifted.unbind()
    x = torch.sub(b, a).sub_(c)
    _ends(x, axis)[0].add_(_ends(a, axis)[1])
    _ends(x, axis)[1].add_(_ends(c, axis)[0])
    return x


def _up_fall_y(lifted: Tensor, axis: int) -> Tensor:
    """`y(2t) = m0 + m1`, `y(2t + 1) = m1 + m2`."""
    a, b, c = lifted.unbind()
    y = _twice(a, axis)
    even, odd = _halves(y, axis)
    torch.add(a, b, out=even)
    torch.add(b, c, out=odd)
    return y


def _up_lift_y(y: Tensor, axis: int) -> Tensor:
    """The transpose of `_up_fall_y`."""
    even, odd = _halves(y, axis)
    lifted = y.new_empty(3, *even.shape)
    lifted[0].copy_(even)
    torch.add(even, odd, out=lifted[1])
    lifted[2].copy_(odd)
    return lifted


Move = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class Kind:
    """One way to save products; the moves act along one axis and count it in a new first one."""

    kernel: tuple[tuple[float, ...], ...]  # (P, 3): lifts a kernel's row or column
    lift_x: Move
    fall_x: Move
    lift_y: Move
    fall_y: Move
    x_step: int  # pixels of x to a tile's side; of y it is two

    def lift_w(self, weight: Tensor, scale: float) -> Tensor:
        """Kernels (O, I, 3, 3), times `scale`, lifted to (P * P, O, I)."""
        one = torch.tensor(self.kernel, dtype=weight.dtype, device=weight.device)
        both = torch.einsum("cj,ri->crij", one, one).flatten(2).flatten(0, 1)  # (P * P, 9)
        flat = weight.reshape(-1, 9).T
        return ((both * scale) @ flat).view(-1, *weight.shape[:2])


SAME = Kind(
    ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
    _same_lift_x,
    _same_fall_x,
    _same_lift_y,
    _same_fall_y,
    2,
)
UP = Kind(((1, 0, 0), (1, 1, 1), (0, 0, 1)), _up_lift_x, _up_fall_x, _up_lift_y, _up_fall_y, 1)


def lift(move: Move, x: Tensor) -> Tensor:
    """(B, H, W, C) -> (P * P, B * h * w, C)."""
    lifted = move(move(x, ROWS), COLUMNS)
    return lifted.flatten(2, 4).flatten(0, 1)


def fall(move: Move, lifted: Tensor, tiles: tuple[int, int, int]) -> Tensor:
    """(P * P, B * h * w, C) -> (B, H, W, C)."""
    side = round(lifted.shape[0] ** 0.5)
    parts = lifted.view(side, side, *tiles, -1)
    return move(move(parts, COLUMNS), ROWS)
