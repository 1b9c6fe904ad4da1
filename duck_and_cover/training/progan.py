"""The progressive GAN in training: one step is `training_step`, top to bottom."""

import torch
from torch import Tensor

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.module import Batch
from duck_and_cover.growth import Growth
from duck_and_cover.losses import (
    AdversarialLoss,
    Relativistic,
    gradient_penalty,
    matching_loss,
    zero_centred_penalty,
)
from duck_and_cover.networks.condition_encoder import ConditionTensors, drop_conditions
from duck_and_cover.networks.layers import fade_reals
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.base import GANModule


class ProGANModule(GANModule):
    """Karras et al. 2018, with the game and the penalties to choose.

    Args:
        generator, discriminator: The networks, at the plan's top resolution.
        loss: The game; see `duck_and_cover.losses`.
        gp: Weight of the gradient penalty on mixtures (the paper's 10); 0 leaves it out.
        gp_target: Its slope (1; the paper's CIFAR-10 run takes 750).
        r1, r2: Weights of the zero-centred penalties on reals and fakes; 0 leaves them out.
        penalty_every: Penalties act in every so many steps, so many times as strong.
        matching: Weight of the loss by which the discriminator learns, from reals alone, which
            condition of the batch a picture belongs to; 0 leaves it out.
        condition_dropout: Share of covers that forget their genres, and their year.
        settings: As in `GANModule`.
    """

    generator: ProGANGenerator
    discriminator: ProGANDiscriminator

    def __init__(
        self,
        generator: ProGANGenerator,
        discriminator: ProGANDiscriminator,
        growth: Growth | None = None,
        vocabulary: Vocabulary | None = None,
        loss: AdversarialLoss | None = None,
        gp: float = 0.0,
        gp_target: float = 1.0,
        r1: float = 1.0,
        r2: float = 1.0,
        penalty_every: int = 1,
        matching: float = 0.0,
        condition_dropout: float = 0.1,
        lr: float = 1e-3,
        lr_end: float = 1.0,
        lr_ramp_kimg: float = 0.0,
        reset_moments: bool = False,
        betas: tuple[float, float] = (0.0, 0.99),
        ema_kimg: float = 10.0,
        log_kimg: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(
            generator,
            discriminator,
            growth,
            vocabulary,
            lr,
            lr_end,
            lr_ramp_kimg,
            reset_moments,
            betas,
            ema_kimg,
            log_kimg,
            seed,
        )
        self.loss = loss or Relativistic()
        self.gp, self.gp_target, self.r1, self.r2 = gp, gp_target, r1, r2
        self.matching = matching
        self.penalty_every, self.condition_dropout = penalty_every, condition_dropout
        for phase in self.growth.phases:
            if phase.resolution > self.growth.start_resolution:
                for part in ("blocks", "to_rgb"):
                    self.births.setdefault(f"{part}.{phase.resolution}.", phase.start)

    def training_step(self, batch: Batch, batch_index: int) -> None:
        """Discriminator, generator, clock."""
        assert batch.images_shown == self.images_shown, "the loader and the clock disagree"
        alpha, resolution, count = batch.alpha, batch.images.shape[-1], len(batch.images)
        real = fade_reals(batch.images.float() / 127.5 - 1, alpha)
        random = self.step_random()
        given = drop_conditions(batch.condition, self.condition_dropout, random)
        generator_optimizer, discriminator_optimizer = self.networks_optimizers()

        with torch.no_grad():
            fake = self.generator(self.noise(count, random), given, resolution, alpha)
        h = self.discriminator.features(torch.cat([real, fake]), alpha, batches=2)
        real_score, fake_score = self.discriminator.scores(h, given.repeat(2)).chunk(2)
        d_loss = self.loss.discriminator(real_score, fake_score)
        penalties = self.penalties(batch, real, fake, given, random)
        if self.matching:
            matches = self.discriminator.matches(h[:count], given)
            penalties["train/matching"] = self.matching * matching_loss(matches)
        discriminator_optimizer.zero_grad()
        self.manual_backward(d_loss + sum(penalties.values()))
        discriminator_optimizer.step()

        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        fake = self.generator(self.noise(count, random), given, resolution, alpha)
        with torch.no_grad():
            real_score = self.discriminator(real, given, alpha)
        g_loss = self.loss.generator(real_score, self.discriminator(fake, given, alpha))
        generator_optimizer.zero_grad()
        self.manual_backward(g_loss)
        generator_optimizer.step()
        self.discriminator.requires_grad_(True)

        losses = {"train/d_loss": d_loss, "train/g_loss": g_loss}
        scores = {"train/real_score": real_score.mean(), "train/fake_score": fake_score.mean()}
        self.end_step(batch.shown_now, {**losses, **scores, **penalties})

    def penalties(
        self,
        batch: Batch,
        real: Tensor,
        fake: Tensor,
        given: ConditionTensors,
        random: torch.Generator,
    ) -> dict[str, Tensor]:
        """The step's weighted penalties by their log names; none in a step that skips them.

        They run in float32: a gradient's gradient has no use for 8 bits.
        """
        if (batch.images_shown // batch.shown_now) % self.penalty_every:
            return {}

        def score(images: Tensor) -> Tensor:
            scores: Tensor = self.discriminator(images, given, batch.alpha)
            return scores

        terms = {}
        with torch.autocast(self.device.type, enabled=False):
            fake = fake.float()
            if self.gp:
                mix = torch.rand(len(real), generator=random).to(self.device)
                slope = gradient_penalty(score, real, fake, mix, self.gp_target)
                terms["train/gp"] = self.gp * self.penalty_every * slope
            if self.r1:
                terms["train/r1"] = self.r1 * self.penalty_every * zero_centred_penalty(score, real)
            if self.r2:
                terms["train/r2"] = self.r2 * self.penalty_every * zero_centred_penalty(score, fake)
        return terms
