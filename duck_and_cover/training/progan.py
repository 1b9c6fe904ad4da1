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
    zero_centred_penalties,
)
from duck_and_cover.networks.condition_encoder import ConditionTensors, drop_conditions
from duck_and_cover.networks.layers import fade_reals
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.devices import (
    all_rows,
    average_gradients,
    own_rows,
    process_rank,
)


class ProGANModule(GANModule):
    """Karras et al. 2018, with the game and the penalties to choose.

    Args:
        generator, discriminator: The networks, at the plan's top resolution.
        loss: The game; see `duck_and_cover.losses`.
        gp: Weight of the gradient penalty on mixtures (the paper's 10); 0 leaves it out.
        gp_target: Its slope (1; the paper's CIFAR-10 run takes 750).
        r1, r2: Weights of the zero-centred penalties on reals and fakes; 0 leaves them out.
        penalty_every: Penalties act in every so many steps, so many times as strong.
        reuse: Whether the generator learns from the fakes and the scores of reals that the
            discriminator's step was made with, in the place of new ones.
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
        reuse: bool = False,
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
        self.matching, self.reuse = matching, reuse
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
        whole = drop_conditions(all_rows(batch.condition), self.condition_dropout, random)
        given = ConditionTensors(*map(own_rows, whole))
        generator_optimizer, discriminator_optimizer = self.networks_optimizers()

        with torch.set_grad_enabled(self.reuse):
            fake = self.generator(self.noise(count, random), given, resolution, alpha)
        both = torch.cat([real, fake.detach()])
        h = self.discriminator.features(both, alpha, batches=2)
        real_score, fake_score = self.discriminator.scores(h, given.repeat(2)).chunk(2)
        d_loss = self.loss.discriminator(real_score, fake_score)
        terms = {}
        if self.matching:
            matches = self.discriminator.matches(h[:count], whole)
            own = matching_loss(matches, first=process_rank() * count)
            terms["train/matching"] = self.matching * own
        discriminator_optimizer.zero_grad()
        self.manual_backward(d_loss + sum(terms.values()))
        terms |= self.penalise(batch, both, given, random)
        average_gradients(self.discriminator.parameters())
        discriminator_optimizer.step()

        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        if not self.reuse:
            fake = self.generator(self.noise(count, random), given, resolution, alpha)
            if self.loss.pairs:
                with torch.no_grad():
                    real_score = self.discriminator(real, given, alpha)
        score = self.discriminator(fake, given, alpha)
        g_loss = self.loss.generator(real_score.detach(), score)
        generator_optimizer.zero_grad()
        self.manual_backward(g_loss)
        average_gradients(self.generator.parameters())
        generator_optimizer.step()
        self.discriminator.requires_grad_(True)

        losses = {"train/d_loss": d_loss, "train/g_loss": g_loss}
        scores = {"train/real_score": real_score.mean(), "train/fake_score": fake_score.mean()}
        self.end_step(batch.shown_now, {**losses, **scores, **terms})

    def penalise(
        self, batch: Batch, both: Tensor, given: ConditionTensors, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Backward of the step's weighted penalties, which are returned by their log names.

        None in a step that skips them. Each has a backward of its own, so that no two of the
        graphs are held at once. They run in float32: a gradient's gradient has no use for 8 bits.

        Args:
            both: The reals and then the fakes.
        """
        if (batch.images_shown // batch.shown_now) % self.penalty_every:
            return {}

        def score(images: Tensor) -> Tensor:
            times = len(images) // len(batch.images)
            scores: Tensor = self.discriminator(images, given.repeat(times), batch.alpha, times)
            return scores

        terms = {}
        with torch.autocast(self.device.type, enabled=False):
            real, fake = both.float().chunk(2)
            if self.gp:
                mix = own_rows(torch.rand(batch.shown_now, generator=random)).to(self.device)
                slope = gradient_penalty(score, real, fake, mix, self.gp_target)
                terms["train/gp"] = self.gp * self.penalty_every * slope
                self.manual_backward(terms["train/gp"])
            asked = [("train/r1", self.r1, real), ("train/r2", self.r2, fake)]
            asked = [each for each in asked if each[1]]
            if asked:
                found = zero_centred_penalties(score, *(images for _, _, images in asked))
                centred = {
                    name: weight * self.penalty_every * value
                    for (name, weight, _), value in zip(asked, found, strict=True)
                }
                self.manual_backward(torch.stack(list(centred.values())).sum())
                terms |= centred
        return terms
