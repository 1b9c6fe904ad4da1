"""A step in parts: what of a batch is worked on at once, and what it has come to."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from duck_and_cover.networks.condition_encoder import ConditionTensors
from duck_and_cover.networks.layers import fade_reals


@dataclass
class Slice:
    """What of a step is worked on at once: n of the B covers; all of this process's by default."""

    images: Tensor  # (n, 3, R, R) uint8
    given: ConditionTensors  # of these covers
    alpha: float
    z: Tensor  # (n, Z) of the fakes that the discriminator sees
    again: Tensor  # (n, Z) of those that the generator learns from
    mix: Tensor  # (n,) places between real and fake, or none
    changes: Tensor  # (3, n, K) draws of what augmentation does to reals, to z's and again's fakes
    penalised: bool  # whether the step has penalties
    whole: ConditionTensors  # of all B covers
    first: int  # which of the B these begin with
    share: float  # n of this process's covers: the weight of the slice's gradients
    real_score: Tensor = field(default_factory=lambda: torch.empty(0))  # (n,) once they are seen
    margin: Tensor = field(default_factory=lambda: torch.empty(0))  # (n,) above that of the fakes
    fake: Tensor | None = None  # with its graph, where the generator is to learn from it

    def reals(self) -> Tensor:
        """The covers in [-1, 1], faded like the networks."""
        return fade_reals(self.images.float() / 127.5 - 1, self.alpha)


def means(losses: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """By log name, over equally large slices."""
    values: dict[str, list[Tensor]] = {}
    for each in losses:
        for name, value in each.items():
            values.setdefault(name, []).append(value)
    return {name: of[0] if len(of) == 1 else torch.stack(of).mean() for name, of in values.items()}
