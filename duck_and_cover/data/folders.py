"""Reads a folder of pictures: with a metadata file, with one sub-folder per genre, or plain.

The conventions are those of `load_dataset("imagefolder")`. Pictures are neither opened nor copied:
a row holds the path of its file, which is why thousands of covers load in a moment.
"""

from __future__ import annotations

import csv
import json
import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from duck_and_cover.data.pictures import (
    SMALLEST_SIDE,
    SUFFIXES,
    UnreadablePicture,
    decode_cover,
)
from duck_and_cover.data.splits import picture_digests, split_name
from duck_and_cover.errors import UsageError

if TYPE_CHECKING:
    import datasets

log = logging.getLogger(__name__)

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
_FILE_NAME = ("file_name", "image_file_name")


@dataclass(frozen=True)
class FolderFiles:
    """What stands in a folder and below, each kind in order of its path."""

    pictures: list[Path]
    metadata: list[Path]
    parquet: list[Path]


def files_below(folder: Path) -> FolderFiles:
    """Find pictures and tables. Hidden files and folders are left alone; links are followed."""
    found = FolderFiles([], [], [])
    for path in sorted(_walk(folder, set())):
        if path.name.lower() in METADATA:
            found.metadata.append(path)
        elif path.suffix.lower() == ".parquet":
            found.parquet.append(path)
        elif path.suffix.lower() in SUFFIXES:
            found.pictures.append(path)
    return found


def read_pictures(folder: Path, files: FolderFiles) -> dict[str, datasets.Dataset]:
    """The rows of a picture folder by split: paths of pictures, and what is known of them."""
    if files.metadata:
        return _described(folder, files)
    root, splits = _layout(folder, files.pictures)
    parts: dict[str, list[Path]] = defaultdict(list)
    for path in files.pictures:
        parts[path.relative_to(root).parts[0] if splits else "train"].append(path)
    return {
        name: _undescribed(root / name if splits else root, paths) for name, paths in parts.items()
    }


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    """All files below; a folder reached twice by links is read once."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    for entry in os.scandir(folder):
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.is_dir():
            yield from _walk(Path(entry.path), seen)
        elif entry.is_file():
            yield Path(entry.path)


def _layout(folder: Path, pictures: Sequence[Path]) -> tuple[Path, bool]:
    """The folder that divides the pictures, and whether it divides them into splits."""
    root = folder
    while True:
        firsts = {path.relative_to(root).parts[:-1][:1] for path in pictures}
        if len(firsts) != 1 or firsts == {()}:
            names = [split_name(first[0]) if first else None for first in firsts]
            return root, all(names) and len(set(names)) == len(names)
        root = root.joinpath(*firsts.pop())  # a folder with one sub-folder is a mere wrapping


def _undescribed(root: Path, paths: Sequence[Path]) -> datasets.Dataset:
    """Pictures whose only description may be the name of the folder they stand in."""
    root, _ = _layout(root, paths)
    genres = [[path.parent.name] if path.parent != root else [] for path in paths]
    genres, paths = _merge_twins(genres, paths)
    names = [path.relative_to(root).as_posix() for path in paths]
    provenance = ["album" if genre else "" for genre in genres]
    columns = {"album_id": names, "genres": genres, "genre_provenance": provenance}
    return _with_pictures(pa.table(columns), paths)


def _merge_twins(
    genres: Sequence[list[str]], paths: Sequence[Path]
) -> tuple[list[list[str]], list[Path]]:
    """One row for a picture that stands in several folders, with the genres of all of them."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for row, path in enumerate(paths):
        by_size[path.stat().st_size].append(row)
    # Files of different size cannot be the same, so most files need not be read.
    suspects = [row for rows in by_size.values() if len(rows) > 1 for row in rows]
    digests = picture_digests({"bytes": None, "path": str(paths[row])} for row in suspects)
    first_with: dict[str, int] = {}
    first_of = list(range(len(paths)))
    for digest, row in sorted(zip(digests, suspects, strict=True), key=lambda pair: pair[1]):
        first = first_with.setdefault(digest, row)
        # Files that are no pictures stay apart, so that each is listed where they are decoded.
        if first != row and _shows(paths[row]):
            first_of[row] = first
    merged: dict[int, list[str]] = {}
    for row, first in enumerate(first_of):
        merged[first] = [*merged.get(first, []), *genres[row]]
    if twins := len(paths) - len(merged):
        log.info("%d pictures are the same as another: one of each is kept, genres united", twins)
    return list(merged.values()), [paths[row] for row in merged]


def _shows(path: Path) -> bool:
    try:
        decode_cover(path, SMALLEST_SIDE)
    except UnreadablePicture:
        return False
    return True


def _described(folder: Path, files: FolderFiles) -> dict[str, datasets.Dataset]:
    """Pictures listed in metadata files, by the `split` column or the folder they stand in."""
    tables, paths = [], []
    for file in files.metadata:
        table = _read_table(file)
        named = next((name for name in _FILE_NAME if name in table.column_names), None)
        if named is None:
            raise UsageError(
                f"{file}: no column 'file_name'; there are {', '.join(table.column_names)}"
            )
        paths += [file.parent / str(name) for name in table[named].to_pylist()]
        tables.append(table.drop_columns([named]))
    table = pa.concat_tables(tables, promote_options="permissive")
    present = [row for row, path in enumerate(paths) if path.is_file()]
    if absent := len(paths) - len(present):
        log.warning("%d of %d pictures in the metadata are not there", absent, len(paths))
    if not present:
        raise UsageError(f"{folder}: none of the pictures named in {files.metadata[0].name} exist")
    if unlisted := len(set(files.pictures) - set(paths)):
        log.warning("%d pictures are not in the metadata; left out", unlisted)
    kept = [paths[row] for row in present]
    table = table.take(present)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(_split_column(table) or _split_folders(folder, kept)):
        rows_of[name].append(row)
    return {
        name: _with_pictures(table.take(rows), [kept[row] for row in rows])
        for name, rows in rows_of.items()
    }


def _read_table(file: Path) -> Any:
    """A metadata file as an arrow table. CSV stays text: album "007" is not the number 7."""
    try:
        if file.suffix.lower() == ".parquet":
            return pyarrow.parquet.read_table(file).replace_schema_metadata(None)
        with file.open(encoding="utf-8-sig", newline="") as lines:
            if file.suffix.lower() == ".csv":
                rows = list(csv.DictReader(lines))
            else:
                rows = [json.loads(line) for line in lines if line.strip()]
        names = dict.fromkeys(name for row in rows for name in row if name)
        return pa.table({name: _column([row.get(name) for row in rows]) for name in names})
    except (pa.ArrowException, csv.Error, ValueError, AttributeError, TypeError) as error:
        raise UsageError(f"{file}: not readable: {str(error).partition(chr(10))[0]}") from error


def _column(values: Sequence[Any]) -> Any:
    try:
        return pa.array(values)
    except pa.ArrowException:
        # Values of several kinds, a year of 1988 beside "1988-05": text holds them all.
        texts = (v if v is None or isinstance(v, str) else json.dumps(v) for v in values)
        return pa.array(list(texts))


def _split_column(table: Any) -> list[str] | None:
    if "split" not in table.column_names:
        return None
    names = [str(name) for name in table["split"].to_pylist()]
    return names if all(map(split_name, names)) else None


def _split_folders(folder: Path, paths: Sequence[Path]) -> list[str]:
    root, splits = _layout(folder, paths)
    return [path.relative_to(root).parts[0] if splits else "train" for path in paths]


def _with_pictures(table: Any, paths: Sequence[Path]) -> datasets.Dataset:
    from datasets import Dataset

    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    images = pa.array([{"bytes": None, "path": str(path.absolute())} for path in paths], kind)
    for name in ("image", "split"):
        if name in table.column_names:
            table = table.drop_columns([name])
    return Dataset(table.append_column("image", images))
