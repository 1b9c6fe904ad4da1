"""The AC-GAN in training: one step is `training_step`, top to bottom.

What was published on album covers (Hepburn et al. 2017 and its re-implementations) trains the
classifier on real and generated covers alike, and the generator to please it in full. Both then
agree on signs of genres that real covers do not carry: a re-implementation's discriminator named
94.6 % of the generated and 22.8 % of the real covers. Both accuracies are logged all along. The
balanced variant takes `classify_fakes` off, so that the classifier knows real covers alone (Gong et
al. 2019 on the cause), and lowers `class_weight_generator` to the 0.1 of Gulrajani et al. 2017.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from duck_and_cover.augment import DiffAugment
from duck_and_cover.data.batches import Batch
from duck_and_cover.losses import (
    AdversarialLoss,
    LatentOptimisation,
    Logistic,
    genre_accuracy,
    independent_genres,
    matching_loss,
    softmax_genres,
    zero_centred_penalties,
)
from duck_and_cover.networks.acgan import ACGANDiscriminator, ACGANGenerator
from duck_and_cover.networks.condition_encoder import ConditionTensors, drop_conditions
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.devices import all_rows, average_gradients, own_rows, process_rank

log = logging.getLogger(__name__)

REAL, GENERATED = "train/genre_accuracy_real", "train/genre_accuracy_generated"
GAP = 0.3  # generated above real by so much, in so many records in a row, is worth a word
RECORDS = 10


@dataclass(frozen=True)
class Fakes:
    """What one network learns from: the chance behind B generated covers."""

    z: Tensor  # (B, Z)
    moves: Tensor  # (B,) which latents move, or none
    draws: Tensor  # (B, K) of the augmentation


@dataclass(frozen=True)
class Step:
    """What of a step is this process's, and all that chance decides but dropout."""

    real: Tensor  # (B, 3, R, R) in [-1, 1]
    labels: Tensor  # (B, G) the genres of the reals, multi-hot
    given: ConditionTensors  # what the generated covers are made from: some of it is forgotten
    wishes: ConditionTensors  # the same of all processes
    draws: Tensor  # of the augmentation of reals
    judged: Fakes  # that the discriminator learns from
    drawn: Fakes  # that the generator learns from
    penalised: bool
    dropout: int  # seed


class ACGANModule(GANModule):
    """Odena et al. 2017 with a third head, as published on album covers or in balance.

    Args:
        generator, discriminator: The networks.
        loss: The game of the first head.
        class_weight: Of the genre head's loss in the discriminator.
        class_weight_generator: Of the same in the generator.
        classify_fakes: Whether the genre head learns from generated covers too.
        genre_loss: "softmax" where a cover is of one genre or of any of several, "bce" where
            genres come together and each is to be seen.
        latent_weight: Of the squared error of the reconstructed latent, which both networks
            minimise.
        r1: Weight of the zero-centred penalty on reals; 0 leaves it out.
        penalty_every: It acts in every so many steps, so many times as strong.
        matching: Weight of the loss by which a discriminator with projection learns, from reals
            alone, which condition of the batch a picture belongs to; 0 leaves it out.
        condition_dropout: Share of covers that forget each part of their condition.
        latent_optimisation: How latents move before either network learns from them; None
            leaves them.
        augment: What happens to every cover before the discriminator.
        settings: As in `GANModule`.
    """

    generator: ACGANGenerator
    discriminator: ACGANDiscriminator

    def __init__(
        self,
        generator: ACGANGenerator,
        discriminator: ACGANDiscriminator,
        loss: AdversarialLoss | None = None,
        class_weight: float = 1.0,
        class_weight_generator: float = 1.0,
        classify_fakes: bool = True,
        genre_loss: Literal["softmax", "bce"] = "softmax",
        latent_weight: float = 1.0,
        r1: float = 0.0,
        penalty_every: int = 1,
        matching: float = 0.0,
        condition_dropout: float = 0.1,
        latent_optimisation: LatentOptimisation | None = None,
        augment: DiffAugment | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(generator, discriminator, **settings)
        assert discriminator.latent == generator.latent, "another generator's discriminator"
        self.loss = loss or Logistic()
        self.class_weight, self.class_weight_generator = class_weight, class_weight_generator
        self.classify_fakes, self.latent_weight = classify_fakes, latent_weight
        self.genre_loss = softmax_genres if genre_loss == "softmax" else independent_genres
        self.r1, self.penalty_every, self.condition_dropout = r1, penalty_every, condition_dropout
        self.matching, self.latent_optimisation = matching, latent_optimisation
        self.augment = augment or DiffAugment("")
        self.records_apart = 0

    def training_step(self, batch: Batch, batch_index: int) -> None:
        """Discriminator, generator, clock."""
        assert batch.images_shown == self.images_shown, "the loader and the clock disagree"
        step = self.prepare(batch)
        generator_optimizer, discriminator_optimizer = self.networks_optimizers()

        with self.own_dropout(step.dropout):
            self.generator.requires_grad_(False)
            discriminator_optimizer.zero_grad()
            losses = self.discriminator_pass(step)
            average_gradients(self.discriminator.parameters())
            discriminator_optimizer.step()
            self.generator.requires_grad_(True)

            self.discriminator.requires_grad_(False)
            generator_optimizer.zero_grad()
            losses |= self.generator_pass(step)
            average_gradients(self.generator.parameters())
            generator_optimizer.step()
            self.discriminator.requires_grad_(True)

        self.end_step(batch.shown_now, losses)

    def prepare(self, batch: Batch) -> Step:
        """The covers, and what chance decides, drawn for the whole batch of all processes."""
        random, count, whole = self.step_random(), len(batch.images), batch.shown_now
        wishes = drop_conditions(all_rows(batch.condition), self.condition_dropout, random)

        def draws() -> Tensor:
            return own_rows(self.augment.draws(whole, random)).to(self.device)

        def fakes() -> Fakes:
            z = self.noise(count, random)
            moves = torch.rand(whole if self.latent_optimisation else 0, generator=random)
            return Fakes(z, own_rows(moves).to(self.device), draws())

        return Step(
            real=batch.images.float() / 127.5 - 1,
            labels=batch.condition.genres,
            given=ConditionTensors(*map(own_rows, wishes)),
            wishes=wishes,
            draws=draws(),
            judged=fakes(),
            drawn=fakes(),
            penalised=(batch.images_shown // whole) % self.penalty_every == 0,
            dropout=int(torch.randint(2**62, (), generator=random)),
        )

    def discriminator_pass(self, step: Step) -> dict[str, Tensor]:
        """Adds to the discriminator's gradients; returns what is logged."""
        z, fake, _ = self.draw(step.judged, step.given)  # what moving costs is the generator's
        both = [self.augment(step.real, step.draws), self.augment(fake, step.judged.draws)]
        h = self.discriminator.features(torch.cat(both), batches=2)
        real, generated = self.discriminator.heads(h, step.given.repeat(2)).chunk(2)
        classified = self.genre_loss(real.genres, step.labels)
        if self.classify_fakes:
            classified = classified + self.genre_loss(generated.genres, step.given.genres)
        terms = {
            "train/d_loss": self.loss.discriminator(real.score, generated.score),
            "train/d_genre_loss": self.class_weight * classified,
            "train/d_latent_loss": self.latent_weight * F.mse_loss(generated.latent, z),
        }
        if self.matching:
            matches = self.discriminator.matches(h[: len(fake)], step.wishes)
            own = matching_loss(matches, process_rank() * len(fake))
            terms["train/matching"] = self.matching * own
        self.manual_backward(torch.stack(list(terms.values())).sum())
        if self.r1 and step.penalised:
            terms["train/r1"] = self.penalise(step)
        self.augment.observe(real.score - generated.score if self.loss.pairs else real.score)
        terms["train/real_score"] = real.score.mean()
        terms["train/fake_score"] = generated.score.mean()
        if step.labels.shape[1]:
            terms[REAL] = genre_accuracy(real.genres, step.labels)
            terms[GENERATED] = genre_accuracy(generated.genres, step.given.genres)
        return {name: value.detach() for name, value in terms.items()}

    def generator_pass(self, step: Step) -> dict[str, Tensor]:
        """Adds to the generator's gradients; returns what is logged."""
        z, fake, moved = self.draw(step.drawn, step.given)
        h = self.discriminator.features(self.augment(fake, step.drawn.draws))
        says = self.discriminator.heads(h, step.given)
        real_score = says.score.detach()
        if self.loss.pairs:
            with torch.no_grad():
                real_score = self.discriminator(self.augment(step.real, step.draws), step.given)
        genres = self.genre_loss(says.genres, step.given.genres)
        terms = {
            "train/g_loss": self.loss.generator(real_score, says.score),
            "train/g_genre_loss": self.class_weight_generator * genres,
            "train/g_latent_loss": self.latent_weight * F.mse_loss(says.latent, z),
            **moved,
        }
        self.manual_backward(torch.stack(list(terms.values())).sum())
        return {name: value.detach() for name, value in terms.items()}

    def draw(
        self, fakes: Fakes, given: ConditionTensors
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """The latents that are to be reconstructed, their covers, and what moving them costs.

        The way of a latent has a graph through both networks: the one that learns at the moment
        learns through it too.
        """
        z, moved = fakes.z, {}
        if self.latent_optimisation:

            def score(z: Tensor) -> Tensor:
                images = self.augment(self.generator(z, given), fakes.draws)
                scores: Tensor = self.discriminator(images, given)
                return scores

            with torch.autocast(self.device.type, enabled=False):
                z, cost = self.latent_optimisation.move(
                    score, z, fakes.moves, self.generator.uniform
                )
            moved["train/latent_step"] = cost
        return z.detach(), self.generator(z, given), moved

    def penalise(self, step: Step) -> Tensor:
        """Backward of the weighted penalty on reals, which is returned."""

        def score(images: Tensor) -> Tensor:
            scores: Tensor = self.discriminator(self.augment(images, step.draws), step.given)
            return scores

        with torch.autocast(self.device.type, enabled=False):
            (value,) = zero_centred_penalties(score, step.real)
            penalty = self.r1 * self.penalty_every * value
            self.manual_backward(penalty)
        return penalty

    @contextmanager
    def own_dropout(self, seed: int) -> Iterator[None]:
        """Dropout draws from a seed of the step, in each process its own masks."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed + process_rank())
            yield

    def record(self, metrics: dict[str, float]) -> None:
        """Log, and warn where the two networks have long agreed on signs of their own."""
        super().record(metrics)
        if REAL not in metrics or GENERATED not in metrics:
            return
        apart = metrics[GENERATED] - metrics[REAL] > GAP
        self.records_apart = self.records_apart + 1 if apart else 0
        if self.records_apart == RECORDS:
            log.warning(
                "the discriminator names %.0f %% of the generated covers and %.0f %% of the real "
                "ones: they agree on signs of genres that covers do not carry; try "
                "--model.init_args.classify_fakes false",
                100 * metrics[GENERATED],
                100 * metrics[REAL],
            )
