"""The judge's look at a training, now and then: what joins `training` and `evaluation`."""

from lightning.pytorch import LightningModule, Trainer

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.judge import judge_for
from duck_and_cover.evaluation.scores import compare, held_out
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.callbacks import ClockCallback, generator_config


class JudgeScores(ClockCallback):
    """val/...: the averaged generator against held-out real covers, as the judge sees both."""

    def __init__(self, data: CoverDataModule, every_kimg: float) -> None:
        super().__init__(every_kimg)
        self.data = data

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The judge is trained, or found in the cache, before the clock runs."""
        assert isinstance(pl_module, GANModule)
        if trainer.is_global_zero:
            self.judge, self.real = judge_for(self.data), held_out(self.data)
            if pl_module.images_shown == 0:
                self.act(trainer, pl_module)

    def act(self, trainer: Trainer, module: GANModule) -> None:
        """Compare and log."""
        if not trainer.is_global_zero:
            return
        network, vocabulary = module.generator_ema, module.vocabulary
        config = generator_config(module, {})
        generator = CoverGenerator(network, config, vocabulary, "training")  # type: ignore[arg-type]
        _, made = compare(generator, self.judge, self.real)
        metrics = {k: v for k, v in made.as_metrics("val/").items() if v == v}
        module.latest.update(metrics)
        module.record(metrics)
