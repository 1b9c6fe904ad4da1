"""What a program may bring to a training: a strategy, plugins and callbacks of Lightning."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import SingleDeviceStrategy

from duck_and_cover.cli import main
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.callbacks import SampleGrids
from duck_and_cover.training.fit import train
from duck_and_cover.training.processes import device_settings
from duck_and_cover.training.saving import CheckpointFiles

SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]


class Counted(CheckpointFiles):
    """Another way to write checkpoints."""

    saved = 0

    def save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        self.saved += 1
        super().save_checkpoint(*args, **kwargs)


class Seen(Callback):
    """Remembers who trained, by what, and when the steps ended."""

    def __init__(self) -> None:
        self.strategy: object = None
        self.shown: list[int] = []
        self.order: list[type[Callback]] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.strategy = trainer.strategy
        self.order = [type(each) for each in trainer.callbacks]  # type: ignore[attr-defined]

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *rest: Any) -> None:
        assert isinstance(pl_module, GANModule)
        self.shown.append(pl_module.images_shown)


def test_what_is_brought_along_trains(tmp_path: Path) -> None:
    strategy, files, seen = SingleDeviceStrategy(torch.device("cpu")), Counted(), Seen()
    args = [*SMOKE, "--run.eval_kimg=0", "--trainer.accelerator=cpu"]
    args += [f"--run.out={tmp_path / 'run'}", "--growth.kimg=0.08", "--run.checkpoint_kimg=0.016"]
    run = train(args, strategy=strategy, plugins=[files], callbacks=[seen])
    assert seen.strategy is strategy
    assert seen.shown == list(range(8, 81, 8))
    assert seen.order.index(Seen) < seen.order.index(SampleGrids)
    assert files.saved > 1 and run.checkpoint() == run.last


def test_a_strategy_of_ones_own_stands_for_the_named_one() -> None:
    asked = {"accelerator": "cpu", "devices": 2, "num_nodes": 3, "strategy": "fsdp"}
    strategy = SingleDeviceStrategy(torch.device("cpu"))
    found = device_settings(asked, strategy)
    assert found == {"devices": 2, "num_nodes": 3, "strategy": strategy}


def test_ray_is_an_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["duck-and-cover", "train", "--ray-workers", "2"])
    with pytest.raises(SystemExit) as leave:
        main()
    assert leave.value.code == 2
    assert "pip install 'duck-and-cover[cluster]'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
