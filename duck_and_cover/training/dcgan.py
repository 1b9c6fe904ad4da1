"""The DCGAN in training: one step is `training_step`, top to bottom."""

from __future__ import annotations

from typing import Any

import torch

from duck_and_cover.augment import DiffAugment
from duck_and_cover.data.batches import Batch
from duck_and_cover.errors import UsageError
from duck_and_cover.losses import AdversarialLoss, Logistic, matching_loss
from duck_and_cover.networks.condition_encoder import ConditionTensors, drop_conditions
from duck_and_cover.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.devices import all_rows, average_gradients, own_rows, process_rank


class DCGANModule(GANModule):
    """Radford et al. 2016: cross-entropy, non-saturating, a step of each network in turn.

    Both learn from the same fakes, which are made once. Reals and fakes pass through the
    discriminator's batch norm as minibatches of their own. Where several processes train, each has
    its own batch statistics, and the generator that is kept has those of the first.

    Args:
        generator, discriminator: The networks, at the plan's resolution.
        loss: The game; the paper's `Logistic` by default.
        matching: Weight of the loss by which the discriminator learns, from reals alone, which
            condition of the batch a picture belongs to; 0 leaves it out.
        condition_dropout: Share of covers that forget each part of their condition.
        augment: What is done to every picture before the discriminator; None for nothing.
        settings: As in `GANModule`.

    Raises:
        UsageError: Conditions are to be matched by a network that is shown none.
    """

    generator: DCGANGenerator
    discriminator: DCGANDiscriminator

    def __init__(
        self,
        generator: DCGANGenerator,
        discriminator: DCGANDiscriminator,
        loss: AdversarialLoss | None = None,
        matching: float = 0.0,
        condition_dropout: float = 0.1,
        augment: DiffAugment | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(generator, discriminator, **settings)
        if matching and discriminator.encoder is None:
            raise UsageError(
                "matching needs a conditional discriminator: set --model.init_args.matching 0"
            )
        self.loss = loss or Logistic()
        self.matching, self.condition_dropout = matching, condition_dropout
        self.augment = augment or DiffAugment("")

    def training_step(self, batch: Batch, batch_index: int) -> None:
        """Discriminator, generator, clock."""
        assert batch.images_shown == self.images_shown, "the loader and the clock disagree"
        random, count = self.step_random(), len(batch.images)
        whole = drop_conditions(all_rows(batch.condition), self.condition_dropout, random)
        given = ConditionTensors(*map(own_rows, whole))
        z = self.noise(count, random)
        draws = [own_rows(self.augment.draws(batch.shown_now, random)) for _ in range(3)]
        generator_optimizer, discriminator_optimizer = self.networks_optimizers()
        real, fake = batch.images.float() / 127.5 - 1, self.generator(z, given)

        discriminator_optimizer.zero_grad()
        both = torch.cat([self.augment(real, draws[0]), self.augment(fake.detach(), draws[1])])
        h = self.discriminator.features(both, batches=2)
        real_score, fake_score = self.discriminator.scores(h, given.repeat(2)).chunk(2)
        losses = {"train/d_loss": self.loss.discriminator(real_score, fake_score)}
        if self.matching:
            matches = self.discriminator.matches(h[:count], whole)
            matched = matching_loss(matches, process_rank() * count)
            losses["train/matching"] = self.matching * matched
        self.manual_backward(torch.stack(list(losses.values())).sum())
        average_gradients(self.discriminator.parameters())
        discriminator_optimizer.step()
        self.augment.observe(real_score - fake_score if self.loss.pairs else real_score)

        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        generator_optimizer.zero_grad()
        score = self.discriminator(self.augment(fake, draws[2]), given)
        losses["train/g_loss"] = self.loss.generator(real_score.detach(), score)
        self.manual_backward(losses["train/g_loss"])
        average_gradients(self.generator.parameters())
        generator_optimizer.step()
        self.discriminator.requires_grad_(True)

        losses |= {"train/real_score": real_score.mean(), "train/fake_score": fake_score.mean()}
        self.end_step(batch.shown_now, losses)
