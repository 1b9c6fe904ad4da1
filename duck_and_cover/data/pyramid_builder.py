"""Fills the folder of a cover pyramid: decodes in processes, halves, writes level after level.

The top level is the decoded picture resized with Lanczos. Each level below is the mean of the top
level's pixels, rounded once: halving what is rounded already would darken or lighten low levels.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from duck_and_cover.data.pictures import UnreadablePicture, decode_measured
from duck_and_cover.data.workers import map_in_order, progress
from duck_and_cover.errors import DuckAndCoverError

if TYPE_CHECKING:
    import datasets

log = logging.getLogger(__name__)

ROWS, SIDES, SKIPPED, ABOUT = "rows.npy", "sides.npy", "skipped.json", "pyramid.json"

_CHUNK_BYTES = 24 * 2**20  # of top-level pixels that a worker hands over at a time
_INLINE_BELOW = 64  # covers; fewer are decoded before processes have started
_SAMPLE = 16  # covers a level whose pixels are checked at every opening
_SKIPPED_IN_LOG = 20  # the whole list stands in the folder

Pixels = npt.NDArray[np.uint8]
Source = bytes | str


class Decoded(NamedTuple):
    """One chunk's way back from a worker."""

    levels: list[Pixels]  # (kept, R, R, 3), lowest resolution first
    kept: list[int]  # row numbers
    skipped: list[tuple[int, str]]  # row number, reason
    sides: list[int]  # of those kept, in their files, in pixels


def level_file(folder: Path, resolution: int) -> Path:
    """Where a level stands in a pyramid's folder."""
    return folder / f"{resolution}.npy"


def build(
    dataset: datasets.Dataset, folder: Path, resolutions: tuple[int, ...], processes: int
) -> None:
    """Write the pyramid of a dataset's pictures into an empty folder.

    Args:
        dataset: covers in the schema.
        folder: where to; the caller renames it into its place.
        resolutions: 4, 8, ... up to the top level.
        processes: how many to decode with.
    """
    _check_space(folder, len(dataset), resolutions)
    top = resolutions[-1]
    chunk = max(1, min(64, _CHUNK_BYTES // (3 * top**2)))
    decode = partial(decode_chunk, resolutions=resolutions)
    processes = 1 if len(dataset) < _INLINE_BELOW else processes
    kept: list[int] = []
    skipped: list[tuple[str, str]] = []
    sides: list[int] = []
    started = time.monotonic()
    log.info("decoding %d covers to %dx%d", len(dataset), top, top)
    with progress("decoding covers", len(dataset)) as advance, _Levels(folder, resolutions) as out:
        for part in map_in_order(decode, _chunks(dataset, chunk), processes):
            out.append(part.levels)
            kept += part.kept
            skipped += [(_name(dataset, row), reason) for row, reason in part.skipped]
            sides += part.sides
            advance(len(part.kept) + len(part.skipped))
    if not kept:
        reason = f", the first: {skipped[0][1]}" if skipped else ""
        raise DuckAndCoverError(f"none of the {len(dataset)} covers can be shown{reason}")
    warn_of_enlarged(np.array(sides), top)
    if skipped:
        log.warning("%d of %d covers cannot be shown", len(skipped), len(dataset))
    for name, reason in skipped[:_SKIPPED_IN_LOG]:
        log.warning("cannot be shown: %s: %s", name, reason)
    np.save(folder / ROWS, np.array(kept, dtype=np.int64))
    np.save(folder / SIDES, np.array(sides, dtype=np.int64))
    _write_json(folder / SKIPPED, skipped)
    about = {
        "covers": len(kept),
        "dataset_rows": len(dataset),
        "resolutions": resolutions,
        "checksums": {
            resolution: sample_checksum(np.load(level_file(folder, resolution), mmap_mode="r"))
            for resolution in resolutions
        },
    }
    _write_json(folder / ABOUT, about)
    log.info("decoded %d covers in %.1f s", len(kept), time.monotonic() - started)


def warn_of_enlarged(sides: npt.NDArray[np.int64], resolution: int) -> None:
    """Say how many of the covers, whose `sides` are given in pixels, are smaller than wanted."""
    if enlarged := int((sides < resolution).sum()):
        log.warning(
            "%d covers are smaller than %dx%d and are enlarged", enlarged, resolution, resolution
        )


def sample_checksum(level: Pixels) -> int:
    """CRC-32 of covers spread evenly over a level (N, R, R, 3), the first and last among them."""
    checksum = 0
    for row in np.linspace(0, len(level) - 1, min(_SAMPLE, len(level))).astype(int):
        checksum = zlib.crc32(level[row].tobytes(), checksum)
    return checksum


def decode_chunk(sources: list[tuple[int, Source | None]], resolutions: tuple[int, ...]) -> Decoded:
    """Decode pictures to all levels; those that cannot be shown are named with their reason."""
    top = resolutions[-1]
    covers: list[Pixels] = []
    kept: list[int] = []
    skipped: list[tuple[int, str]] = []
    sides: list[int] = []
    for row, source in sources:
        try:
            if source is None:
                raise UnreadablePicture("no picture")
            cover, side = decode_measured(source, top)
        except UnreadablePicture as error:
            skipped.append((row, error.reason))
            continue
        covers.append(np.asarray(cover))
        kept.append(row)
        sides.append(side)
    pixels = np.stack(covers) if covers else np.zeros((0, top, top, 3), np.uint8)
    return Decoded(means(pixels, resolutions), kept, skipped, sides)


def means(pixels: Pixels, resolutions: tuple[int, ...]) -> list[Pixels]:
    """All levels of (N, R, R, 3) covers, lowest first: block means, rounded once, ties to even."""
    levels = [pixels]
    # Sums of whole numbers stay exact where a chain of means would not.
    sums: npt.NDArray[np.uint32] = pixels.astype(np.uint32)
    for resolution in reversed(resolutions[:-1]):
        sums = sums[:, 0::2] + sums[:, 1::2]
        sums = sums[:, :, 0::2] + sums[:, :, 1::2]
        area = (resolutions[-1] // resolution) ** 2
        levels.append(np.rint(sums / area).astype(np.uint8))
    return levels[::-1]


class _Levels:
    """The `.npy` files of all levels, appended to; their headers are written when the end is known.

    NumPy leaves room in a header for the first axis to grow, so that it can be written over.
    """

    def __init__(self, folder: Path, resolutions: tuple[int, ...]) -> None:
        self.resolutions = resolutions
        self.count = 0
        self.files: list[IO[bytes]] = [level_file(folder, r).open("wb") for r in resolutions]

    def __enter__(self) -> _Levels:
        self._write_headers()
        return self

    def append(self, levels: list[Pixels]) -> None:
        """Write the next covers, one array (N, R, R, 3) a level."""
        for file, level in zip(self.files, levels, strict=True):
            file.write(level.data)
        self.count += len(levels[0])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write_headers()
        for file in self.files:
            file.close()

    def _write_headers(self) -> None:
        for resolution, file in zip(self.resolutions, self.files, strict=True):
            shape = (self.count, resolution, resolution, 3)
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            file.seek(0)
            np.lib.format.write_array_header_1_0(file, header)


def _chunks(dataset: datasets.Dataset, size: int) -> Iterator[list[tuple[int, Source | None]]]:
    """Row numbers with the pictures' bytes or paths, as they are handed to workers."""
    images = dataset.select_columns(["image"]).with_format("arrow")
    for start in range(0, len(images), size):
        rows = images[start : start + size]["image"].to_pylist()
        yield [(start + i, _source(image)) for i, image in enumerate(rows)]


def _source(image: dict[str, Any] | None) -> Source | None:
    if image is None:
        return None
    source: Source | None = image["bytes"] if image["bytes"] is not None else image["path"]
    return source


def _name(dataset: datasets.Dataset, row: int) -> str:
    """What a person finds a skipped cover by: its file, else its album."""
    cover = dataset.select_columns(["image", "album_id", "album_name"]).with_format("arrow")[[row]]
    image, album_id, album_name = (cover[name][0].as_py() for name in cover.column_names)
    return (image or {}).get("path") or album_id or album_name or f"row {row}"


def _check_space(folder: Path, count: int, resolutions: tuple[int, ...]) -> None:
    needed = count * sum(3 * resolution**2 for resolution in resolutions)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DuckAndCoverError(
            f"the covers need {needed / 1e9:.1f} GB in {folder.parent}, where {free / 1e9:.1f} GB "
            "are free; a lower resolution or another cache folder helps"
        )


def _write_json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
