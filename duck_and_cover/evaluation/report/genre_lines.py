"""The rows of the genre tables, with a mark where a genre is missed, a stereotype or repeated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from duck_and_cover.evaluation.report.contents import GenreRow
from duck_and_cover.evaluation.report.meanings import THIN, written

POINTS = 0.1  # of accuracy away from that of real covers: worth a mark


@dataclass(frozen=True)
class GenreCell:
    """One number of a genre's row."""

    text: str
    value: str  # to sort by
    muted: bool
    mark: str = ""
    why: str = ""


@dataclass(frozen=True)
class GenreLine:
    """One genre's row."""

    name: str
    count: int
    cells: list[GenreCell]


def genre_lines(rows: Sequence[GenreRow]) -> list[GenreLine]:
    """Generated beside real, genre by genre."""
    alike = [row.real_ms_ssim for row in rows if math.isfinite(row.real_ms_ssim)]
    most = max(alike, default=math.inf)
    return [_genre_line(row, most) for row in rows]


def _genre_line(row: GenreRow, most_alike: float) -> GenreLine:
    gap = row.accuracy - row.real_accuracy
    mark = "▲" if gap > POINTS else "▼" if gap < -POINTS else ""
    why = {"▲": "well above real covers", "▼": "well below real covers", "": ""}[mark]
    repeats = row.ms_ssim > most_alike
    return GenreLine(
        row.name,
        row.count,
        [
            _genre_cell("genre_accuracy", row.accuracy, mark=mark, why=why),
            _genre_cell("genre_accuracy", row.real_accuracy, True),
            _genre_cell("year_error", row.year_error),
            _genre_cell("year_error", row.real_year_error, True),
            _genre_cell(
                "ms_ssim",
                row.ms_ssim,
                mark="▲" if repeats else "",
                why="more alike than any genre of real covers" if repeats else "",
            ),
            _genre_cell("ms_ssim", row.real_ms_ssim, True),
        ],
    )


def _genre_cell(
    name: str, value: float, muted: bool = False, mark: str = "", why: str = ""
) -> GenreCell:
    key = f"{value:.6g}" if math.isfinite(value) else ""
    text = written(name, value).removesuffix(f"{THIN}years")  # the head of the column says it
    return GenreCell(text, key, muted, mark, why)
