"""The progressive GAN in training: one step is `training_step`, top to bottom."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    MicroBatch,
    all_rows,
    average_gradients,
    micro_batch_at,
    own_rows,
    process_rank,
    slice_size,
    stddev_group_of,
)


@dataclass
class Slice:
    """What of a step is worked on at once: n of the B covers; all of this process's by default."""

    images: Tensor  # (n, 3, R, R) uint8
    given: ConditionTensors  # of these covers
    alpha: float
    z: Tensor  # (n, Z) of the fakes that the discriminator sees
    again: Tensor  # (n, Z) of those that the generator learns from
    mix: Tensor  # (n,) places between real and fake, or none
    penalised: bool  # whether the step has penalties
    whole: ConditionTensors  # of all B covers
    first: int  # which of the B these begin with
    share: float  # n of this process's covers: the weight of the slice's gradients
    real_score: Tensor = field(default_factory=lambda: torch.empty(0))  # (n,) once they are seen
    fake: Tensor | None = None  # with its graph, where the generator is to learn from it

    def reals(self) -> Tensor:
        """The covers in [-1, 1], faded like the networks."""
        return fade_reals(self.images.float() / 127.5 - 1, self.alpha)


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
        micro_batch: MicroBatch = None,
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
        self.matching, self.reuse, self.micro_batch = matching, reuse, micro_batch
        self.penalty_every, self.condition_dropout = penalty_every, condition_dropout
        for phase in self.growth.phases:
            if phase.resolution > self.growth.start_resolution:
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

        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        generator_optimizer.zero_grad()
        losses += [self.generator_pass(part) for part in slices]
        average_gradients(self.generator.parameters())
        generator_optimizer.step()
        self.discriminator.requires_grad_(True)

        self.end_step(batch.shown_now, means(losses))

    def slices(self, batch: Batch) -> list[Slice]:
        """The batch in equal parts of at most `micro_batch` covers, and what chance decides.

        Chance is drawn for the whole batch of all processes, so that neither their number nor that
        of the slices changes anything.
        """
        count, resolution, random = len(batch.images), batch.images.shape[-1], self.step_random()
        whole = drop_conditions(all_rows(batch.condition), self.condition_dropout, random)
        given = ConditionTensors(*map(own_rows, whole))
        z = self.noise(count, random)
        penalised = (batch.images_shown // batch.shown_now) % self.penalty_every == 0
        drawn = batch.shown_now if self.gp and penalised else 0
        mix = own_rows(torch.rand(drawn, generator=random)).to(self.device)
        again = z if self.reuse else self.noise(count, random)

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
        h = self.discriminator.features(both, part.alpha, batches=2)
        real_score, fake_score = self.discriminator.scores(h, given.repeat(2)).chunk(2)
        terms = {"train/d_loss": self.loss.discriminator(real_score, fake_score)}
        if self.matching:
            matches = self.discriminator.matches(h[: len(real)], part.whole)
            terms["train/matching"] = self.matching * matching_loss(matches, part.first)
        self.manual_backward(part.share * torch.stack(list(terms.values())).sum())
        if part.penalised:
            terms |= self.penalise(part, both)
        part.real_score, part.fake = real_score.detach(), fake if keep else None
        scores = {"train/real_score": real_score.mean(), "train/fake_score": fake_score.mean()}
        return {name: value.detach() for name, value in (terms | scores).items()}

    def generator_pass(self, part: Slice) -> dict[str, Tensor]:
        """Adds the slice's share to the generator's gradients; returns what is logged."""
        given, fake, real_score = part.given, part.fake, part.real_score
        if fake is None:
            fake = self.generator(part.again, given, part.images.shape[-1], part.alpha)
        if self.loss.pairs and not self.reuse:
            with torch.no_grad():
                real_score = self.discriminator(part.reals(), given, part.alpha)
        score = self.discriminator(fake, given, part.alpha)
        g_loss = self.loss.generator(real_score, score)
        self.manual_backward(part.share * g_loss)
        return {"train/g_loss": g_loss.detach()}

    def penalise(self, part: Slice, both: Tensor) -> dict[str, Tensor]:
        """Backward of the slice's weighted penalties, which are returned by their log names.

        Each has a backward of its own, so that no two of the graphs are held at once. They run in
        float32: a gradient's gradient has no use for 8 bits.

        Args:
            both: The reals and then the fakes.
        """

        def score(images: Tensor) -> Tensor:
            times = len(images) // len(part.images)
            scores: Tensor = self.discriminator(images, part.given.repeat(times), part.alpha, times)
            return scores

        terms = {}
        with torch.autocast(self.device.type, enabled=False):
            real, fake = both.float().chunk(2)
            if self.gp:
                slope = gradient_penalty(score, real, fake, part.mix, self.gp_target)
                terms["train/gp"] = self.gp * self.penalty_every * slope
                self.manual_backward(part.share * terms["train/gp"])
            asked = [("train/r1", self.r1, real), ("train/r2", self.r2, fake)]
            asked = [each for each in asked if each[1]]
            if asked:
                found = zero_centred_penalties(score, *(images for _, _, images in asked))
                centred = {
                    name: weight * self.penalty_every * value
                    for (name, weight, _), value in zip(asked, found, strict=True)
                }
                self.manual_backward(part.share * torch.stack(list(centred.values())).sum())
                terms |= centred
        return terms


def means(losses: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """By log name, over equally large slices."""
    values: dict[str, list[Tensor]] = {}
    for each in losses:
        for name, value in each.items():
            values.setdefault(name, []).append(value)
    return {name: of[0] if len(of) == 1 else torch.stack(of).mean() for name, of in values.items()}
