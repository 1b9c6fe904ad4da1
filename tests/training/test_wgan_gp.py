"""WGAN-GP's steps against their formulas, its two clocks in one, and its presets."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn

from duck_and_cover.augment import DiffAugment
from duck_and_cover.losses import LatentOptimisation, Wasserstein
from duck_and_cover.networks.base import Discriminator
from duck_and_cover.networks.condition_encoder import ConditionTensors, drop_conditions
from duck_and_cover.networks.wgan import WGANDiscriminator, WGANGenerator
from duck_and_cover.training.building import build, preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.wgan_gp import WGANGPModule
from tests.breaking_off import Stop, StopAt
from tests.training.few_covers import (
    BATCH,
    DATA,
    MODEL,
    SMALL,
    SPEC,
    conditions,
    covers,
    expect_gradients,
    fit,
    redness,
    same_runs,
)


def small(uniform: bool = False, **settings: Any) -> WGANGPModule:
    """Networks for 16x16, whose conditions are never dropped."""
    torch.manual_seed(0)
    generator = WGANGenerator(16, SPEC, 8, 32, "convolutional", 8, uniform)
    critic = WGANDiscriminator(16, SPEC, 32, "convolutional")
    return WGANGPModule(generator, critic, condition_dropout=0.0, **settings)


def chance(module: WGANGPModule) -> list[Tensor]:
    """Latents of both steps, which of them move, and the mixtures, as the coming step draws."""
    random = module.step_random()
    drop_conditions(conditions(), 0.0, random)  # which moves the source of chance on
    if module.generator.uniform:
        latents = [2 * torch.rand(BATCH, 8, generator=random) - 1 for _ in range(2)]
    else:
        latents = [torch.randn(BATCH, 8, generator=random) for _ in range(2)]
    moves, mix = torch.rand(2, BATCH, generator=random), torch.rand(BATCH, generator=random)
    return [*latents, *moves, mix]


def test_a_step_of_each_is_what_the_formulas_say() -> None:
    module = small(matching=0.5, n_critic=3)
    module.images_shown = 2 * BATCH  # the third step is the generator's too
    generator, critic = copy.deepcopy((module.generator, module.discriminator))
    (z, again, _, _, mix), given = chance(module), conditions()
    fit(module, 1)
    real, fake = covers().float() / 127.5 - 1, generator(z, given).detach()

    distance = critic(fake, given).mean() - critic(real, given).mean()
    fits = critic.matches(critic.features(real), given).log_softmax(dim=1).diagonal()
    at = mix[:, None, None, None]
    between = (at * real + (1 - at) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between, given).sum(), between, create_graph=True)
    penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    expect_gradients(module.discriminator, distance - 0.5 * fits.mean() + 10 * penalty, critic)
    g_loss = -module.discriminator(generator(again, given), given).mean()
    expect_gradients(module.generator, g_loss, generator)


def test_both_learn_through_the_move_of_the_latents() -> None:
    moving = LatentOptimisation(alpha=0.9, beta=0.5, weight=3.0, share=0.6)
    module = small(latent_optimisation=moving, uniform=True, n_critic=1, gp=0.0)
    generator, critic = copy.deepcopy((module.generator, module.discriminator))
    (z, again, first, second, _), given = chance(module), conditions()
    fit(module, 1)
    real = covers().float() / 127.5 - 1

    def moved(z: Tensor, moves: Tensor, judge: Discriminator) -> tuple[Tensor, Tensor]:
        z = z.requires_grad_()
        (g,) = torch.autograd.grad(judge(generator(z, given), given).sum(), z, create_graph=True)
        step = 0.9 * g / (0.5 + g.square().sum(1, keepdim=True)) * (moves < 0.6)[:, None]
        fake: Tensor = generator((z + step).clamp(-1, 1), given)
        return fake, 3 * step.square().sum(1).mean()

    assert 0 < (first < 0.6).sum() < BATCH
    fake, _ = moved(z, first, critic)
    distance = critic(fake, given).mean() - critic(real, given).mean()
    expect_gradients(module.discriminator, distance, critic)
    fake, cost = moved(again, second, module.discriminator)
    expect_gradients(module.generator, cost - module.discriminator(fake, given).mean(), generator)


class LinearCritic(WGANDiscriminator):
    """`score = w . x`, whose slope is |w| wherever it is taken."""

    def __init__(self, size: float) -> None:
        super().__init__(16, SPEC, 16, "convolutional", conditional=False)
        self.blocks, self.from_rgb = nn.ModuleDict(), nn.ModuleDict()
        w = torch.randn(3 * 16 * 16, generator=torch.Generator().manual_seed(3))
        self.w = nn.Parameter(size * w / w.norm())

    def features(self, images: Tensor, batches: int = 1) -> Tensor:
        return images

    def scores(self, h: Tensor, condition: ConditionTensors) -> Tensor:
        return h.flatten(1) @ self.w


@pytest.mark.parametrize("size", [0.25, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic_is_known(size: float) -> None:
    module = WGANGPModule(small().generator, LinearCritic(size), gp=10.0, log_kimg=BATCH / 1000)
    fit(module, 1)
    assert module.latest["train/gp"] == pytest.approx(10 * (size - 1) ** 2, abs=1e-4)


class Steps(Callback):
    """After which steps the generator, or the critic, is another."""

    def __init__(self) -> None:
        self.generator: list[int] = []
        self.critic: list[int] = []
        self.before: list[Tensor] = []

    def weights(self, module: LightningModule) -> list[Tensor]:
        assert isinstance(module, WGANGPModule)
        networks = module.generator, module.discriminator
        return [torch.cat([p.detach().flatten() for p in n.parameters()]) for n in networks]

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self.before = self.weights(pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        for old, now, steps in zip(
            self.before, self.weights(pl_module), (self.generator, self.critic), strict=True
        ):
            if not torch.equal(old, now):
                steps.append(batch.images_shown // BATCH)


def test_every_batch_is_the_critics_and_every_fifth_the_generators() -> None:
    steps, module = Steps(), small()
    fit(module, 7, steps)
    fit(module, 5, steps)  # begun anew in the middle, by the clock alone
    assert steps.critic == list(range(12)) and steps.generator == [4, 9]
    assert module.images_shown == 12 * BATCH


def test_pictures_are_augmented_and_the_penalty_is_at_the_plain_one() -> None:
    augment = DiffAugment("translation")
    seen: list[Tensor] = []
    augment.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    fit(small(augment=augment, n_critic=1), 1)
    real, fake, between, again = seen
    torch.testing.assert_close(real, covers().float() / 127.5 - 1)
    assert between.requires_grad and between.is_leaf  # its slope is taken before the change
    assert not fake.requires_grad and again.requires_grad


def test_training_tells_the_genres_apart() -> None:
    module = small(matching=0.5, lr=2e-3, betas=(0.0, 0.9), n_critic=2, ema_kimg=0.2)
    before = abs(redness(module, 0) - redness(module, 1))
    fit(module, 160)
    assert before < 0.3 and redness(module, 0) > 0.3 and redness(module, 1) < -0.3


def test_a_run_broken_between_steps_of_the_critic_goes_on_as_the_unbroken_one(
    tmp_path: Path,
) -> None:
    args = ["--config", str(preset_path("logan")), *SMALL, f"{MODEL}.n_critic=5"]
    whole = train([*args, f"--run.out={tmp_path / 'whole'}"])
    with pytest.raises(Stop):
        train([*args, f"--run.out={tmp_path / 'broken'}"], callbacks=[StopAt(112)])
    broken = train([], resume=tmp_path / "broken")
    same_runs(whole, broken)
    assert "train/g_loss" in whole.metrics.read_text()


@pytest.mark.parametrize("name", ["wgan_gp", "wgan_gp-paper"])
def test_the_presets_train(name: str, tmp_path: Path) -> None:
    """A step of the critic, nothing changed but sizes."""
    args = ["--config", str(preset_path(name)), *SMALL, "--growth.kimg=0.008"]
    run = train([*args, f"--run.out={tmp_path}"])
    assert run.last.is_file() and (run.generator / "config.json").is_file()


def test_the_papers_preset_is_the_papers() -> None:
    module = build(["--config", str(preset_path("wgan_gp-paper")), *DATA]).model
    assert isinstance(module, WGANGPModule) and module.loss == Wasserstein(drift=0.0)
    assert (module.gp, module.n_critic, module.growth.batch_size) == (10, 5, 64)
    assert (module.lr, tuple(module.betas), module.lr_end) == (1e-4, (0.0, 0.9), 1.0)
    assert module.generator.latent == 128 and not module.generator.uniform
    assert module.generator.get_parameter("blocks.64.conv0.weight").shape == (64, 128, 3, 3)
    assert module.matching == 0 and module.latent_optimisation is None


def test_the_logan_preset_moves_uniform_latents() -> None:
    module = build(["--config", str(preset_path("logan")), *DATA]).model
    assert isinstance(module, WGANGPModule) and module.generator.uniform
    assert module.latent_optimisation == LatentOptimisation()
