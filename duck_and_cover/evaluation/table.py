"""Figures of generators beside those of real covers, as tables for a terminal."""

import numpy as np
from rich.console import Console
from rich.table import Table

from duck_and_cover.evaluation.report.contents import Report
from duck_and_cover.evaluation.report.verdicts import headline
from duck_and_cover.evaluation.scores import Scores


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


def report_table(report: Report) -> str:
    """The figures of a report, a row a figure and a column a model, and then the notices."""
    table = Table()
    for name in ("", *(model.name for model in report.models), "floor", "real"):
        table.add_column(name, justify="left" if not name else "right")
    for row in headline(report.models, {}):
        cells = [
            "" if cell is None else f"{cell.text} ± {cell.std}" if cell.std else cell.text
            for cell in row.cells
        ]
        table.add_row(row.name, *cells, row.floor, row.real)
    console = Console(width=100)
    with console.capture() as text:
        console.print(table)
        for model in report.models:
            for flag in model.flags:
                console.print(f"{model.name}: {flag.text}", highlight=False, markup=False)
    return text.get().rstrip()
