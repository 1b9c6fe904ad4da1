"""What every GAN here shares: two optimisers, the clock, the averaged generator, noise, the log.

The training step itself is each module's own.
"""

import copy
import math
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.errors import DuckAndCoverError
from duck_and_cover.growth import Growth
from duck_and_cover.networks.base import Discriminator, Generator
from duck_and_cover.training.devices import (
    MicroBatch,
    average,
    check_clock,
    own_rows,
    process_count,
)
from duck_and_cover.training.ema import update_ema
from duck_and_cover.training.guard import PATIENCE, StepGuard, seed_gradient

EXPLODED = 1e6  # no healthy GAN loss comes near


def crossed(before: int, now: int, every_kimg: float) -> bool:
    """Whether a multiple of `every_kimg` thousand images lies in (before, now]."""
    every = max(round(every_kimg * 1000), 1)
    return before // every < now // every


class Diverged(DuckAndCoverError):
    """A loss has exploded, or no step is finite any more; what was saved before is good."""


class GANModule(LightningModule):
    """Base of the GANs.

    Args:
        generator, discriminator: The networks.
        growth: The plan; a model that does not grow has one resolution in it.
        vocabulary: What the conditions mean, for samples and for the exported generator.
        lr: Adam's learning rate; with equalised layers the paper's 1e-3.
        lr_end: Share of `lr` that is left at the end of the run, reached along a half cosine.
        lr_ramp_kimg: Length of the linear rise of the learning rate at the start (the official
            Theano code: 40).
        reset_moments: Whether Adam starts anew in every phase (the official TensorFlow code).
        betas: Adam's.
        ema_kimg: Half-life of the averaged generator, in thousands of images.
        log_kimg: How often losses are logged, in thousands of images.
        seed: Of noise and condition dropout.
    """

    takes_parts = False  # whether a step can be made a few covers at a time, by `micro_batch`

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        growth: Growth | None = None,
        vocabulary: Vocabulary | None = None,
        lr: float = 1e-3,
        lr_end: float = 1.0,
        lr_ramp_kimg: float = 0.0,
        reset_moments: bool = False,
        betas: tuple[float, float] = (0.0, 0.99),
        ema_kimg: float = 10.0,
        log_kimg: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.generator, self.discriminator = generator, discriminator
        self.generator_ema = copy.deepcopy(generator).requires_grad_(False).eval()
        self.growth = growth or Growth()
        self.vocabulary = vocabulary or Vocabulary((), 0, 0)
        self.lr, self.lr_end, self.betas = lr, lr_end, betas
        self.lr_ramp_kimg, self.reset_moments = lr_ramp_kimg, reset_moments
        self.ema_kimg, self.log_kimg, self.seed = ema_kimg, log_kimg, seed
        self.images_shown = 0
        self.penalty_every = 1  # a round of steps after which their cost repeats
        self.micro_batch: MicroBatch = None  # the most covers that a device works on at once
        self.births = {"": 0}
        self.latest: dict[str, float] = {}  # by log name; a term of every 8th step stays until then
        self._losses: dict[str, Tensor] = {}
        self.guard = StepGuard()
        self.lr_scale = 1.0  # smaller after the run diverged

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """Adam for the generator, Adam for the discriminator."""
        return [
            torch.optim.Adam(network.parameters(), lr=self.lr, betas=self.betas, fused=True)
            for network in (self.generator, self.discriminator)
        ]

    def networks_optimizers(self) -> tuple[LightningOptimizer, LightningOptimizer]:
        """The generator's and the discriminator's, at this moment's learning rate."""
        done = min(self.images_shown / self.growth.images, 1.0)
        share = self.lr_end + (1 - self.lr_end) * (1 + math.cos(math.pi * done)) / 2
        if self.lr_ramp_kimg:
            batch = self.growth.stage_at(self.images_shown).batch_size
            share *= min((self.images_shown + batch) / (self.lr_ramp_kimg * 1000), 1.0)
        optimizers = self.optimizers()
        assert isinstance(optimizers, list)
        generator, discriminator = optimizers
        assert isinstance(generator, LightningOptimizer)
        assert isinstance(discriminator, LightningOptimizer)
        for optimizer in (generator, discriminator):
            if self.reset_moments and self.phase_begins():
                optimizer.optimizer.state.clear()
            for group in optimizer.param_groups:
                group["lr"] = self.lr * share * self.lr_scale
        return generator, discriminator

    def phase_begins(self) -> bool:
        """Whether the coming step is the first of a fade or a stretch."""
        batch = self.growth.stage_at(self.images_shown).batch_size
        return any(0 <= self.images_shown - p.start < batch for p in self.growth.phases)

    def step_random(self) -> torch.Generator:
        """The one source of chance in a step, the same in all processes, by (seed, images_shown).

        Each draws for the whole batch and takes its rows, so that their number changes nothing.
        """
        words = np.random.SeedSequence((self.seed, self.images_shown))
        seed = int(words.generate_state(1, np.uint64)[0]) >> 1  # numpy's 64 bits, torch's 63
        return torch.Generator().manual_seed(seed)

    def noise(self, count: int, random: torch.Generator) -> Tensor:
        """Latents (count, Z), drawn on the CPU: a seed means the same everywhere.

        Args:
            count: Of this process.
        """
        shape = (count * process_count(), self.generator.latent)
        whole = (
            2 * torch.rand(shape, generator=random) - 1
            if self.generator.uniform
            else torch.randn(shape, generator=random)
        )
        return own_rows(whole).to(self.device)

    def on_fit_start(self) -> None:
        """All processes go on from the same checkpoint."""
        check_clock(self.images_shown, self.trainer.strategy.root_device)

    def manual_backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """Backward; a loss that is not finite leaves no gradient finite."""
        super().manual_backward(loss, *args, gradient=seed_gradient(loss), **kwargs)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """A step whose gradients are not finite changes no weights and no moments."""
        self.guard.check(optimizer)

    def end_step(self, shown_now: int, losses: dict[str, Tensor]) -> None:
        """Turn the clock, move the average, log."""
        before, self.images_shown = self.images_shown, self.images_shown + shown_now
        update_ema(
            self.generator_ema,
            self.generator,
            self.births,
            self.images_shown,
            shown_now,
            self.ema_kimg * 1000,
        )
        self._losses.update({name: value.detach() for name, value in losses.items()})
        self.guard.end_step()
        # Not in every step: looking waits for the device.
        if self.images_shown // shown_now % PATIENCE == 0 and self.guard.row >= PATIENCE:
            raise Diverged(
                f"diverged at {self.images_shown / 1000:.1f} kimg: "
                f"no loss or gradient was finite in {self.guard.row} steps"
            )
        if crossed(before, self.images_shown, self.log_kimg):
            self.record(self.sound_losses())

    def sound_losses(self) -> dict[str, float]:
        """The latest losses, without those of skipped steps, and how many steps were skipped.

        Waits for the device. All processes ask at the same time: losses are means over them.

        Raises:
            Diverged: A loss has exploded.
        """
        means = average(list(self._losses.values()))
        self.latest.update(zip(self._losses, means, strict=True))
        self.latest["train/skipped_steps"] = self.guard.skipped
        sound = {name: value for name, value in self.latest.items() if math.isfinite(value)}
        for name, value in sound.items():
            if abs(value) >= EXPLODED and name != "train/skipped_steps":
                raise Diverged(
                    f"diverged at {self.images_shown / 1000:.1f} kimg: {name} is {value:g}"
                )
        return {name: value for name, value in sound.items() if name.startswith("train/")}

    def record(self, metrics: dict[str, float]) -> None:
        """Log at the clock's time."""
        for logger in self.loggers:
            logger.log_metrics(dict(metrics), step=self.images_shown)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The clock, the latest losses and what went wrong, as plain numbers."""
        checkpoint["images_shown"] = self.images_shown
        self.sound_losses()
        checkpoint["latest"] = dict(self.latest)
        checkpoint["guard"], checkpoint["lr_scale"] = self.guard.counts(), self.lr_scale

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The clock, which the loader asks for next."""
        self.images_shown = int(checkpoint["images_shown"])
        self.latest, self._losses = dict(checkpoint["latest"]), {}
        self.guard.restore(checkpoint.get("guard", {}))
        self.lr_scale = float(checkpoint.get("lr_scale", 1.0))
