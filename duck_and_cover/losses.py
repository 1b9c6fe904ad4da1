"""The games: what both networks minimise, and the penalties that keep the game smooth.

    Wasserstein   Arjovsky et al. 2017; the drift term is Karras et al. 2018, appendix A.1
    Logistic      Goodfellow et al. 2014, non-saturating
    Relativistic  Jolicoeur-Martineau 2019 as in Huang et al. 2024 (R3GAN): real and fake in pairs

    gradient_penalty        Gulrajani et al. 2017: on mixtures of real and fake, towards slope 1
    zero_centred_penalties  Mescheder et al. 2018, R1 on reals and R2 on fakes
    matching_loss           Kang and Park 2020: a picture fits its own condition best

    softmax_genres, independent_genres, genre_accuracy    Odena et al. 2017: what a genre head says
    latent_step, LatentOptimisation    Wu et al. 2019 (LOGAN): a better latent before each step

Scores are (B,), pictures (B, 3, R, R); a loss is a scalar.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

Score = Callable[[Tensor], Tensor]  # pictures (B, 3, R, R), or latents (B, Z) -> scores (B,)


class AdversarialLoss(Protocol):
    """Two scalars from the scores of B real and B fake pictures; pairs share their condition."""

    pairs: ClassVar[bool]  # whether the generator's game looks at the reals' scores

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """What the discriminator minimises."""

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """What the generator minimises; the real scores carry no gradient for it."""


@dataclass(frozen=True)
class Wasserstein:
    """`L_D = E[D(fake)] - E[D(real)] + drift E[D(real)^2]`, `L_G = -E[D(fake)]`."""

    pairs: ClassVar[bool] = False

    drift: float = 0.001

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Distance, negated, with the reals' scores held near zero."""
        return fake.mean() - real.mean() + self.drift * real.square().mean()

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """The fakes' score, negated."""
        return -fake.mean()


@dataclass(frozen=True)
class Logistic:
    """`L_D = E[f(-D(real))] + E[f(D(fake))]`, `L_G = E[f(-D(fake))]` with f = softplus."""

    pairs: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Cross-entropy of telling real from fake."""
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Cross-entropy of being taken for real."""
        return F.softplus(-fake).mean()


@dataclass(frozen=True)
class Relativistic:
    """`L_D = E[f(D(fake) - D(real))]`, `L_G = E[f(D(real) - D(fake))]` over pairs, f = softplus."""

    pairs: ClassVar[bool] = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Cross-entropy of telling which one of a pair is real."""
        return F.softplus(fake - real).mean()

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """The same game from the other side."""
        return F.softplus(real - fake).mean()


def slope(images: Tensor, scores: Tensor) -> Tensor:
    """Squared gradient norms (B,) of scores (B,) with respect to their own pictures."""
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.float().square().sum(dim=(1, 2, 3))


def gradient_penalty(
    score: Score, real: Tensor, fake: Tensor, mix: Tensor, target: float = 1.0
) -> Tensor:
    """`E[(|grad D(x)| - target)^2] / target^2` at `x = mix real + (1 - mix) fake`, mix (B,)."""
    x = torch.lerp(fake, real, mix[:, None, None, None]).requires_grad_()
    # Epsilon keeps the root's own gradient finite where a dead discriminator is flat.
    norm = (slope(x, score(x)) + 1e-12).sqrt()
    return ((norm - target) / target).square().mean()


def zero_centred_penalties(score: Score, *batches: Tensor) -> list[Tensor]:
    """`E[|grad D(x)|^2] / 2` of each minibatch: R1 where it is real, R2 where it is fake.

    Args:
        score: Takes all the minibatches in one pass, stacked.
    """
    x = torch.cat(batches).detach().requires_grad_()
    squares = torch.split(slope(x, score(x)), [len(batch) for batch in batches])
    return [part.mean() / 2 for part in squares]


def matching_loss(matches: Tensor, first: int = 0) -> Tensor:
    """`-E[log softmax(m)_ii]` over the B conditions of a batch (Kang and Park 2020, ContraGAN).

    Args:
        matches: (n, B), how well picture i fits condition j; its own is `first + i`.
        first: Where in the batch these n pictures begin; 0 where they are all of it.
    """
    own = torch.arange(first, first + len(matches), device=matches.device)
    return F.cross_entropy(matches, own)


def softmax_genres(logits: Tensor, genres: Tensor) -> Tensor:
    """`-E[log P(C = c | x)]` where a cover is of one genre (Odena et al. 2017, eq. 3).

    A cover of k genres gives each of them 1 / k of its weight, one of none has no loss.

    Args:
        logits: (B, G).
        genres: (B, G) multi-hot.
    """
    shares = genres / genres.sum(dim=1, keepdim=True).clamp(min=1)
    return -(shares * F.log_softmax(logits.float(), dim=1)).sum(dim=1).mean()


def independent_genres(logits: Tensor, genres: Tensor) -> Tensor:
    """The same where genres come together: each is told from its absence, by a sigmoid.

    The sum over genres gives a cover's own ones the weight that they have under the softmax.
    """
    each = F.binary_cross_entropy_with_logits(logits.float(), genres, reduction="none")
    return (each.sum(dim=1) * (genres.sum(dim=1) > 0)).mean()


def genre_accuracy(logits: Tensor, genres: Tensor) -> Tensor:
    """Share of the covers with genres whose likeliest genre is one of theirs; NaN without any."""
    right = genres.gather(1, logits.argmax(dim=1, keepdim=True)).squeeze(1) > 0
    known = genres.sum(dim=1) > 0  # summed and not picked out: nothing waits for the device
    return (right & known).sum() / known.sum()


def latent_step(score: Score, z: Tensor, alpha: float, beta: float) -> Tensor:
    """`dz = alpha g / (beta + |g|^2)`, each latent's natural gradient step up (Wu et al. 2019).

    g is the gradient of the latent's score. `(g g^T + beta I)^-1 g` of the paper's empirical
    Fisher matrix is that, by Sherman and Morrison. The step keeps its graph: the networks learn
    through it.

    Args:
        score: Latents (B, Z) -> scores (B,) of the pictures made from them.
        z: (B, Z).
        alpha: Length of the step.
        beta: Damping; the step is `alpha g / beta` where the score is flat, and never longer
            than `alpha / (2 sqrt(beta))`.

    Returns:
        (B, Z).
    """
    z = z.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(z).sum(), z, create_graph=True)
    return alpha * gradient / (beta + gradient.square().sum(dim=1, keepdim=True))


@dataclass(frozen=True)
class LatentOptimisation:
    """LOGAN: latents move up the discriminator's score before either network learns from them.

    Args:
        alpha, beta: Of `latent_step`.
        weight: Of the penalty on the way moved, `E[|dz|^2]`.
        share: Of the latents that move.
    """

    alpha: float = 0.9
    beta: float = 5.0
    weight: float = 300.0
    share: float = 0.8

    def move(
        self, score: Score, z: Tensor, draws: Tensor, uniform: bool = False
    ) -> tuple[Tensor, Tensor]:
        """The latents (B, Z) after the step, and its weighted penalty; both with their graphs.

        Args:
            draws: (B,) of U[0, 1), which choose the latents that move.
            uniform: Whether z is of U(-1, 1), and hence clipped to it.
        """
        chosen = (draws < self.share).to(z.dtype)[:, None]
        step = chosen * latent_step(score, z, self.alpha, self.beta)
        penalty = self.weight * step.square().sum(dim=1).mean()
        moved = z + step
        return (moved.clamp(-1, 1) if uniform else moved), penalty
