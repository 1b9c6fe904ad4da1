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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from data_collection.database import open_database
from data_collection.sources.base import AlbumRecord, Answer, Task, cover_key, parse_year
from duck_and_cover.errors import DuckAndCoverError, UsageError

DATABASE = "collection.sqlite"
LOCK = ".lock"
PICTURES = "images"
# Editions of one album in the order in which they speak for it: the earliest first.
EARLIEST = "release_year IS NULL, release_year, release_date, album_id"


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
        known = self.setting(name)
        if known is None:
            self.keep_setting(name, value)
        elif known != value:
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
            "SELECT kind, key, payload FROM tasks "
            "WHERE id = (SELECT max(id) FROM tasks WHERE state = 'pending')"
        ).fetchone()
        return None if row is None else Task(row[0], row[1], json.loads(row[2]))

    def finish_task(self, task: Task, answer: Answer, source: str) -> None:
        """Store an answer and what it leads to, and end its task, all in one transaction."""
        with self.database as database:
            database.executemany(
                "INSERT OR IGNORE INTO artists VALUES (?, ?)", answer.artists.items()
            )
            for album in answer.albums:
                self._keep(album, source)
            database.executemany(
                "UPDATE albums SET tracks = ?, audio_features = coalesce(?, audio_features) "
                "WHERE album_id = ?",
                [
                    (
                        json.dumps(found.tracks, ensure_ascii=False),
                        json.dumps(dict(found.audio_features)) if found.audio_features else None,
                        album_id,
                    )
                    for album_id, found in answer.details.items()
                ],
            )
            database.executemany(
                "INSERT INTO skipped VALUES (?, ?) "
                "ON CONFLICT (reason) DO UPDATE SET count = count + excluded.count",
                answer.skipped.items(),
            )
            self._queue(answer.tasks)
            database.execute(
                "UPDATE tasks SET state = 'done', reason = '' WHERE key = ?", [task.key]
            )

    def fail_task(self, task: Task, reason: str, for_good: bool) -> None:
        """End a task without an answer; one that is not failed for good waits for another run."""
        state = "gone" if for_good else "failed"
        with self.database as database:
            database.execute(
                "UPDATE tasks SET state = ?, reason = ? WHERE key = ?", [state, reason, task.key]
            )

    def counts_of_tasks(self) -> dict[str, dict[str, int]]:
        """How many tasks by kind and state."""
        counts: dict[str, dict[str, int]] = {}
        for kind, state, count in self.database.execute(
            "SELECT kind, state, count(*) FROM tasks GROUP BY state, kind"
        ):
            counts.setdefault(kind, {})[state] = count
        return counts

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
            database.execute(
                "UPDATE covers SET state = 'done', reason = '', attempts = attempts + 1, url = ?, "
                "digest = ?, bytes = ? WHERE key = ?",
                [url, digest, size, key],
            )

    def cover_failed(self, key: str, reason: str, state: str, retry_at: float = 0.0) -> None:
        """A try was in vain: `pending` for another, `failed` for now, `missing` for good."""
        with self.database as database:
            database.execute(
                "UPDATE covers SET state = ?, reason = ?, attempts = attempts + 1, retry_at = ? "
                "WHERE key = ?",
                [state, reason, retry_at, key],
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
        counts = dict(self.database.execute("SELECT reason, count FROM skipped"))
        for state, reason, count in self.database.execute(
            "SELECT state, reason, count(*) FROM covers "
            "WHERE state NOT IN ('done', 'pending') GROUP BY state, reason"
        ):
            name = reason or state
            counts[name] = counts.get(name, 0) + count
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def picture(self, key: str) -> Path:
        """Where a cover's file stands: in 256 sub-folders, since one would be slow to list."""
        return self.folder / picture_name(key)

    def _queue(self, tasks: list[Task]) -> None:
        # The newest is done first, so the first to do goes in last.
        self.database.executemany(
            "INSERT OR IGNORE INTO tasks (kind, key, payload) VALUES (?, ?, ?)",
            [(task.kind, task.key, json.dumps(task.payload)) for task in reversed(tasks)],
        )

    def _keep(self, album: AlbumRecord, source: str) -> None:
        key = cover_key(source, album.artist_id, album.album_name, album.album_id)
        self.database.execute(
            "INSERT OR IGNORE INTO albums (album_id, key, album_name, artist_id, artist_name, "
            "release_date, release_year, image_urls, licence_note) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                album.album_id,
                key,
                album.album_name,
                album.artist_id,
                album.artist_name,
                album.release_date,
                parse_year(album.release_date),
                json.dumps(album.image_urls),
                album.licence_note,
            ],
        )
        self.database.executemany(
            "INSERT OR IGNORE INTO genres VALUES (?, ?, ?)",
            [(album.album_id, album.genre_provenance, genre) for genre in album.genres],
        )
        self.database.execute("INSERT OR IGNORE INTO covers (key) VALUES (?)", [key])

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
        UsageError: another run works on the folder, it holds no collection (and `create` is not
            set), or it was made by another version.
        DuckAndCoverError: the folder cannot be written, or its state is damaged.
    """
    path = folder / DATABASE
    if not create and not path.is_file():
        raise UsageError(f"'{folder}' holds no collection: run collect-artist-data first")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK, timeout=0):
            database = open_database(path)
            try:
                yield Store(folder, database)
            finally:
                database.close()
    except Timeout as error:
        raise UsageError(f"another run is at work in '{folder}': wait for it to end") from error
    except sqlite3.DatabaseError as error:
        raise DuckAndCoverError(f"'{path}': {error}") from error
