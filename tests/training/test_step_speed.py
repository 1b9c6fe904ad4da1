"""What makes a step quick changes none of its numbers, or is an option that does what it says."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from duck_and_cover.data.batches import Batch
from duck_and_cover.growth import Growth
from duck_and_cover.losses import (
    AdversarialLoss,
    Logistic,
    Relativistic,
    Wasserstein,
    gradient_penalty,
    matching_loss,
)
from duck_and_cover.networks.condition_encoder import drop_conditions
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.building import quiet_libraries
from duck_and_cover.training.progan import ProGANModule
from tests.given import given, spec

COUNT, SIDE, LATENT = 4, 8, 6


class OneBatch(Dataset[Batch]):
    """Random pictures with one genre each."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, step: int) -> Batch:
        random = torch.Generator().manual_seed(1)
        images = torch.randint(256, (COUNT, 3, SIDE, SIDE), generator=random, dtype=torch.uint8)
        present = torch.ones(COUNT, 2)
        condition = given(torch.eye(COUNT), torch.linspace(-1, 1, COUNT), present)
        return Batch(images, condition, 1.0, 0, COUNT)


def build(loss: AdversarialLoss, **settings: Any) -> ProGANModule:
    torch.manual_seed(0)
    small = dict(spec=spec(COUNT), fmap_base=64, fmap_max=12)
    generator = ProGANGenerator(SIDE, latent=LATENT, condition_width=4, **small)  # type: ignore[arg-type]
    discriminator = ProGANDiscriminator(SIDE, fused=True, **small)  # type: ignore[arg-type]
    growth = Growth(SIDE, 1, SIDE, batch_size=COUNT)
    # The discriminator's step is too small to be seen by the generator's gradients.
    chosen: dict[str, Any] = dict(condition_dropout=0.0, lr=1e-12, log_kimg=1.0) | settings
    return ProGANModule(generator, discriminator, growth=growth, loss=loss, **chosen)


def run_step(module: ProGANModule) -> None:
    """One step under Lightning; the gradients stay."""
    quiet: dict[str, Any] = dict(logger=False, enable_checkpointing=False)
    quiet |= dict(enable_progress_bar=False, enable_model_summary=False)
    loader = DataLoader(OneBatch(), batch_size=None)
    with quiet_libraries():
        Trainer(accelerator="cpu", devices=1, max_epochs=1, **quiet).fit(module, loader)


def centred(score: Any, images: Tensor) -> Tensor:
    x = images.clone().requires_grad_()
    (slope,) = torch.autograd.grad(score(x).sum(), x, create_graph=True)
    return slope.square().sum(dim=(1, 2, 3)).mean() / 2


def plain_gradients(module: ProGANModule) -> tuple[list[Tensor], list[Tensor]]:
    """The discriminator's and the generator's, term by term, each pass on its own."""
    g, d, batch = module.generator, module.discriminator, OneBatch()[0]
    real, given, random = batch.images.float() / 127.5 - 1, batch.condition, module.step_random()
    drop_conditions(given, 0.0, random)  # which moves the source of chance on
    z = module.noise(COUNT, random)
    fake = g(z, given, SIDE).detach()

    def score(images: Tensor) -> Tensor:
        scores: Tensor = d(images, given)
        return scores

    total = module.loss.discriminator(score(real), score(fake))
    if module.gp:
        mix = torch.rand(COUNT, generator=random)
        total = total + module.gp * gradient_penalty(score, real, fake, mix)
    total = total + module.r1 * centred(score, real) + module.r2 * centred(score, fake)
    if module.matching:
        total = total + module.matching * matching_loss(d.matches(d.features(real), given))
    of_d = torch.autograd.grad(total, list(d.parameters()), allow_unused=True)
    fake = g(z if module.reuse else module.noise(COUNT, random), given, SIDE)
    g_loss = module.loss.generator(score(real).detach(), score(fake))
    of_g = torch.autograd.grad(g_loss, list(g.parameters()), allow_unused=True)
    return [x for x in of_d if x is not None], [x for x in of_g if x is not None]


def gradients(network: nn.Module) -> list[Tensor]:
    return [p.grad for p in network.parameters() if p.grad is not None]


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize(
    ("loss", "settings"),
    [
        (Relativistic(), dict(r1=1.0, r2=0.5, matching=0.2)),
        (Relativistic(), dict(r1=0.0, r2=2.0)),
        (Logistic(), dict(r1=3.0, r2=0.0)),
        (Wasserstein(), dict(r1=0.0, r2=0.0, gp=10.0)),
    ],
)
def test_a_step_has_the_plain_gradients(
    loss: AdversarialLoss, settings: dict[str, float], reuse: bool
) -> None:
    module = build(loss, reuse=reuse, **settings)
    of_d, of_g = plain_gradients(copy.deepcopy(module))
    run_step(module)
    for network, expected in ((module.discriminator, of_d), (module.generator, of_g)):
        found = gradients(network)
        assert len(found) == len(expected) > 5
        for a, b in zip(found, expected, strict=True):
            assert (a - b).norm() <= 1e-5 * b.norm() + 1e-6


@pytest.mark.parametrize(
    ("loss", "reuse", "drawn", "looked"),
    [
        (Relativistic(), False, 2, 3),  # reals and fakes, then reals, then fakes
        (Relativistic(), True, 1, 2),
        (Wasserstein(), False, 2, 2),  # the reals' scores do not enter its generator's game
        (Wasserstein(), True, 1, 2),
    ],
)
def test_nothing_is_computed_twice(
    loss: AdversarialLoss, reuse: bool, drawn: int, looked: int
) -> None:
    module = build(loss, reuse=reuse, r1=0.0, r2=0.0)
    counts = {"drawn": 0, "looked": 0}

    def count(name: str) -> Any:
        def hook(*args: object) -> None:
            counts[name] += 1

        return hook

    module.generator.base.register_forward_hook(count("drawn"))
    module.discriminator.dense.register_forward_hook(count("looked"))
    run_step(module)
    assert counts == {"drawn": drawn, "looked": looked}
