"""The `duck-and-cover` command: each sub-command is a sentence, an example and a call.

Heavy imports happen inside the commands, so that help comes at once.
"""

import logging
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from duck_and_cover import __version__
from duck_and_cover.errors import UsageError
from duck_and_cover.shell import run

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
        for library in ("lightning", "lightning.pytorch", "httpx", "httpcore", "fsspec", "PIL"):
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
    batch_size: Annotated[int | None, typer.Option(help="Covers a step.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder. [runs/CONFIG-N]")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and noise.")] = None,
    balance: Annotated[
        float | None, typer.Option(help="Show rare genres more often: 0 not, 1 like any other.")
    ] = None,
    pyramid_max: Annotated[
        int | None,
        typer.Option(help="Highest resolution stored; above, JPEGs are decoded as shown. [128]"),
    ] = None,
    devices: Annotated[str | None, typer.Option(help="Of this machine: 1, 2, ..., auto.")] = None,
    num_nodes: Annotated[int | None, typer.Option(help="Machines that train together.")] = None,
    strategy: Annotated[str | None, typer.Option(help="How devices join: auto or ddp.")] = None,
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
    from duck_and_cover.judge_callback import JudgeScores
    from duck_and_cover.training import fit, processes
    from duck_and_cover.training.stopping import seconds_of

    if help_all:
        fit.show_fields()
        return
    deadline = began + seconds_of(time_limit) if time_limit is not None else None
    flags = {
        "--data.covers": data,
        "--growth.resolution": resolution,
        "--growth.kimg": kimg,
        "--growth.batch_size": batch_size,
        "--seed_everything": seed,
        "--data.balance": balance,
        "--data.pyramid_max": pyramid_max,
        "--trainer.devices": devices,
        "--trainer.num_nodes": num_nodes,
        "--trainer.strategy": strategy,
        "--run.wandb": wandb or None,
        "--run.tensorboard": tensorboard or None,
    }
    extra = [*fit.as_arguments(flags), *context.args]
    if resume is not None:
        if config or out:
            raise UsageError(
                "--resume takes its config and folder from the run: leave out --config and --out"
            )
        run = fit.train(extra, resume=resume, judge=JudgeScores, deadline=deadline)
    else:
        names = config or ["progan"]
        presets = [part for name in names for part in ("--config", str(fit.preset_path(name)))]
        if dry_run:
            fit.show_plan(fit.build([*presets, *extra]))
            return
        folder = out or fit.free_folder(Path("runs") / Path(names[-1]).stem)
        run = fit.train(
            [*presets, *extra, "--run.out", str(folder)], judge=JudgeScores, deadline=deadline
        )
    if not processes.writes():
        return
    typer.echo(f"trained: {run.path}")
    typer.echo(f"draw with: duck-and-cover generate {run.path} --n 8 --out covers/")


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="Run or generator folder, or Hub id.")],
    data: Annotated[
        str | None,
        typer.Option(help="As in train. [what the run was trained on]"),
    ] = None,
    seed: Annotated[int, typer.Option(help="The first cover's; the others follow.")] = 0,
) -> None:
    """Hold a generator's covers against real ones that it has not seen.

    Example: duck-and-cover evaluate runs/x
    """
    from duck_and_cover.evaluation.report import evaluate as report

    typer.echo(report(model, data, seed))


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
