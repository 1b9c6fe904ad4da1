"""What is not finite is not learnt from: skipped steps, the way back, and the end with advice."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn

from duck_and_cover.losses import Relativistic
from duck_and_cover.training.base import Diverged, GANModule
from duck_and_cover.training.building import RunSettings, TrainCLI, build, preset_path
from duck_and_cover.training.ema import update_ema
from duck_and_cover.training.fit import fit
from duck_and_cover.training.guard import StepGuard, seed_gradient
from duck_and_cover.training.run import RunFolder, read_rows

SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
SMOKE += ["--growth.kimg=0.4", "--run.checkpoint_kimg=0.04", "--run.sample_kimg=0.4"]

Fault = Callable[[Tensor], Tensor]


def nan(loss: Tensor) -> Tensor:
    """Gradients that are NaN, through a loss that is."""
    return loss * float("nan")


def infinite(loss: Tensor) -> Tensor:
    """A loss that is not finite, with gradients that are."""
    return loss + float("inf")


def steep(loss: Tensor) -> Tensor:
    """The same loss, with gradients that are not finite."""
    return loss + (loss - loss).abs().sqrt()


def huge(loss: Tensor) -> Tensor:
    """Finite, and beyond all measure."""
    return loss * 1e9


class FaultyGame(Relativistic):
    """The game of the recipe, with a fault in one network's loss while `when` says so."""

    def __init__(self, fault: Fault, when: Callable[[], bool], of: str = "discriminator") -> None:
        # A frozen class guards its attributes; these two are not part of the game.
        self.__dict__.update(fault=fault, when=when, of=of)

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.spoilt("discriminator", super().discriminator(real, fake))

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.spoilt("generator", super().generator(real, fake))

    def spoilt(self, network: str, loss: Tensor) -> Tensor:
        settings = self.__dict__
        spoil = settings["of"] == network and settings["when"]()
        return settings["fault"](loss) if spoil else loss


class Undo(Callback):
    """Takes back what the steps at `moments` did to the networks of `names`."""

    def __init__(self, moments: set[int], names: list[str]) -> None:
        self.moments, self.names = moments, names

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, GANModule)
        if pl_module.images_shown in self.moments:
            parts = {name: getattr(pl_module, name) for name in [*self.names, "generator_ema"]}
            self.networks = {k: copy.deepcopy(v.state_dict()) for k, v in parts.items()}
            self.optimizers = [copy.deepcopy(o.state_dict()) for o in trainer.optimizers]

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, GANModule)
        module = pl_module
        if batch.images_shown not in self.moments:
            return
        for name, state in self.networks.items():
            getattr(module, name).load_state_dict(state)
        order = ["generator", "discriminator"]
        for name, optimizer, state in zip(order, trainer.optimizers, self.optimizers, strict=True):
            if name in self.names:
                optimizer.load_state_dict(state)
        # The average goes on, towards the weights that stay.
        average = (module.generator_ema, module.generator, module.births)
        update_ema(*average, module.images_shown, batch.shown_now, module.ema_kimg * 1000)


def train(cli: TrainCLI, resume: bool = False) -> RunFolder:
    """As `fit.train` does, with what a test has put into the parts."""
    settings = RunSettings(**cli.config_init.run.__dict__)
    run = RunFolder(settings.out)
    if not resume:
        run.create()
        run.config.write_text(cli.whole_config, encoding="utf-8")
    return fit(cli, run, settings, run.checkpoint() if resume else None, None)


def faulty(out: Path, fault: Fault, when: Callable[[GANModule], bool], of: str) -> TrainCLI:
    cli = build([*SMOKE, f"--run.out={out}"])
    cli.model.loss = FaultyGame(fault, lambda: when(cli.model), of)
    return cli


def checkpoint(run: RunFolder) -> dict[str, Any]:
    state = torch.load(run.last, weights_only=True)
    assert isinstance(state, dict)
    return state


def assert_same(a: dict[str, Any], b: dict[str, Any]) -> None:
    """The same weights, moments, counts of steps and learning rates, bit for bit."""
    torch.testing.assert_close(a["state_dict"], b["state_dict"], rtol=0, atol=0)
    for one, other in zip(a["optimizer_states"], b["optimizer_states"], strict=True):
        torch.testing.assert_close(one["state"], other["state"], rtol=0, atol=0)
        assert one["param_groups"] == other["param_groups"]


BAD = {56, 64, 152}


@pytest.fixture(scope="module")
def undone(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], RunFolder]:
    """Runs without a fault, whose steps at `BAD` are taken back, by the networks of these steps."""
    runs = {}
    for names in (["generator", "discriminator"], ["generator"]):
        cli = build([*SMOKE, f"--run.out={tmp_path_factory.mktemp('undone') / 'run'}"])
        cli.trainer.callbacks.append(Undo(BAD, names))  # type: ignore[attr-defined]
        runs[tuple(names)] = train(cli)
    return runs


@pytest.mark.parametrize(
    ("fault", "of", "spared"),
    [
        (nan, "discriminator", ["generator", "discriminator"]),
        (infinite, "discriminator", ["generator", "discriminator"]),
        (steep, "discriminator", ["generator", "discriminator"]),
        (nan, "generator", ["generator"]),
    ],
)
def test_bad_steps_change_nothing(
    tmp_path: Path,
    fault: Fault,
    of: str,
    spared: list[str],
    undone: dict[tuple[str, ...], RunFolder],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "duck_and_cover")
    bad = train(faulty(tmp_path / "bad", fault, lambda m: m.images_shown in BAD, of))
    found, wanted = checkpoint(bad), checkpoint(undone[tuple(spared)])
    assert_same(found, wanted)
    assert found["guard"] == {"row": 0, "skipped": 3} and wanted["guard"]["skipped"] == 0
    assert "3 skipped steps" in caplog.text and "3 skipped steps" in bad.log.read_text()
    header, *rows = read_rows(bad.metrics)
    counts = [row[header.index("train/skipped_steps")] for row in rows]
    assert counts[0] == "0" and counts[-1] == "3" and counts == sorted(counts)
    assert not any("nan" in row or "inf" in row for row in rows)


def test_a_run_that_cannot_go_on_goes_back_and_learns_more_slowly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def when(module: GANModule) -> bool:
        return module.images_shown >= 200 and module.lr_scale == 1

    run = train(faulty(tmp_path / "run", nan, when, "discriminator"))
    end = checkpoint(run)
    assert "back to the last checkpoint, with learning rate 0.0005" in caplog.text
    assert end["images_shown"] == 400 and end["lr_scale"] == 0.5
    assert end["guard"]["skipped"] == 0  # of what counts: the bad stretch is forgotten
    for group in end["optimizer_states"][0]["param_groups"]:
        assert group["lr"] == pytest.approx(0.5 * 1e-3 * 0.25, rel=0.01)  # lr_end is a quarter
    kimg = [float(row[0]) for row in read_rows(run.metrics)[1:]]
    assert kimg == sorted(set(kimg))

    class Stop(Exception):
        """Ends the run from within."""

    def stopping(module: GANModule) -> bool:
        if module.lr_scale < 1 and module.images_shown == 296:
            raise Stop
        return when(module)

    broken = faulty(tmp_path / "broken", nan, stopping, "discriminator")
    with pytest.raises(Stop):
        train(broken)
    again = faulty(tmp_path / "broken", nan, when, "discriminator")
    assert_same(checkpoint(train(again, resume=True)), end)
    assert (tmp_path / "broken" / "metrics.csv").read_text() == run.metrics.read_text()


def test_the_second_time_the_run_ends_with_advice(tmp_path: Path) -> None:
    cli = faulty(tmp_path / "run", nan, lambda m: m.images_shown >= 200, "discriminator")
    with pytest.raises(Diverged, match=r"is sound: go on with .*--resume .*lr 0\.0005") as error:
        train(cli)
    assert "\n" not in str(error.value) and error.value.exit_code == 1
    kept = checkpoint(RunFolder(tmp_path / "run"))
    # The last one before the bad steps, not one amid them.
    assert kept["images_shown"] == 200 and kept["guard"]["row"] == 0 and kept["lr_scale"] == 0.5
    for name, weights in kept["state_dict"].items():
        assert torch.isfinite(weights).all(), name


def test_losses_beyond_measure_are_divergence(tmp_path: Path) -> None:
    cli = faulty(tmp_path / "run", huge, lambda m: m.images_shown >= 200, "discriminator")
    with pytest.raises(Diverged, match=r"d_loss is .*e\+0.*go on with"):
        train(cli)
    assert checkpoint(RunFolder(tmp_path / "run"))["images_shown"] == 200


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    cli = faulty(tmp_path / "run", nan, lambda m: True, "discriminator")
    with pytest.raises(Diverged, match="finite in 10 steps; nothing was saved yet: train anew"):
        train(cli)


@pytest.fixture
def network() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(3, 2)


def adam(network: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), betas=(0.0, 0.99), fused=True)


def backward(network: nn.Module, factor: float = 1.0) -> None:
    loss = network(torch.ones(1, 3)).square().sum() * factor
    network.zero_grad()
    loss.backward(gradient=seed_gradient(loss))


def test_sound_steps_are_what_they_are_without_a_guard(network: nn.Linear) -> None:
    plain, guard = copy.deepcopy(network), StepGuard()
    guarded, free = adam(network), adam(plain)
    for _ in range(3):
        backward(network)
        backward(plain)
        guard.check(guarded)
        guarded.step()
        guard.end_step()
        free.step()
    torch.testing.assert_close(network.state_dict(), plain.state_dict(), rtol=0, atol=0)
    assert guard.counts() == {"row": 0, "skipped": 0}


def test_rows_are_counted_and_end(network: nn.Linear) -> None:
    guard, optimizer = StepGuard(), adam(network)
    rows = []
    for factor in [float("nan"), float("inf"), 1.0, float("nan")]:
        backward(network, factor)
        guard.check(optimizer)
        optimizer.step()
        guard.end_step()
        rows.append(guard.row)
    assert rows == [1, 2, 0, 1] and guard.skipped == 3
    (state, *_) = optimizer.state.values()
    assert state["step"] == 1
    fresh = StepGuard()
    fresh.restore(guard.counts())
    assert fresh.counts() == {"row": 1, "skipped": 3}


def test_one_bad_network_spares_the_other(network: nn.Linear) -> None:
    other = copy.deepcopy(network)
    guard, before = StepGuard(), copy.deepcopy(network.state_dict())
    for each, factor in ((network, float("nan")), (other, 1.0)):
        backward(each, factor)
        optimizer = adam(each)
        guard.check(optimizer)
        optimizer.step()
    torch.testing.assert_close(other.state_dict(), before, rtol=0, atol=0)
    guard.end_step()
    assert guard.skipped == 1
