"""What a cover is made from, as one vector: genres and year, each of which may be missing.

One encoder class serves every generator (beside the latent) and every discriminator (as the
projection of Miyato and Koyama 2018). Unconditional sampling is the same code with nothing given.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from duck_and_cover.networks.layers import EqualLinear, leaky_relu

YEAR_WAVES = 4  # sine and cosine pairs; the finest has a period of half the range of years


class ConditionTensors(NamedTuple):
    """The conditions of B covers. What is not present is zero and marked so."""

    genres: Tensor  # (B, G) multi-hot over the vocabulary
    year: Tensor  # (B,) scaled to [-1, 1] over the vocabulary's range
    present: Tensor  # (B, 2) 1 where genres (0) and year (1) are given

    def to(self, device: torch.device | str) -> "ConditionTensors":
        """The same conditions on another device."""
        return ConditionTensors(*(tensor.to(device) for tensor in self))

    def repeat(self, times: int) -> "ConditionTensors":
        """The batch `times` times over: (times * B, ...)."""
        return ConditionTensors(*(torch.cat([tensor] * times) for tensor in self))


def drop_conditions(
    condition: ConditionTensors, probability: float, generator: torch.Generator | None = None
) -> ConditionTensors:
    """Forget each part of each condition with `probability`, so that models learn to go without.

    The draws are made on the generator's device and moved: a seed means the same everywhere.
    """
    device = condition.present.device
    draws = torch.rand(
        condition.present.shape,
        generator=generator,
        device=generator.device if generator is not None else device,
    ).to(device)
    present = condition.present * (draws >= probability)
    return ConditionTensors(
        condition.genres * present[:, :1], condition.year * present[:, 1], present
    )


def year_features(year: Tensor) -> Tensor:
    """A year (B,) in [-1, 1] as (B, 1 + 2 * YEAR_WAVES): itself and waves of it."""
    angles = year[:, None] * math.pi * torch.arange(1, YEAR_WAVES + 1, device=year.device) / 2
    return torch.cat([year[:, None], angles.sin(), angles.cos()], dim=1)


class ConditionEncoder(nn.Module):
    """The mean embedding of the genres given, plus the year's, through two layers."""

    def __init__(self, n_genres: int, width: int = 128) -> None:
        super().__init__()
        self.genres = EqualLinear(n_genres, width, gain=math.sqrt(n_genres)) if n_genres else None
        self.year = EqualLinear(1 + 2 * YEAR_WAVES, width, gain=1.0)
        self.absent = nn.Parameter(torch.randn(2, width))
        self.mix = EqualLinear(width, width)
        self.out = EqualLinear(width, width, gain=1.0)

    def forward(self, condition: ConditionTensors) -> Tensor:
        """Conditions of B covers -> (B, width), unbounded."""
        genres, year, present = condition
        shares = genres / genres.sum(dim=1, keepdim=True).clamp(min=1)
        total = self.year(year_features(year)) * present[:, 1:]
        if self.genres is not None:
            total = total + self.genres(shares) * present[:, :1]
        total = total + (1 - present) @ self.absent
        mixed: Tensor = self.out(leaky_relu(self.mix(total)))
        return mixed
