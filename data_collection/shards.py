"""Divides the rows of a collection into parquet files of a limited size, and writes each of them.

    full/train-00000-of-00003.parquet   pictures as they were downloaded
    64px/train-00000-of-00001.parquet   the same covers as PNG of 64 x 64 pixels

All files are planned before the first is written, so that each knows how many there are, and the
same rows make the same bytes again: what is on the Hub already need not be sent, nor even made.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from data_collection.rows import batches, iter_rows
from data_collection.store import Store
from duck_and_cover.data.pictures import UnreadablePicture, decode_cover
from duck_and_cover.data.schema import COLUMNS, SCHEMA_VERSION, SPLITS, features
from duck_and_cover.data.splits import album_key, split_keys
from duck_and_cover.errors import DuckAndCoverError

Row = dict[str, Any]
Caption = Callable[[Mapping[str, Any]], str | None]

SMALL = "64px"
SIDES: Mapping[str, int | None] = {"full": None, SMALL: 64}  # None: the file as it is
DEFAULT = "full"
SHARD_NAME = re.compile(rf"({'|'.join(SIDES)})/({'|'.join(SPLITS)})-\d{{5,}}-of-\d{{5,}}\.parquet")

FORMAT = 1  # rises when the same rows make other bytes than before
ROWS_PER_GROUP = 100  # what stands in memory at a time, and what reading one row costs
_SMALL_BYTES = 64 * 64 * 3 + 200  # no PNG of 64 x 64 pixels is larger
_ROW_BYTES = 200  # what parquet itself takes for a row, at most

# Pictures are compressed already. Left as they are, the Hub's storage finds those it has in any
# other shard, too.
_TEXTS = [name for name in COLUMNS if name != "image"]
_COMPRESSION = dict.fromkeys([*_TEXTS, "genres.list.element", "tracks.list.element"], "zstd")


@dataclass(frozen=True)
class Shard:
    """One parquet file: which rows of a split it holds, and what they are known by.

    Attributes:
        config: a key of SIDES.
        number, of: its place among the files of its configuration and split, from 0.
        first, rows: its first row's number within the split, and how many there are.
        digest: of all that its bytes follow from.
    """

    config: str
    split: str
    number: int
    of: int
    first: int
    rows: int
    digest: str

    @property
    def path(self) -> str:
        """Its name in the dataset's folder."""
        return f"{self.config}/{self.split}-{self.number:05}-of-{self.of:05}.parquet"


class Splits:
    """Which split a row belongs to: the one that `load_covers` would put it in.

    Args:
        artists: how many covers each key of `artist_of` has.
    """

    def __init__(self, artists: Mapping[str, int]) -> None:
        keys_of = split_keys(artists) if len(artists) >= len(SPLITS) else {}
        # Too few artists to divide by all stay in `train`, which a training then divides itself.
        self._others = {key: name for name in SPLITS[1:] for key in keys_of.get(name, ())}

    def of(self, row: Mapping[str, Any]) -> str:
        """The row's split."""
        return self._others.get(artist_of(row), "train")


def artist_of(row: Mapping[str, Any]) -> str:
    """What keeps a row together with others in one split; a row without any name stands alone."""
    return album_key(row["artist_id"], row["artist_name"], row["album_name"]) or row["key"]


def plan_shards(store: Store, caption: Caption, splits: Splits, max_bytes: int) -> list[Shard]:
    """All files, by configuration, split and number, each of at most `max_bytes`.

    A file holds at least one row, however large that is.
    """
    drafts = {(config, split): _Draft(max_bytes) for config in SIDES for split in SPLITS}
    for row in _captioned(store, caption):
        text = json.dumps({name: row.get(name) for name in _TEXTS}, sort_keys=True)
        digest = f"{row['key']} {_picture_digest(store, row['key'])} {text}".encode()
        for config, side in SIDES.items():
            picture = row["bytes"] if side is None else _SMALL_BYTES
            drafts[config, splits.of(row)].add(picture + len(text) + _ROW_BYTES, digest)
    shards = []
    for (config, split), draft in drafts.items():
        made = draft.finish(config, split)
        shards += [replace(shard, of=len(made)) for shard in made]
    return shards


class _Draft:
    """The files of one configuration and split while rows are still coming."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._ended: list[tuple[int, int, str]] = []  # first row, rows, digest
        self._first = self._rows = self._bytes = 0
        self._digest = hashlib.sha256()

    def add(self, size: int, digest: bytes) -> None:
        if self._rows and self._bytes + size > self._max_bytes:
            self._end()
        self._rows += 1
        self._bytes += size
        self._digest.update(digest + b"\n")

    def _end(self) -> None:
        self._ended.append((self._first, self._rows, self._digest.hexdigest()))
        self._first += self._rows
        self._rows = self._bytes = 0
        self._digest = hashlib.sha256()

    def finish(self, config: str, split: str) -> list[Shard]:
        if self._rows:
            self._end()
        maker = f"{FORMAT}.{SCHEMA_VERSION}.{config}"
        return [
            Shard(config, split, number, 0, first, rows, f"{maker}.{digest}")
            for number, (first, rows, digest) in enumerate(self._ended)
        ]


def rows_of(
    store: Store, caption: Caption, splits: Splits, shards: Iterable[Shard]
) -> Iterator[tuple[Shard, Iterator[Row]]]:
    """Each of these shards with its rows, in the order of the plan; some may be left out of it.

    A shard's rows must be read to their end before the next shard is asked for.
    """
    for (_, split), group in groupby(shards, key=lambda shard: (shard.config, shard.split)):
        rows = _within(split, store, caption, splits)
        position = 0
        for shard in group:
            start = shard.first - position
            yield shard, islice(rows, start, start + shard.rows)
            position = shard.first + shard.rows


def write_shard(
    store: Store, shard: Shard, rows: Iterable[Row], path: Path, progress: Callable[[int], None]
) -> None:
    """Write one parquet file; `progress` is told after each group how many rows it had.

    Raises:
        DuckAndCoverError: a picture is gone or cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = features(decode=True).arrow_schema
    picture = partial(_picture, store, SIDES[shard.config])
    with (
        pq.ParquetWriter(
            path, schema, compression=_COMPRESSION, use_content_defined_chunking=True
        ) as writer,
        ThreadPoolExecutor() as threads,
    ):
        for group in batches(rows, ROWS_PER_GROUP):
            images = threads.map(picture, group)
            filled = [row | {"image": image} for row, image in zip(group, images, strict=True)]
            writer.write_table(pa.Table.from_pylist(filled, schema))
            progress(len(group))


def _within(split: str, store: Store, caption: Caption, splits: Splits) -> Iterator[Row]:
    for row in iter_rows(store):
        if splits.of(row) == split:
            yield row | {"caption": caption(row)}


def _captioned(store: Store, caption: Caption) -> Iterator[Row]:
    for row in iter_rows(store):
        yield row | {"caption": caption(row)}


def _picture_digest(store: Store, key: str) -> str:
    row = store.database.execute("SELECT digest FROM covers WHERE key = ?", [key]).fetchone()
    return str(row[0])


def _picture(store: Store, side: int | None, row: Row) -> dict[str, bytes | str]:
    """A cover as the `image` column holds it, made smaller if a side is given."""
    key = row["key"]
    path = store.picture(key)
    try:
        content = path.read_bytes()
        if len(content) != row["bytes"]:
            raise UnreadablePicture("not the file that was downloaded")
        if side is None:
            return {"bytes": content, "path": path.name}
        file = BytesIO()
        decode_cover(content, side).save(file, "PNG")
    except (OSError, UnreadablePicture) as error:
        raise DuckAndCoverError(
            f"'{path}' cannot be read ({error}): delete it and run collect-artist-data again"
        ) from error
    return {"bytes": file.getvalue(), "path": f"{key}.png"}
