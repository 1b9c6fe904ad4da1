"""The tables of a collecting folder, and how its SQLite file is opened.

settings   what the folder was begun for
tasks      requests to a service: pending, done, failed, gone
artists, albums, genres   what the answers brought; an album is one edition
artist_genres   genres that every album of an artist has, whichever of the two comes first
covers     one row an album, all its editions together: pending, done, missing, failed,
           twin, placeholder, kept out
skipped    albums that were left out, and why
captions   sentences that were costly to make
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from duck_and_cover.errors import DuckAndCoverError, UsageError

VERSION = 1
LOCK = ".lock"
CACHE = 32_000  # KiB of the file that stand in memory
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

# Short rows stand in the index of their key; those of albums are too long for that.
_TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL UNIQUE, payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', reason TEXT NOT NULL DEFAULT '');
CREATE INDEX tasks_by_state ON tasks (state, kind);
CREATE INDEX tasks_pending ON tasks (id) WHERE state = 'pending';
CREATE TABLE artists (artist_id TEXT NOT NULL UNIQUE, artist_name TEXT NOT NULL);
CREATE TABLE albums (
    album_id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, album_name TEXT NOT NULL,
    artist_id TEXT NOT NULL, artist_name TEXT NOT NULL,
    release_date TEXT NOT NULL, release_year INTEGER, image_urls TEXT NOT NULL,
    licence_note TEXT NOT NULL, tracks TEXT NOT NULL DEFAULT '[]', audio_features TEXT);
CREATE INDEX albums_by_key ON albums (key);
CREATE INDEX albums_by_artist ON albums (artist_id);
CREATE TABLE genres (
    album_id TEXT NOT NULL, provenance TEXT NOT NULL, genre TEXT NOT NULL,
    PRIMARY KEY (album_id, provenance, genre)) WITHOUT ROWID;
CREATE TABLE artist_genres (
    artist_id TEXT NOT NULL, provenance TEXT NOT NULL, genre TEXT NOT NULL,
    PRIMARY KEY (artist_id, provenance, genre)) WITHOUT ROWID;
CREATE TRIGGER genres_of_a_new_album AFTER INSERT ON albums BEGIN
    INSERT OR IGNORE INTO genres SELECT NEW.album_id, provenance, genre FROM artist_genres
        WHERE artist_id = NEW.artist_id; END;
CREATE TRIGGER genres_of_known_albums AFTER INSERT ON artist_genres BEGIN
    INSERT OR IGNORE INTO genres SELECT album_id, NEW.provenance, NEW.genre FROM albums
        WHERE artist_id = NEW.artist_id; END;
CREATE TABLE covers (
    key TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0, retry_at REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '', url TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '', bytes INTEGER NOT NULL DEFAULT 0,
    twin_of TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE INDEX covers_by_state ON covers (state, retry_at);
CREATE INDEX covers_by_digest ON covers (digest) WHERE digest != '';
CREATE INDEX covers_by_twin ON covers (twin_of) WHERE twin_of != '';
CREATE TABLE skipped (album_id TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE captions (
    key TEXT NOT NULL, kind TEXT NOT NULL, caption TEXT NOT NULL,
    PRIMARY KEY (key, kind)) WITHOUT ROWID;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open a folder's database; make the tables if it is new.

    Raises:
        UsageError: it was made by another version of this program.
        sqlite3.DatabaseError: it is damaged or cannot be written.
    """
    database = sqlite3.connect(path)
    try:
        _prepare(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, VERSION):
        raise UsageError(
            f"'{path}' was made with another version of this program (format {version}, "
            f"here {VERSION}): collect into another folder"
        )
    database.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing; a power cut may lose the last moments, never the rest.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA cache_size = {-CACHE}")
    if version == 0:
        database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")


@contextmanager
def locked(folder: Path, option: str) -> Iterator[None]:
    """Make a folder this process' own; however the process ends, the folder is free again.

    Args:
        folder: made if it is not there.
        option: by which a person named it.

    Raises:
        UsageError: another process has it, or it cannot be made or written.
    """
    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"{option}: another run is at work in '{folder}': wait for it to end"
        ) from error
    except OSError as error:
        why = "it is a file" if isinstance(error, FileExistsError) else error.strerror
        raise UsageError(
            f"{option}: cannot write to '{folder}': {why}; give another folder"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a file into the one line that a person needs."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise DuckAndCoverError(
                f"'{path}' is damaged ({error}): remove it to begin anew, or use another --out"
            ) from error
        raise DuckAndCoverError(f"'{path}': {error}") from error


def storable(*values: object) -> list[object]:
    """Values of a row, texts without the lone halves of characters that services let slip in.

    Neither SQLite nor Arrow takes such a half: it becomes the replacement character.
    """
    return [_whole(value) if isinstance(value, str) else value for value in values]


def to_json(value: object) -> str:
    """A value as JSON that shows every script as it is."""
    return json.dumps(value, ensure_ascii=False)


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
