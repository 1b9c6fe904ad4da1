"""Publishes a collection as a dataset: into a folder, or shard by shard to the Hugging Face Hub.

    README.md, counts.png                        what it is
    full/train-00000-of-00003.parquet, ...       pictures as they were downloaded
    64px/train-00000-of-00001.parquet, ...       the same covers at 64 x 64 pixels

Either ends whole when it is run again after a stop. A push sends only what the Hub does not have.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from data_collection.card import CARD, MARK, PLOT, make_card
from data_collection.counts import count_covers, draw_counts
from data_collection.hub import Hub, Known
from data_collection.rows import iter_rows
from data_collection.shards import (
    SHARD_NAME,
    SIDES,
    Caption,
    Row,
    Shard,
    Splits,
    plan_shards,
    rows_of,
    write_shard,
)
from data_collection.store import Store
from data_collection.waiting import Patience
from duck_and_cover.errors import UsageError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

log = logging.getLogger(__name__)

Progress = Callable[[int, int, int], None]  # rows done, rows in all, bytes uploaded

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_PARTIAL = ".partial"
_REMEMBERED = "published"  # the setting that holds what each shard's bytes came to
_SCRATCH = ".publish"


def parse_size(text: str) -> int:
    """Bytes in `500MB`, `2GB` or `1000000`; a kilobyte is 1,000 bytes.

    Raises:
        UsageError: it is none of these, or nothing.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]B|)\s*", text.upper(), re.ASCII)
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if size < 1:
        raise UsageError(f"--max-shard-size '{text}': give bytes, or a size such as 500MB or 2GB")
    return size


def write_to_disk(
    store: Store,
    folder: Path,
    caption: Caption,
    max_bytes: int,
    patience: Patience,
    progress: Progress,
) -> None:
    """Write the dataset into a folder, in place of one that was written there before.

    Args:
        store: the collection.
        folder: where to; made if it is not there.
        caption: gives a row its caption. It is asked twice a row, and must say the same.
        max_bytes: of one parquet file, about.
        patience: the signal to stop.
        progress: told how far it is.

    Raises:
        UsageError: there is something else in the folder, or there are no covers.
        StoppedEarly: interrupted.
        DuckAndCoverError: a picture cannot be read.
    """
    former = _own_files(folder)
    work = _Work(store, caption, max_bytes, patience, progress)
    for path in former:
        path.unlink()
    for shard, rows in work.rows(work.shards):
        path = folder / shard.path
        path.parent.mkdir(parents=True, exist_ok=True)
        work.write(shard, rows, path)
    for name, content in work.description(folder.resolve().name).items():
        partial = folder / f"{name}{_PARTIAL}"
        partial.write_bytes(content)
        os.replace(partial, folder / name)


def push(
    store: Store,
    repo: str,
    caption: Caption,
    max_bytes: int,
    public: bool,
    patience: Patience,
    progress: Progress,
    api: HfApi | None = None,
) -> None:
    """Put the dataset on the Hub, one commit a shard; the card comes last.

    Args:
        store: the collection.
        repo: OWNER/NAME.
        caption, max_bytes, progress: as for `write_to_disk`.
        public: whether a repository that is made now is for all to see.
        patience: how long to wait between tries, and the signal to stop.
        api: as for `Hub`.

    Raises:
        UsageError: the token, the repository's name or visibility will not do, there are no
            covers, or Spotify's are to be public.
        StoppedEarly: interrupted, or the Hub cannot be reached; run again, it goes on.
        DuckAndCoverError: the Hub refuses, or a picture cannot be read.
    """
    _heed_spotify(store, public)
    hub = Hub(repo, patience, api)
    hub.open(public)
    there = hub.files()
    work = _Work(store, caption, max_bytes, patience, progress)
    memory = _Memory(store, work.shards)
    missing = [s for s in work.shards if not _holds(there, s, memory.known(s))]
    work.skip(sum(s.rows for s in work.shards) - sum(s.rows for s in missing))
    with _scratch(store.folder) as scratch, _no_foreign_bars():
        for shard, rows in work.rows(missing):
            path = scratch / Path(shard.path).name
            work.write(shard, rows, path)
            memory.keep(shard, path)
            if not _holds(there, shard, memory.known(shard)):
                hub.put(shard.path, path)
                work.uploaded(path.stat().st_size)
            path.unlink()
        planned = {shard.path for shard in work.shards}
        stale = [path for path in there if SHARD_NAME.fullmatch(path) and path not in planned]
        hub.finish(work.description(repo), sorted(stale))


class _Work:
    """The plan of a dataset, and how far it has been carried out."""

    def __init__(
        self, store: Store, caption: Caption, max_bytes: int, patience: Patience, told: Progress
    ) -> None:
        self._store = store
        self._caption = caption
        self._patience = patience
        self._told = told
        self._counts = count_covers(iter_rows(store))
        if not self._counts.covers:
            raise UsageError(f"'{store.folder}' has no covers yet: run collect-artist-data")
        self._splits = Splits(self._counts.artists)
        self.shards = plan_shards(store, caption, self._splits, max_bytes)
        self._done = self._sent = 0

    def rows(self, shards: list[Shard]) -> Iterator[tuple[Shard, Iterator[Row]]]:
        """Some of the shards, each with its rows."""
        return rows_of(self._store, self._caption, self._splits, shards)

    def write(self, shard: Shard, rows: Iterator[Row], path: Path) -> None:
        """Write a shard; it is there whole or not at all."""
        partial = path.with_name(f"{path.name}{_PARTIAL}")
        write_shard(self._store, shard, rows, partial, self.skip)
        os.replace(partial, path)

    def skip(self, rows: int) -> None:
        """So many rows more are done."""
        if self._patience.stop.is_set():
            raise self._patience.interrupted()
        self._done += rows
        self._told(self._done, self._counts.covers * len(SIDES), self._sent)

    def uploaded(self, size: int) -> None:
        """So many bytes more are on the Hub."""
        self._sent += size
        self.skip(0)

    def description(self, name: str) -> dict[str, bytes]:
        """The files that say what the dataset is, the card last; `name` is how to load it."""
        card = make_card(self._counts, self.shards, name)
        return {PLOT: draw_counts(self._counts), CARD: card.encode()}


class _Memory:
    """What the bytes of shards came to when they were made, so that they need not be made again.

    Only the shards of the present plan are remembered.
    """

    def __init__(self, store: Store, shards: list[Shard]) -> None:
        self._store = store
        found = json.loads(store.setting(_REMEMBERED) or "{}")
        wanted = {shard.digest for shard in shards}
        self._known: dict[str, Known] = {
            digest: (sha, size) for digest, (sha, size) in found.items() if digest in wanted
        }

    def known(self, shard: Shard) -> Known | None:
        """SHA-256 and size, None if this shard was never made."""
        return self._known.get(shard.digest)

    def keep(self, shard: Shard, path: Path) -> None:
        """Remember a shard's file."""
        with path.open("rb") as file:
            sha = hashlib.file_digest(file, "sha256").hexdigest()
        self._known[shard.digest] = (sha, path.stat().st_size)
        self._store.keep_setting(_REMEMBERED, json.dumps(self._known))


def _holds(there: dict[str, Known | None], shard: Shard, known: Known | None) -> bool:
    return known is not None and there.get(shard.path) == known


def _heed_spotify(store: Store, public: bool) -> None:
    if store.setting("source") != "spotify":
        return
    if public:
        raise UsageError("--public: Spotify's terms forbid publishing what it was asked for")
    log.warning(
        "Spotify's terms forbid passing its content on and training models on it; what you do "
        "with this dataset, private as it is, is your own responsibility"
    )


def _own_files(folder: Path) -> list[Path]:
    """What an earlier run wrote into a folder, the card in front: without it nothing is whole.

    Raises:
        UsageError: there is anything else, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--to-disk '{folder}': there is a file of that name")
    folder.mkdir(parents=True, exist_ok=True)
    card, plot, shards = folder / CARD, folder / PLOT, []
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        name = path.relative_to(folder).as_posix().removesuffix(_PARTIAL)
        if SHARD_NAME.fullmatch(name):
            shards.append(path)
        elif name not in (CARD, PLOT) or (path == card and MARK.encode() not in card.read_bytes()):
            raise UsageError(
                f"--to-disk '{folder}': '{name}' is none of this program's: give a new folder"
            )
    partial = [folder / f"{name}{_PARTIAL}" for name in (CARD, PLOT)]
    return [*filter(Path.exists, [card, plot, *partial]), *shards]


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """An empty folder for one shard at a time; what a killed run left in it is removed."""
    path = folder / _SCRATCH
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _no_foreign_bars() -> Iterator[None]:
    """Keep the Hub client's own bars out of the way."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()
