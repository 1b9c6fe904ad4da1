"""The progressive GAN in training: one step is `training_step`, top to bottom."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from duck_and_cover.augment import DiffAugment
from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.batches import Batch
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.losses import (
    AdversarialLoss,
    Relativistic,
    Score,
    genre_accuracy,
    gradient_penalty,
    matching_loss,
    softmax_genres,
    zero_centred_penalties,
)
from duck_and_cover.networks.condition_encoder import ConditionTensors, drop_conditions
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.devices import (
    MicroBatch,
    all_rows,
    average_gradients,
    micro_batch_at,
    own_rows,
    process_rank,
    slice_size,
    stddev_group_of,
)
from duck_and_cover.training.slices import Slice, means


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
        micro_batch: The most covers that a device works on at once, or that by resolution; their
            gradients add up to those of the whole batch. None for all. With `reuse` it draws the
            same fakes again, rather than keep all their graphs.
        matching: Weight of the loss by which the discriminator learns, from reals alone, which
            condition of the batch a picture belongs to; 0 leaves it out.
        ac: Weight of the auxiliary classifier's loss in the discriminator, on reals alone: what the
            generator draws for a genre never teaches it what the genre is. 0 leaves it out.
        ac_generator: Its weight in the generator, on fakes; a tenth keeps the game in charge.
        condition_dropout: Share of covers that forget their genres, and their year, and so on.
        unconditional_kimg, transition_kimg: The first thousands of images, in which conditions are
            withheld from all covers, and the next, in which the share of covers that keep each
            condition rises to all; see `labelled_share`. 0 and 0 give conditions from the start.
        augment: What is done to every cover before the discriminator sees it.
        settings: As in `GANModule`.
    """

    generator: ProGANGenerator
    discriminator: ProGANDiscriminator
    takes_parts = True

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
        micro_batch: MicroBatch = None,
        matching: float = 0.0,
        ac: float = 0.0,
        ac_generator: float = 0.0,
        condition_dropout: float = 0.1,
        unconditional_kimg: float = 0.0,
        transition_kimg: float = 0.0,
        augment: DiffAugment | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(generator, discriminator, growth, vocabulary, **settings)
        if (ac and not discriminator.classify) or (ac_generator and not ac):
            raise UsageError(
                "ac needs --model.init_args.discriminator.init_args.classify true, "
                "and ac_generator needs ac"
            )
        if discriminator.genre_head is None:
            ac = ac_generator = 0.0  # covers without genres have nothing to tell
        self.loss = loss or Relativistic()
        self.gp, self.gp_target, self.r1, self.r2 = gp, gp_target, r1, r2
        self.matching, self.reuse, self.micro_batch = matching, reuse, micro_batch
        self.penalty_every, self.condition_dropout = penalty_every, condition_dropout
        self.ac, self.ac_generator = ac, ac_generator
        self.augment = augment or DiffAugment("")
        self.unconditional_kimg, self.transition_kimg = unconditional_kimg, transition_kimg
        for phase in self.growth.phases:
            if phase.resolution > self.growth.start:
                for part in ("blocks", "to_rgb"):
                    self.births.setdefault(f"{part}.{phase.resolution}.", phase.start)

    def training_step(self, batch: Batch, batch_index: int) -> None:
        """Discriminator, generator, clock; each network learns from all slices, and steps once."""
        assert batch.images_shown == self.images_shown, "the loader and the clock disagree"
        slices = self.slices(batch)
        generator_optimizer, discriminator_optimizer = self.networks_optimizers()

        discriminator_optimizer.zero_grad()
        losses = [self.discriminator_pass(part) for part in slices]
        average_gradients(self.discriminator.parameters())
        discriminator_optimizer.step()
        # Pairs with the same condition, whatever the game: neither a relativistic discriminator's
        # score nor a critic's says by itself what is taken for real.
        self.augment.observe(torch.cat([part.margin for part in slices]))
        if self.augment.policy:
            losses.append({"train/augment_p": self.augment.p.clone()})

        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        generator_optimizer.zero_grad()
        losses += [self.generator_pass(part) for part in slices]
        average_gradients(self.generator.parameters())
        generator_optimizer.step()
        self.discriminator.requires_grad_(True)

        self.end_step(batch.shown_now, means(losses))

    def labelled(self) -> float:
        """Share of covers that keep each of their conditions in the coming step, dropout aside."""
        kimg = self.images_shown / 1000
        return labelled_share(kimg, self.unconditional_kimg, self.transition_kimg)

    def slices(self, batch: Batch) -> list[Slice]:
        """The batch in equal parts of at most `micro_batch` covers, and what chance decides.

        Chance is drawn for the whole batch of all processes, so that neither their number nor that
        of the slices changes anything.
        """
        count, resolution, random = len(batch.images), batch.images.shape[-1], self.step_random()
        dropped = 1 - self.labelled() * (1 - self.condition_dropout)
        whole = drop_conditions(all_rows(batch.condition), dropped, random)
        given = ConditionTensors(*map(own_rows, whole))
        z = self.noise(count, random)
        penalised = (batch.images_shown // batch.shown_now) % self.penalty_every == 0
        drawn = batch.shown_now if self.gp and penalised else 0
        mix = own_rows(torch.rand(drawn, generator=random)).to(self.device)
        again = z if self.reuse else self.noise(count, random)
        changes = [own_rows(self.augment.draws(batch.shown_now, random)) for _ in range(3)]
        changes[2] = changes[1] if self.reuse else changes[2]

        group = stddev_group_of(batch.shown_now, self.discriminator.stddev_group)
        each = slice_size(count, group, micro_batch_at(self.micro_batch, resolution))
        return [
            Slice(
                images=batch.images[i : i + each],
                given=ConditionTensors(*(column[i : i + each] for column in given)),
                alpha=batch.alpha,
                z=z[i : i + each],
                again=again[i : i + each],
                mix=mix[i : i + each],
                changes=torch.stack([draws[i : i + each] for draws in changes]).to(self.device),
                penalised=penalised,
                whole=whole,
                first=process_rank() * count + i,
                share=each / count,
            )
            for i in range(0, count, each)
        ]

    def discriminator_pass(self, part: Slice) -> dict[str, Tensor]:
        """Adds the slice's share to the discriminator's gradients; returns what is logged."""
        real, given, keep = part.reals(), part.given, self.reuse and part.share == 1
        with torch.set_grad_enabled(keep):
            fake = self.generator(part.z, given, real.shape[-1], part.alpha)
        both = torch.cat([real, fake.detach()])
        seen = self.augment(both, part.changes[:2].flatten(0, 1))
        h = self.discriminator.features(seen, part.alpha, batches=2)
        real_score, fake_score = self.discriminator.scores(h, given.repeat(2)).chunk(2)
        terms = {"train/d_loss": self.loss.discriminator(real_score, fake_score)}
        if self.matching:
            matches = self.discriminator.matches(h[: len(real)], part.whole)
            weight = self.matching * self.labelled()
            terms["train/matching"] = weight * matching_loss(matches, part.first)
        if self.ac:
            logits = self.discriminator.genre_logits(h[: len(real)])
            terms["train/ac"] = self.ac * softmax_genres(logits, given.genres)
        self.manual_backward(part.share * torch.stack(list(terms.values())).sum())
        if part.penalised:
            terms |= self.penalise(part, both)
        part.real_score, part.fake = real_score.detach(), fake if keep else None
        part.margin = (real_score - fake_score).detach()
        scores = {"train/real_score": real_score.mean(), "train/fake_score": fake_score.mean()}
        if self.ac:
            scores["train/genre_accuracy_real"] = genre_accuracy(logits, given.genres)
        return {name: value.detach() for name, value in (terms | scores).items()}

    def generator_pass(self, part: Slice) -> dict[str, Tensor]:
        """Adds the slice's share to the generator's gradients; returns what is logged."""
        given, fake, real_score = part.given, part.fake, part.real_score
        if fake is None:
            fake = self.generator(part.again, given, part.images.shape[-1], part.alpha)
        if self.loss.pairs and not self.reuse:
            with torch.no_grad():
                real = self.augment(part.reals(), part.changes[0])
                real_score = self.discriminator(real, given, part.alpha)
        h = self.discriminator.features(self.augment(fake, part.changes[2]), part.alpha)
        score = self.discriminator.scores(h, given)
        terms = {"train/g_loss": self.loss.generator(real_score, score)}
        found = {}
        if self.ac:
            logits = self.discriminator.genre_logits(h)
            terms["train/ac_generator"] = self.ac_generator * softmax_genres(logits, given.genres)
            found["train/genre_accuracy_generated"] = genre_accuracy(logits, given.genres)
        self.manual_backward(part.share * torch.stack(list(terms.values())).sum())
        return {name: value.detach() for name, value in (terms | found).items()}

    def score_of(self, part: Slice, *changes: Tensor) -> Score:
        """The score of a slice's pictures before their changes, one minibatch for each of these."""

        def score(images: Tensor) -> Tensor:
            given, seen = part.given.repeat(len(changes)), self.augment(images, torch.cat(changes))
            scores: Tensor = self.discriminator(seen, given, part.alpha, len(changes))
            return scores

        return score

    def penalise(self, part: Slice, both: Tensor) -> dict[str, Tensor]:
        """Backward of the slice's weighted penalties, which are returned by their log names.

        Each has a backward of its own, so that no two of the graphs are held at once. They run in
        float32: a gradient's gradient has no use for 8 bits.

        Args:
            both: The reals and then the fakes.
        """
        terms, (of_real, of_fake, _) = {}, part.changes
        with torch.autocast(self.device.type, enabled=False):
            real, fake = both.float().chunk(2)
            if self.gp:
                score = self.score_of(part, of_real)
                slope = gradient_penalty(score, real, fake, part.mix, self.gp_target)
                terms["train/gp"] = self.gp * self.penalty_every * slope
                self.manual_backward(part.share * terms["train/gp"])
            asked = [("train/r1", self.r1, real, of_real), ("train/r2", self.r2, fake, of_fake)]
            asked = [each for each in asked if each[1]]
            if asked:
                score = self.score_of(part, *(changes for _, _, _, changes in asked))
                found = zero_centred_penalties(score, *(images for _, _, images, _ in asked))
                centred = {
                    name: weight * self.penalty_every * value
                    for (name, weight, _, _), value in zip(asked, found, strict=True)
                }
                self.manual_backward(part.share * torch.stack(list(centred.values())).sum())
                terms |= centred
        return terms


def labelled_share(kimg: float, unconditional_kimg: float, transition_kimg: float) -> float:
    """0 until `unconditional_kimg`, then in a line to 1 along `transition_kimg`.

    Shahbazi et al. 2022 (arXiv 2201.06578): conditions from the start make a generator collapse on
    few covers on which it does not without them. There, one weight scales the embeddings of all
    labels, and the conditional loss beside an unconditional one. Here it is the share of covers
    that keep each condition, by the mechanism that drops some anyway: networks only ever meet
    conditions whole or absent, as they will afterwards.
    """
    if kimg < unconditional_kimg:
        return 0.0
    past = kimg - unconditional_kimg
    return past / transition_kimg if past < transition_kimg else 1.0
