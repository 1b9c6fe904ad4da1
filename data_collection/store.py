"""What a collecting folder knows: one SQLite file is the queue and the truth.

    tasks    requests to a service: pending, done, failed
    albums   what they brought, one row an edition
    covers   what is to be downloaded, one row an album (all its editions together)

A picture is written and renamed before its row says `done`, and a task's albums are stored in the
same transaction that ends the task. So a run can be killed at any instant: at most the requests in
hand are made again, and nothing is lost. One run at a time works on a folder.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from data_collection.answers import keep_answer
from data_collection.database import explained, locked, open_database, storable, to_json
from data_collection.sources.base import Answer, Task
from duck_and_cover.errors import UsageError

DATABASE = "collection.sqlite"
PICTURES = "images"
# Editions in the order in which they speak for their album: those of the earliest year first, of
# these the plainest title, then the earliest date, "1988-05" after all days of that month.
EARLIEST = "release_year IS NULL, release_year, length(album_name), release_date || '~', album_id"


@dataclass(frozen=True)
class CoverJob:
    """A cover to download: its key, where from, and how often that was tried before."""

    key: str
    urls: tuple[str, ...]
    attempts: int


class Store:
    """The state of one collecting folder. Use `open_store`."""

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        self.folder = folder
        self.database = database

    # What the folder is for

    def settle_setting(self, name: str, value: str) -> None:
        """Keep a setting that must not change within a folder.

        Raises:
            UsageError: the folder was begun with another value.
        """
        self.check_setting(name, value)
        self.keep_setting(name, value)

    def check_setting(self, name: str, value: str) -> None:
        """See that a setting is not another one yet; raises as `settle_setting`."""
        known = self.setting(name)
        if known not in (None, value):
            raise UsageError(
                f"--{name} {value}: '{self.folder}' was begun with --{name} {known}; "
                "use that, or another --out"
            )

    def setting(self, name: str) -> str | None:
        """A kept setting, None if there is none."""
        found = self.database.execute("SELECT value FROM settings WHERE name = ?", [name])
        row = found.fetchone()
        return None if row is None else str(row[0])

    def keep_setting(self, name: str, value: str) -> None:
        """Keep or replace a setting."""
        with self.database:
            self.database.execute("REPLACE INTO settings VALUES (?, ?)", [name, value])

    # Requests

    def add_tasks(self, tasks: Iterable[Task]) -> None:
        """Queue tasks that are not known yet, the first to be done first."""
        with self.database:
            self._queue(list(tasks))

    def next_task(self) -> Task | None:
        """The newest pending task: what an answer led to comes before what waited already.

        So one genre is complete, artists, albums and all, before the next one begins.
        """
        row = self.database.execute(
            "SELECT kind, key, payload FROM tasks INDEXED BY tasks_pending "
            "WHERE state = 'pending' ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if row is None else Task(row[0], row[1], json.loads(row[2]))

    def finish_task(self, task: Task, answer: Answer, source: str) -> None:
        """Store an answer and what it leads to, and end its task, all in one transaction."""
        with self.database as database:
            keep_answer(database, answer, source)
            self._queue(answer.tasks)
            database.execute(
                "UPDATE tasks SET state = 'done', reason = '' WHERE key = ?", [task.key]
            )

    def fail_task(self, task: Task, reason: str, for_good: bool) -> None:
        """End a task without an answer; one that is not failed for good waits for another run."""
        state = "gone" if for_good else "failed"
        with self.database as database:
            database.execute(
                "UPDATE tasks SET state = ?, reason = ? WHERE key = ?",
                storable(state, reason, task.key),
            )

    def counts_of_tasks(self) -> dict[str, dict[str, int]]:
        """How many tasks by kind and state."""
        counts: dict[str, dict[str, int]] = {}
        for kind, state, count in self.database.execute(
            "SELECT kind, state, count(*) FROM tasks GROUP BY state, kind"
        ):
            counts.setdefault(kind, {})[state] = count
        return counts

    def found(self) -> tuple[int, int]:
        """How many artists and albums are known."""
        # None is ever removed, so the last one's number is their count, and quick to find.
        counts = "SELECT (SELECT max(rowid) FROM artists), (SELECT max(rowid) FROM albums)"
        artists, albums = self.database.execute(counts).fetchone()
        return artists or 0, albums or 0

    # Covers

    def jobs(
        self, limit: int, in_hand: Collection[str], now: float | None = None
    ) -> list[CoverJob]:
        """Up to `limit` covers to download whose time has come, without those in hand."""
        rows = self.database.execute(
            "SELECT key, attempts FROM covers WHERE state = 'pending' AND retry_at <= ? "
            "ORDER BY retry_at, key LIMIT ?",
            [time.time() if now is None else now, limit + len(in_hand)],
        ).fetchall()
        free = [(key, attempts) for key, attempts in rows if key not in in_hand][:limit]
        return [CoverJob(key, self._urls(key), attempts) for key, attempts in free]

    def next_retry(self) -> float | None:
        """When the next pending cover's time comes, in seconds since the epoch; None without."""
        row = self.database.execute(
            "SELECT min(retry_at) FROM covers WHERE state = 'pending'"
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def cover_done(self, key: str, url: str, digest: str, size: int) -> None:
        """A cover's file is in place: `size` bytes from `url`, with a SHA-256 of `digest`."""
        with self.database as database:
            # A sentence about another picture is none about this one.
            database.execute(
                "DELETE FROM captions WHERE key = ?1 AND NOT EXISTS "
                "(SELECT 1 FROM covers WHERE key = ?1 AND digest = ?2)",
                storable(key, digest),
            )
            database.execute(
                "UPDATE covers SET state = 'done', reason = '', attempts = attempts + 1, url = ?, "
                "digest = ?, bytes = ? WHERE key = ?",
                storable(url, digest, size, key),
            )

    def cover_failed(self, key: str, reason: str, state: str, retry_at: float = 0.0) -> None:
        """A try was in vain: `pending` for another, `failed` for now, `missing` for good."""
        with self.database as database:
            database.execute(
                "UPDATE covers SET state = ?, reason = ?, attempts = attempts + 1, retry_at = ? "
                "WHERE key = ?",
                storable(state, reason, retry_at, key),
            )

    def try_again(self) -> None:
        """A new run: whatever failed without being gone for good gets its tries once more."""
        with self.database as database:
            database.execute("UPDATE tasks SET state = 'pending' WHERE state = 'failed'")
            database.execute(
                "UPDATE covers SET state = 'pending', attempts = 0, retry_at = 0 "
                "WHERE state = 'failed' OR (state = 'pending' AND retry_at > 0)"
            )

    def counts_of_covers(self) -> dict[str, int]:
        """How many covers by state."""
        return dict(self.database.execute("SELECT state, count(*) FROM covers GROUP BY state"))

    def skipped(self) -> dict[str, int]:
        """How many albums and covers were left out, by reason, the most frequent first."""
        by_reason = "SELECT reason, count(*) FROM skipped GROUP BY reason"
        counts = dict(self.database.execute(by_reason))
        for state, reason, count in self.database.execute(
            "SELECT state, reason, count(*) FROM covers "
            "WHERE state NOT IN ('done', 'pending') GROUP BY state, reason"
        ):
            name = reason or state
            if state == "failed":
                name += " (tried again next time)"
            counts[name] = counts.get(name, 0) + count
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def picture(self, key: str) -> Path:
        """Where a cover's file stands: in 256 sub-folders, since one would be slow to list."""
        return self.folder / picture_name(key)

    def _queue(self, tasks: list[Task]) -> None:
        # The newest is done first, so the first to do goes in last.
        self.database.executemany(
            "INSERT INTO tasks (kind, key, payload) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [
                storable(task.kind, task.key, to_json(dict(task.payload)))
                for task in reversed(tasks)
            ],
        )

    def _urls(self, key: str) -> tuple[str, ...]:
        """The front cover of the earliest edition, then those of the later ones."""
        rows = self.database.execute(
            f"SELECT image_urls FROM albums WHERE key = ? ORDER BY {EARLIEST}", [key]
        )
        return tuple(dict.fromkeys(url for (urls,) in rows for url in json.loads(urls)))


def picture_name(key: str) -> str:
    """A cover's file within its folder. Names come from keys alone: titles have any character."""
    return f"{PICTURES}/{key[:2]}/{key}.jpg"


@contextmanager
def open_store(folder: Path, create: bool = True) -> Iterator[Store]:
    """The store of a folder, for one process at a time.

    Args:
        folder: where pictures and state stand.
        create: whether to begin a new collection in a folder that has none.

    Raises:
        UsageError: another run works on the folder, it cannot be written, it holds no collection
            (and `create` is not set), or it was made by another version.
        DuckAndCoverError: its state cannot be written or is damaged.
    """
    path = folder / DATABASE
    option = "--out" if create else "--from"
    if not create and not path.is_file():
        raise UsageError(f"{option} '{folder}' holds no collection: run collect-artist-data first")
    with locked(folder, option), explained(path), closing(open_database(path)) as database:
        yield Store(folder, database)
