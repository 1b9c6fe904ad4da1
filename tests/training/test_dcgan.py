"""The DCGAN's step against its formulas, what a training does, and its presets."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from duck_and_cover.augment import DiffAugment
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.losses import Logistic
from duck_and_cover.networks.condition_encoder import drop_conditions
from duck_and_cover.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from duck_and_cover.training.building import build, preset_path
from duck_and_cover.training.dcgan import DCGANModule
from duck_and_cover.training.fit import train
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


def small(**settings: Any) -> DCGANModule:
    """Networks for 16x16, whose conditions are never dropped."""
    torch.manual_seed(0)
    generator = DCGANGenerator(16, SPEC, 8, fmap_max=32, condition_width=8)
    discriminator = DCGANDiscriminator(16, SPEC, fmap_max=32)
    return DCGANModule(generator, discriminator, condition_dropout=0.0, **settings)


@pytest.mark.parametrize("matching", [0.0, 0.5])
def test_a_step_is_what_the_formulas_say(matching: float) -> None:
    module = small(matching=matching)
    generator, discriminator = copy.deepcopy((module.generator, module.discriminator))
    random, given = module.step_random(), conditions()
    fit(module, 1)
    drop_conditions(given, 0.0, random)  # which moves the source of chance on
    z = 2 * torch.rand(BATCH, 8, generator=random) - 1
    real, fake = covers().float() / 127.5 - 1, generator(z, given)

    d_loss = -F.logsigmoid(discriminator(real, given)).mean()
    d_loss = d_loss - F.logsigmoid(-discriminator(fake.detach(), given)).mean()
    if matching:
        fits = discriminator.matches(discriminator.features(real), given)
        d_loss = d_loss - matching * fits.log_softmax(dim=1).diagonal().mean()
    expect_gradients(module.discriminator, d_loss, discriminator)

    g_loss = -F.logsigmoid(module.discriminator(fake, given)).mean()
    expect_gradients(module.generator, g_loss, generator)
    assert module.images_shown == BATCH


def test_every_picture_before_the_discriminator_is_augmented() -> None:
    augment = DiffAugment("translation")
    seen: list[tuple[Tensor, Tensor]] = []
    augment.register_forward_pre_hook(lambda _, args: seen.append(args))
    fit(small(augment=augment), 1)
    (real, first), (fake, second), (again, third) = seen
    torch.testing.assert_close(real, covers().float() / 127.5 - 1)
    assert torch.equal(fake, again) and not fake.requires_grad and again.requires_grad
    assert len({tuple(draws.flatten().tolist()) for draws in (first, second, third)}) == 3
    assert len(first) == len(second) == len(third) == BATCH


def test_training_tells_the_genres_apart() -> None:
    module = small(matching=0.2, lr=2e-3, betas=(0.5, 0.99), ema_kimg=0.2)
    assert abs(redness(module, 0) - redness(module, 1)) < 0.3
    fit(module, 120)
    assert redness(module, 0) > 0.5 and redness(module, 1) < -0.5
    for name, buffer in module.generator_ema.named_buffers():
        if name.endswith("running_var"):
            assert not torch.allclose(buffer, torch.ones_like(buffer)), name


def test_a_broken_run_goes_on_as_the_unbroken_one(tmp_path: Path) -> None:
    args = ["--config", str(preset_path("dcgan")), *SMALL, f"{MODEL}.augment=DiffAugment"]
    whole = train([*args, f"--run.out={tmp_path / 'whole'}"])
    with pytest.raises(Stop):
        train([*args, f"--run.out={tmp_path / 'broken'}"], callbacks=[StopAt(112)])
    broken = train([], resume=tmp_path / "broken")
    same_runs(whole, broken)
    covers = [
        CoverGenerator.from_pretrained(run.path).generate(seeds=[1], genres="jazz")[0].picture
        for run in (whole, broken)
    ]
    assert covers[0].size == (16, 16) and covers[0].tobytes() == covers[1].tobytes()


def test_matching_needs_a_discriminator_that_sees_conditions() -> None:
    generator = DCGANGenerator(16, SPEC, 8, fmap_max=16)
    discriminator = DCGANDiscriminator(16, SPEC, fmap_max=16, conditional=False)
    with pytest.raises(UsageError, match="matching 0"):
        DCGANModule(generator, discriminator, matching=0.2)
    module = DCGANModule(generator, discriminator)
    fit(module, 1)
    assert module.images_shown == BATCH


@pytest.mark.parametrize("name", ["dcgan", "dcgan-paper"])
def test_the_presets_train(name: str, tmp_path: Path) -> None:
    """Two steps, with nothing changed but sizes."""
    args = ["--config", str(preset_path(name)), *SMALL, "--growth.kimg=0.016"]
    run = train([*args, f"--run.out={tmp_path}"])
    assert run.last.is_file() and (run.generator / "config.json").is_file()


def test_the_papers_preset_is_the_papers() -> None:
    module = build(["--config", str(preset_path("dcgan-paper")), *DATA]).model
    assert isinstance(module, DCGANModule) and isinstance(module.loss, Logistic)
    assert (module.lr, tuple(module.betas), module.growth.batch_size) == (2e-4, (0.5, 0.999), 128)
    assert module.generator.latent == 100 and module.generator.uniform
    assert module.generator.get_parameter("blocks.32.0.weight").shape == (256, 128, 5, 5)
    assert module.matching == 0 and module.lr_end == 1 and not module.augment.policy


@pytest.mark.parametrize("name", ["dcgan", "wgan_gp", "acgan"])
def test_networks_of_one_resolution_refuse_to_grow(name: str) -> None:
    args = ["--config", str(preset_path(name)), *DATA, "--growth.resolution=16"]
    with pytest.raises(UsageError, match="has no pictures of 8x8: leave start_resolution null"):
        build([*args, "--growth.start_resolution=8"])
