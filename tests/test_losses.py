"""The games at scores worked out by hand, and the penalties of critics whose slope is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from duck_and_cover.losses import (
    AdversarialLoss,
    Logistic,
    Relativistic,
    Wasserstein,
    gradient_penalty,
    matching_loss,
    slope,
    zero_centred_penalties,
)

REAL, FAKE = torch.tensor([3.0, 1.0]), torch.tensor([-1.0, 0.5])
GAMES: list[AdversarialLoss] = [Wasserstein(), Logistic(), Relativistic()]


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("game", "discriminator", "generator"),
    [
        (Wasserstein(drift=0.0), -0.25 - 2.0, 0.25),
        (Wasserstein(), -0.25 - 2.0 + 0.001 * 5.0, 0.25),
        (Wasserstein(drift=0.1), -0.25 - 2.0 + 0.1 * 5.0, 0.25),
        (
            Logistic(),
            (softplus(-3) + softplus(-1)) / 2 + (softplus(-1) + softplus(0.5)) / 2,
            (softplus(1) + softplus(-0.5)) / 2,
        ),
        (
            Relativistic(),
            (softplus(-4) + softplus(-0.5)) / 2,
            (softplus(4) + softplus(0.5)) / 2,
        ),
    ],
)
def test_games_at_scores_done_by_hand(
    game: AdversarialLoss, discriminator: float, generator: float
) -> None:
    assert game.discriminator(REAL, FAKE).item() == pytest.approx(discriminator)
    assert game.generator(REAL, FAKE).item() == pytest.approx(generator)


@pytest.mark.parametrize("game", GAMES)
def test_the_networks_pull_apart(game: AdversarialLoss) -> None:
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    up, down = torch.autograd.grad(game.discriminator(real, fake), [real, fake])
    assert (up < 0).all() and (down > 0).all()
    (raise_fakes,) = torch.autograd.grad(game.generator(real.detach(), fake), fake)
    assert (raise_fakes < 0).all()


@pytest.mark.parametrize("game", GAMES)
def test_games_stay_finite_at_extreme_scores(game: AdversarialLoss) -> None:
    for sign in (1, -1):
        scores = torch.tensor([300.0 * sign], requires_grad=True)
        losses = game.discriminator(scores, -scores) + game.generator(scores, -scores)
        (gradient,) = torch.autograd.grad(losses, scores)
        assert losses.isfinite() and gradient.isfinite().all()


def test_only_the_relativistic_game_looks_at_differences_alone() -> None:
    for game in GAMES:
        moved = game.discriminator(REAL + 5, FAKE + 5).item()
        same = moved == pytest.approx(game.discriminator(REAL, FAKE).item(), abs=1e-6)
        assert same == isinstance(game, Relativistic)
    game = Relativistic()
    assert torch.equal(game.discriminator(REAL, FAKE), game.generator(FAKE, REAL))


class LinearCritic:
    """`w.x`, whose slope is w wherever it is asked; it remembers what it was asked."""

    def __init__(self, length: float) -> None:
        w = torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(0))
        self.w: Tensor = (length * w / w.norm()).requires_grad_()
        self.seen = torch.empty(0)

    def __call__(self, x: Tensor) -> Tensor:
        self.seen = x.detach()
        scores: Tensor = (x * self.w).sum(dim=(1, 2, 3))
        return scores


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor]:
    """Real and fake ones."""
    random = torch.Generator().manual_seed(1)
    return torch.rand(5, 3, 4, 4, generator=random), -torch.rand(5, 3, 4, 4, generator=random)


@pytest.mark.parametrize("length", [0.2, 1.0, 3.0, 40.0])
def test_gradient_penalty_of_a_linear_critic(
    length: float, pictures: tuple[Tensor, Tensor]
) -> None:
    critic = LinearCritic(length)
    penalty = gradient_penalty(critic, *pictures, torch.rand(5))
    assert penalty.item() == pytest.approx((length - 1) ** 2, abs=1e-5, rel=1e-5)
    (pull,) = torch.autograd.grad(penalty, critic.w)
    expected = 2 * (length - 1) * critic.w.detach() / length
    torch.testing.assert_close(pull, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("target", [0.5, 750.0])
def test_gradient_penalty_towards_another_slope(
    target: float, pictures: tuple[Tensor, Tensor]
) -> None:
    penalty = gradient_penalty(LinearCritic(3.0), *pictures, torch.rand(5), target)
    assert penalty.item() == pytest.approx((3.0 - target) ** 2 / target**2, rel=1e-5)


def test_gradient_penalty_looks_between_real_and_fake(pictures: tuple[Tensor, Tensor]) -> None:
    (real, fake), critic = pictures, LinearCritic(1.0)
    mix = torch.tensor([0.0, 1.0, 0.25, 0.5, 0.9])
    gradient_penalty(critic, real, fake, mix)
    for i, share in enumerate(mix.tolist()):
        torch.testing.assert_close(critic.seen[i], share * real[i] + (1 - share) * fake[i])


def test_gradient_penalty_of_a_flat_critic_can_be_learnt_from(
    pictures: tuple[Tensor, Tensor],
) -> None:
    critic = LinearCritic(1.0)
    critic.w.data.zero_()
    penalty = gradient_penalty(critic, *pictures, torch.rand(5))
    assert penalty.item() == pytest.approx(1.0, abs=1e-5)
    (pull,) = torch.autograd.grad(penalty, critic.w)
    assert pull.isfinite().all()


@pytest.mark.parametrize("length", [0.0, 0.5, 3.0])
def test_zero_centred_penalty_of_a_linear_critic(
    length: float, pictures: tuple[Tensor, Tensor]
) -> None:
    critic = LinearCritic(length)
    (penalty,) = zero_centred_penalties(critic, pictures[0])
    assert penalty.item() == pytest.approx(length**2 / 2)
    (pull,) = torch.autograd.grad(penalty, critic.w)
    torch.testing.assert_close(pull, critic.w.detach())


def test_zero_centred_penalties_of_several_batches_are_each_their_own() -> None:
    low, high = torch.full((2, 3, 4, 4), 0.5), torch.full((3, 3, 4, 4), 2.0)

    def curved(x: Tensor) -> Tensor:
        return x.square().sum(dim=(1, 2, 3)) / 2  # whose slope is x itself

    found = zero_centred_penalties(curved, low, high)
    assert [value.item() for value in found] == pytest.approx([48 * 0.25 / 2, 48 * 4.0 / 2])


def test_the_generators_game_looks_at_reals_only_where_it_says_so() -> None:
    for game in GAMES:
        same = torch.equal(game.generator(REAL, FAKE), game.generator(REAL + 1, FAKE))
        assert same != game.pairs


def test_penalties_leave_the_pictures_alone(pictures: tuple[Tensor, Tensor]) -> None:
    real, fake = pictures
    critic = LinearCritic(2.0)
    for penalty in (
        gradient_penalty(critic, real, fake, torch.rand(5)),
        *zero_centred_penalties(critic, real, fake),
    ):
        assert penalty.shape == () and penalty.requires_grad
    assert not real.requires_grad and not fake.requires_grad


def test_slopes_are_each_pictures_own() -> None:
    x = torch.rand(4, 3, 2, 2, requires_grad=True)
    scores = torch.arange(4.0) * x.sum(dim=(1, 2, 3))
    torch.testing.assert_close(slope(x, scores), torch.arange(4.0) ** 2 * 12)
    curved = (x**2).sum(dim=(1, 2, 3)) / 2  # whose slope is x itself
    torch.testing.assert_close(slope(x, curved), x.square().sum(dim=(1, 2, 3)))


@pytest.mark.parametrize("count", [1, 2, 6])
@pytest.mark.parametrize("s", [0.0, 2.0])
def test_matching_loss_against_its_closed_form(count: int, s: float) -> None:
    expected = -math.log(math.exp(s) / (math.exp(s) + count - 1))
    assert matching_loss(s * torch.eye(count)).item() == pytest.approx(expected, abs=1e-6)


def test_matching_loss_asks_pictures_for_their_own_condition() -> None:
    matches = torch.tensor([[2.0, 0.0], [1.0, -1.0]], requires_grad=True)
    (pull,) = torch.autograd.grad(matching_loss(matches), matches)
    assert (pull.diagonal() < 0).all()
    torch.testing.assert_close(pull.sum(dim=1), torch.zeros(2), atol=1e-6, rtol=0)
