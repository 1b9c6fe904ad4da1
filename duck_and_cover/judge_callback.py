"""The judge's look at a training, now and then: what joins `training` and `evaluation`."""

import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import LightningModule, Trainer

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.judge import judge_for
from duck_and_cover.evaluation.makes import made
from duck_and_cover.evaluation.real_covers import RealCovers, held_out
from duck_and_cover.evaluation.scores import look_over
from duck_and_cover.generation.folder import save_generator
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.callbacks import ClockCallback, generator_config
from duck_and_cover.training.saving import NotSaved, tensor_bytes, written

log = logging.getLogger(__name__)

MOST = 256  # covers at a look, which must cost next to nothing beside the training


class JudgeScores(ClockCallback):
    """val/...: the averaged generator against held-out real covers, as the judge sees both.

    The generator with the least val/kid so far stays in a folder of its own.

    Args:
        data: What is trained on.
        every_kimg: How often to look.
        best: The folder of the best generator.
    """

    def __init__(self, data: CoverDataModule, every_kimg: float, best: Path) -> None:
        super().__init__(every_kimg)
        self.data, self.best, self.least_kid = data, best, math.inf

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The judge is trained, or found in the cache, before the clock runs."""
        assert isinstance(pl_module, GANModule)
        if trainer.is_global_zero:
            self.judge, real = judge_for(self.data), held_out(self.data)
            self.reference = self.judge.look(real.pictures).features
            self.asked = real.some(MOST)
            pl_module.latest.update(self._floors(real))
            if pl_module.images_shown == 0:
                self.act(trainer, pl_module)

    def _floors(self, real: RealCovers) -> dict[str, float]:
        """real/...: the same scores of one half of the real covers, held against the other."""
        half, other = real.at(np.arange(0, len(real.genres), 2)).some(MOST), self.reference[1::2]
        found = look_over(self.judge, half.pictures, half, other)
        return {f"real/{name}": value for name, value in found.items() if math.isfinite(value)}

    def act(self, trainer: Trainer, module: GANModule) -> None:
        """Draw, judge, log; keep the best."""
        if not trainer.is_global_zero:
            return
        config = generator_config(module, {})
        generator = CoverGenerator(
            module.generator_ema,
            config,
            module.vocabulary,
            "training",
        )
        wishes = module.vocabulary.conditions(self.asked.labels)
        pictures = made(generator, wishes, self.asked.pictures.shape[1])
        seen = look_over(self.judge, pictures, self.asked, self.reference)
        metrics = {f"val/{name}": value for name, value in seen.items() if math.isfinite(value)}
        module.latest.update(metrics)
        module.record(metrics)
        if module.images_shown and seen["kid"] < self.least_kid:
            self.keep(module, seen["kid"])

    def keep(self, module: GANModule, kid: float) -> None:
        """The generator as it is now, as the best one; a full disk costs no training."""
        data = {"name": self.data.covers, "fingerprint": self.data.fingerprint}
        try:
            with written(self.best, tensor_bytes(module.generator_ema.state_dict())):
                save_generator(self.best, module.generator_ema, generator_config(module, data))
        except NotSaved as problem:
            log.warning("%s; the best generator is not kept", problem)
            return
        self.least_kid = kid

    def state_dict(self) -> dict[str, Any]:
        """How good the best one is, for the checkpoint."""
        return {"least_kid": self.least_kid}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.least_kid = float(state_dict["least_kid"])
