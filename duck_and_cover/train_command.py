"""`duck-and-cover train`: the options that are more than fields of the YAML, and the call.

Heavy imports happen inside, so that help comes at once.
"""

import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duck_and_cover.errors import UsageError
from duck_and_cover.shell import as_arguments

if TYPE_CHECKING:
    from duck_and_cover.training.run import RunFolder

AUTO = "auto"  # of --batch


def train(
    context: typer.Context,
    config: Annotated[
        list[str] | None,
        typer.Option(help="A preset's name or a YAML file; later ones override. [progan]"),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Hub id, folder, parquet files, or synthetic.")
    ] = None,
    resolution: Annotated[int | None, typer.Option(help="Top resolution: 32, 64, ...")] = None,
    kimg: Annotated[float | None, typer.Option(help="Thousands of covers to show.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="In place of --kimg: as many as this machine shows then.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Covers a step: 16, or auto, as many as memory takes.")
    ] = None,
    micro_batch: Annotated[
        int | None,
        typer.Option(help="Covers worked on at once: the same step in less memory.", min=1),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder. [runs/CONFIG-N]")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
    init_from: Annotated[
        str | None,
        typer.Option(help="Begin with the weights of this run, generator folder or Hub id."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and noise.")] = None,
    balance: Annotated[
        float | None, typer.Option(help="Show rare genres more often: 0 not, 1 like any other.")
    ] = None,
    stream: Annotated[
        bool, typer.Option(help="Read covers as they are shown: nothing is stored on the disk.")
    ] = False,
    pyramid_max: Annotated[
        int | None,
        typer.Option(help="Highest resolution stored; above, JPEGs are decoded as shown. [128]"),
    ] = None,
    devices: Annotated[str | None, typer.Option(help="Of this machine: 1, 2, ..., auto.")] = None,
    num_nodes: Annotated[int | None, typer.Option(help="Machines that train together.")] = None,
    strategy: Annotated[str | None, typer.Option(help="How devices join: auto or ddp.")] = None,
    ray_workers: Annotated[
        int | None, typer.Option(help="Train in so many processes of a Ray cluster.")
    ] = None,
    eval_every: Annotated[
        float | None,
        typer.Option(help="Ask the judge every so many kimg; 0 never. [an eighth of the run]"),
    ] = None,
    milestones: Annotated[
        int | None,
        typer.Option(help="Generators to keep along the run, for generate. [8]", min=0),
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(help="Save and stop after 55m, 90s, 2h30m or 1-02:00:00; --resume goes on."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Print the plan, train nothing.")] = False,
    wandb: Annotated[bool, typer.Option(help="Log to Weights & Biases too.")] = False,
    tensorboard: Annotated[bool, typer.Option(help="Log to TensorBoard too.")] = False,
    help_all: Annotated[bool, typer.Option(help="List every field of the YAML.")] = False,
) -> None:
    """Train a GAN on covers; every field of the YAML is a flag too (see --help-all).

    With --config titles, train a writer of track lists on the covers' tracks in its place.

    Example: duck-and-cover train --config progan --data synthetic --resolution 32 --kimg 20
    """
    began = time.monotonic()
    from duck_and_cover.training import building, processes, titles
    from duck_and_cover.training.auto_batch import auto_batch
    from duck_and_cover.training.run import free_folder
    from duck_and_cover.training.stopping import seconds_of

    if help_all:
        building.show_fields()
        return
    deadline = began + seconds_of(time_limit) if time_limit is not None else None
    flags = {
        "--data.covers": data,
        "--growth.resolution": resolution,
        "--growth.kimg": kimg,
        "--growth.batch_size": _covers_a_step(batch, micro_batch),
        "--model.init_args.micro_batch": micro_batch,
        "--seed_everything": seed,
        "--data.balance": balance,
        "--data.stream": stream or None,
        "--data.pyramid_max": pyramid_max,
        "--trainer.devices": devices,
        "--trainer.num_nodes": num_nodes,
        "--trainer.strategy": strategy,
        "--run.eval_kimg": eval_every,
        "--run.milestones": milestones,
        "--run.init_from": init_from,
        "--run.wandb": wandb or None,
        "--run.tensorboard": tensorboard or None,
    }
    if titles.asked_for(config or [], resume):
        more = {"--minutes": minutes, "--dry-run": dry_run or None, "--ray-workers": ray_workers}
        given = {**flags, **more}
        run = titles.train_by_flags(config or [], given, context.args, out, resume, deadline)
        typer.echo(f"trained: {run.path}")
        typer.echo(f"write with: duck-and-cover titles --model {run.path}")
        return
    extra = [*as_arguments(flags), *context.args]
    if resume is not None:
        if config or out or init_from:
            raise UsageError(
                "--resume takes its config, folder and beginning from the run: leave out --config, "
                "--out and --init-from"
            )
        if minutes is not None:
            raise UsageError("--resume keeps the run's length: leave out --minutes")
        if batch == AUTO:
            raise UsageError(
                "--resume keeps the run's batch: leave out --batch auto; on a smaller device the "
                "same steps are made with --micro-batch N"
            )
        run = _train(extra, resume, True, deadline, ray_workers)
    else:
        names = config or ["progan"]
        presets = [part for name in names for part in ("--config", str(building.preset_path(name)))]
        if ray_workers is not None and (batch == AUTO or minutes is not None):
            raise UsageError(
                f"--{'batch auto' if batch == AUTO else 'minutes'} measures this machine, not "
                "Ray's: --dry-run with --devices prints the numbers to pass"
            )
        if batch == AUTO:
            extra += auto_batch(building.build([*presets, *extra]), dry_run)
        if minutes is not None:
            extra += as_arguments({"--growth.kimg": _kimg([*presets, *extra], minutes, kimg)})
        if dry_run:
            building.show_plan(building.build([*presets, *extra]))
            return
        folder = out or free_folder(Path("runs") / Path(names[-1]).stem)
        extra += ["--run.out", str(folder)]
        run = _train([*presets, *extra], folder, False, deadline, ray_workers)
    if not processes.writes():
        return
    typer.echo(f"trained: {run.path}")
    typer.echo(f"draw with: duck-and-cover generate {run.path} --n 8 --out covers/")


def _train(
    args: list[str], out: Path, resume: bool, deadline: float | None, ray_workers: int | None
) -> "RunFolder":
    """Train in this process, or in those of a Ray cluster."""
    from duck_and_cover.judge_callback import JudgeScores
    from duck_and_cover.training.fit import train

    if ray_workers is None:
        return train(args, out if resume else None, JudgeScores, deadline)
    if find_spec("ray") is None:
        raise UsageError("--ray-workers needs Ray: pip install 'duck-and-cover[cluster]'")
    from duck_and_cover.training.ray_cluster import train_on_ray

    return train_on_ray(args, out, ray_workers, resume, JudgeScores, deadline)


def _kimg(args: list[str], minutes: float, kimg: float | None) -> float:
    """What `--minutes` stands for; the same command on the same machine, about the same."""
    from duck_and_cover.training.building import build
    from duck_and_cover.training.pace import kimg_in_minutes

    if kimg is not None:
        raise UsageError("--minutes takes the place of --kimg: leave one of them out")
    return kimg_in_minutes(build(args), minutes)


def _covers_a_step(batch: str | None, micro_batch: int | None) -> int | None:
    """`--batch` as a number; None where nothing is said, or auto will choose."""
    if batch == AUTO and micro_batch is not None:
        raise UsageError("--batch auto chooses --micro-batch too: leave it out")
    if batch is None or batch == AUTO:
        return None
    if not batch.isdecimal() or not int(batch):
        raise UsageError(f"--batch {batch}: take a number of covers, or auto")
    return int(batch)
