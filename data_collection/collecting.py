"""One collecting run: ask the source, download the covers, write what trains.

Every step takes up what an earlier run left, so the same command starts, continues and extends a
collection.
"""

from __future__ import annotations

import logging
import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import typer

from data_collection.download import download
from data_collection.rows import check_files, keep_out, settle_twins, write_metadata
from data_collection.screen import Bars, table
from data_collection.sources.base import Source, Task
from data_collection.sources.http import NotFound, Refused, Unavailable
from data_collection.store import DATABASE, Store
from data_collection.waiting import Patience
from duck_and_cover.errors import StoppedEarly, UsageError

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds between two looks at the counts, which cost a little each


def collect(
    store: Store,
    source: Source,
    tasks: Sequence[Task],
    patience: Patience,
    size: int,
    concurrency: int,
    examples: Path | None = None,
) -> None:
    """Carry a folder as far as it can be carried now, and print in a table what is there.

    Args:
        store: the folder.
        source: where from; it has been started.
        tasks: the first ones; those that are done already are not done again.
        patience: how long to wait, and the signal to stop.
        size: pixels of a cover's side at most.
        concurrency: downloads at a time.
        examples: a folder of example albums whose artists are to be left out.

    Raises:
        StoppedEarly: interrupted, quota used up, or a service is down. All is saved; after
            anything but an interruption, what is there can be trained on.
    """
    before = store.counts_of_covers().get("done", 0)
    store.try_again()
    store.add_tasks(tasks)
    stopped: StoppedEarly | None = None
    with Bars() as bars:
        try:
            ask(store, source, patience, bars)
        except StoppedEarly as error:
            # A used-up quota for questions is none for pictures.
            stopped = error
        if patience.stop.is_set():
            raise patience.interrupted()
        leave_out_examples(store, examples)
        check_files(store)
        try:
            download(store, patience, size, concurrency, lambda counts: _show_covers(bars, counts))
        except StoppedEarly as error:
            stopped = stopped or error
        if patience.stop.is_set():
            raise patience.interrupted()
    settle_twins(store)
    write_metadata(store)
    typer.echo(summary(store, before))
    if stopped:
        raise stopped
    if failed := sum(states.get("failed", 0) for states in store.counts_of_tasks().values()):
        raise StoppedEarly(f"{failed} requests failed; make them again with: {patience.command}")


def ask(store: Store, source: Source, patience: Patience, bars: Bars) -> None:
    """Make the requests that are queued, and those they lead to, until none is left.

    Raises:
        StoppedEarly: as in `collect`.
    """
    looked = 0.0
    while task := store.next_task():
        if patience.stop.is_set():
            raise patience.interrupted()
        try:
            store.finish_task(task, source.answer(task), source.name)
        except NotFound as error:
            store.fail_task(task, str(error), for_good=True)
        except (Unavailable, Refused) as error:
            log.warning("%s: %s", task.kind, error)
            store.fail_task(task, str(error), for_good=False)
        if time.monotonic() - looked >= LOOK_EVERY:
            _show_tasks(bars, store)
            looked = time.monotonic()
    _show_tasks(bars, store)


def summary(store: Store, before: int) -> str:
    """The closing table: found, there, new, and left out by reason.

    Args:
        before: how many covers were there when the run began.
    """
    covers = store.counts_of_covers()
    there = covers.get("done", 0)
    artists, albums = store.found()
    lines: dict[str, int | str] = {
        "artists found": artists,
        "albums found": albums,
        "covers there": there,
        "of these new": max(there - before, 0),
        "still to download": covers.get("pending", 0),
    }
    left_out = {f"left out: {reason}": count for reason, count in store.skipped().items()}
    return table(str(store.folder), {k: v for k, v in (lines | left_out).items() if v})


def example_ids(folder: Path | None) -> tuple[list[str], list[str]]:
    """The artists and the albums of a folder of examples, by id; none without such a folder.

    Raises:
        UsageError: the folder's state cannot be read.
    """
    if folder is None or not (path := folder / DATABASE).is_file():
        return [], []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT artist_id, album_id FROM albums").fetchall()
    except sqlite3.DatabaseError as error:
        raise UsageError(f"--examples {folder}: {error}") from error
    return sorted({artist for artist, _ in rows}), [album for _, album in rows]


def leave_out_examples(store: Store, examples: Path | None) -> None:
    """Keep the artists and albums of a folder of examples out of the covers to train on."""
    artists, albums = example_ids(examples)
    if left := keep_out(store, artists, albums):
        log.info("%d albums are kept out: they or their artists are in %s", left, examples)


@contextmanager
def stopping_on_signals(patience: Patience) -> Iterator[None]:
    """The first Ctrl-C, or a TERM, stops between two items; a second Ctrl-C stops at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if patience.stop.is_set():
            raise KeyboardInterrupt
        log.warning("stopping ...")
        patience.stop.set()

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _show_tasks(bars: Bars, store: Store) -> None:
    artists, albums = store.found()
    for kind, states in store.counts_of_tasks().items():
        done = sum(count for state, count in states.items() if state != "pending")
        bars.show(kind, done, sum(states.values()), f"{artists:,} artists, {albums:,} albums found")


def _show_covers(bars: Bars, counts: Mapping[str, int]) -> None:
    done = sum(count for state, count in counts.items() if state != "pending")
    bars.show("covers", done, sum(counts.values()), f"{counts.get('done', 0):,} there")
