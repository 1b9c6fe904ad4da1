"""What a dataset says of its covers, as conditions are made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.conditions import PARTS
from duck_and_cover.errors import UsageError
from duck_and_cover.labels import Labels

if TYPE_CHECKING:
    import datasets

# The parts of a condition that stand in columns of their own beside genres and year.
AUDIO, ARTIST, ALBUM = "audio_features", "artist_name", "album_name"


def labels_of(dataset: datasets.Dataset) -> Labels:
    """All that is known of covers in the schema; their pictures are not read."""
    names = ["genres", "release_year", AUDIO, ARTIST, ALBUM]
    table = dataset.select_columns(names).with_format("arrow")[:]
    return Labels(
        [genres or [] for genres in table["genres"].to_pylist()],
        table["release_year"].fill_null(0).to_numpy().astype(np.int32),
        audio_rows(table[AUDIO].to_pylist()),
        [name or "" for name in table[ARTIST].to_pylist()],
        [name or "" for name in table[ALBUM].to_pylist()],
    )


def audio_rows(cells: Sequence[Mapping[str, Any] | None]) -> npt.NDArray[np.float32]:
    """Cells of audio features -> (N, 10) in the order of `AUDIO_FEATURES`, nan where not known."""
    rows = [[(cell or {}).get(name) for name in AUDIO_FEATURES] for cell in cells]
    return np.array(rows, np.float32).reshape(-1, len(AUDIO_FEATURES))


def check_conditions(parts: Sequence[str]) -> None:
    """Refuse parts of a condition that there are not.

    Raises:
        UsageError: One is none of `PARTS`.
    """
    for part in parts:
        if part not in PARTS:
            raise UsageError(f"conditions: {part!r} is none of {', '.join(PARTS)}")


def read_families(path: Path | None) -> dict[str, str] | None:
    """Families by genre from a file of lines `genre<tab>family`.

    Raises:
        UsageError: The file is not there, or not of that kind.
    """
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"families: cannot read {path}: {error}") from error
    pairs = [line.split("\t") for line in lines if line.strip()]
    for number, pair in enumerate(pairs, 1):
        if len(pair) != 2 or not all(pair):
            raise UsageError(f"families: {path}, line {number} is not 'genre<tab>family'")
    return {genre.strip().lower(): family.strip() for genre, family in pairs}
