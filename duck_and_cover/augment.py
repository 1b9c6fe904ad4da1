"""Changed covers for the discriminator, so that few covers are not learnt by heart.

    DiffAugment   Zhao et al. 2020 (arXiv 2006.10738): every picture that the discriminator sees
    ADA           Karras et al. 2020 (arXiv 2006.06676): a share p of them, as much as it overfits

Real and drawn covers pass through the same operations, always in this order:

    colour        brightness + U(-0.5, 0.5), saturation x U(0, 2), contrast x U(0.5, 1.5)
    translation   by up to 1/8 of the side, in whole pixels; what comes in is 0
    cutout        a square of half the side about any place of the picture becomes 0

0 is the middle grey of pictures in [-1, 1], as in the first paper's code. Nothing is mirrored or
turned: covers carry type. The generator learns through these, and so do penalties on slopes, which
are taken at the picture before the change: all of it can be differentiated twice.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

OPERATIONS = ("colour", "translation", "cutout")
CHANCES = 5  # brightness, saturation, contrast, translation, cutout: whether a picture gets it
AMOUNTS = 7  # one of each colour, two places each of translation and cutout
ADJUST_EVERY = 4  # steps between two moves of ADA's p
MOST = 0.8  # above it, changes begin to show in the generator's covers (the paper's section 2.2)


def recolour(images: Tensor, chosen: Tensor, amounts: Tensor) -> Tensor:
    """Brightness b, then saturation s, then contrast c, in one sum.

    `c s x + c (1 - s) grey(x) + (1 - c) mean(x) + b`, with grey the mean of a pixel's channels:
    the means that saturation and contrast keep are themselves moved by b alone.

    Args:
        images: (B, 3, R, R).
        chosen: (B, 3) booleans, for each of the three.
        amounts: (B, 3) in [0, 1).
    """
    wide = amounts * amounts.new_tensor([1.0, 2.0, 1.0]) + amounts.new_tensor([-0.5, 0.0, 0.5])
    none = amounts.new_tensor([0.0, 1.0, 1.0])
    b, s, c = torch.where(chosen, wide, none)[:, :, None, None, None].unbind(1)
    grey = images.mean(dim=1, keepdim=True)
    mean = grey.mean(dim=(2, 3), keepdim=True)
    return c * s * images + (c * (1 - s) * grey + (1 - c) * mean + b)


def translate(images: Tensor, chosen: Tensor, amounts: Tensor) -> Tensor:
    """Pictures moved by up to an eighth of the side, over 0.

    Args:
        images: (B, 3, R, R); below 8x8 an eighth is no pixel and they are returned as they are.
        chosen: (B,) booleans.
        amounts: (B, 2) in [0, 1), down and to the right.
    """
    side = images.shape[-1]
    most = side // 8
    if not most:
        return images
    steps = (amounts * (2 * most + 1)).long() - most
    start = most - torch.where(chosen[:, None], steps, 0)
    places = start[:, :, None] + torch.arange(side, device=images.device)  # (B, 2, R)
    rows, columns = places.unbind(1)
    # One flat look-up, in which no place is asked for twice: its gradient adds in a fixed order.
    flat = rows[:, :, None] * (side + 2 * most) + columns[:, None]  # (B, R, R)
    index = flat.flatten(1)[:, None].expand(-1, images.shape[1], -1)
    return F.pad(images, [most] * 4).flatten(2).gather(2, index).view_as(images)


def cut_out(images: Tensor, chosen: Tensor, amounts: Tensor) -> Tensor:
    """Pictures with a square of half the side at 0; its middle lies anywhere, so it may stick out.

    Args:
        images: (B, 3, R, R).
        chosen: (B,) booleans.
        amounts: (B, 2) in [0, 1).
    """
    side = images.shape[-1]
    first = (amounts * (side + 1)).long() - side // 4
    places = torch.arange(side, device=images.device) - first[:, :, None]  # (B, 2, R)
    rows, columns = ((places >= 0) & (places < side // 2)).unbind(1)
    cut = rows[:, :, None] & columns[:, None] & chosen[:, None, None]  # (B, R, R)
    return images.masked_fill(cut[:, None], 0.0)


class DiffAugment(nn.Module):
    """The same random operations on every picture before the discriminator.

    Args:
        policy: Which operations, of colour, translation and cutout, with commas between; "" is
            none.
        p: Share of the pictures to which each operation is applied; 1 is the paper's.

    Raises:
        ValueError: An operation that is not known.
    """

    p: Tensor

    def __init__(self, policy: str = "colour,translation,cutout", p: float = 1.0) -> None:
        super().__init__()
        self.policy = frozenset(name.strip() for name in policy.split(",") if name.strip())
        unknown = sorted(self.policy - set(OPERATIONS))
        if unknown:
            raise ValueError(
                f"policy: no operation {unknown[0]!r}; take some of {','.join(OPERATIONS)}"
            )
        self.register_buffer("p", torch.tensor(p), persistent=False)  # a setting, not learnt

    def draws(self, count: int, random: torch.Generator) -> Tensor:
        """The chance of `count` pictures: (count, K), uniform on [0, 1), on the CPU."""
        return torch.rand(count, CHANCES + AMOUNTS, generator=random)

    def forward(self, images: Tensor, draws: Tensor) -> Tensor:
        """Pictures (B, 3, R, R) about [-1, 1] and their draws (B, K) -> changed pictures, alike."""
        draws = draws.to(images.device, non_blocking=True)
        chosen, amounts = draws[:, :CHANCES] < self.p, draws[:, CHANCES:]
        if "colour" in self.policy:
            images = recolour(images, chosen[:, :3], amounts[:, :3])
        if "translation" in self.policy:
            images = translate(images, chosen[:, 3], amounts[:, 3:5])
        if "cutout" in self.policy:
            images = cut_out(images, chosen[:, 4], amounts[:, 5:])
        return images

    def observe(self, margins: Tensor) -> None:
        """Nothing: p stays as it was set."""


class ADA(DiffAugment):
    """DiffAugment's operations, on a share of the pictures that follows the overfitting.

    In every fourth step `p += sign(E[sign margin] - target) * n / (1000 kimg)`, with n the reals
    seen since the last: the paper's rule (its equation 1, r_t) for its 64 x 4 images at a time.
    Its state is in the checkpoint, the same in all processes, and a step never waits for it.

    Args:
        policy: As in `DiffAugment`.
        target: Of E[sign margin]: 0.6 is 80 % of the reals told from fakes.
        kimg: Thousands of reals in which p would go from 0 to 1.
    """

    tally: Tensor

    def __init__(
        self, policy: str = "colour,translation,cutout", target: float = 0.6, kimg: float = 500.0
    ) -> None:
        super().__init__(policy)
        self.target, self.kimg = target, kimg
        self.register_buffer("p", torch.tensor(0.0))
        self.register_buffer("tally", torch.zeros(3))  # sum of signs, reals, steps

    @torch.no_grad()
    def observe(self, margins: Tensor) -> None:
        """Once in a step: by how much this process's reals (B,) were taken for real.

        Where a game places its border at 0 (`Logistic`), the reals' scores will do, as in the
        paper; where only differences mean anything (`Relativistic`, `Wasserstein`), a real's score
        less that of the fake with the same condition. What is not a number counts as 0.
        """
        signs = margins.detach().float().sign().nan_to_num()
        now = torch.stack([signs.sum(), torch.ones_like(signs).sum()])
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(now)
        self.tally += torch.cat([now, torch.ones_like(now[:1])])
        told, reals, steps = self.tally
        move = (told / reals - self.target).sign() * reals / (1000 * self.kimg)
        due = steps >= ADJUST_EVERY
        self.p.add_(move * due).clamp_(0.0, MOST)
        self.tally.mul_(~due)
