"""What a run will cost: arithmetic by counting, time and memory by trying one step."""

import copy
import itertools
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from duck_and_cover.conditions import Condition
from duck_and_cover.data.batches import Batch
from duck_and_cover.networks.condition_encoder import ConditionTensors
from duck_and_cover.networks.progan import resolutions
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.progress import images_left

LONG_ENOUGH, MOST_ROUNDS = 3.0, 100  # seconds of rounds that are tried, and how many
LONGEST_TRY = 20.0  # seconds; a step expected to take longer is estimated by its arithmetic


@dataclass(frozen=True)
class ResolutionPlan:
    """One resolution of a run."""

    resolution: int
    images: int
    batch_size: int
    gflop: float  # of one picture through both networks, forward
    seconds: float  # of all its steps
    measured: bool  # whether a step was tried, else by arithmetic from the one below


def forward_gflop(module: GANModule) -> dict[int, float]:
    """Arithmetic of one picture through both networks, by resolution; runs nothing."""
    generator = copy.deepcopy(module.generator).to("meta")
    discriminator = copy.deepcopy(module.discriminator).to("meta")
    condition = module.vocabulary.encode([Condition()]).to("meta")
    z = torch.zeros(1, generator.latent, device="meta")
    costs: dict[int, float] = {}
    for r in resolutions(module.growth.resolution, module.growth.start):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            discriminator(generator(z, condition, r), condition)
        costs[r] = counter.get_total_flops() / 1e9
    return costs


class SameBatch(Dataset[Batch]):
    """One made-up batch, as often as asked for, with the clock going on."""

    def __init__(
        self, resolution: int, condition: ConditionTensors, steps: int, alpha: float = 1.0
    ) -> None:
        self.resolution, self.condition = resolution, condition
        self.steps, self.alpha = steps, alpha

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Batch:
        count = len(self.condition.year)
        shape = (count, 3, self.resolution, self.resolution)
        images = torch.zeros(shape, dtype=torch.uint8).to(memory_format=torch.channels_last)
        return Batch(images, self.condition, self.alpha, step * count, count)


class _Stopwatch(Callback):
    """When each step ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_train_batch_end(self, *args: Any) -> None:
        """Wait for the device, look at the clock."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())


def try_steps(
    module: GANModule,
    resolution: int,
    batch_size: int,
    trainer: dict[str, Any],
    steps: int,
    alpha: float = 1.0,
    callbacks: Sequence[Callback] = (),
) -> None:
    """Train a copy of `module`, which stays as it is, on made-up covers.

    Args:
        trainer: Accelerator, devices and precision, as Lightning's Trainer takes them.
    """
    trial = copy.deepcopy(module)
    trial.images_shown = 0
    unknown = module.vocabulary.encode([Condition()] * batch_size)
    data = SameBatch(resolution, unknown, steps, alpha)
    quiet: dict[str, Any] = dict(logger=False, enable_checkpointing=False)
    quiet |= dict(enable_progress_bar=False, enable_model_summary=False, callbacks=list(callbacks))
    Trainer(max_epochs=1, **quiet, **trainer).fit(trial, DataLoader(data, batch_size=None))


def seconds_a_step(
    module: GANModule, resolution: int, batch_size: int, trainer: dict[str, Any], steps: int
) -> float:
    """Wall time of a training step, see `try_steps`: over the median of several rounds.

    One round may meet whatever else the machine has to do; quick steps are tried for longer.

    Args:
        steps: Of a round, after which their cost repeats.
    """
    seconds, rounds = 0.0, 1
    for _ in range(2):
        watch = _Stopwatch()
        try_steps(module, resolution, batch_size, trainer, rounds * steps + 1, callbacks=[watch])
        ends = watch.ends[::steps]
        seconds = statistics.median(b - a for a, b in itertools.pairwise(ends))
        rounds = min(round(LONG_ENOUGH / seconds), MOST_ROUNDS)
        if rounds < 2:
            break
    return seconds / steps


def plan(module: GANModule, trainer: dict[str, Any], processes: int = 1) -> list[ResolutionPlan]:
    """The whole run, resolution by resolution.

    Args:
        processes: How many share each batch; one's part is tried, what they exchange is not.
    """
    costs, growth = forward_gflop(module), module.growth
    plans: list[ResolutionPlan] = []
    each = 0.0  # seconds an image
    for resolution, images in images_left(growth, 0).items():
        batch = growth.batch_at(resolution)
        ratio = costs[resolution] / plans[-1].gflop if plans else 1.0
        part = max(batch // processes, 1)
        measured = each * ratio * batch < LONGEST_TRY
        if measured:
            steps = max(4, module.penalty_every)  # as many as make one round of lazy penalties
            each = seconds_a_step(module, resolution, part, trainer, steps) / batch
        else:
            each *= ratio
        cost = costs[resolution]
        plans.append(ResolutionPlan(resolution, images, batch, cost, images * each, measured))
    return plans


def peak_memory() -> int:
    """The most bytes that this process has held: the device's where there is one, else its RAM."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
