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
from torch import Tensor, nn

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.errors import DuckAndCoverError
from duck_and_cover.growth import Growth
from duck_and_cover.training.ema import update_ema

EXPLODED = 1e6  # no healthy GAN loss comes near


def crossed(before: int, now: int, every_kimg: float) -> bool:
    """Whether a multiple of `every_kimg` thousand images lies in (before, now]."""
    every = max(round(every_kimg * 1000), 1)
    return before // every < now // every


class Diverged(DuckAndCoverError):
    """A loss is not finite or has exploded; what was saved before is good."""


class GANModule(LightningModule):
    """Base of the GANs.

    Args:
        generator: `(z, condition, ...) -> pictures`, with an attribute `latent`.
        discriminator: `(pictures, condition, ...) -> scores`.
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

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
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
        self.births = {"": 0}
        self.latest: dict[str, float] = {}  # by log name; a term of every 8th step stays until then
        self._losses: dict[str, Tensor] = {}

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
                group["lr"] = self.lr * share
        return generator, discriminator

    def phase_begins(self) -> bool:
        """Whether the coming step is the first of a fade or a stretch."""
        batch = self.growth.stage_at(self.images_shown).batch_size
        return any(0 <= self.images_shown - p.start < batch for p in self.growth.phases)

    def step_random(self) -> torch.Generator:
        """The one source of chance in a step: a function of (seed, images_shown, rank)."""
        words = np.random.SeedSequence((self.seed, self.images_shown, self.global_rank))
        seed = int(words.generate_state(1, np.uint64)[0]) >> 1  # numpy's 64 bits, torch's 63
        return torch.Generator().manual_seed(seed)

    def noise(self, count: int, random: torch.Generator) -> Tensor:
        """Latents (count, Z) ~ N(0, 1), drawn on the CPU: a seed means the same everywhere."""
        latent = int(self.generator.latent)  # type: ignore[arg-type]
        return torch.randn(count, latent, generator=random).to(self.device)

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
        if crossed(before, self.images_shown, self.log_kimg):
            self.record(self.sound_losses())

    def sound_losses(self) -> dict[str, float]:
        """The latest losses, which wait for the device; one that is not sound ends the run."""
        self.latest.update({name: float(value) for name, value in self._losses.items()})
        for name, value in self.latest.items():
            if not abs(value) < EXPLODED:
                raise Diverged(
                    f"diverged at {self.images_shown / 1000:.1f} kimg: {name} is {value:g}; "
                    "the last checkpoint is sound: resume with a smaller lr or a larger penalty"
                )
        return {k: v for k, v in self.latest.items() if k.startswith("train/")}

    def record(self, metrics: dict[str, float]) -> None:
        """Log at the clock's time."""
        for logger in self.loggers:
            logger.log_metrics(dict(metrics), step=self.images_shown)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The clock and the latest losses, as plain numbers; never of a diverged step."""
        checkpoint["images_shown"] = self.images_shown
        self.sound_losses()
        checkpoint["latest"] = dict(self.latest)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The clock, which the loader asks for next."""
        self.images_shown = int(checkpoint["images_shown"])
        self.latest = dict(checkpoint["latest"])
