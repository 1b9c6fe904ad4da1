"""Stores what an answer brought: artists, albums with their genres and covers, details.

An album that is known stays as it was first listed, since its name is part of its cover's key;
whatever lists it again adds genres.
"""

from __future__ import annotations

import sqlite3

from data_collection.database import storable, to_json
from data_collection.sources.base import AlbumRecord, Answer, Details, cover_key, parse_year


def keep_answer(database: sqlite3.Connection, answer: Answer, source: str) -> None:
    """Store all of an answer but its tasks, within the caller's transaction."""
    database.executemany(
        "INSERT INTO artists VALUES (?, ?) ON CONFLICT DO NOTHING",
        [storable(*artist) for artist in answer.artists.items()],
    )
    for artist_id, (provenance, genres) in answer.artist_genres.items():
        database.executemany(
            "INSERT INTO artist_genres VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [storable(artist_id, provenance, genre) for genre in genres],
        )
    for album in answer.albums:
        _keep_album(database, album, source)
    for album_id, found in answer.details.items():
        _keep_details(database, album_id, found)
    database.executemany(
        "INSERT INTO skipped VALUES (?, ?) ON CONFLICT DO NOTHING",
        [storable(*item) for item in answer.skipped.items()],
    )


def _keep_album(database: sqlite3.Connection, album: AlbumRecord, source: str) -> None:
    names = storable(album.album_id, album.album_name, album.artist_id, album.artist_name)
    album_id, title, artist_id, _ = map(str, names)
    key = cover_key(source, artist_id, title, album_id)
    further = storable(
        key,
        album.release_date,
        parse_year(album.release_date),
        to_json(album.image_urls),
        album.licence_note,
    )
    new = database.execute(
        "INSERT INTO albums (album_id, album_name, artist_id, artist_name, key, release_date, "
        "release_year, image_urls, licence_note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        names + further,
    ).rowcount
    database.executemany(
        "INSERT INTO genres VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [storable(album_id, album.genre_provenance, genre) for genre in album.genres],
    )
    if new:
        # The new edition may have the picture that none had before.
        database.execute(
            "INSERT INTO covers (key) VALUES (?) ON CONFLICT DO UPDATE SET state = 'pending', "
            "attempts = 0, retry_at = 0, reason = '' WHERE state IN ('missing', 'failed')",
            [key],
        )


def _keep_details(database: sqlite3.Connection, album_id: str, found: Details) -> None:
    """What one request does not tell must not wipe out what another has told."""
    audio = found.audio_features
    database.execute(
        "UPDATE albums SET tracks = coalesce(?, tracks), "
        "audio_features = coalesce(?, audio_features) WHERE album_id = ?",
        storable(
            to_json(found.tracks) if found.tracks else None,
            to_json(dict(audio)) if audio else None,
            album_id,
        ),
    )
