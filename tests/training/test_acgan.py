"""The AC-GAN's step: its losses by hand, who learns from what, and runs that resume."""

from __future__ import annotations

import copy
import logging
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.utils.data import DataLoader

from duck_and_cover.augment import DiffAugment
from duck_and_cover.data.batches import Batch
from duck_and_cover.growth import Growth
from duck_and_cover.losses import (
    LatentOptimisation,
    Relativistic,
    genre_accuracy,
    independent_genres,
    softmax_genres,
)
from duck_and_cover.networks.acgan import ACGANDiscriminator, ACGANGenerator, Heads
from duck_and_cover.networks.condition_encoder import ConditionTensors
from duck_and_cover.training.acgan import GENERATED, REAL, RECORDS, ACGANModule
from duck_and_cover.training.building import (
    build,
    preset_path,
    quiet_libraries,
)
from duck_and_cover.training.fit import train
from tests.breaking_off import Stop, StopAt, begin
from tests.given import given, spec

COVERS, GENRES, LATENT = 8, 3, 8
MODEL = "--model.init_args"
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0]])
SETS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]])  # one genre, two, none


def module(seed: int = 0, dropout: float = 0.0, norm: bool = False, **settings: Any) -> ACGANModule:
    """The same networks whatever the seed, which is that of the step's chance."""
    torch.manual_seed(0)
    shape: dict[str, Any] = dict(spec=spec(GENRES), latent=LATENT, fmap_max=16)
    generator = ACGANGenerator(16, condition_width=4, **shape)
    discriminator = ACGANDiscriminator(16, norm=norm, dropout=dropout, projection=True, **shape)
    growth = Growth(resolution=16, kimg=COVERS / 1000, start_resolution=None, batch_size=COVERS)
    return ACGANModule(generator, discriminator, growth=growth, seed=seed, **settings)


def batch() -> Batch:
    """Random covers, each of one genre."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (COVERS, 3, 16, 16), generator=random, dtype=torch.uint8)
    genres = nn.functional.one_hot(torch.arange(COVERS) % GENRES, GENRES).float()
    condition = given(genres, torch.linspace(-1, 1, COVERS), torch.ones(COVERS, 2))
    return Batch(images, condition, 1.0, 0, COVERS)


class Gradients(Callback):
    """What each optimiser is about to step with, and whose parameters have none."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, Tensor], set[str]]] = []

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        found = {n: p.grad for n, p in pl_module.named_parameters() if p.grad is not None}
        self.seen.append(({n: g.clone() for n, g in found.items()}, set(found)))


def one_step(gan: ACGANModule, covers: Batch | None = None) -> Gradients:
    """Train on one batch."""
    gradients, off = Gradients(), dict.fromkeys(["logger", "enable_checkpointing"], False)
    off |= dict.fromkeys(["enable_progress_bar", "enable_model_summary"], False)
    loader = DataLoader([covers or batch()], batch_size=None)  # type: ignore[arg-type, var-annotated]
    with quiet_libraries():
        trainer = Trainer(accelerator="cpu", max_epochs=1, callbacks=[gradients], **off)  # type: ignore[arg-type]
        trainer.fit(gan, loader)
    assert gan.images_shown == COVERS and not gan.guard.skipped
    return gradients


def test_genre_losses_by_hand() -> None:
    def log_softmax(row: list[float], i: int) -> float:
        return row[i] - math.log(sum(math.exp(x) for x in row))

    first, second = log_softmax([2, 0, -1], 0), log_softmax([0, 1, 3], 1)
    third = log_softmax([0, 1, 3], 2)
    expected = -(first + (second + third) / 2) / 3
    assert softmax_genres(LOGITS, SETS).item() == pytest.approx(expected)

    def log_sigmoid(x: float) -> float:
        return -math.log(1 + math.exp(-x))

    one = log_sigmoid(2) + log_sigmoid(0) + log_sigmoid(1)
    two = log_sigmoid(0) + log_sigmoid(1) + log_sigmoid(3)
    assert independent_genres(LOGITS, SETS).item() == pytest.approx(-(one + two) / 3)


@pytest.mark.parametrize("loss", [softmax_genres, independent_genres])
def test_covers_without_genres_teach_nothing(loss: Any) -> None:
    logits = LOGITS.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(logits, SETS), logits)
    assert gradient[2].eq(0).all() and (gradient[0, 0] < 0) and (gradient[1, 0] > 0)


def test_genre_accuracy_by_hand() -> None:
    assert genre_accuracy(LOGITS, SETS).item() == 1.0  # the third has no genre to be right about
    wrong = SETS.roll(1, dims=1)  # genres 1; 0 and 2; none
    assert genre_accuracy(LOGITS, wrong).item() == 0.5
    assert math.isnan(genre_accuracy(LOGITS, torch.zeros(3, 3)).item())


def test_accuracies_are_those_of_reals_and_of_fakes() -> None:
    """A head that always says the second genre is right for the covers of that genre."""
    gan = module(condition_dropout=0.0)
    assert gan.discriminator.genre is not None
    nn.init.zeros_(gan.discriminator.genre.weight)
    gan.discriminator.genre.bias.data = torch.tensor([0.0, 5.0, 0.0])
    one_step(gan)
    assert gan._losses[REAL].item() == gan._losses[GENERATED].item() == 3 / 8

    # Pictures of the one kind are positive everywhere, of the other negative: so are features.
    gan = module(condition_dropout=0.0)
    genre = gan.discriminator.genre
    assert genre is not None
    for layer in gan.discriminator.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 0.1)
    genre.weight.data = torch.tensor([[0.0], [1.0], [-1.0]]).expand_as(genre.weight).clone()
    genre.bias.data.zero_()
    nn.init.constant_(gan.generator.get_parameter("to_rgb.16.weight"), -1.0)
    white = torch.full((COVERS, 3, 16, 16), 255, dtype=torch.uint8)
    one_step(gan, batch()._replace(images=white))
    assert gan._losses[REAL].item() == 3 / 8  # all reals are taken for the second genre
    assert gan._losses[GENERATED].item() == 2 / 8  # all fakes for the third


def test_in_balance_the_classifier_learns_from_reals_alone() -> None:
    """Other fakes, the same gradient, to the last bit; as published they change it."""
    for classify_fakes in (False, True):
        found = []
        for seed in (0, 1):
            gan = module(seed, classify_fakes=classify_fakes, condition_dropout=0.0)
            discriminator_step, _ = one_step(gan).seen
            found.append(discriminator_step[0])
        scores = [gradients["discriminator.score.weight"] for gradients in found]
        assert not torch.equal(*scores)
        heads = [gradients["discriminator.genre.weight"] for gradients in found]
        assert torch.equal(*heads) is not classify_fakes
    assert heads[0].abs().sum() > 0


def heads(gan: ACGANModule, images: Tensor, condition: ConditionTensors) -> Heads:
    return gan.discriminator.heads(gan.discriminator.features(images), condition)


def test_the_heads_terms_by_hand() -> None:
    weights: dict[str, Any] = dict(class_weight=0.5, class_weight_generator=0.25)
    gan = module(condition_dropout=0.0, latent_weight=2.0, **weights)
    before = copy.deepcopy(gan)
    one_step(gan)
    step, logged = before.prepare(batch()), gan._losses
    with torch.no_grad():
        real = heads(before, step.real, step.given)
        fake = heads(before, before.generator(step.judged.z, step.given), step.given)
    labels = batch().condition.genres
    classes = softmax_genres(real.genres, labels) + softmax_genres(fake.genres, labels)
    torch.testing.assert_close(logged["train/d_genre_loss"], 0.5 * classes)
    error = (fake.latent - step.judged.z).square().mean()
    torch.testing.assert_close(logged["train/d_latent_loss"], 2 * error)
    torch.testing.assert_close(logged["train/real_score"], real.score.mean())
    # The generator's are in the eyes of the discriminator after its step.
    with torch.no_grad():
        drawn = before.generator(step.drawn.z, step.given)
        says = heads(gan, drawn, step.given)
    torch.testing.assert_close(logged["train/g_loss"], nn.functional.softplus(-says.score).mean())
    torch.testing.assert_close(
        logged["train/g_genre_loss"], 0.25 * softmax_genres(says.genres, labels)
    )
    torch.testing.assert_close(
        logged["train/g_latent_loss"], 2 * (says.latent - step.drawn.z).square().mean()
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        dict(latent_optimisation=LatentOptimisation(weight=1.0)),
        dict(matching=0.2, r1=1.0, loss=Relativistic(), augment=DiffAugment(), genre_loss="bce"),
    ],
    ids=["plain", "latent optimisation", "regularised"],
)
def test_each_network_learns_in_its_turn(settings: dict[str, Any]) -> None:
    gan = module(norm=True, dropout=0.5, **settings)
    start = copy.deepcopy(gan.state_dict())
    discriminator_step, generator_step = one_step(gan).seen
    own = {name for name, _ in gan.named_parameters() if name.startswith("discriminator.")}
    assert discriminator_step[1] == own
    theirs = {name for name, _ in gan.named_parameters() if name.startswith("generator.")}
    assert generator_step[1] - own == theirs
    for name in own:  # the generator's pass has left no trace in the discriminator's
        assert torch.equal(generator_step[0][name], discriminator_step[0][name])
    assert all(p.requires_grad for p in gan.generator.parameters())
    assert all(p.requires_grad for p in gan.discriminator.parameters())
    for name in ("generator.base.weight", "discriminator.genre.weight"):
        assert not torch.equal(gan.state_dict()[name], start[name])


def test_latents_move_before_either_network_learns() -> None:
    """A step of no length changes nothing; one of some length changes what both learn."""
    found = {}
    for alpha in (None, 0.0, 0.9):
        settings = alpha is not None and LatentOptimisation(alpha=alpha, weight=300.0)
        gan = module(latent_optimisation=settings or None)
        found[alpha] = [gradients for gradients, _ in one_step(gan).seen]
        assert ("train/latent_step" in gan._losses) == (alpha is not None)
    names = ("discriminator.score.weight", "generator.base.weight")
    for turn, name in enumerate(names):
        assert not torch.allclose(found[0.9][turn][name], found[0.0][turn][name])
    # Batch norm's running statistics move with every look, but gradients do not see them.
    torch.testing.assert_close(found[0.0][0], found[None][0])


def test_dropout_is_the_steps_own() -> None:
    state = torch.get_rng_state()
    first = one_step(module(dropout=0.5)).seen[0][0]
    torch.manual_seed(7)
    torch.rand(3)
    again = one_step(module(dropout=0.5)).seen[0][0]
    assert all(torch.equal(again[name], gradient) for name, gradient in first.items())
    other = one_step(module(dropout=0.0)).seen[0][0]
    assert not torch.equal(other["discriminator.score.weight"], first["discriminator.score.weight"])
    gan = module()
    torch.set_rng_state(state)
    with gan.own_dropout(5):
        torch.rand(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_long_agreement_on_signs_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    gan = module()
    caplog.set_level(logging.WARNING)
    for _ in range(RECORDS - 1):
        gan.record({REAL: 0.228, GENERATED: 0.946})
        gan.record({"val/kid": 1.0})
    assert not caplog.records
    for _ in range(RECORDS):
        gan.record({REAL: 0.228, GENERATED: 0.946})
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "95 % of the generated covers and 23 % of the real" in caplog.text
    gan.record({REAL: 0.5, GENERATED: 0.5})
    assert gan.records_apart == 0


TINY = ["--growth.resolution=16", "--growth.kimg=0.064", "--growth.batch_size=8"]
TINY += ["--data.synthetic_count=64", "--data.synthetic_size=32", f"{MODEL}.log_kimg=0.008"]
TINY += [f"{MODEL}.{name}.init_args.fmap_max=16" for name in ("generator", "discriminator")]
TINY += ["--run.eval_kimg=0", "--run.checkpoint_kimg=0.016", "--trainer.accelerator=cpu"]
RUNS = {
    "acgan": [f"{MODEL}.augment=duck_and_cover.augment.ADA"]
    + [f"{MODEL}.latent_optimisation.weight=1.0"],
    "acgan-paper": [],
}


@pytest.mark.parametrize("preset", RUNS)
def test_the_discriminator_reconstructs_the_generators_latents(preset: str) -> None:
    latent = f"{MODEL}.generator.init_args.latent=7"
    cli = build(["--config", str(preset_path(preset)), *TINY, latent])
    assert cli.model.discriminator.latent == cli.model.generator.latent == 7


@pytest.mark.parametrize("preset", RUNS)
def test_presets_train_and_resume_bit_for_bit(preset: str, tmp_path: Path) -> None:
    args = ["--config", str(preset_path(preset)), *TINY, *RUNS[preset]]
    whole = train([*args, f"--run.out={tmp_path / 'whole'}"])
    cli = build([*args, f"--run.out={tmp_path / 'broken'}"])
    cli.trainer.callbacks.append(StopAt(40))  # type: ignore[attr-defined]
    with pytest.raises(Stop):
        begin(cli)
    broken = train([], resume=tmp_path / "broken")
    states = [torch.load(run.last, weights_only=True) for run in (whole, broken)]
    for part in ("state_dict", "optimizer_states", "latest"):
        torch.testing.assert_close(*(state[part] for state in states), rtol=0, atol=0)
    assert whole.metrics.read_text() == broken.metrics.read_text()
    assert {REAL, GENERATED} <= set(whole.metrics.read_text().splitlines()[0].split(","))
    for run in (whole, broken):
        assert (run.generator / "generator.safetensors").is_file()
    config = (whole.generator / "config.json").read_text(encoding="utf-8")
    assert '"architecture": "acgan"' in config
