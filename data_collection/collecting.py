"""One collecting run: ask the source, download the covers, write what trains.

Every step takes up what an earlier run left, so the same command starts, continues and extends a
collection.
"""

from __future__ import annotations

import logging
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import typer

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
        source: where from; it is started here.
        tasks: the first ones; those that are done already are not done again.
        patience: how long to wait, and the signal to stop.
        size: pixels of a cover's side at most.
        concurrency: downloads at a time.
        examples: a folder of example albums whose artists are to be left out.

    Raises:
        UsageError: the source's credentials are wrong, or the examples cannot be read.
        StoppedEarly: interrupted, quota used up, or a service is down. All is saved; after
            anything but an interruption, what is there can be trained on.
    """
    _remember_what_is_there(store)
    read_examples(examples)  # what cannot be read is told now, not after hours
    store.try_again()
    # A used-up quota for questions is none for pictures: after one, what is known is downloaded.
    stopped = _heeded(patience, lambda: _begin(store, source, tasks, size))
    with Bars() as bars:
        stopped = stopped or _heeded(patience, lambda: ask(store, source, patience, bars))
        leave_out_examples(store, examples)
        check_files(store)
        later = _heeded(patience, lambda: _download(store, patience, size, concurrency, bars))
    settle_twins(store)
    write_metadata(store)
    typer.echo(summary(store))
    if stopped := stopped or later:
        raise stopped
    if not store.counts_of_covers().get("done"):
        log.warning("no cover is there: no album was found, or all were left out")
    if failed := _tasks(store, "failed"):
        asked = "1 request" if failed == 1 else f"{failed:,} requests"
        raise StoppedEarly(f"{asked} failed; try again with: {patience.command}")


def _heeded(patience: Patience, step: Callable[[], None]) -> StoppedEarly | None:
    """Why a step stopped early, None if it came to its end; an interruption stops all."""
    try:
        step()
    except StoppedEarly as error:
        if patience.stop.is_set():
            raise
        return error
    return None


def _begin(store: Store, source: Source, tasks: Sequence[Task], size: int) -> None:
    source.start()
    # Not before: wrong credentials make a folder nobody's.
    store.settle_setting("source", source.name)
    store.settle_setting("size", str(size))
    store.add_tasks(tasks)


def _download(store: Store, patience: Patience, size: int, concurrency: int, bars: Bars) -> None:
    # Slow to import, and --help needs none of it.
    from data_collection.download import download

    download(store, patience, size, concurrency, lambda counts: _show_covers(bars, counts))


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
            log.info("%s: %s", task.key, error)
            store.fail_task(task, str(error), for_good=True)
        except (Unavailable, Refused) as error:
            log.warning("%s: %s", task.kind, error)
            store.fail_task(task, str(error), for_good=False)
        if time.monotonic() - looked >= LOOK_EVERY:
            _show_tasks(bars, store)
            looked = time.monotonic()
    _show_tasks(bars, store)


def summary(store: Store) -> str:
    """The closing table: found, there, new, and left out by reason."""
    covers = store.counts_of_covers()
    artists, albums = store.found()
    lines = {
        "artists found": artists,
        "albums found": albums,
        "covers there": covers.get("done", 0),
        "of these new": _count_new(store),
    }
    rest = {"still to download": covers.get("pending", 0)}
    rest |= {f"left out: {reason}": count for reason, count in store.skipped().items()}
    rest |= {"not known to the service": _tasks(store, "gone")}
    return table(str(store.folder), lines | {name: n for name, n in rest.items() if n})


def _tasks(store: Store, state: str) -> int:
    return sum(states.get(state, 0) for states in store.counts_of_tasks().values())


def _remember_what_is_there(store: Store) -> None:
    """Keep the covers of earlier runs apart; gone with the connection."""
    there = "SELECT key FROM covers WHERE state = 'done'"
    store.database.execute(f"CREATE TEMPORARY TABLE there_before AS {there}")


def _count_new(store: Store) -> int:
    new = "state = 'done' AND key NOT IN (SELECT key FROM there_before)"
    return int(store.database.execute(f"SELECT count(*) FROM covers WHERE {new}").fetchone()[0])


class Examples(NamedTuple):
    """What a folder of examples holds: ids, and the source that these are of."""

    artists: list[str]
    albums: list[str]
    source: str


def read_examples(folder: Path | None) -> Examples:
    """The examples in a folder; none without such a folder.

    Raises:
        UsageError: the folder's state cannot be read.
    """
    if folder is None or not (path := folder / DATABASE).is_file():
        return Examples([], [], "")
    # Not opened for reading alone: the last one to close such a database leaves files behind.
    place = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(place, uri=True)) as database:
            rows = database.execute("SELECT artist_id, album_id FROM albums").fetchall()
            settings = dict(database.execute("SELECT name, value FROM settings"))
    except sqlite3.DatabaseError as error:
        raise UsageError(f"--examples {folder}: {error}") from error
    artists = sorted({artist for artist, _ in rows})
    return Examples(artists, [album for _, album in rows], settings.get("source", ""))


def leave_out_examples(store: Store, folder: Path | None) -> None:
    """Keep the artists and albums of a folder of examples out of the covers to train on.

    The examples' own folder is left as it is.
    """
    if folder is not None and folder.resolve() == store.folder.resolve():
        return
    examples, source = read_examples(folder), store.setting("source")
    if examples.albums and examples.source != source:
        log.warning("%s is of %s: %s has other ids", folder, examples.source, source)
    if left := keep_out(store, examples.artists, examples.albums):
        log.info("%d albums are kept out: they or their artists are in %s", left, folder)


@contextmanager
def stopping_on_signals(patience: Patience) -> Iterator[None]:
    """The first Ctrl-C, or a TERM, stops between two items; a second Ctrl-C stops at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if patience.stop.is_set():
            raise KeyboardInterrupt
        log.warning("stopping (Ctrl-C again stops at once) ...")
        patience.stop.set()

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _show_tasks(bars: Bars, store: Store) -> None:
    artists, albums = store.found()
    note = f"{artists:,} artists, {albums:,} albums found"
    for kind, states in sorted(store.counts_of_tasks().items()):
        done = sum(count for state, count in states.items() if state != "pending")
        bars.show(kind, done, sum(states.values()), note)
        note = ""  # once is enough


def _show_covers(bars: Bars, counts: Mapping[str, int]) -> None:
    done = sum(count for state, count in counts.items() if state != "pending")
    bars.show("covers", done, sum(counts.values()), f"{counts.get('done', 0):,} there")
