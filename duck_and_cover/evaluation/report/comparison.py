"""One page for several runs: a plot a metric with all of their curves, last figures, samples."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.report.contents import FILE, Curve, Figure, ModelReport, Report
from duck_and_cover.evaluation.report.drawing import house_style
from duck_and_cover.evaluation.report.files import write_whole
from duck_and_cover.evaluation.report.meanings import direction
from duck_and_cover.evaluation.report.page import (
    PAGE,
    PLOTS,
    curve_plots,
    environment,
    references,
    summary,
)
from duck_and_cover.evaluation.report.pictures import Picture, inlined
from duck_and_cover.evaluation.report.verdicts import headline

if TYPE_CHECKING:
    from PIL import Image

CLOCK, SCORES = "kimg", "val/"
MOST_POINTS = 100  # of a curve: a longer one is averaged
ROWS = 2  # of every run's sample grid


def curves_of(run: Path) -> list[Curve]:
    """Every metric of a run's metrics.csv, the scores before the losses; long ones averaged.

    Raises:
        UsageError: There is no metrics.csv, or it is none.
    """
    path = run / "metrics.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(f"{run}: no run to compare ({error})") from None
    if not rows or CLOCK not in rows[0]:
        raise UsageError(f"{path}: no moment of training in it yet")
    names = [name for name in rows[0] if name and name != CLOCK]
    names.sort(key=lambda name: not name.startswith(SCORES))
    return [curve for name in names if (curve := _curve(rows, name)).kimg]


def _curve(rows: Sequence[dict[str, str]], name: str) -> Curve:
    points = [(_float(row[CLOCK]), _float(row.get(name))) for row in rows]
    known = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    width = max(1, -(-len(known) // MOST_POINTS))
    groups = [known[max(0, end - width) : end] for end in range(len(known), 0, -width)][::-1]
    return Curve(name, [group[-1][0] for group in groups], [_mean(group) for group in groups])


def _mean(points: Sequence[tuple[float, float]]) -> float:
    return sum(y for _, y in points) / len(points)


def _float(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:  # of a line cut short
        return math.nan


def runs_of(path: Path) -> list[ModelReport]:
    """What there is to compare at a path: a report's models, or a run with its curves.

    Raises:
        UsageError: It is neither.
    """
    if path.name == FILE or (path / FILE).is_file():
        return Report.read(path).models
    curves = curves_of(path)
    figures = [
        Figure(c.name.removeprefix(SCORES), c.values[-1], None, None, direction(c.name), None)
        for c in curves
        if c.name.startswith(SCORES)
    ]
    shown = max(c.kimg[-1] for c in curves) if curves else None
    name = path.resolve().name
    return [ModelReport(name, "run", shown, _resolution(path), 0, figures, [], curves=curves)]


def _resolution(run: Path) -> int:
    """Of the run's generator; 0 where it has none yet."""
    try:
        found = json.loads((run / "generator" / "config.json").read_text(encoding="utf-8"))
        return int(found["resolution"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def latest_samples(run: Path) -> Path | None:
    """The last of a run's sample grids."""
    grids = (run / "samples").glob("*kimg.png")
    return max(grids, default=None, key=lambda grid: _float(grid.name.removesuffix("kimg.png")))


def compare_runs(paths: Sequence[Path], folder: Path) -> Path:
    """Several run folders or reports on one page.

    Returns:
        The page.

    Raises:
        UsageError: A path is neither.
    """
    runs, samples = [], []
    for path in paths:
        found = runs_of(path)
        runs += found
        samples += [latest_samples(path)] * len(found)
    return write_comparison(runs, folder, samples)


def write_comparison(
    runs: Sequence[ModelReport], folder: Path, samples: Sequence[Path | None] = ()
) -> Path:
    """Write plots/*.png and index.html.

    Args:
        samples: A sample grid of each run in turn; its first rows are shown.

    Returns:
        The page.
    """
    (folder / PLOTS).mkdir(parents=True, exist_ok=True)
    with house_style():
        plots = curve_plots([(run.name, run.curves) for run in runs], references(runs))
    for plot in plots:
        write_whole(folder / PLOTS / f"{plot.name}.png", plot.png)
    rows = headline(runs, {})
    page = (
        environment()
        .get_template("compare.html")
        .render(
            models=runs,
            about=[summary(run) for run in runs],
            rows=rows,
            with_floor=any(row.floor != "–" or row.real != "–" for row in rows),
            curves=plots,
            samples=[
                (place, first_rows(path, runs[place].name))
                for place, path in enumerate(samples)
                if path is not None
            ],
        )
    )
    return write_whole(folder / PAGE, page)


def first_rows(grid: Path, model: str, rows: int = ROWS) -> Picture:
    """The upper rows of a sample grid; all of it where no gap between rows can be seen."""
    from PIL import Image

    with Image.open(grid) as opened:
        picture = opened.convert("RGB")
    picture = picture.crop((0, 0, picture.width, _end_of_row(picture, rows)))
    held = io.BytesIO()
    picture.save(held, format="PNG")
    return inlined(held.getvalue(), model)


def _end_of_row(picture: Image.Image, rows: int) -> int:
    """Pixels down to the gap after so many rows: lines of the paper's colour, across all covers."""
    import numpy as np

    from duck_and_cover.generation.sheet import PAPER

    covers = np.asarray(picture)[:, picture.width // 2 :]
    empty = (covers == np.array(PAPER, np.uint8)).all(axis=(1, 2))
    starts = np.flatnonzero(empty[1:] & ~empty[:-1]) + 1  # of the gap below each row
    return int(starts[rows - 1]) + 2 if len(starts) >= rows else picture.height
