"""The `duck-and-cover` command: each sub-command is a sentence, an example and a call.

Heavy imports happen inside the commands, so that help comes at once.
"""

import logging
import shlex
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from duck_and_cover import __version__
from duck_and_cover.make_commands import generate, interpolate, push, variations
from duck_and_cover.shell import run
from duck_and_cover.studio_commands import serve, titles
from duck_and_cover.train_command import train

# Fields of the YAML, which LightningCLI reads, may follow the options.
FREE = {"allow_extra_args": True, "ignore_unknown_options": True}

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


@app.command(context_settings=FREE)
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


app.command(context_settings=FREE)(train)


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
    from duck_and_cover.generation.allocator import keep_freed_memory

    keep_freed_memory(large=False)  # whole sets of covers come and go
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


for command in (generate, variations, interpolate, push, serve, titles):
    app.command()(command)


def main() -> None:
    """Run; errors that people can act on are one line and an exit code."""
    run(app, "duck-and-cover")
