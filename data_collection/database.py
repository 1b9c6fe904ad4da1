"""The tables of a collecting folder, and how its SQLite file is opened.

settings   what the folder was begun for
tasks      requests to a service: pending, done, failed, gone
artists, albums, genres   what the answers brought; an album is one edition
covers     one row an album, all its editions together: pending, done, missing, failed,
           twin, placeholder, kept out
skipped    albums that were left out, counted by reason
captions   sentences that were costly to make
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from duck_and_cover.errors import UsageError

VERSION = 1

_TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL UNIQUE, payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', reason TEXT NOT NULL DEFAULT '');
CREATE INDEX tasks_by_state ON tasks (state, kind);
CREATE TABLE artists (artist_id TEXT PRIMARY KEY, artist_name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE albums (
    album_id TEXT PRIMARY KEY, key TEXT NOT NULL, album_name TEXT NOT NULL,
    artist_id TEXT NOT NULL, artist_name TEXT NOT NULL,
    release_date TEXT NOT NULL, release_year INTEGER, image_urls TEXT NOT NULL,
    licence_note TEXT NOT NULL, tracks TEXT NOT NULL DEFAULT '[]', audio_features TEXT
) WITHOUT ROWID;
CREATE INDEX albums_by_key ON albums (key);
CREATE INDEX albums_by_artist ON albums (artist_id);
CREATE TABLE genres (
    album_id TEXT NOT NULL, provenance TEXT NOT NULL, genre TEXT NOT NULL,
    PRIMARY KEY (album_id, provenance, genre)) WITHOUT ROWID;
CREATE TABLE covers (
    key TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0, retry_at REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '', url TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '', bytes INTEGER NOT NULL DEFAULT 0,
    twin_of TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE INDEX covers_by_state ON covers (state, retry_at);
CREATE INDEX covers_by_digest ON covers (digest) WHERE digest != '';
CREATE INDEX covers_by_twin ON covers (twin_of) WHERE twin_of != '';
CREATE TABLE skipped (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
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
    database.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing; a power cut may lose the last moments, never the rest.
    database.execute("PRAGMA synchronous = NORMAL")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version != VERSION:
        raise UsageError(
            f"'{path}' was made with another version of this program (format {version}, "
            f"here {VERSION}): collect into another folder"
        )
