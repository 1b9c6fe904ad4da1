"""WGAN-GP in training, with latent optimisation if wanted: one step is `training_step`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from duck_and_cover.augment import DiffAugment
from duck_and_cover.data.batches import Batch
from duck_and_cover.errors import UsageError
from duck_and_cover.losses import (
    AdversarialLoss,
    LatentOptimisation,
    Wasserstein,
    gradient_penalty,
    matching_loss,
)
from duck_and_cover.networks.condition_encoder import ConditionTensors, drop_conditions
from duck_and_cover.networks.wgan import WGANDiscriminator, WGANGenerator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.devices import all_rows, average_gradients, own_rows, process_rank


class WGANGPModule(GANModule):
    """Gulrajani et al. 2017: every batch is a step of the critic, every fifth one of the generator.

    `L_D = E[D(fake)] - E[D(real)] + gp E[(|grad D(x)| - 1)^2]` with x between real and fake, and
    `L_G = -E[D(fake)]`. With latent optimisation (Wu et al. 2019) both learn from fakes of latents
    that were moved up the critic's score, and through the move; its cost is the generator's, as in
    the code of the same authors' CS-GAN. Where several processes train, each has batch statistics
    of its own, and the generator that is kept has those of the first.

    Args:
        generator, discriminator: The networks, at the plan's resolution.
        loss: The game; the paper's `Wasserstein` without drift by default.
        gp: Weight of the gradient penalty.
        n_critic: Steps of the critic for one of the generator.
        matching: Weight of the loss by which the critic learns, from reals alone, which condition
            of the batch a picture belongs to; 0 leaves it out.
        condition_dropout: Share of covers that forget each part of their condition.
        latent_optimisation: How latents move before either network learns; None leaves them.
        augment: What is done to every picture before the critic; None for nothing.
        settings: As in `GANModule`.

    Raises:
        UsageError: Conditions are to be matched by a network that is shown none.
    """

    generator: WGANGenerator
    discriminator: WGANDiscriminator

    def __init__(
        self,
        generator: WGANGenerator,
        discriminator: WGANDiscriminator,
        loss: AdversarialLoss | None = None,
        gp: float = 10.0,
        n_critic: int = 5,
        matching: float = 0.0,
        condition_dropout: float = 0.1,
        latent_optimisation: LatentOptimisation | None = None,
        augment: DiffAugment | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(generator, discriminator, **settings)
        if matching and discriminator.encoder is None:
            raise UsageError(
                "matching needs a conditional discriminator: set --model.init_args.matching 0"
            )
        self.loss, self.gp, self.n_critic = loss or Wasserstein(drift=0.0), gp, n_critic
        self.penalty_every = n_critic  # the round of steps after which costs repeat
        self.matching, self.condition_dropout = matching, condition_dropout
        self.latent_optimisation = latent_optimisation
        self.augment = augment or DiffAugment("")

    def training_step(self, batch: Batch, batch_index: int) -> None:
        """Critic, in every fifth step generator, clock."""
        assert batch.images_shown == self.images_shown, "the loader and the clock disagree"
        random, count, total = self.step_random(), len(batch.images), batch.shown_now
        whole = drop_conditions(all_rows(batch.condition), self.condition_dropout, random)
        given = ConditionTensors(*map(own_rows, whole))
        z, again = self.noise(count, random), self.noise(count, random)
        moves, mix = (own_rows(torch.rand(n, total, generator=random).T) for n in (2, 1))
        draws = [own_rows(self.augment.draws(total, random)) for _ in range(3)]
        generator_optimizer, critic_optimizer = self.networks_optimizers()
        real = batch.images.float() / 127.5 - 1

        self.generator.requires_grad_(False)
        critic_optimizer.zero_grad()
        fake, _ = self.fakes(z, given, moves[:, 0], draws[1])
        both = torch.cat([self.augment(real, draws[0]), self.augment(fake, draws[1])])
        h = self.discriminator.features(both, batches=2)
        real_score, fake_score = self.discriminator.scores(h, given.repeat(2)).chunk(2)
        losses = {"train/d_loss": self.loss.discriminator(real_score, fake_score)}
        if self.matching:
            matches = self.discriminator.matches(h[:count], whole)
            matched = matching_loss(matches, process_rank() * count)
            losses["train/matching"] = self.matching * matched
        self.manual_backward(torch.stack(list(losses.values())).sum())
        losses["train/gp"] = self.penalise(real, fake.detach(), given, mix[:, 0], draws[0])
        average_gradients(self.discriminator.parameters())
        critic_optimizer.step()
        self.generator.requires_grad_(True)
        self.augment.observe(real_score - fake_score)

        if (batch.images_shown // total) % self.n_critic == self.n_critic - 1:
            self.discriminator.requires_grad_(False)
            generator_optimizer.zero_grad()
            fake, cost = self.fakes(again, given, moves[:, 1], draws[2])
            score = self.discriminator(self.augment(fake, draws[2]), given)
            losses["train/g_loss"] = self.loss.generator(real_score.detach(), score)
            self.manual_backward(losses["train/g_loss"] + cost)
            average_gradients(self.generator.parameters())
            generator_optimizer.step()
            self.discriminator.requires_grad_(True)
            if self.latent_optimisation:
                losses["train/latent_step"] = cost

        losses |= {"train/real_score": real_score.mean(), "train/fake_score": fake_score.mean()}
        self.end_step(total, losses)

    def fakes(
        self, z: Tensor, given: ConditionTensors, moves: Tensor, draws: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Pictures of the latents once they have moved, and what the moves cost.

        Args:
            moves: (B,) which latents do.
            draws: Of the augmentation with which the critic will see them.
        """
        cost = z.new_zeros(())
        if self.latent_optimisation:

            def score(z: Tensor) -> Tensor:
                images = self.augment(self.generator(z, given), draws)
                scores: Tensor = self.discriminator(images, given)
                return scores

            with torch.autocast(self.device.type, enabled=False):
                z, cost = self.latent_optimisation.move(
                    score, z, moves.to(z.device), self.generator.uniform
                )
        return self.generator(z, given), cost

    def penalise(
        self, real: Tensor, fake: Tensor, given: ConditionTensors, mix: Tensor, draws: Tensor
    ) -> Tensor:
        """Backward of the weighted gradient penalty, which is returned.

        It runs in float32: a gradient's gradient has no use for 8 bits.
        """

        def score(images: Tensor) -> Tensor:
            scores: Tensor = self.discriminator(self.augment(images, draws), given)
            return scores

        with torch.autocast(self.device.type, enabled=False):
            mix = mix.to(real.device)
            penalty = self.gp * gradient_penalty(score, real, fake.float(), mix)
            self.manual_backward(penalty)
        return penalty
