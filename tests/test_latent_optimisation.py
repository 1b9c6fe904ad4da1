"""Latent optimisation against closed forms, on critics whose gradient is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from duck_and_cover.losses import LatentOptimisation, latent_step

ALPHA, BETA = 0.9, 5.0
Z = 6


class Quadratic:
    """`f(z) = -(z - a)' Q (z - a) / 2` with its gradient `-Q (z - a)`; Q is symmetric."""

    def __init__(self, scale: float = 1.0) -> None:
        root = torch.randn(Z, Z, generator=torch.Generator().manual_seed(1), dtype=torch.double)
        self.q = scale * (root @ root.T + torch.eye(Z))
        self.a = torch.arange(Z, dtype=torch.double) / Z

    def __call__(self, z: Tensor) -> Tensor:
        off = z - self.a
        return -(off @ self.q * off).sum(dim=1) / 2

    def gradient(self, z: Tensor) -> Tensor:
        return -(z - self.a) @ self.q


@pytest.fixture
def z() -> Tensor:
    return torch.randn(4, Z, generator=torch.Generator().manual_seed(0), dtype=torch.double)


def test_the_step_is_the_closed_form_of_each_sample(z: Tensor) -> None:
    critic = Quadratic()
    g = critic.gradient(z)
    expected = torch.stack([ALPHA * row / (BETA + row.dot(row)) for row in g])
    torch.testing.assert_close(latent_step(critic, z, ALPHA, BETA), expected)


def test_it_is_the_natural_gradient(z: Tensor) -> None:
    """`alpha (g g' + beta I)^-1 g`, solved and not by Sherman and Morrison's formula."""
    critic = Quadratic(scale=0.1)
    g = critic.gradient(z)
    fisher = g[:, :, None] * g[:, None] + BETA * torch.eye(Z, dtype=torch.double)
    torch.testing.assert_close(
        latent_step(critic, z, ALPHA, BETA), ALPHA * torch.linalg.solve(fisher, g)
    )


def test_samples_do_not_move_each_other(z: Tensor) -> None:
    before = latent_step(Quadratic(), z, ALPHA, BETA)
    z[0] += 10
    after = latent_step(Quadratic(), z, ALPHA, BETA)
    assert not torch.allclose(before[0], after[0])
    torch.testing.assert_close(before[1:], after[1:], rtol=0, atol=0)


def test_a_steeper_score_moves_latents_less() -> None:
    """Damping is by the gradient's own norm: an implementation that is often copied takes that of a
    vector of ones, whose step grows with the slope for ever."""
    along = torch.ones(1, Z, dtype=torch.double) / math.sqrt(Z)
    start = torch.zeros(1, Z, dtype=torch.double)
    lengths = {}
    for slope in (0.01, 1.0, math.sqrt(BETA), 10.0, 1000.0):
        step = latent_step(lambda z, k=slope: k * (z @ along[0]), start, ALPHA, BETA)  # type: ignore[misc]
        lengths[slope] = step.norm().item()
        assert lengths[slope] == pytest.approx(ALPHA * slope / (BETA + slope**2))
    assert max(lengths.values()) == lengths[math.sqrt(BETA)]
    assert lengths[math.sqrt(BETA)] == pytest.approx(ALPHA / (2 * math.sqrt(BETA)))
    assert lengths[1000.0] < lengths[10.0] / 90


@pytest.mark.parametrize("beta", [0.1, 5.0, 1e4])
def test_it_is_as_long_as_alpha_says(z: Tensor, beta: float) -> None:
    once = latent_step(Quadratic(), z, 1.0, beta)
    torch.testing.assert_close(latent_step(Quadratic(), z, 3.0, beta), 3 * once)
    if beta == 1e4:  # flat beside the damping: a plain step up the gradient
        torch.testing.assert_close(once, Quadratic().gradient(z) / beta, rtol=0.1, atol=1e-6)


def test_it_climbs(z: Tensor) -> None:
    critic = Quadratic()
    assert (critic(z + latent_step(critic, z, 0.1, BETA)) > critic(z)).all()


def test_the_step_is_differentiable_in_what_the_score_is_made_of(z: Tensor) -> None:
    def step(a: Tensor, q: Tensor) -> Tensor:
        critic = Quadratic()
        critic.a, critic.q = a, (q + q.T) / 2
        return latent_step(critic, z, ALPHA, BETA)

    critic = Quadratic()
    inputs = (critic.a.clone().requires_grad_(), critic.q.clone().requires_grad_())
    assert torch.autograd.gradcheck(step, inputs)


def test_the_moved_latent_carries_its_way(z: Tensor) -> None:
    """The score after the move depends on the critic twice: directly, and by where z went."""
    slope = torch.linspace(-1, 1, Z, dtype=torch.double).requires_grad_()
    moved, _ = LatentOptimisation(ALPHA, BETA, weight=0.0, share=1.0).move(
        lambda z: z @ slope, z, torch.zeros(len(z))
    )
    (found,) = torch.autograd.grad((moved @ slope).sum(), slope)
    # s'(z + alpha s / (beta + |s|^2)): its derivative is z + 2 alpha beta s / (beta + |s|^2)^2.
    with torch.no_grad():
        norm = slope.square().sum()
        expected = (z + 2 * ALPHA * BETA * slope / (BETA + norm) ** 2).sum(dim=0)
    torch.testing.assert_close(found, expected)


def test_a_share_moves_and_the_way_is_paid_for(z: Tensor) -> None:
    draws = torch.tensor([0.1, 0.79, 0.8, 0.99])
    settings = LatentOptimisation()
    assert (settings.alpha, settings.beta, settings.weight, settings.share) == (0.9, 5, 300, 0.8)
    moved, penalty = settings.move(Quadratic(), z, draws)
    step = latent_step(Quadratic(), z, ALPHA, BETA)
    torch.testing.assert_close(moved[:2], (z + step)[:2])
    assert torch.equal(moved[2:], z[2:])
    assert penalty.item() == pytest.approx(300 * step[:2].square().sum().item() / 4)


def test_uniform_latents_stay_in_their_cube() -> None:
    z = torch.full((2, Z), 0.99)
    moved, penalty = LatentOptimisation(share=1.0).move(
        lambda z: z.sum(dim=1), z, torch.zeros(2), uniform=True
    )
    assert torch.equal(moved, torch.ones(2, Z))
    step = ALPHA / (BETA + Z)  # of each of the latent's numbers: the gradient is 1 in all
    assert penalty.item() == pytest.approx(300 * Z * step**2)
    free, _ = LatentOptimisation(share=1.0).move(lambda z: z.sum(dim=1), z, torch.zeros(2))
    torch.testing.assert_close(free, z + step)
