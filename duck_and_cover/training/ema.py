"""The generator that is kept: an exponential moving average by half-life in images."""

from collections.abc import Mapping

import torch
from torch import nn


def ema_decay(batch_size: int, half_life: float, age: int, ramp: float) -> float:
    """`0.5 ** (batch_size / h)` with `h = min(half_life, ramp * age)` (Karras et al. 2020, ADA).

    Args:
        batch_size: Images of this step.
        half_life: In images.
        age: Images shown since the weights took part; young averages forget their start quickly.
        ramp: Half-life as a share of the age.
    """
    half_life = min(half_life, ramp * age)
    return 0.5 ** (batch_size / half_life) if half_life > 0 else 0.0


@torch.no_grad()
def update_ema(
    average: nn.Module,
    live: nn.Module,
    births: Mapping[str, int],
    images_shown: int,
    batch_size: int,
    half_life: float,
    ramp: float = 0.05,
) -> None:
    """Move `average` towards `live` after a step.

    Statistics that layers gather in buffers move with the weights, for which they were gathered;
    whole numbers are copied.

    Args:
        average: A copy of `live` that takes no gradients.
        live: The generator in training.
        births: Images shown when a part began to take part, by the beginning of its parameters'
            names, "" for the rest. A part that growth adds starts its own ramp; parts not yet born
            are copied. One ramp for all would show new layers at a fraction of what they learnt.
        images_shown: After the step.
    """
    groups: dict[float, tuple[list[torch.Tensor], list[torch.Tensor]]] = {}
    kept_state = [*average.named_parameters(), *average.named_buffers()]
    for (name, kept), now in zip(kept_state, [*live.parameters(), *live.buffers()], strict=True):
        if not kept.is_floating_point():
            kept.copy_(now)
            continue
        prefix = max((p for p in births if name.startswith(p)), key=len)
        age = images_shown - births[prefix]
        decay = ema_decay(batch_size, half_life, max(age, 0), ramp)
        pair = groups.setdefault(decay, ([], []))
        pair[0].append(kept)
        pair[1].append(now.detach())
    for decay, (kept_group, now_group) in groups.items():
        torch._foreach_lerp_(kept_group, now_group, 1 - decay)
