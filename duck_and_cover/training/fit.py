"""`duck-and-cover train`: from arguments to a finished run folder."""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch import Callback
from lightning.pytorch.strategies import Strategy

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.errors import UsageError
from duck_and_cover.training.building import RunSettings, TrainCLI, build, quiet_libraries
from duck_and_cover.training.callbacks import Checkpoints, SampleGrids
from duck_and_cover.training.devices import check_shares
from duck_and_cover.training.init_from import start_from
from duck_and_cover.training.milestones import Milestones
from duck_and_cover.training.plan import forward_gflop
from duck_and_cover.training.processes import writes
from duck_and_cover.training.progress import TrainingProgress
from duck_and_cover.training.rollback import fit_or_roll_back
from duck_and_cover.training.run import RunFolder, log_to, loggers
from duck_and_cover.training.saving import use_checkpoint_files
from duck_and_cover.training.stopping import StopRequests, skipped

log = logging.getLogger(__name__)

# What a step costs beside its arithmetic, in GFLOP a picture: small networks feel it.
STEP_GFLOP = 0.05

# Evaluation stands beside training, not below it: who calls `train` brings it along.
Judging = Callable[[CoverDataModule, float, Path], Callback]


def train(
    args: list[str],
    resume: Path | None = None,
    judge: Judging | None = None,
    deadline: float | None = None,
    strategy: Strategy | None = None,
    plugins: Sequence[Any] = (),
    callbacks: Sequence[Callback] = (),
) -> RunFolder:
    """Train from LightningCLI arguments, or go on with the run in the folder `resume`.

    Args:
        judge: Makes the callback that evaluates every `run.eval_kimg`; None leaves it out.
        deadline: When to stop, by `time.monotonic`; None trains to the end.
        strategy: Of Lightning, in place of what `trainer.strategy` names. Gradients meet in the
            training step, so it must not wrap the model: `processes.Together` or a class of it.
        plugins: Of Lightning, beside `trainer.plugins`, such as a cluster's environment.
        callbacks: Of Lightning, before those of every run.

    Returns:
        The run folder, with checkpoints, samples, metrics, GIF and generator.

    Raises:
        StoppedEarly: By a signal or the deadline; what was trained is saved.
    """
    if not writes():
        logging.getLogger("duck_and_cover").setLevel(logging.ERROR)  # the first one says it
    checkpoint = RunFolder(resume).checkpoint() if resume is not None else None
    if resume is not None:
        if not RunFolder(resume).config.is_file():
            raise UsageError(f"--resume {resume}: no run there (config.yaml is missing)")
        args = ["--config", str(RunFolder(resume).config), *args, "--run.out", str(resume)]
        if checkpoint is not None:  # which holds what came of the weights it began with
            args += ["--run.init_from", "null"]
    cli = build(args, strategy, plugins)
    cli.trainer.callbacks += callbacks  # type: ignore[attr-defined]
    model = cli.model
    group = getattr(model.discriminator, "stddev_group", 0)
    check_shares(model.growth, group, cli.trainer.world_size, model.micro_batch)
    settings = RunSettings(**cli.config_init.run.__dict__)
    run = RunFolder(settings.out)
    begins = start_from(model, cli.source) if cli.source is not None else ""
    cli.source = None  # weights that are not needed any more
    if resume is None and writes():
        run.create()
        run.config.write_text(cli.whole_config, encoding="utf-8")
    if begins and writes():
        with log_to(run.log):
            log.info(begins)
    return fit(cli, run, settings, checkpoint, judge, deadline)


def fit(
    cli: TrainCLI,
    run: RunFolder,
    settings: RunSettings,
    checkpoint: Path | None,
    judge: Judging | None,
    deadline: float | None = None,
) -> RunFolder:
    """Train from where the run stands to its end."""
    model, data, growth = cli.model, cli.datamodule, cli.model.growth
    checkpoint_kimg = settings.checkpoint_kimg or min(growth.kimg / 20, 50)
    described = {"name": data.covers, "fingerprint": data.fingerprint}
    callbacks: list[Callback] = [
        TrainingProgress({r: STEP_GFLOP + gflop for r, gflop in forward_gflop(model).items()}),
        SampleGrids(run, settings.sample_kimg or growth.kimg / 40),
    ]
    if settings.eval_kimg != 0 and judge is not None and not data.stream:
        callbacks.append(judge(data, settings.eval_kimg or growth.kimg / 8, run.best))
    # After the judge, so that exported generators carry the scores of their moment.
    callbacks.append(Milestones(run, settings.milestones, described))
    checkpoints = Checkpoints(run, checkpoint_kimg, described)
    requeues = any(isinstance(plugin, SLURMEnvironment) for plugin in cli.plugins)
    stops = StopRequests(checkpoints.save, run.path, deadline, requeues)
    cli.trainer.callbacks += [*callbacks, checkpoints, stops]  # type: ignore[attr-defined]
    use_checkpoint_files(cli.trainer)
    cli.trainer.loggers = loggers(run, settings.tensorboard, settings.wandb)
    with log_to(run.log) if writes() else nullcontext(), quiet_libraries():
        log.info(
            "training %s to %g kimg%s",
            run.path,
            growth.kimg,
            f" from {checkpoint}" if checkpoint else "",
        )
        if data.stream and settings.eval_kimg != 0:
            log.info("streaming: the judge, which needs covers on the disk, is left out")
        with stops.watching():
            fit_or_roll_back(cli.trainer, model, data, run, checkpoint)
        if model.guard.skipped:
            log.info("done%s", skipped(model))
    return run
