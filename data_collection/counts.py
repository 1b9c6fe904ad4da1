"""Counts what a collection holds, for the dataset's card and its plot, and for dividing it.

One pass over the rows fills a few counters, so that a million rows take little memory.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from data_collection.shards import artist_of

GENRES_IN_PLOT = 25


@dataclass
class Counts:
    """How many covers there are, and of what.

    Attributes:
        artists: covers by `artist_of`.
        grid: covers by genre and decade.
    """

    covers: int = 0
    size: int = 0  # bytes of all pictures
    undated: int = 0
    without_genres: int = 0
    artists: Counter[str] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)
    genres: Counter[str] = field(default_factory=Counter)
    grid: Counter[tuple[str, int]] = field(default_factory=Counter)
    provenances: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one row of `iter_rows`."""
        year = row["release_year"]
        self.covers += 1
        self.size += row["bytes"]
        self.artists[artist_of(row)] += 1
        self.sources[row["source"] or ""] += 1
        self.licences[row["licence_note"]] += 1
        self.genres.update(row["genres"])
        if year is None:
            self.undated += 1
        else:
            self.years[year] += 1
            self.grid.update((genre, decade_of(year)) for genre in row["genres"])
        if row["genres"]:
            self.provenances[row["genre_provenance"]] += 1
        else:
            self.without_genres += 1


def count_covers(rows: Iterable[Mapping[str, Any]]) -> Counts:
    """Count all rows, in one pass."""
    counts = Counts()
    for row in rows:
        counts.add(row)
    return counts


def draw_counts(counts: Counts) -> bytes:
    """A PNG: how many covers of the most frequent genres, by decade."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    genres = [genre for genre, _ in ranked(counts.genres)[:GENRES_IN_PLOT]]
    decades = sorted({decade for _, decade in counts.grid})
    figure = Figure(figsize=(8, 1.5 + 0.25 * len(genres)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if decades:
        cells = [
            [counts.grid[genre, decade] or float("nan") for decade in decades] for genre in genres
        ]
        most = max(counts.grid.values())
        mesh = axes.imshow(cells, aspect="auto", cmap="viridis", norm=LogNorm(1, max(most, 2)))
        figure.colorbar(mesh, label="covers")
        # A dollar sign in a name is no formula.
        axes.set_yticks(range(len(genres)), genres, parse_math=False)
        axes.set_xticks(range(len(decades)), [f"{decade}s" for decade in decades], rotation=45)
    else:
        axes.text(0.5, 0.5, "no cover has both a genre and a year", ha="center")
        axes.set_axis_off()
    file = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name in a script that the font does not have
        figure.savefig(file, format="png", dpi=100, metadata={"Software": None})
    return file.getvalue()


def ranked(counter: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent first, equals by name: the order must not hang on the order of rows."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def decade_of(year: int) -> int:
    """1988 is of 1980."""
    return year // 10 * 10
