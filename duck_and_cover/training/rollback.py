"""A training that diverges goes back to its last checkpoint, once, and goes on more slowly."""

from __future__ import annotations

import logging
from pathlib import Path

from lightning.pytorch import LightningDataModule, Trainer

from duck_and_cover.training.base import Diverged, GANModule
from duck_and_cover.training.processes import company
from duck_and_cover.training.run import RunFolder

log = logging.getLogger(__name__)

SOFTER = 0.5  # share of the learning rate that is left


def fit_or_roll_back(
    trainer: Trainer,
    model: GANModule,
    data: LightningDataModule,
    run: RunFolder,
    checkpoint: Path | None,
) -> None:
    """`Trainer.fit` from a checkpoint, or from the last one at half the learning rate.

    The smaller rate is written into the checkpoint first: from there on this run is one that was
    stopped and resumed, and every later resume is exact.

    Raises:
        Diverged: More slowly too, or before there was a checkpoint.
    """
    try:
        with company(trainer):
            trainer.fit(model, data, ckpt_path=checkpoint, weights_only=True)
        return
    except Diverged as diverged:
        kept = run.checkpoint()
        if kept is None or model.lr_scale < 1:
            raise Diverged(f"{diverged}; {advice(model, run, kept)}") from diverged
        rate = model.lr * SOFTER
        log.warning("%s: back to the last checkpoint, with learning rate %g", diverged, rate)
    if trainer.is_global_zero:
        run.soften(kept, SOFTER)
    trainer.strategy.barrier()
    fit_or_roll_back(trainer, model, data, run, run.last)


def advice(model: GANModule, run: RunFolder, kept: Path | None) -> str:
    """What may help where going back has not, or cannot."""
    remedy = f"--model.init_args.lr {model.lr * SOFTER:g} or with larger penalties"
    if kept is None:
        return f"nothing was saved yet: train anew with {remedy}"
    return (
        f"half the learning rate has not helped, but {kept} is sound: go on with "
        f"duck-and-cover train --resume {run.path} {remedy}"
    )
