"""A run that was stopped and resumed is the run that never stopped, bit for bit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from duck_and_cover.errors import UsageError
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.building import build, preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.run import MetricsCSV, RunFolder, is_whole

SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]


class Stop(Exception):
    """Ends a run from within."""


def stop_at(kimg: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next run break off before the step that begins at `kimg`."""
    step = GANModule.networks_optimizers

    def stopping(self: GANModule) -> object:
        if self.images_shown >= kimg * 1000:
            raise Stop
        return step(self)

    monkeypatch.setattr(GANModule, "networks_optimizers", stopping)


def checkpoint(run: RunFolder) -> dict[str, object]:
    state = torch.load(run.last, weights_only=True)
    assert isinstance(state, dict)
    return state


def assert_same(a: object, b: object, where: str = "") -> None:
    """Bitwise equality of nested dicts, lists, tensors and numbers."""
    if isinstance(a, torch.Tensor):
        assert isinstance(b, torch.Tensor) and torch.equal(a, b), where
    elif isinstance(a, dict):
        assert isinstance(b, dict) and a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list | tuple):
        assert isinstance(b, list | tuple) and len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{i}]")
    else:
        assert a == b, where


# Growth in the smoke overlay: 8x8 fades in from 25 to 50 images, 16x16 from 75 to 100.
@pytest.mark.parametrize(("stopped", "workers"), [(0.049, 0), (0.085, 2)])
def test_resumed_run_equals_the_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: float, workers: int
) -> None:
    often = [*SMOKE, "--run.checkpoint_kimg=0.024", f"--data.workers={workers}"]
    whole = train([*often, f"--run.out={tmp_path / 'whole'}"])
    with monkeypatch.context() as patch:
        stop_at(stopped, patch)
        with pytest.raises(Stop):
            train([*often, f"--run.out={tmp_path / 'broken'}"])
    broken = RunFolder(tmp_path / "broken")
    assert 0 < checkpoint(broken)["images_shown"] <= stopped * 1000  # type: ignore[operator]
    train([], resume=broken.path)

    a, b = checkpoint(whole), checkpoint(broken)
    assert a["images_shown"] == 200
    for part in ("state_dict", "optimizer_states", "images_shown", "latest"):
        assert_same(a[part], b[part], part)
    assert whole.metrics.read_text() == broken.metrics.read_text()
    samples = [p.name for p in sorted(whole.samples.iterdir())]
    assert samples == [p.name for p in sorted(broken.samples.iterdir())]
    for name in samples:
        assert (whole.samples / name).read_bytes() == (broken.samples / name).read_bytes()
    weights = "generator.safetensors"
    assert (whole.generator / weights).read_bytes() == (broken.generator / weights).read_bytes()


def test_killed_run_resumes(tmp_path: Path) -> None:
    """kill -9 in the middle, from outside; what is left must be enough."""
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "duck_and_cover", "train", "--config", "progan"]
    command += ["--config", "smoke", "--out", str(out), "--kimg", "0.8"]
    command += ["--run.checkpoint_kimg=0.016"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    run, deadline = RunFolder(out), time.monotonic() + 120
    while not run.previous.exists() and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it was killed"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    shown = torch.load(run.checkpoint(), weights_only=True)["images_shown"]  # type: ignore[arg-type]
    assert 0 < shown < 800
    train([], resume=out)
    assert checkpoint(run)["images_shown"] == 800
    assert run.gif.is_file()


def test_damaged_checkpoint_falls_back_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = train([*SMOKE, f"--run.out={tmp_path / 'run'}"])
    whole = run.last.read_bytes()
    middle = len(whole) // 2
    for damage in (whole[:middle], whole[:middle] + b"damage" + whole[middle + 6 :], b""):
        run.last.write_bytes(damage)
        caplog.clear()
        assert not is_whole(run.last)
        assert run.checkpoint() == run.previous
        assert "damaged" in caplog.text
    train([], resume=run.path)
    assert checkpoint(run)["images_shown"] == 200


def test_a_finished_run_resumes_to_itself(tmp_path: Path) -> None:
    run = train([*SMOKE, f"--run.out={tmp_path / 'run'}"])
    before, metrics = checkpoint(run), run.metrics.read_text()
    train([], resume=run.path)
    assert_same(before["state_dict"], checkpoint(run)["state_dict"])
    assert run.metrics.read_text() == metrics


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("seed_everything: 1\n")
    with pytest.raises(UsageError, match="--resume"):
        train([*SMOKE, f"--run.out={tmp_path}"])
    with pytest.raises(UsageError, match="no run there"):
        train([], resume=tmp_path / "nothing")


def test_metrics_file_takes_new_columns_and_forgets(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.create()
    log = MetricsCSV(run.metrics)
    log.log_metrics({"train/d_loss": 0.1}, step=1000)
    log.log_metrics({"train/d_loss": 0.2, "val/kid": 3.0}, step=2000)
    log.log_metrics({"val/kid": 4.0}, step=3000)
    with open(run.metrics, "a") as file:
        file.write("4.0,cut by a ki")
    run.forget_after(2000)
    assert run.metrics.read_text().splitlines() == [
        "kimg,train/d_loss,val/kid",
        "1.0,0.1,",
        "2.0,0.2,3.0",
    ]


def test_every_step_changes_only_its_own_network(tmp_path: Path) -> None:
    cli = build([*SMOKE, f"--run.out={tmp_path}"])
    module = cli.model
    assert not any(p.requires_grad for p in module.generator_ema.parameters())
    seen = {id(p) for p in module.generator.parameters()}
    groups = [
        {id(p) for group in optimizer.param_groups for p in group["params"]}
        for optimizer in module.configure_optimizers()
    ]
    assert groups[0] == seen and not groups[0] & groups[1]


def test_official_optimiser_habits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The learning rate rises along the ramp; moments are gone at every phase's first step."""
    rates: list[float] = []
    begins: list[int] = []
    empty: list[int] = []
    prepare = GANModule.networks_optimizers

    def watching(self: GANModule) -> object:
        found = prepare(self)
        rates.append(found[0].param_groups[0]["lr"] / self.lr)
        if self.phase_begins():
            begins.append(self.images_shown)
        if not found[1].optimizer.state:
            empty.append(self.images_shown)
        return found

    monkeypatch.setattr(GANModule, "networks_optimizers", watching)
    model = "--model.init_args"
    more = [f"{model}.lr_ramp_kimg=0.08", f"{model}.lr_end=1", f"{model}.reset_moments=true"]
    train([*SMOKE, *more, f"--run.out={tmp_path / 'run'}"])
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.3]) and rates[-1] == 1.0
    assert empty == begins and len(begins) == 5  # 4, fade 8, 8, fade 16, 16
