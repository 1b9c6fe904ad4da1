"""Generators kept along a run, from which covers can be drawn in turn for variety."""

from __future__ import annotations

import logging
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from duck_and_cover.generation.folder import save_generator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.callbacks import generator_config
from duck_and_cover.training.run import RunFolder
from duck_and_cover.training.saving import NotSaved, tensor_bytes, written

log = logging.getLogger(__name__)


class Milestones(Callback):
    """milestones/000123.456kimg/: the averaged generator at k/count of the run, k = 1 .. count.

    Each stands there before the checkpoint of its moment is written. So a resume finds those up to
    its checkpoint, and makes again what `RunFolder.forget_after` drops.

    Args:
        run: Where to.
        count: How many; 0 keeps none.
        data: Name and fingerprint of the covers, for each config.json.
    """

    def __init__(self, run: RunFolder, count: int, data: dict[str, str]) -> None:
        self.run, self.count, self.data = run, count, data

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the clock."""
        assert isinstance(pl_module, GANModule)
        images, now = pl_module.growth.images, pl_module.images_shown
        before = passed(batch.images_shown, images, self.count)
        if trainer.is_global_zero and before < passed(now, images, self.count):
            self.keep(pl_module)

    def keep(self, module: GANModule) -> None:
        """The generator as it is now; a full disk costs this milestone, and no training."""
        folder = self.run.milestone(module.images_shown)
        folder.parent.mkdir(exist_ok=True)
        try:
            with written(folder, tensor_bytes(module.generator_ema.state_dict())):
                save_generator(folder, module.generator_ema, generator_config(module, self.data))
        except NotSaved as problem:
            log.warning("%s; this milestone is not kept", problem)


def passed(images_shown: int, images: int, count: int) -> int:
    """How many of `count` milestones along a run of `images` lie behind."""
    return min(images_shown * count // images, count)
