"""`--batch auto`: as many covers a step as a device's memory takes, resolution by resolution.

One step is tried on made-up covers at two sizes, and what it takes at others follows from these.
The numbers that come out are the run's own from then on: they stand in its config.yaml.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import Trainer

from duck_and_cover.errors import UsageError
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.building import TrainCLI, quiet_libraries, trainer_settings
from duck_and_cover.training.devices import stddev_group_of
from duck_and_cover.training.memory import free_bytes, most_bytes
from duck_and_cover.training.plan import try_steps
from duck_and_cover.training.progress import images_left

log = logging.getLogger(__name__)

LEAST, MOST = 4, 64  # covers of a step on one device; fewer are worked on at once if they must be
PROBES = (LEAST, 2 * LEAST)  # fewer would be dominated by the weights, and make covers look cheap
# Of the free memory. A CPU's kernels take up to as much again as the tensors that are counted.
SAFE_SHARE = {"cuda": 0.8, "cpu": 0.4}
DECIDED = "DUCK_AND_COVER_BATCH"  # what a process chose, for those that it starts


@dataclass(frozen=True)
class Batches:
    """What was chosen."""

    batch_sizes: dict[int, int]  # by resolution, on all devices together
    # Where a device's share of that does not fit at once; None where steps cannot be made in parts.
    micro_batch: dict[int, int] | None

    def arguments(self) -> list[str]:
        """As LightningCLI takes them."""
        arguments = [
            f"--growth.batch_size={max(self.batch_sizes.values())}",
            f"--growth.batch_sizes={self.batch_sizes}",
        ]
        if self.micro_batch is not None:
            arguments.append(f"--model.init_args.micro_batch={self.micro_batch or 'null'}")
        return arguments


def auto_batch(cli: TrainCLI, dry: bool = False) -> list[str]:
    """The arguments that `--batch auto` stands for in the run that `cli` would make.

    Args:
        dry: Whether nothing will be trained: then one process may decide for any number.

    Raises:
        UsageError: Processes that would each decide for themselves, or no step that fits.
    """
    trainer = cli.trainer
    if "LOCAL_RANK" in os.environ and DECIDED in os.environ:
        arguments: list[str] = json.loads(os.environ[DECIDED])
        return arguments
    started = getattr(trainer.strategy, "cluster_environment", None)
    outside = started is not None and started.creates_processes_externally
    if not dry and trainer.world_size > 1 and (outside or trainer.num_nodes > 1):
        raise UsageError(
            "--batch auto decides for the devices of one machine; for more, train --batch auto "
            f"--devices {trainer.num_devices} --num-nodes {trainer.num_nodes} --dry-run on one of "
            "them prints the numbers to pass"
        )
    free = free_bytes(devices_here(trainer))
    device = trainer.strategy.root_device
    budget = int(free * SAFE_SHARE.get(device.type, SAFE_SHARE["cpu"]))
    settings = trainer_settings(cli)
    if device.type == "cuda":
        settings["devices"] = [device.index]
    with quiet_libraries():
        arguments = choose(cli.model, settings, device, budget, trainer.world_size).arguments()
    os.environ[DECIDED] = json.dumps(arguments)
    log.info(
        "--batch auto: %s (a step may take %.1f of %.1f GiB that are free for each device)",
        shlex.join(arguments),
        budget / 2**30,
        free / 2**30,
    )
    return arguments


def devices_here(trainer: Trainer) -> list[torch.device]:
    """Those of this machine, one for each of its processes."""
    device = trainer.strategy.root_device
    if device.type == "cuda":
        return [torch.device("cuda", index) for index in trainer.device_ids]
    return [device] * trainer.num_devices


def choose(
    module: GANModule,
    trainer: dict[str, Any],
    device: torch.device,
    budget: int,
    processes: int = 1,
) -> Batches:
    """Batches whose steps take at most `budget` bytes on each device.

    Args:
        module: As it will be trained; it stays as it is, but for `micro_batch`, which is chosen.
        trainer: Accelerator, devices and precision, as Lightning's Trainer takes them.

    Raises:
        UsageError: A resolution at which no step fits.
    """
    module.micro_batch = None
    sizes: dict[int, int] = {}
    micro: dict[int, int] = {}
    fits = 0
    for resolution in sorted(images_left(module.growth, 0), reverse=True):
        if fits < MOST:  # where that many fit, they do at all lower resolutions
            log.info("measuring the memory of a step at %dx%d", resolution, resolution)

            def measure(count: int, resolution: int = resolution) -> int:
                return step_bytes(module, resolution, count, trainer, device)

            fits = most_covers(measure, budget)
        at_once = 2 ** (min(fits, MOST).bit_length() - 1) if fits else 0
        sizes[resolution] = max(at_once, LEAST if module.takes_parts else 1) * processes
        if not at_once or (at_once < LEAST and module.takes_parts):
            group = getattr(module.discriminator, "stddev_group", 0)
            check_fit(resolution, at_once, stddev_group_of(sizes[resolution], group))
            micro[resolution] = at_once
    return Batches(dict(sorted(sizes.items())), micro if module.takes_parts else None)


def check_fit(resolution: int, at_once: int, group: int) -> None:
    """Refuse to go on where too few covers fit.

    Raises:
        UsageError: Not even one, or not a whole group of the discriminator's statistic.
    """
    where = f"--batch auto: at {resolution}x{resolution}"
    if not at_once:
        raise UsageError(f"{where} not one cover fits; lower --resolution or fmap_max")
    if group > at_once:
        raise UsageError(
            f"{where} {at_once} covers fit at once, and {group} share a statistic: set "
            f"--model.init_args.discriminator.init_args.stddev_group {at_once}"
        )


def most_covers(measure: Callable[[int], int], budget: int) -> int:
    """The most covers whose step takes at most `budget` bytes, along the line through `PROBES`.

    Args:
        measure: What a step of so many covers takes, or torch.OutOfMemoryError.
    """

    def fits(count: int) -> bool:
        try:
            return measure(count) <= budget
        except torch.OutOfMemoryError:
            return False

    try:
        small, large = (measure(count) for count in PROBES)
    except torch.OutOfMemoryError:
        return next((count for count in (LEAST, LEAST // 2, 1) if fits(count)), 0)
    each = max((large - small) / (PROBES[1] - PROBES[0]), 1)
    return max(int(PROBES[0] + (budget - small) / each), 0)


def step_bytes(
    module: GANModule, resolution: int, count: int, trainer: dict[str, Any], device: torch.device
) -> int:
    """The most memory that a step with penalties and a fade takes, with weights and moments."""
    taken = most_bytes(lambda: try_steps(module, resolution, count, trainer, 1, 0.5), device)
    weights = [*module.generator.parameters(), *module.discriminator.parameters()]
    return taken + 2 * sum(p.nbytes for p in weights)  # a first step has no moments yet
