"""What happens around the steps: checkpoints with the exported generator, sample grids, the GIF."""

import logging
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from PIL import Image

from duck_and_cover.generation.folder import GeneratorConfig, architecture_of, save_generator
from duck_and_cover.generation.generator import Pictures, draw, latents
from duck_and_cover.generation.sheet import COLUMNS, contact_sheet, sheet_conditions
from duck_and_cover.training.base import GANModule, crossed
from duck_and_cover.training.run import RunFolder
from duck_and_cover.training.saving import NotSaved, tensor_bytes, written

log = logging.getLogger(__name__)

NEVER = -1
GIF_SECONDS, GIF_FRAMES, GIF_SIDE = 8, 24, 640  # of covers: below 3 MB


class ClockCallback(Callback):
    """Acts whenever the clock passes a multiple of `every_kimg`, and at the end of the run."""

    def __init__(self, every_kimg: float) -> None:
        self.every_kimg = every_kimg
        self.done_at = NEVER

    def act(self, trainer: Trainer, module: GANModule) -> None:
        """What to do then."""
        raise NotImplementedError

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the clock."""
        assert isinstance(pl_module, GANModule)
        now = pl_module.images_shown
        if crossed(batch.images_shown, now, self.every_kimg):
            self.done_at = now
            self.act(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The last state counts too, once."""
        assert isinstance(pl_module, GANModule)
        if self.done_at != pl_module.images_shown:
            self.act(trainer, pl_module)


class Checkpoints(ClockCallback):
    """last.ckpt, and the averaged generator as a folder that CoverGenerator loads.

    Args:
        run: Where to.
        every_kimg: How often.
        data: Name and fingerprint of the covers, for the generator's config.json.
    """

    def __init__(self, run: RunFolder, every_kimg: float, data: dict[str, str]) -> None:
        super().__init__(every_kimg)
        self.run, self.data = run, data

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After a resume: forget what a lost stretch of the run wrote."""
        assert isinstance(pl_module, GANModule)
        if trainer.is_global_zero:
            self.run.forget_after(pl_module.images_shown)

    def act(self, trainer: Trainer, module: GANModule) -> None:
        """Save, unless what is there is better: amid bad steps, or where nothing can be written.

        Training goes on then; the next moment, or the end, tries again.

        Raises:
            NotSaved: There is no checkpoint yet, so that going on would be at risk.
        """
        self.done_at, failed = NEVER, False
        if module.guard.row:
            return
        try:
            self.save(trainer, module)
        except NotSaved as problem:
            failed = True
            if not self.run.last.exists():
                raise
            log.warning("%s; training goes on, %s is whole", problem, self.run.last)
        if trainer.strategy.reduce_boolean_decision(failed, all=False):
            self.done_at = NEVER  # in all processes, though one alone writes

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The last state is saved, or the run fails."""
        assert isinstance(pl_module, GANModule)
        self.save(trainer, pl_module)

    def save(self, trainer: Trainer, module: GANModule) -> None:
        """Write both, unless they are written.

        Raises:
            NotSaved: There is no room, or no right, to write them.
        """
        if self.done_at == module.images_shown:
            return
        module.sound_losses()
        self.run.save_checkpoint(trainer)
        if trainer.is_global_zero:
            config = generator_config(module, self.data)
            with written(self.run.generator, tensor_bytes(module.generator_ema.state_dict())):
                save_generator(self.run.generator, module.generator_ema, config)
        self.done_at = module.images_shown


class SampleGrids(ClockCallback):
    """samples/000123kimg.png: the same latents and conditions all along, one genre a row."""

    def __init__(self, run: RunFolder, every_kimg: float) -> None:
        super().__init__(every_kimg)
        self.run = run

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The untrained generator is the first picture."""
        assert isinstance(pl_module, GANModule)
        if pl_module.images_shown == 0:
            self.act(trainer, pl_module)

    def act(self, trainer: Trainer, module: GANModule) -> None:
        """Draw, save, hand to the loggers that take pictures."""
        if not trainer.is_global_zero:
            return
        sheet = contact_sheet(*sample_grid(module))
        path = self.run.samples / f"{module.images_shown / 1000:010.3f}kimg.png"
        try:
            sheet.save(path)
        except OSError as problem:
            log.warning("no sample is drawn: cannot write %s (%s)", path, problem.strerror)
            return
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_image("samples", [str(path)], step=module.images_shown)
            elif isinstance(logger, TensorBoardLogger):
                pixels = torch.tensor(list(sheet.tobytes()), dtype=torch.uint8)
                image = pixels.reshape(sheet.height, sheet.width, 3)
                logger.experiment.add_image(
                    "samples", image, module.images_shown, dataformats="HWC"
                )

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """All grids as one picture that moves."""
        super().on_train_end(trainer, pl_module)
        if trainer.is_global_zero:
            try:
                save_gif(self.run)
            except OSError as problem:
                log.warning("cannot write %s (%s)", self.run.gif, problem.strerror)


def generator_config(module: GANModule, data: dict[str, str]) -> GeneratorConfig:
    """The description of a module's averaged generator as of now."""
    stage = module.growth.stage_at(max(module.images_shown - 1, 0))
    return GeneratorConfig(
        architecture=architecture_of(module.generator_ema),
        generator=dict(module.generator_ema.settings),
        vocabulary=module.vocabulary.settings(),
        resolution=stage.resolution,
        alpha=stage.alpha,
        kimg=module.images_shown / 1000,
        data=data,
        metrics={k: v for k, v in module.latest.items() if k.startswith(("val/", "real/"))},
    )


def sample_grid(module: GANModule) -> tuple[Pictures, int, list[str]]:
    """Fixed covers of the averaged generator: (N, R, R, 3), columns, and the rows' names."""
    vocabulary, stage = module.vocabulary, module.growth.stage_at(max(module.images_shown - 1, 0))
    conditions, names = sheet_conditions(vocabulary)
    network = module.generator_ema
    z = latents(range(len(conditions)), network)
    pictures = draw(
        network,
        z,
        vocabulary.encode(conditions),
        stage.resolution,
        stage.alpha,
    )
    top = module.growth.resolution
    if stage.resolution < top:  # one size all along, so that the grids can be flicked through
        pictures = pictures.repeat(top // stage.resolution, 1).repeat(top // stage.resolution, 2)
    return pictures, COLUMNS, names


def save_gif(run: RunFolder) -> None:
    """progress.gif out of the sample grids: at most GIF_FRAMES of them, GIF_SIDE pixels long."""
    paths = sorted(run.samples.glob("*kimg.png"))
    if not paths:
        return
    chosen = [paths[round(i * (len(paths) - 1) / (GIF_FRAMES - 1))] for i in range(GIF_FRAMES)]
    paths = list(dict.fromkeys(chosen)) if len(paths) > GIF_FRAMES else paths
    frames = []
    for path in paths:
        with Image.open(path) as picture:
            scale = min(1.0, GIF_SIDE / max(picture.size))
            size = round(picture.width * scale), round(picture.height * scale)
            small = picture.resize(size, Image.Resampling.BOX) if scale < 1 else picture.copy()
            frames.append(small.convert("P", palette=Image.Palette.ADAPTIVE, colors=64))
    pace = max(GIF_SECONDS * 1000 // len(frames), 40)
    durations = [pace] * (len(frames) - 1) + [2500]  # the result stays a while
    frames[0].save(run.gif, save_all=True, append_images=frames[1:], duration=durations, loop=0)
