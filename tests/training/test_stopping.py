"""Asked to stop, a training finishes its step, saves, says how to go on, and goes on exactly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from duck_and_cover.cli import main
from duck_and_cover.errors import StoppedEarly, UsageError
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.building import RunSettings, build, preset_path
from duck_and_cover.training.fit import fit, train
from duck_and_cover.training.run import RunFolder, read_rows
from duck_and_cover.training.stopping import StopRequests, seconds_of

SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
SIGNALS = [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT]


class SendAt(Callback):
    """Signals to this very process in the midst of the step that begins at `images_shown`."""

    def __init__(self, images_shown: int, *numbers: signal.Signals) -> None:
        self.images_shown, self.numbers = images_shown, numbers

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if batch.images_shown == self.images_shown:
            for number in self.numbers:
                os.kill(os.getpid(), number)


class SendEarly(Callback):
    """A signal before the first step."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def train_with(callback: Callback, out: Path, args: list[str] = SMOKE) -> RunFolder:
    """A new run, with one more callback."""
    cli = build([*args, f"--run.out={out}"])
    cli.trainer.callbacks.append(callback)  # type: ignore[attr-defined]
    run = RunFolder(out)
    run.create()
    run.config.write_text(cli.whole_config, encoding="utf-8")
    return fit(cli, run, RunSettings(**cli.config_init.run.__dict__), None, None)


def checkpoint(run: RunFolder) -> dict[str, Any]:
    state = torch.load(run.last, weights_only=True)
    assert isinstance(state, dict)
    return state


def files(run: RunFolder) -> dict[str, bytes]:
    """What a run leaves but for its log and what holds times and names."""
    paths = [run.metrics, run.generator / "generator.safetensors", *run.samples.iterdir()]
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The run that nobody stops."""
    return train([*SMOKE, f"--run.out={tmp_path_factory.mktemp('whole') / 'run'}"])


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_saves_and_the_run_goes_on_exactly(
    number: signal.Signals, tmp_path: Path, whole: RunFolder
) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    name = "Ctrl-C" if number == signal.SIGINT else number.name
    says = rf"^stopped by {name} at 0\.1 kimg; go on with: .* train --resume {tmp_path / 'run'}$"
    with pytest.raises(StoppedEarly, match=says) as stop:
        train_with(SendAt(104, number), tmp_path / "run")
    assert stop.value.exit_code == 75
    assert [signal.getsignal(each) for each in SIGNALS] == before
    run = RunFolder(tmp_path / "run")
    assert checkpoint(run)["images_shown"] == 112
    train([], resume=run.path)
    assert files(run) == files(whole)
    a, b = checkpoint(run), checkpoint(whole)
    torch.testing.assert_close(a["state_dict"], b["state_dict"], rtol=0, atol=0)
    torch.testing.assert_close(a["optimizer_states"], b["optimizer_states"], rtol=0, atol=0)


def test_the_time_limit_stops_by_itself(tmp_path: Path) -> None:
    out = tmp_path / "run"
    for shown in (8, 16):  # each time at least a step further
        with pytest.raises(StoppedEarly, match="stopped by the time limit at 0.0 kimg"):
            if shown == 8:
                train([*SMOKE, f"--run.out={out}"], deadline=time.monotonic())
            else:
                train([], resume=out, deadline=time.monotonic())
        assert checkpoint(RunFolder(out))["images_shown"] == shown


def test_ctrl_c_twice_stops_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoppedEarly, match="stopped at once; go on from the last checkpoint"):
        train_with(SendAt(104, signal.SIGINT, signal.SIGINT), tmp_path / "run")
    assert checkpoint(RunFolder(tmp_path / "run"))["images_shown"] == 80


def test_before_the_first_step_nothing_is_finished(tmp_path: Path) -> None:
    with pytest.raises(StoppedEarly, match="stopped by SIGTERM; go on with"):
        train_with(SendEarly(), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert not run.last.exists()
    with pytest.raises(StoppedEarly):  # and it can be gone on with all the same
        train([], resume=run.path, deadline=time.monotonic())
    assert checkpoint(run)["images_shown"] == 8


def test_in_the_last_step_there_is_nothing_to_stop(tmp_path: Path, whole: RunFolder) -> None:
    run = train_with(SendAt(192, signal.SIGTERM), tmp_path / "run")
    assert files(run) == files(whole)


def test_slurm_does_not_save_and_requeue_behind_our_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "NTASKS": "1", "JOB_NAME": "covers", "JOB_ID": "1", "NODEID": "0", "PROCID": "0",
        "LOCALID": "0", "NODELIST": "localhost",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoppedEarly, match="stopped by SIGUSR1"):
        train_with(SendAt(104, signal.SIGUSR1), tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert checkpoint(RunFolder(tmp_path / "run"))["images_shown"] == 112


def test_a_requeue_that_was_asked_for_keeps_its_signal() -> None:
    def save(trainer: Trainer, module: GANModule) -> None:
        """Writes nothing."""

    mine = StopRequests(save, Path("run"), None, requeues=True)
    assert signal.SIGUSR1 not in mine.signals and signal.SIGTERM in mine.signals


def test_from_outside_it_is_one_line_and_75(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "duck_and_cover", "train", "--config", "progan"]
    command += ["--config", "smoke", "--out", str(out), "--kimg", "100", "--data.workers=1"]
    command += ["--run.eval_kimg=0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (out / "metrics.csv").exists() and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it was stopped"
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 75
    last = errors.decode().splitlines()[-1]
    assert last.startswith("duck-and-cover: stopped by SIGTERM at ")
    assert last.endswith(f"go on with: duck-and-cover train --resume {out}")
    assert "Traceback" not in errors.decode()
    run = RunFolder(out)
    shown = checkpoint(run)["images_shown"]
    assert shown > 0 and float(read_rows(run.metrics)[-1][0]) <= shown / 1000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("55m", 3300),
        ("2h30m", 9000),
        ("1d", 86400),
        ("1.5h", 5400),
        ("1-02:00:00", 93600),
        ("02:30:00", 9000),
        ("0:00:05", 5),
    ],
)
def test_time_limits(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "55", "m", "5x", "-5m", "0s", "1h 30m", "1:2", "12 m", "inf"])
def test_what_is_no_time_limit(text: str) -> None:
    with pytest.raises(UsageError, match=r"--time-limit .*: take a time such as 90s, 55m"):
        seconds_of(text)


def test_a_wrong_time_limit_is_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["duck-and-cover", "train", "--config", "progan", "--time-limit", "soon"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as leave:
        main()
    assert leave.value.code == 2
    assert "--time-limit soon" in capsys.readouterr().err
