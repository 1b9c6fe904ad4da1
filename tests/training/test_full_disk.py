"""Where a file cannot be written whole, the last good one stays, and the words say what to free.

The real thing without a disk of our own: the system lets this process write no file beyond a size.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from duck_and_cover.errors import StoppedEarly
from duck_and_cover.training.building import RunSettings, build, preset_path
from duck_and_cover.training.fit import fit, train
from duck_and_cover.training.run import MetricsCSV, RunFolder, is_whole, read_rows
from duck_and_cover.training.saving import NotSaved

SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
SMALL = 20_000  # bytes: below every checkpoint, above config.yaml and metrics.csv
SAYS = (
    r"cannot write .*last\.tmp \(File too large\): it takes \d+\.\d MB and .*/checkpoints has "
    r"[\d,]+\.\d MB free; delete"
)


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class FullBetween(Callback):
    """The disk is full from one moment of the run to another."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.free = resource.getrlimit(resource.RLIMIT_FSIZE)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        full = self.first <= batch.images_shown < self.last
        soft = SMALL if full else self.free[0]
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, self.free[1]))


def train_through(first: int, last: int, out: Path) -> RunFolder:
    """A run with checkpoints at 80, 160 and, at its end, 200 images."""
    cli = build([*SMOKE, f"--run.out={out}"])
    cli.trainer.callbacks.append(FullBetween(first, last))  # type: ignore[attr-defined]
    run = RunFolder(out)
    run.create()
    run.config.write_text(cli.whole_config, encoding="utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        return fit(cli, run, RunSettings(**cli.config_init.run.__dict__), None, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def shown(path: Path) -> int:
    return int(torch.load(path, weights_only=True)["images_shown"])


def names(run: RunFolder) -> set[str]:
    return {path.name for path in run.last.parent.iterdir()}


def test_training_goes_on_over_a_full_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = train_through(100, 180, tmp_path / "run")
    warnings = [record.message for record in caplog.records if "training goes on" in record.message]
    assert len(warnings) == 1 and "last.tmp" in warnings[0] and "last.ckpt is whole" in warnings[0]
    assert shown(run.last) == 200 and shown(run.previous) == 80
    assert names(run) == {"last.ckpt", "previous.ckpt"}
    whole = train([*SMOKE, f"--run.out={tmp_path / 'whole'}"])
    assert run.metrics.read_text() == whole.metrics.read_text()
    weights = "generator.safetensors"
    assert (run.generator / weights).read_bytes() == (whole.generator / weights).read_bytes()


def test_a_run_whose_end_cannot_be_saved_fails_and_can_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(NotSaved, match=SAYS) as failure:
        train_through(100, 1000, tmp_path / "run")
    assert failure.value.exit_code == 1 and "\n" not in str(failure.value)
    run = RunFolder(tmp_path / "run")
    assert names(run) == {"last.ckpt"} and is_whole(run.last) and shown(run.last) == 80
    assert (run.generator / "generator.safetensors").is_file()
    assert not [path for path in run.path.iterdir() if path.name.startswith(".")]
    train([], resume=run.path)
    assert shown(run.last) == 200


def test_without_any_checkpoint_training_does_not_go_on(tmp_path: Path) -> None:
    with pytest.raises(NotSaved, match=SAYS):
        train_through(0, 1000, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert names(run) == set()
    assert float(read_rows(run.metrics)[-1][0]) <= 0.08


def test_lines_of_metrics_wait_for_room(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = MetricsCSV(tmp_path / "metrics.csv")
    log.log_metrics({"a": 1.0}, step=1000)
    size = log.path.stat().st_size
    with no_file_beyond(size + 3):
        log.log_metrics({"a": 2.0}, step=2000)
        log.log_metrics({"a": 3.0, "b": 1.0}, step=3000)
        assert log.path.stat().st_size == size
    assert "its lines wait" in caplog.text
    log.log_metrics({"a": 4.0}, step=4000)
    assert read_rows(log.path) == [
        ["kimg", "a", "b"],
        ["1.0", "1.0", ""],
        ["2.0", "2.0", ""],
        ["3.0", "3.0", "1.0"],
        ["4.0", "4.0", ""],
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]


def test_what_a_kill_left_half_written_is_removed(tmp_path: Path) -> None:
    with pytest.raises(StoppedEarly):
        train([*SMOKE, f"--run.out={tmp_path / 'run'}"], deadline=0.0)
    run = RunFolder(tmp_path / "run")
    run.last.with_suffix(".tmp").write_bytes(b"half a checkpoint")
    (run.path / ".generator.x1y2z3ab").mkdir()
    (run.path / ".generator.x1y2z3ab" / "config.json").write_text("{")
    train([], resume=run.path)
    assert names(run) == {"last.ckpt", "previous.ckpt"}
    assert not [path for path in run.path.iterdir() if path.name.startswith(".")]
