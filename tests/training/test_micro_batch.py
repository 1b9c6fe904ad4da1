"""A step in slices is the step of the whole batch, in less memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.losses import Relativistic
from duck_and_cover.networks.layers import minibatch_stddev
from duck_and_cover.training.building import build, preset_path
from duck_and_cover.training.devices import check_shares, slice_size, stddev_group_of
from duck_and_cover.training.fit import train
from duck_and_cover.training.run import RunFolder, read_rows
from tests.breaking_off import Stop, StopAt, begin

HERE = Path(__file__).parent
MODEL = "--model.init_args"
SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
SMOKE += ["--growth.resolution=8", "--run.eval_kimg=0", "--run.sample_kimg=1"]
SMOKE += ["--run.checkpoint_kimg=0.016", "--trainer.accelerator=cpu"]
# Steps of 16 covers: two at 4x4, two that fade 8x8 in, four at 8x8; penalties in every other one.
LONGER = ["--growth.kimg=0.128", "--growth.batch_size=16", f"{MODEL}.penalty_every=2"]
# Descent: Adam would make whole steps out of the rounding of gradients that ought to be zero.
PLAIN = ["--model.class_path=process_worker.PlainDescent", f"{MODEL}.lr=0.3"]
GAMES = {
    "relativistic": [f"{MODEL}.gp=1.0"],
    "reuse": [f"{MODEL}.gp=1.0", f"{MODEL}.reuse=true"],
    "wasserstein": [f"{MODEL}.loss.class_path=duck_and_cover.losses.Wasserstein"]
    + [f"{MODEL}.gp=1.0", f"{MODEL}.r1=0.0", f"{MODEL}.r2=0.0", f"{MODEL}.matching=0.0"]
    + [f"{MODEL}.lr=0.1"],  # its steep slopes blow up what rounding leaves
}


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


def weights(run: RunFolder) -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(run.last, weights_only=True)["state_dict"]
    return state


def assert_close(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    """Equal to rounding: 5e-5 of each tensor's size."""
    assert a.keys() == b.keys()
    for name, tensor in a.items():
        assert (tensor - b[name]).norm() <= 5e-5 * (tensor.norm() + 1), name


@pytest.mark.parametrize("game", GAMES)
def test_slices_add_up_to_the_batch(game: str, tmp_path: Path) -> None:
    args = [*SMOKE, *LONGER, *PLAIN, *GAMES[game]]
    whole = train([*args, f"--run.out={tmp_path / 'whole'}"])
    parts = train([*args, f"{MODEL}.micro_batch=4", f"--run.out={tmp_path / 'parts'}"])
    assert_close(weights(whole), weights(parts))
    header, *rows = read_rows(whole.metrics)
    same_header, *same_rows = read_rows(parts.metrics)
    assert header == same_header and len(rows) == len(same_rows) > 5
    for row, same in zip(rows, same_rows, strict=True):
        found = [float(value) for value in same if value]
        assert [float(value) for value in row if value] == pytest.approx(found, rel=1e-4, abs=1e-5)
    # Slices that were not summed, or not weighted, would have led elsewhere.
    start = build([*args, f"--run.out={tmp_path / 'start'}"]).model.state_dict()
    moved = weights(whole)["discriminator.from_rgb.8.weight"]
    assert (moved - start["discriminator.from_rgb.8.weight"]).norm() > 1e-3 * moved.norm()


def test_resumes_exactly(tmp_path: Path) -> None:
    args = [*SMOKE, f"{MODEL}.micro_batch={{8: 4}}", "--growth.kimg=0.096"]
    whole = train([*args, f"--run.out={tmp_path / 'whole'}"])
    cli = build([*args, f"--run.out={tmp_path / 'broken'}"])
    assert cli.model.micro_batch == {8: 4}
    cli.trainer.callbacks.append(StopAt(56))  # type: ignore[attr-defined]
    with pytest.raises(Stop):
        begin(cli)
    config = str(tmp_path / "broken" / "config.yaml")
    assert build(["--config", config]).model.micro_batch == {8: 4}
    broken = train([], resume=tmp_path / "broken")
    for part in ("state_dict", "optimizer_states", "latest"):
        a, b = (torch.load(run.last, weights_only=True)[part] for run in (whole, broken))
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_two_processes_in_slices_are_as_one(tmp_path: Path) -> None:
    args = [*SMOKE, *LONGER, *PLAIN, *GAMES["relativistic"], "--growth.kimg=0.064"]
    alone = train([*args, f"--run.out={tmp_path / 'alone'}"])
    out = tmp_path / "together"
    command = [sys.executable, "-m", "duck_and_cover", "train", *args, "--out", str(out)]
    command += ["--devices", "2", "--micro-batch", "4"]
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    env = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, stderr=subprocess.PIPE, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    assert_close(weights(alone), weights(RunFolder(out)))
    assert "micro_batch: 4" in RunFolder(out).config.read_text()


class BadSlice(Relativistic):
    """The game of the recipe; the discriminator's loss of one slice is not finite."""

    def __init__(self, call: int) -> None:
        self.__dict__.update(left=call)  # the class is frozen

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        self.__dict__["left"] -= 1
        bad = float("inf") if self.__dict__["left"] == 0 else 0.0
        return super().discriminator(real, fake) + bad


def test_a_bad_slice_skips_its_step(tmp_path: Path) -> None:
    args = [*SMOKE, f"{MODEL}.micro_batch=4", f"--run.out={tmp_path / 'run'}", "--growth.kimg=0.08"]
    cli = build(args)
    cli.model.loss = BadSlice(call=6)  # the second of two slices in the third step
    before: dict[str, Tensor] = {}

    class Keep(Callback):
        def on_train_batch_start(
            self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
        ) -> None:
            if batch_idx in (2, 3):
                state = cli.model.discriminator.state_dict()
                found = {name: tensor.clone() for name, tensor in state.items()}
                if batch_idx == 3:
                    torch.testing.assert_close(found, before, rtol=0, atol=0)
                before.update(found)

    cli.trainer.callbacks.append(Keep())  # type: ignore[attr-defined]
    run = begin(cli)
    assert torch.load(run.last, weights_only=True)["guard"] == {"row": 0, "skipped": 1}
    assert all(tensor.isfinite().all() for tensor in weights(run).values())
    assert any((weights(run)[f"discriminator.{name}"] != before[name]).any() for name in before)


@pytest.mark.parametrize(
    ("share", "group", "most", "expected"),
    [(16, 4, None, 16), (16, 4, 4, 4), (16, 4, 7, 4), (16, 4, 99, 16), (14, 2, 6, 2), (6, 1, 4, 3)],
)
def test_slices_are_equal_and_keep_groups(
    share: int, group: int, most: int | None, expected: int
) -> None:
    assert slice_size(share, group, most) == expected


@pytest.mark.parametrize(("batch", "group", "expected"), [(16, 4, 4), (14, 4, 2), (6, None, 6)])
def test_groups_of_a_slice_are_those_of_the_batch(
    batch: int, group: int | None, expected: int
) -> None:
    x = torch.randn(batch, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    found = stddev_group_of(batch, group)
    assert found == expected
    parts = [minibatch_stddev(part, group) for part in torch.split(x, found)]
    torch.testing.assert_close(torch.cat(parts), minibatch_stddev(x, group))


def test_what_cannot_be_sliced_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--micro-batch 2: 4 covers share .*stddev_group 2"):
        train([*SMOKE, f"{MODEL}.micro_batch=2", f"--run.out={tmp_path / 'run'}"])
    with pytest.raises(UsageError, match="--micro-batch must be 1 or more"):
        train([*SMOKE, f"{MODEL}.micro_batch=0", f"--run.out={tmp_path / 'run'}"])
    assert not (tmp_path / "run").exists()
    growth = Growth(resolution=8, batch_size=16)
    check_shares(growth, 4, 2, {8: 4, 512: 1})  # what is never trained at is not asked for
    with pytest.raises(UsageError, match="16 covers share"):
        check_shares(growth, None, 1, 8)
