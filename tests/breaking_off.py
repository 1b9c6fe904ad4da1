"""Runs that are broken off at a moment of one's own, for tests of what a resume finds."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from duck_and_cover.training.building import RunSettings, TrainCLI
from duck_and_cover.training.fit import fit
from duck_and_cover.training.run import RunFolder


class Stop(Exception):
    """Ends a run from within."""


class StopAt(Callback):
    """Breaks off before the step that begins at `images_shown`."""

    def __init__(self, images_shown: int) -> None:
        self.images_shown = images_shown

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Look at the batch's clock."""
        if batch.images_shown >= self.images_shown:
            raise Stop


def begin(cli: TrainCLI) -> RunFolder:
    """A new run of parts that a test has changed."""
    settings = RunSettings(**cli.config_init.run.__dict__)
    run = RunFolder(settings.out)
    run.create()
    run.config.write_text(cli.whole_config, encoding="utf-8")
    return fit(cli, run, settings, None, None)
