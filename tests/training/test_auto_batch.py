"""A batch for the memory there is: chosen once, written down, the same run ever after."""

from __future__ import annotations

import logging
import shlex
import sys
from pathlib import Path

import pytest
import torch

from duck_and_cover.cli import main
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training import auto_batch
from duck_and_cover.training.auto_batch import Batches, choose, most_covers, step_bytes
from duck_and_cover.training.building import build, preset_path, quiet_libraries
from duck_and_cover.training.fit import train
from duck_and_cover.training.progan import ProGANModule
from duck_and_cover.training.run import RunFolder

CPU = torch.device("cpu")
ALONE = {"accelerator": "cpu", "devices": 1}
SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
SMOKE += ["--trainer.accelerator=cpu"]


def line(count: int) -> int:
    """What a step takes where each cover takes 10 beside the weights' 100."""
    return 100 + 10 * count


@pytest.mark.parametrize(
    ("budget", "most"), [(140, 4), (139, 3), (110, 1), (109, 0), (50, 0), (739, 63), (740, 64)]
)
def test_the_line_says_how_many_fit(budget: int, most: int) -> None:
    assert most_covers(line, budget) == most


@pytest.mark.parametrize(("limit", "most"), [(8, 64), (7, 4), (3, 2), (1, 1), (0, 0)])
def test_a_device_that_runs_out_takes_fewer(limit: int, most: int) -> None:
    """With room for 64 by what it says, but only for so many by what it does."""

    def measure(count: int) -> int:
        if count > limit:
            raise torch.OutOfMemoryError
        return line(count)

    assert most_covers(measure, 740) == most


def module(group: int | None = 4) -> ProGANModule:
    torch.manual_seed(0)
    generator = ProGANGenerator(16, latent=8, fmap_base=64, fmap_max=8, condition_width=4)
    discriminator = ProGANDiscriminator(16, fmap_base=64, fmap_max=8, stddev_group=group)
    return ProGANModule(generator, discriminator, Growth(16, 1))


def taken(count: int, resolution: int = 16) -> int:
    with quiet_libraries():
        return step_bytes(module(), resolution, count, ALONE, CPU)


def chosen(budget: int, processes: int = 1, group: int | None = 4) -> Batches:
    with quiet_libraries():
        return choose(module(group), ALONE, CPU, budget, processes)


def test_batches_fall_with_resolution() -> None:
    assert chosen(10**12) == Batches({4: 64, 8: 64, 16: 64}, {})
    assert chosen(10**12, processes=3) == Batches({4: 192, 8: 192, 16: 192}, {})
    budget = taken(20)
    found = chosen(budget)
    assert found.batch_sizes[16] == 16 and not found.micro_batch
    assert 16 <= found.batch_sizes[8] <= found.batch_sizes[4]
    assert found.batch_sizes[4] > 16
    for resolution, count in found.batch_sizes.items():
        assert taken(count, resolution) <= budget


def test_below_four_covers_the_step_is_sliced() -> None:
    budget = (taken(2) + taken(3)) // 2
    found = chosen(budget, group=0)
    assert found.batch_sizes[16] == 4
    assert found.micro_batch is not None and found.micro_batch[16] in (1, 2)
    with pytest.raises(UsageError, match=r"at 16x16 [12] covers fit .*stddev_group [12]$"):
        chosen(budget, group=4)
    with pytest.raises(UsageError, match="at 16x16 not one cover fits"):
        chosen(1000)


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of the command, run in this process."""
    monkeypatch.setattr(sys, "argv", ["duck-and-cover", *words])
    monkeypatch.delenv(auto_batch.DECIDED, raising=False)
    code: object = 0
    try:
        main()
    except SystemExit as leave:
        code = leave.code
    monkeypatch.delenv(auto_batch.DECIDED, raising=False)
    assert isinstance(code, int)
    return code


def test_what_is_chosen_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    out = tmp_path / "run"
    short = ["--kimg", "0.4", "--run.eval_kimg=0", "--out", str(out)]
    assert command(monkeypatch, "train", *SMOKE, "--batch", "auto", *short) == 0
    again = build(["--config", str(RunFolder(out).config)])
    assert again.model.growth.batch_sizes == {4: 64, 8: 64, 16: 64}
    (said,) = [r.getMessage() for r in caplog.records if r.getMessage().startswith("--batch auto:")]
    assert "GiB that are free" in said
    # The same numbers by hand are the same run, and a resume asks nothing anew.
    arguments = shlex.split(said.removeprefix("--batch auto: ").split(" (")[0])
    short = [*short[:3], f"--run.out={tmp_path / 'by-hand'}"]
    same = train([*SMOKE, *arguments, "--growth.kimg=0.4", "--run.eval_kimg=0", short[-1]])
    a, b = (torch.load(r.last, weights_only=True) for r in (RunFolder(out), same))
    torch.testing.assert_close(a["state_dict"], b["state_dict"], rtol=0, atol=0)


def test_a_dry_run_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["train", *SMOKE, "--batch", "auto", "--devices", "2", "--num-nodes", "3", "--dry-run"]
    assert command(monkeypatch, *words) == 0
    shown = capfd.readouterr().out
    assert shown.count(" 384 ") == 3 and "16x16" in shown  # six devices with 64 covers each
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--batch", "many"], "--batch many: take a number of covers, or auto"),
        (["--batch", "0"], "--batch 0: take a number"),
        (["--batch", "auto", "--micro-batch", "4"], "chooses --micro-batch too"),
        (["--micro-batch", "0"], "--micro-batch"),
        (["--batch", "auto", "--resume", "RUN"], "leave out --batch auto"),
        (["--batch", "auto", "--devices", "2", "--num-nodes", "2"], "--dry-run"),
        (["--batch", "auto", "--ray-workers", "2"], "--dry-run"),
    ],
)
def test_wrong_use_is_one_line(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    start = [] if "--resume" in words else SMOKE
    assert command(monkeypatch, "train", *start, *words) == 2
    (said,) = [x for x in capfd.readouterr().err.splitlines() if x.startswith("duck-and-cover:")]
    assert says in said and not list(tmp_path.iterdir())


def test_processes_of_one_machine_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the first one starts do as it has decided; those of torchrun are refused."""
    cli = build([*SMOKE, "--trainer.devices=2", f"--run.out={tmp_path / 'run'}"])
    monkeypatch.setenv(auto_batch.DECIDED, "")
    decided = auto_batch.auto_batch(cli)
    assert decided[0] == "--growth.batch_size=128"
    with monkeypatch.context() as child:
        child.setenv("LOCAL_RANK", "1")
        child.setattr(auto_batch, "MOST", 8)  # would decide otherwise
        assert auto_batch.auto_batch(cli) == decided
        child.delenv(auto_batch.DECIDED)
        with pytest.raises(UsageError, match="--devices 2 --num-nodes 1 --dry-run"):
            auto_batch.auto_batch(cli)
