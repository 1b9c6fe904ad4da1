"""Covers that are read as they are shown, from the Hub or a disk, without a copy of one's own.

An epoch's shards (parquet files) come in an order drawn by (seed, epoch) and are shared among the
ranks. Each rank cuts its rows into blocks of `shuffle_buffer`, and shuffles each block by
(seed, place, rank). In memory stand the files of two blocks of pictures, undecoded, and one row
group. A block depends on the place where it begins alone, so that the place is all that a
checkpoint needs: to go on there, the shard is read again from its beginning at worst.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from duck_and_cover.data.block import Block, Cover, Place, Skipped, labels_together, showable
from duck_and_cover.data.columns import describe, find_columns, picture_column, to_schema
from duck_and_cover.data.labels import labels_of
from duck_and_cover.data.opening import (
    Opening,
    one_line_errors,
    opened,
    read_tables,
    training_parts,
)
from duck_and_cover.data.splits import album_keys, cover_keys, split_of
from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.labels import Labels

log = logging.getLogger(__name__)

SHUFFLE_BUFFER = 2000  # covers; 40 to 200 MB of JPEGs
LOOK_ROWS = 5000  # whose genres and years make the vocabulary where none is given
_LOOK_SHARDS = 8  # among which they are spread, since files may be sorted
_FEW = 32  # covers; blocks of fewer are looked through beforehand

# What training uses; the rest of the columns is not read, nor downloaded where it is parquet.
_LABELS = (
    "artist_id",
    "artist_name",
    "album_name",
    "genres",
    "release_date",
    "release_year",
    "audio_features",
)


class CoverStream:
    """The training covers of a dataset, rank by rank and block by block.

    Args:
        data: a Hub id, or parquet files as `load_covers` takes them.
        columns: our column names to the dataset's own, where it is not understood by itself.
        seed: of the order.
        buffer: rows of a block.

    Attributes:
        fingerprint: of the files: names, and the commit or the times of change.
        skipped: the covers that could not be shown.

    Raises:
        UsageError: there is no such data, or it cannot be streamed.
        DuckAndCoverError: it cannot be reached.
    """

    def __init__(
        self,
        data: str,
        columns: Mapping[str, str] | None = None,
        seed: int = 0,
        buffer: int = SHUFFLE_BUFFER,
    ) -> None:
        if buffer < 1:
            raise UsageError(f"shuffle_buffer {buffer}: take 1 or more covers")
        self.data, self.seed, self.buffer = data, seed, buffer
        self.skipped = Skipped()
        opening = Opening(data)
        with one_line_errors(data):
            first = next(iter(opening.parts().values()))
            names = list(first.column_names or next(iter(first.take(1)), {}))
        found = find_columns(names, columns)
        picture = picture_column(first.features or {}, found.get("image"), columns)
        if picture is None:
            raise UsageError(f"columns: which column is 'image'? there are {', '.join(names)}")
        self.labels = {ours: found[ours] for ours in _LABELS if ours in found}
        self.columns = {"image": picture, **self.labels}
        parts, self.held = training_parts(opening.parts(list(self.columns.values())))
        self.fingerprint = opening.fingerprint
        self.shards = _shards(parts)

    def some_labels(self, rows: int = LOOK_ROWS) -> Labels:
        """What is known of some of the training covers; their pictures are not read."""
        from datasets import Dataset, concatenate_datasets

        looks: list[Dataset] = []
        for covers in self._look(rows):
            kept = [row for row, key in enumerate(album_keys(covers)) if not self._holds(key)]
            looks.append(covers.select(kept))
        found = labels_of(concatenate_datasets(looks)) if looks else labels_together([])
        log.info(
            "%d covers of the stream looked at: %d genres; "
            "others can be named by data.genres and data.years",
            len(found),
            len({name for names in found.genres for name in names}),
        )
        return found

    def _look(self, rows: int) -> Iterator[Any]:
        """What is known of about `rows` covers, out of shards spread over all."""
        from datasets import Dataset

        if not self.labels:
            return
        with one_line_errors(self.data):
            parts, _ = training_parts(Opening(self.data).parts(list(self.labels.values())))
            shards = _shards(parts)
            some = shards[:: -(-len(shards) // _LOOK_SHARDS)]
            for part, shard in some:
                for table in read_tables(opened(part, shard).take(-(-rows // len(some)))):
                    yield describe(Dataset(table), self.labels, quiet=True)

    def _holds(self, key: str) -> bool:
        """Whether covers of a key are kept for validation or test."""
        return bool(key) and split_of(key) in self.held

    def blocks(
        self, start: Place, rank: int = 0, world: int = 1, stop: threading.Event | None = None
    ) -> Iterator[Block]:
        """One rank's blocks from `start` on, without end.

        Args:
            start: where a block begins.
            rank, world: which of how many ranks.
            stop: ends the blocks soon after it is set.

        Raises:
            DuckAndCoverError: the data cannot be read on, or no cover can be shown.
        """
        while not (stop and stop.is_set()):
            shown = 0
            for place, tables in self._cut(start, rank, world):
                if stop and stop.is_set():
                    return
                block = self._block(place, tables, rank)
                shown += len(block)
                if len(block):
                    yield block
            if not shown and start[1:] == (0, 0):
                raise DuckAndCoverError(f"data: no covers in '{self.data}' to train rank {rank} on")
            if self.skipped.count:
                log.warning(
                    "epoch %d of the stream is read; %d covers could not be shown so far",
                    start.epoch + 1,
                    self.skipped.count,
                )
            start = Place(start.epoch + 1, 0, 0)

    def _cut(self, start: Place, rank: int, world: int) -> Iterator[tuple[Place, list[Any]]]:
        """The rest of an epoch in pieces of `buffer` rows, the last one shorter."""
        waiting: list[Any] = []
        begin, count = start, 0
        with one_line_errors(self.data, "; the last checkpoint is whole: go on with --resume"):
            for place, table in self._read(start, rank, world):
                while len(table):
                    if not waiting:
                        begin = place
                    taken = table[: self.buffer - count]
                    waiting.append(taken)
                    count += len(taken)
                    table = table[len(taken) :]
                    place = place._replace(row=place.row + len(taken))
                    if count == self.buffer:
                        yield begin, waiting
                        waiting, count = [], 0
        if waiting:
            yield begin, waiting

    def _read(self, start: Place, rank: int, world: int) -> Iterator[tuple[Place, Any]]:
        """Arrow tables of the rest of an epoch, each with where it begins."""
        from datasets.distributed import split_dataset_by_node

        order = np.random.default_rng((self.seed, start.epoch)).permutation(len(self.shards))
        whole = len(order) % world == 0  # shards for each rank, else each reads all of its share
        mine = order[rank::world] if whole else order
        row = start.row
        for number in range(start.shard, len(mine)):
            part = opened(*self.shards[mine[number]])
            if row:
                part = part.skip(row if whole else row * world)
            if not whole:
                part = split_dataset_by_node(part, rank, world)
            for table in read_tables(part, self.buffer):
                yield Place(start.epoch, number, row), table
                row += len(table)
            row = 0

    def _block(self, place: Place, tables: Sequence[Any], rank: int) -> Block:
        """Rows without those that are held out, shuffled."""
        import pyarrow as pa
        from datasets import Dataset

        rows = to_schema(Dataset(pa.concat_tables(tables)), self.columns, quiet=True)
        keys = cover_keys(rows) if self.held else [""] * len(rows)
        covers = [
            cover for cover, key in zip(_covers(rows), keys, strict=True) if not self._holds(key)
        ]
        if len(covers) < _FEW:  # an epoch's last ones: all may be broken, and none could stand in
            covers = showable(covers, self.skipped)
        order = np.random.default_rng((self.seed, *place, rank)).permutation(len(covers))
        return Block(place, [covers[number] for number in order], self.skipped)


def _shards(parts: Sequence[Any]) -> list[tuple[Any, int]]:
    return [(part, number) for part in parts for number in range(part.num_shards)]


def _covers(rows: Any) -> Iterator[Cover]:
    """Rows of the schema as they are kept."""
    names = ["image", "genres", "release_year", "audio_features", "artist_name", "album_name"]
    table = rows.select_columns([*names, "album_id"]).with_format("arrow")[:]
    for image, genres, year, audio, artist, album, album_id in zip(
        *(table[name].to_pylist() for name in [*names, "album_id"]), strict=True
    ):
        file = image or {"bytes": None, "path": None}
        source = file["bytes"] if file["bytes"] is not None else file["path"]
        texts = filter(None, (album_id, artist, album))
        name = file["path"] or " - ".join(texts) or "a cover without a name"
        yield Cover(source, genres, year or 0, artist or "", album or "", audio, name)
