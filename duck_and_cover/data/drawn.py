"""Draws synthetic covers once and keeps them, so that the second training starts at once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from duck_and_cover.data.cache import (
    appearing_folder,
    cache_folder,
    one_at_a_time,
    remove_folder,
)
from duck_and_cover.data.schema import SCHEMA_VERSION, features
from duck_and_cover.data.workers import cpu_count, map_in_order, progress
from duck_and_cover.errors import UsageError

if TYPE_CHECKING:
    import datasets

log = logging.getLogger(__name__)

SIZES = range(32, 1025)  # pixels of a side that the grammars can draw

_FILE = "covers.arrow"
Draw = Callable[[range], list[dict[str, Any]]]

_CHUNK = 50  # covers a worker draws before it hands them over


def drawn_covers(
    count: int, size: int, seed: int = 0, processes: int | None = None, lettered: bool = True
) -> datasets.Dataset:
    """Synthetic covers 0..count-1 of a seed, from the cache folder or drawn now.

    Args:
        count: how many.
        size: pixels of a side.
        seed: same seed and index, same cover.
        processes: how many to draw with; None for all processors.
        lettered: whether artist and title are printed on them.
    """
    if count < 1:
        raise UsageError(f"synthetic_count: {count} covers cannot be drawn; give 1 or more")
    if size not in SIZES:
        raise UsageError(f"synthetic_size: not {size}; give {SIZES.start} to {SIZES.stop - 1}")
    version = f"v{SCHEMA_VERSION}-{_drawing_digest()}"
    kind = "synthetic" if lettered else "synthetic-unlettered"
    place = cache_folder() / kind / f"{count}-{size}px-seed{seed}-{version}"
    kept = _open(place, count)
    if kept is not None:
        return kept
    with one_at_a_time(place):
        drawn = _open(place, count)
        if drawn is None:
            rows = partial(_rows, seed=seed, size=size, lettered=lettered)
            with appearing_folder(place) as folder:
                _draw(folder / _FILE, rows, count, processes or cpu_count())
            drawn = _open(place, count)
    assert drawn is not None
    return drawn


def _drawing_digest() -> str:
    """Changes with the code and the fonts that draw, so that older drawings are not mistaken."""
    package = Path(__file__).parent.parent
    files = [
        package / "typography.py",
        *sorted((package / "fonts").glob("*.ttf")),
        *sorted((package / "data" / "synthetic").rglob("*.py")),
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _open(place: Path, count: int) -> datasets.Dataset | None:
    """The covers kept at a place, memory-mapped; None where there are none to be used."""
    from datasets import Dataset

    if not place.exists():
        return None
    try:
        covers = Dataset.from_file(str(place / _FILE))
        damage = "" if len(covers) == count else f"{len(covers)} of {count} covers"
    except (OSError, pa.ArrowException) as error:
        damage = str(error)
    if not damage:
        return covers
    log.warning("%s is damaged (%s); drawing its covers anew", place, damage)
    remove_folder(place)
    return None


def _draw(file: Path, rows: Draw, count: int, processes: int) -> None:
    chunks = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    schema = features().arrow_schema
    work = map_in_order(rows, chunks, min(processes, len(chunks)))
    log.info("drawing %d covers into %s", count, file.parent)
    with progress("drawing covers", count) as advance, pa.OSFile(str(file), "wb") as sink:
        with pa.ipc.new_stream(sink, schema) as stream:
            for drawn in work:
                stream.write_table(pa.Table.from_pylist(drawn, schema))
                advance(len(drawn))


def _rows(indices: range, seed: int, size: int, lettered: bool) -> list[dict[str, Any]]:
    from duck_and_cover.data.synthetic import synthetic_rows

    rows: Iterator[dict[str, Any]] = synthetic_rows(indices, seed, size, lettered)
    return list(rows)
