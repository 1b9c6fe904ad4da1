"""What a collection ends in: one row a cover, in the columns of the dataset, twins united.

Rows are made one at a time out of the database, so that a million of them fit in little memory.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from data_collection.store import EARLIEST, Store, picture_name
from duck_and_cover.data.schema import PROVENANCES, features

log = logging.getLogger(__name__)

METADATA = "metadata.parquet"

# The same picture for more albums than this is the service's "no cover" sign.
MOST_TWINS = 4
BATCH = 2000  # rows that stand in memory at a time


def check_files(store: Store) -> int:
    """Queue the covers whose files are gone or have another size, and say how many these are.

    A power cut may leave an empty file behind, and people delete what they do not like.
    """
    lost = []
    for key, size in store.database.execute("SELECT key, bytes FROM covers WHERE state = 'done'"):
        try:
            found = os.stat(store.picture(key)).st_size
        except FileNotFoundError:
            found = -1
        if found != size:
            lost.append((key,))
    with store.database as database:
        database.executemany(
            "UPDATE covers SET state = 'pending', attempts = 0, retry_at = 0 WHERE key = ?", lost
        )
    if lost:
        log.warning("%d pictures are gone or damaged and will be downloaded again", len(lost))
    return len(lost)


def keep_out(store: Store, artists: Collection[str], albums: Collection[str]) -> int:
    """Leave out the covers of these artists and albums, by id, and let back in all others.

    Returns:
        How many are left out.
    """
    with store.database as database:
        database.execute("CREATE TEMP TABLE IF NOT EXISTS out_artists (id TEXT PRIMARY KEY)")
        database.execute("CREATE TEMP TABLE IF NOT EXISTS out_albums (id TEXT PRIMARY KEY)")
        for table, ids in (("out_artists", artists), ("out_albums", albums)):
            database.execute(f"DELETE FROM {table}")
            database.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?)", ((i,) for i in ids))
        database.execute(
            "UPDATE covers SET state = 'pending', attempts = 0, retry_at = 0, reason = '' "
            "WHERE state = 'kept out'"
        )
        left = database.execute(
            "UPDATE covers SET state = 'kept out', reason = 'kept out as example' WHERE key IN "
            "(SELECT key FROM albums WHERE artist_id IN out_artists OR album_id IN out_albums)"
        ).rowcount
    _remove_pictures(store)
    return left


def settle_twins(store: Store) -> None:
    """Make one of covers with the very same picture, and none where it is a placeholder.

    The earliest album keeps the picture and takes the genres of the others.
    """
    with store.database as database:
        groups = database.execute(
            "SELECT digest, count(*) FROM covers WHERE state IN ('done', 'twin', 'placeholder') "
            "AND digest != '' GROUP BY digest HAVING count(*) > 1"
        ).fetchall()
        for digest, count in groups:
            if count > MOST_TWINS:
                database.execute(
                    "UPDATE covers SET state = 'placeholder', twin_of = '', "
                    "reason = 'placeholder: the same picture for many albums' "
                    "WHERE digest = ? AND state IN ('done', 'twin')",
                    [digest],
                )
            else:
                _unite(store, digest)
    _remove_pictures(store)


def _unite(store: Store, digest: str) -> None:
    # One that is a twin already has no file any more: it cannot be the one that stays.
    first = store.database.execute(
        "SELECT covers.key FROM covers JOIN albums USING (key) "
        f"WHERE digest = ? AND state = 'done' ORDER BY {EARLIEST} LIMIT 1",
        [digest],
    ).fetchone()
    if first is not None:
        store.database.execute(
            "UPDATE covers SET state = 'twin', reason = 'same picture as another album', "
            "twin_of = ? WHERE digest = ? AND state IN ('done', 'twin') AND key != ?",
            [first[0], digest, first[0]],
        )


def _remove_pictures(store: Store) -> None:
    """Remove the files of covers that were left out after they had been downloaded."""
    for (key,) in store.database.execute(
        "SELECT key FROM covers WHERE state IN ('twin', 'placeholder', 'kept out') AND bytes > 0"
    ):
        store.picture(key).unlink(missing_ok=True)


def iter_rows(store: Store) -> Iterator[dict[str, Any]]:
    """Every cover that is there, by key: the columns of the dataset without `image`.

    Three more are for whoever stores the row: `file_name` (relative to the folder), `key`, and
    `bytes`, the size of the file.
    """
    source = store.setting("source")
    for key, url, size in store.database.execute(
        "SELECT key, url, bytes FROM covers WHERE state = 'done' ORDER BY key"
    ):
        yield _row(store, source, key, url, size)


def count_rows(store: Store) -> int:
    """How many rows `iter_rows` gives."""
    return store.counts_of_covers().get("done", 0)


def _row(store: Store, source: str | None, key: str, url: str, size: int) -> dict[str, Any]:
    editions = store.database.execute(
        "SELECT album_id, album_name, artist_id, artist_name, release_date, release_year, "
        "licence_note, tracks, audio_features FROM albums WHERE key = ? OR key IN "
        f"(SELECT key FROM covers WHERE twin_of = ?) ORDER BY key != ?, {EARLIEST}",
        [key, key, key],
    ).fetchall()
    album = editions[0]
    dated = [edition for edition in editions if edition[5] is not None]
    earliest = min(dated, key=lambda edition: (edition[5], edition[4]), default=album)
    genres, provenance = _genres(store, [edition[0] for edition in editions])
    audio = next((edition[8] for edition in editions if edition[8]), None)
    return {
        "file_name": picture_name(key),
        "album_id": album[0],
        "source": source,
        "album_name": album[1],
        "artist_id": album[2],
        "artist_name": album[3],
        "genres": genres,
        "genre_provenance": provenance,
        "release_date": earliest[4],
        "release_year": earliest[5],
        "tracks": next(filter(None, (json.loads(edition[7]) for edition in editions)), []),
        "audio_features": json.loads(audio) if audio else None,
        "caption": None,
        "image_url": url,
        "licence_note": album[6],
        "key": key,
        "bytes": size,
    }


def _genres(store: Store, album_ids: list[str]) -> tuple[list[str], str]:
    """All genres that the most direct witness names: the album, else the artist, else the query."""
    marks = ", ".join("?" * len(album_ids))
    found = store.database.execute(
        f"SELECT provenance, genre FROM genres WHERE album_id IN ({marks})", album_ids
    ).fetchall()
    for provenance in PROVENANCES:
        if genres := sorted({genre for witness, genre in found if witness == provenance}):
            return genres, provenance
    return [], ""


def write_metadata(store: Store) -> Path:
    """Write `metadata.parquet` beside the pictures: with it the folder loads and trains.

    It replaces the old one at once or not at all.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = features().arrow_schema.remove_metadata()
    schema = pa.schema(
        [pa.field("file_name", pa.string()), *(f for f in columns if f.name != "image")]
    )
    path = store.folder / METADATA
    partial = path.with_name(f".{METADATA}.partial")
    with pq.ParquetWriter(partial, schema) as writer:
        for rows in batches(iter_rows(store), BATCH):
            writer.write_table(pa.Table.from_pylist(rows, schema))
    os.replace(partial, path)
    return path


def batches(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """The same rows in lists of `size`."""
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
