"""A generator's figures beside those of real covers, as people read them."""

from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.judge import judge_for
from duck_and_cover.evaluation.scores import Scores, compare, held_out
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.growth import Growth


def comparison_table(real: Scores, made: Scores, more: dict[str, str] | None = None) -> Table:
    """One row a figure: generated, held-out real."""
    table = Table(title=f"{made.count} generated covers against {real.count} held-out real ones")
    for name in ("", "generated", "real"):
        table.add_column(name, justify="left" if not name else "right")
    ratio = made.diversity / real.diversity
    rows = [
        ("genre accuracy", _share(made.genre_accuracy), _share(real.genre_accuracy)),
        ("year error", _years(made.year_error), _years(real.year_error)),
        ("diversity within a genre", _share(ratio), "100.0 %"),
        ("MS-SSIM within a genre", f"{made.ms_ssim:.3f}", f"{real.ms_ssim:.3f}"),
        ("judge KID (real: floor)", f"{made.kid:.3f}", f"{real.kid:.3f}"),
    ]
    for row in rows:
        table.add_row(*row)
    for name, value in (more or {}).items():
        table.add_row(name, value, "")
    return table


def _share(value: float) -> str:
    return f"{value:.1%}".replace("%", " %") if np.isfinite(value) else "not labelled"


def _years(value: float) -> str:
    return f"{value:.1f} years" if np.isfinite(value) else "not labelled"


def evaluate(model: str, data: str | None = None, seed: int = 0) -> str:
    """The comparison of one model with held-out covers, as a text table.

    Args:
        model: Run or generator folder, or Hub id.
        data: As `load_covers` takes it; None takes the data that a run folder was trained on.
    """
    generator = CoverGenerator.from_pretrained(model)
    growth = Growth(resolution=generator.config.resolution)
    covers = CoverDataModule(data, growth) if data else data_of(Path(model), growth)
    found, made = compare(generator, judge_for(covers), held_out(covers), seed)
    console = Console(width=100)
    with console.capture() as text:
        console.print(comparison_table(found, made))
    return text.get()


def data_of(run: Path, growth: Growth) -> CoverDataModule:
    """The covers that a run was trained on.

    Raises:
        UsageError: The folder is no run.
    """
    config = run / "config.yaml"
    if not config.is_file():
        raise UsageError(f"--data: say what to hold {run} against; only a run folder knows its own")
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    seed = int(settings["seed_everything"])
    return CoverDataModule(**{**settings["data"], "growth": growth, "seed": seed})
