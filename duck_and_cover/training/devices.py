"""Many processes as one training: each takes its rows of every batch, and all take the same step.

Nothing wraps the networks. DistributedDataParallel hooks into each backward pass, and a GAN has
several in a step, each through a part of the parameters, twice through the discriminator, and
another part when it grows. Here the gradients meet once before each optimiser's step, in one flat
sum. The work of one process and of many is the same to rounding: chance is drawn for the whole
batch (`own_rows`), losses that compare pictures see all of it (`all_rows`).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor, nn

from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.networks.condition_encoder import ConditionTensors

MicroBatch = int | dict[int, int] | None  # one for all resolutions, or by resolution


def process_count() -> int:
    """How many processes train together; 1 where none have met."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def process_rank() -> int:
    """Which one of them this is, from 0."""
    return dist.get_rank() if process_count() > 1 else 0


def own_rows(whole: Tensor) -> Tensor:
    """This process's share (B / N, ...) of what all have alike (B, ...)."""
    return whole.chunk(process_count())[process_rank()]


def all_rows(own: ConditionTensors) -> ConditionTensors:
    """The conditions of the whole batch, in its order, from each process's share."""
    if process_count() == 1:
        return own
    columns = [part.flatten(1) if part.dim() > 1 else part[:, None] for part in own]
    packed = torch.cat([column.float() for column in columns], dim=1)  # exact: codes have 21 bits
    gathered = [torch.empty_like(packed) for _ in range(process_count())]
    dist.all_gather(gathered, packed)
    found = torch.split(torch.cat(gathered), [column.shape[1] for column in columns], dim=1)
    return ConditionTensors(
        *(
            column.reshape(-1, *part.shape[1:]).to(part.dtype)
            for column, part in zip(found, own, strict=True)
        )
    )


@torch.no_grad()
def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace the gradients by their means over the processes, in one exchange.

    Parameters without a gradient take no part; they are the same ones in all processes, because
    all are at the same stage.
    """
    if process_count() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients]) / process_count()
    dist.all_reduce(flat)
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    views = [part.view(g.shape) for part, g in zip(parts, gradients, strict=True)]
    torch._foreach_copy_(gradients, views)


def average(values: list[Tensor]) -> list[float]:
    """Numbers as means over the processes; every process asks for the same ones."""
    if process_count() == 1 or not values:
        return [float(value) for value in values]
    stacked = torch.stack([value.detach().double() for value in values]) / process_count()
    dist.all_reduce(stacked)
    return [float(value) for value in stacked.tolist()]


def check_clock(images_shown: int, device: torch.device) -> None:
    """Refuse processes that do not start from the same moment.

    Raises:
        UsageError: They found different checkpoints.
    """
    if process_count() == 1:
        return
    ends = torch.tensor([images_shown, -images_shown], device=device)
    dist.all_reduce(ends, dist.ReduceOp.MAX)
    last, first = int(ends[0]), -int(ends[1])
    if first != last:
        raise UsageError(
            f"the processes start at {first / 1000:g} to {last / 1000:g} kimg: --resume needs a "
            "run folder on a disk that all machines share"
        )


def stddev_group_of(batch: int, group: int | None) -> int:
    """Pictures that share a statistic in a batch, as the discriminator's layer takes them.

    Args:
        group: The most pictures that may, None for the whole batch, 0 for none.
    """
    most = batch if group is None else max(min(group, batch), 1)
    return next(size for size in range(most, 0, -1) if batch % size == 0)


def slice_size(share: int, group: int, micro_batch: int | None) -> int:
    """Covers that a device works on at once: equal slices of its share of a step's batch.

    Args:
        share: Covers of the step on this device.
        group: Pictures that share a statistic; no slice parts them.
        micro_batch: The most covers; None takes the whole share.

    Raises:
        UsageError: A group is larger than that.
    """
    most = share if micro_batch is None else min(micro_batch, share)
    fitting = [size for size in range(most, 0, -1) if share % size == 0 and size % group == 0]
    if not fitting:
        raise UsageError(
            f"--micro-batch {most}: {group} covers share a statistic in the discriminator; take "
            f"{group} or more, or set --model.init_args.discriminator.init_args.stddev_group {most}"
        )
    return fitting[0]


def micro_batch_at(micro_batch: MicroBatch, resolution: int) -> int | None:
    """The most covers of a resolution that a device works on at once; None for no limit."""
    return micro_batch.get(resolution) if isinstance(micro_batch, dict) else micro_batch


def check_shares(
    growth: Growth, stddev_group: int | None, processes: int, micro_batch: MicroBatch = None
) -> None:
    """Refuse what many processes, or many slices, cannot do as one would.

    Args:
        stddev_group: Pictures that share a statistic in the discriminator, None for the minibatch.
        micro_batch: The most covers that a device works on at once.

    Raises:
        UsageError: A batch that the processes cannot share evenly, or a group that spans two
            processes or two slices.
    """
    limits = micro_batch.values() if isinstance(micro_batch, dict) else [micro_batch]
    if any(limit is not None and limit < 1 for limit in limits):
        raise UsageError("--micro-batch must be 1 or more")
    for resolution in sorted({phase.resolution for phase in growth.phases}):
        batch = growth.batch_at(resolution)
        each, left = divmod(batch, processes)
        if left:
            raise UsageError(f"batch_size {batch} cannot be shared by {processes} devices evenly")
        group = stddev_group_of(batch, stddev_group)
        if each % group:
            raise UsageError(
                f"stddev_group {stddev_group or 'null'} takes {group} covers, and each of "
                f"{processes} devices has {each}: set the discriminator's stddev_group to {each} "
                "or a divisor of it, or the batch_size higher"
            )
        slice_size(each, group, micro_batch_at(micro_batch, resolution))
