"""The `duck-and-cover` command: each sub-command is a sentence, an example and a call.

Heavy imports happen inside the commands, so that help comes at once.
"""

import logging
import shlex
import sys
import time
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duck_and_cover import __version__
from duck_and_cover.errors import UsageError
from duck_and_cover.shell import as_arguments, run

if TYPE_CHECKING:
    from duck_and_cover.training.run import RunFolder

AUTO = "auto"  # of --batch

app = typer.Typer(
    help="Train your own album-cover generator, and use it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"duck_and_cover {__version__}")
        raise typer.Exit


@app.callback()
def common(
    debug: Annotated[bool, typer.Option(help="Show tracebacks and library messages.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and leave.")
    ] = False,
) -> None:
    """Train your own album-cover generator, and use it."""
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.INFO, format="%(message)s", stream=sys.stderr
    )
    if not debug:
        for library in (
            "lightning",
            "lightning.pytorch",
            "httpx",
            "httpx2",
            "httpcore",
            "fsspec",
            "PIL",
        ):
            logging.getLogger(library).setLevel(logging.ERROR)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def quickstart(
    context: typer.Context,
    minutes: Annotated[float, typer.Option(help="How long it may take in all.", min=1)] = 8,
    out: Annotated[Path, typer.Option(help="The run folder.")] = Path("runs/quickstart"),
    seed: Annotated[int, typer.Option(help="Of everything that is drawn by chance.")] = 0,
) -> None:
    """Draw covers, train a small progressive GAN on them, judge it, make new covers.

    Example: duck-and-cover quickstart --minutes 2
    """
    from duck_and_cover.quickstart import quickstart as draw_and_train

    draw_and_train(minutes, out, seed, context.args)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
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
    batch: Annotated[
        str | None, typer.Option(help="Covers a step: 16, or auto, as many as memory takes.")
    ] = None,
    micro_batch: Annotated[
        int | None,
        typer.Option(help="Covers worked on at once: the same step in less memory.", min=1),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder. [runs/CONFIG-N]")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
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

    Example: duck-and-cover train --config progan --data synthetic --resolution 32 --kimg 20
    """
    began = time.monotonic()
    from duck_and_cover.training import fit, processes
    from duck_and_cover.training.auto_batch import auto_batch
    from duck_and_cover.training.run import free_folder
    from duck_and_cover.training.stopping import seconds_of

    if help_all:
        fit.show_fields()
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
        "--run.wandb": wandb or None,
        "--run.tensorboard": tensorboard or None,
    }
    extra = [*as_arguments(flags), *context.args]
    if resume is not None:
        if config or out:
            raise UsageError(
                "--resume takes its config and folder from the run: leave out --config and --out"
            )
        if batch == AUTO:
            raise UsageError(
                "--resume keeps the run's batch: leave out --batch auto; on a smaller device the "
                "same steps are made with --micro-batch N"
            )
        run = _train(extra, resume, True, deadline, ray_workers)
    else:
        names = config or ["progan"]
        presets = [part for name in names for part in ("--config", str(fit.preset_path(name)))]
        if batch == AUTO:
            if ray_workers is not None:
                raise UsageError(
                    "--batch auto measures this machine, not Ray's: --dry-run with --devices "
                    "prints the numbers to pass"
                )
            extra += auto_batch(fit.build([*presets, *extra]), dry_run)
        if dry_run:
            fit.show_plan(fit.build([*presets, *extra]))
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


def _covers_a_step(batch: str | None, micro_batch: int | None) -> int | None:
    """`--batch` as a number; None where nothing is said, or auto will choose."""
    if batch == AUTO and micro_batch is not None:
        raise UsageError("--batch auto chooses --micro-batch too: leave it out")
    if batch is None or batch == AUTO:
        return None
    if not batch.isdecimal() or not int(batch):
        raise UsageError(f"--batch {batch}: take a number of covers, or auto")
    return int(batch)


@app.command()
def slurm_script() -> None:
    """Print a batch script that trains on SLURM, to be changed where a cluster asks for it.

    Example: duck-and-cover slurm-script > covers.sh
    """
    typer.echo((files("duck_and_cover.configs") / "slurm.sh").read_text(encoding="utf-8"), nl=False)


@app.command()
def evaluate(
    models: Annotated[
        list[str], typer.Argument(help="Runs, generator folders, Hub ids, folders of pictures.")
    ],
    data: Annotated[
        str | None, typer.Option(help="As in train. [what the first run was trained on]")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Real covers: test, validation, held-out (both), train or all.")
    ] = "test",
    n: Annotated[
        int, typer.Option(help="Covers to compare, if there are as many.", min=16)
    ] = 10_000,
    features: Annotated[
        str,
        typer.Option(
            help="judge, inception, FILE.pt or module:callable (both run what they name)."
        ),
    ] = "judge",
    inception_weights: Annotated[
        Path | None, typer.Option(help="The Inception's file, where nothing can be downloaded.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder of the report.")] = Path("report"),
    seed: Annotated[int, typer.Option(help="The first cover's, and of all chance.")] = 0,
) -> None:
    """Hold generators' covers against real ones that they have not seen, in figures and pictures.

    Example: duck-and-cover evaluate runs/x --split held-out --out report/
    """
    from duck_and_cover.evaluation.evaluate import Wanted
    from duck_and_cover.evaluation.evaluate import evaluate as report_on
    from duck_and_cover.evaluation.table import report_table

    wanted = Wanted(data, split, n, features, inception_weights, seed)
    report, page = report_on(models, wanted, out, shlex.join(["duck-and-cover", *sys.argv[1:]]))
    typer.echo(report_table(report))
    typer.echo(f"report: {page}")


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or reports of evaluate.")],
    out: Annotated[Path, typer.Option(help="The folder of the page.")] = Path("comparison"),
) -> None:
    """Draw several runs' curves and samples into one page.

    Example: duck-and-cover compare runs/x runs/y --out comparison/
    """
    from duck_and_cover.evaluation.report.comparison import compare_runs

    typer.echo(f"comparison: {compare_runs(runs, out)}")


@app.command()
def generate(
    model: Annotated[str, typer.Argument(help="Run or generator folder, or Hub id.")],
    genre: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    year: Annotated[int | None, typer.Option(help="Of release.")] = None,
    artist: Annotated[str, typer.Option(help="Recorded in the files.")] = "",
    album: Annotated[str, typer.Option(help="Recorded in the files.")] = "",
    n: Annotated[int, typer.Option(help="How many covers.", min=1, max=10_000)] = 8,
    seed: Annotated[int, typer.Option(help="The first cover's; the others follow.")] = 0,
    truncation: Annotated[float, typer.Option(help="0: typical covers, 1: all variety.")] = 1.0,
    out: Annotated[Path, typer.Option(help="The folder for the PNGs.")] = Path("covers"),
) -> None:
    """Make covers from a genre and a year.

    Example: duck-and-cover generate runs/x --genre jazz --year 1962 --n 8 --seed 1 --out covers/
    """
    from duck_and_cover.generation.generator import CoverGenerator, save_covers

    generator = CoverGenerator.from_pretrained(model)
    seeds = range(seed, seed + n)
    covers = generator.generate(genre or (), year, artist, album, seeds, truncation)
    for path in save_covers(covers, out):
        typer.echo(path)


def main() -> None:
    """Run; errors that people can act on are one line and an exit code."""
    run(app, "duck-and-cover")
