"""What is known of covers: the editions of each album, and those of its twins, many at a time.

One look into the database for some thousand covers is several times as quick as one for each.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from data_collection.store import EARLIEST

_EDITIONS = f"""
WITH parts AS (
    SELECT value AS cover, value AS key FROM json_each(:keys)
    UNION ALL
    SELECT twin_of, covers.key FROM json_each(:keys)
    JOIN covers ON twin_of != '' AND twin_of = value)
SELECT cover, album_id, album_name, artist_id, artist_name, release_date, release_year,
    licence_note, tracks, audio_features
FROM parts JOIN albums ON albums.key = parts.key
ORDER BY cover, parts.key != cover, {EARLIEST}
"""


class Edition(NamedTuple):
    """One listed album.

    Attributes:
        tracks: a list, as JSON.
        audio_features: an object, as JSON; None if not known.
        genres: each with the provenance in front.
    """

    album_id: str
    album_name: str
    artist_id: str
    artist_name: str
    release_date: str
    release_year: int | None
    licence_note: str
    tracks: str
    audio_features: str | None
    genres: Sequence[tuple[str, str]]


def read_editions(database: sqlite3.Connection, keys: Sequence[str]) -> dict[str, list[Edition]]:
    """By a cover's key, its own editions and then its twins', each in the order of EARLIEST."""
    rows = database.execute(_EDITIONS, {"keys": json.dumps(list(keys))}).fetchall()
    genres = _read_genres(database, [row[1] for row in rows])
    found: dict[str, list[Edition]] = defaultdict(list)
    for cover, album_id, *rest in rows:
        found[cover].append(Edition._make((album_id, *rest, genres.get(album_id, ()))))
    return dict(found)


def _read_genres(
    database: sqlite3.Connection, album_ids: list[str]
) -> dict[str, list[tuple[str, str]]]:
    rows = database.execute(
        "SELECT album_id, provenance, genre FROM genres "
        "WHERE album_id IN (SELECT value FROM json_each(?))",
        [json.dumps(album_ids)],
    )
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for album_id, provenance, genre in rows:
        found[album_id].append((provenance, genre))
    return found
