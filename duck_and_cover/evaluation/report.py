"""A generator's figures beside those of real covers, as people read them."""

import numpy as np
from rich.console import Console
from rich.table import Table

from duck_and_cover.data.module import CoverDataModule
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


def evaluate(model: str, data: str, seed: int = 0) -> str:
    """The comparison of one model with the held-out covers of one dataset, as a text table."""
    generator = CoverGenerator.from_pretrained(model)
    resolution = generator.config.resolution
    covers = CoverDataModule(data, Growth(resolution=resolution))
    judge = judge_for(covers.pyramid("train"), covers.vocabulary, resolution)
    real = held_out([covers.pyramid("validation"), covers.pyramid("test")], resolution)
    found, made = compare(generator, judge, real, seed)
    console = Console(width=100)
    with console.capture() as text:
        console.print(comparison_table(found, made))
    return text.get()
