"""What a collection ends in: one row a cover, in the columns of the dataset, twins united.

Rows are made one at a time out of the database, so that a million of them fit in little memory.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_collection.editions import Edition, read_editions
from data_collection.store import EARLIEST, Store, picture_name
from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.data.schema import PROVENANCES, features

log = logging.getLogger(__name__)

METADATA = "metadata.parquet"

# The same picture for more albums than this is the service's "no cover" sign.
MOST_TWINS = 4
BATCH = 2000  # rows that stand in memory at a time

_ANEW = "state = 'pending', attempts = 0, retry_at = 0, reason = '', twin_of = ''"


def check_files(store: Store) -> int:
    """Queue the covers whose files are gone or have another size, and say how many these are.

    A power cut may leave an empty file behind, and people delete what they do not like.
    """
    lost = []
    # By key, so that one sub-folder after the other is looked through.
    for key, size in store.database.execute(
        "SELECT key, bytes FROM covers WHERE +state = 'done' ORDER BY key"
    ):
        try:
            found = os.stat(f"{store.folder}/{picture_name(key)}").st_size
        except FileNotFoundError:
            found = -1
        if found != size:
            lost.append((key,))
    with store.database as database:
        database.executemany(f"UPDATE covers SET {_ANEW} WHERE key = ?", lost)
    if lost:
        log.warning("%d pictures are gone or damaged and will be downloaded again", len(lost))
    return len(lost)


def keep_out(store: Store, artists: Collection[str], albums: Collection[str]) -> int:
    """Leave out the covers of these artists and albums, by id, and let back in all others.

    Returns:
        How many are left out.
    """
    ids = [json.dumps(list(artists)), json.dumps(list(albums))]
    out = (
        "(SELECT key FROM albums WHERE artist_id IN (SELECT value FROM json_each(?1)) "
        "UNION SELECT key FROM albums WHERE album_id IN (SELECT value FROM json_each(?2)))"
    )
    with store.database as database:
        database.execute(
            f"UPDATE covers SET {_ANEW} WHERE state = 'kept out' AND key NOT IN {out}", ids
        )
        database.execute(
            "UPDATE covers SET state = 'kept out', reason = 'kept out as example', twin_of = '' "
            f"WHERE state != 'kept out' AND key IN {out}",
            ids,
        )
        _free_twins(database)
    _remove_pictures(store)
    left = store.database.execute("SELECT count(*) FROM covers WHERE state = 'kept out'")
    return int(left.fetchone()[0])


def settle_twins(store: Store) -> None:
    """Make one of covers with the very same picture, and none where it is a placeholder.

    The earliest album keeps the picture and takes the genres of the others. Which pictures came
    first does not matter: only which there are.
    """
    with store.database as database:
        _free_twins(database)
        several = "SELECT digest FROM covers WHERE digest != '' GROUP BY digest HAVING count(*) > 1"
        for (digest,) in database.execute(several).fetchall():
            _settle(store, digest)
    _remove_pictures(store)


def _free_twins(database: sqlite3.Connection) -> None:
    """Download twins for themselves whose other is left out, lost, or another picture by now."""
    database.execute(
        f"UPDATE covers SET {_ANEW} WHERE state = 'twin' AND NOT EXISTS (SELECT 1 "
        "FROM covers AS other WHERE other.key = covers.twin_of AND other.digest = covers.digest "
        "AND other.state IN ('done', 'pending'))"
    )


def _settle(store: Store, digest: str) -> None:
    """Give one picture to the earliest of its albums, or to none of too many."""
    editions = store.database.execute(
        "SELECT covers.key, state, twin_of FROM covers JOIN albums USING (key) WHERE digest != '' "
        f"AND digest = ? AND state IN ('done', 'twin', 'placeholder') ORDER BY {EARLIEST}",
        [digest],
    )
    known = {key: (state, twin_of) for key, state, twin_of in editions}
    states = [state for state, _ in known.values()]
    first = next(iter(known), "")
    settled = {key: ("twin", first, "same picture as another album") for key in known}
    if "placeholder" in states or len(known) > MOST_TWINS:
        why = "placeholder: the same picture for many albums"
        settled = {key: ("placeholder", "", why) for key in known}
    elif "done" not in states:
        return  # The picture is gone and will be downloaded again.
    else:
        settled[first] = ("done", "", "")
        if known[first][0] == "twin":
            _hand_over(store, next(key for key in known if known[key][0] == "done"), first)
    store.database.executemany(
        "UPDATE covers SET state = ?, twin_of = ?, reason = ? WHERE key = ?",
        [(*settled[key], key) for key in known if settled[key][:2] != known[key]],
    )


def _hand_over(store: Store, giver: str, taker: str) -> None:
    """Let a twin have the picture: copied, since a kill may still undo the change of state."""
    target = store.picture(taker)
    partial = target.with_suffix(".partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(store.picture(giver), partial)
    os.replace(partial, target)
    store.database.execute(
        "UPDATE covers SET bytes = (SELECT bytes FROM covers WHERE key = ?) WHERE key = ?",
        [giver, taker],
    )


def _remove_pictures(store: Store) -> None:
    """Remove the files of covers that were left out after they had been downloaded."""
    having = "state IN ('twin', 'placeholder', 'kept out') AND bytes > 0"
    for (key,) in store.database.execute(f"SELECT key FROM covers WHERE {having}"):
        store.picture(key).unlink(missing_ok=True)
    with store.database as database:
        database.execute(f"UPDATE covers SET bytes = 0 WHERE {having}")


def iter_rows(store: Store) -> Iterator[dict[str, Any]]:
    """Every cover that is there, by key: the columns of the dataset without `image`.

    Three more are for whoever stores the row: `file_name` (relative to the folder), `key`, and
    `bytes`, the size of the file.
    """
    source = store.setting("source")
    last = ""
    # The plus keeps SQLite from collecting all that are done in order to sort them.
    query = (
        "SELECT key, url, bytes FROM covers WHERE key > ? AND +state = 'done' ORDER BY key LIMIT ?"
    )
    while covers := store.database.execute(query, [last, BATCH]).fetchall():
        last = covers[-1][0]
        editions = read_editions(store.database, [key for key, _, _ in covers])
        for key, url, size in covers:
            row = {"file_name": picture_name(key), "key": key, "bytes": size, "source": source}
            yield row | {"image_url": url, "caption": None} | _united(editions[key])


def count_rows(store: Store) -> int:
    """How many rows `iter_rows` gives."""
    return store.counts_of_covers().get("done", 0)


def _united(editions: Sequence[Edition]) -> dict[str, Any]:
    """The first edition's names; of all together the earliest date and all genres."""
    first = editions[0]
    dated = [edition for edition in editions if edition.release_year is not None]
    earliest = min(
        dated, key=lambda edition: (edition.release_year, edition.release_date + "~"), default=first
    )
    genres, provenance = _genres(editions)
    tracks = (json.loads(edition.tracks) for edition in editions)
    audio = next((edition.audio_features for edition in editions if edition.audio_features), None)
    return {
        "album_id": first.album_id,
        "album_name": first.album_name,
        "artist_id": first.artist_id,
        "artist_name": first.artist_name,
        "genres": genres,
        "genre_provenance": provenance,
        "release_date": earliest.release_date,
        "release_year": earliest.release_year,
        "tracks": next(filter(None, tracks), []),
        "audio_features": _measured(json.loads(audio)) if audio else None,
        "licence_note": first.licence_note,
    }


def _genres(editions: Sequence[Edition]) -> tuple[list[str], str]:
    """All genres that the most direct witness names: the album, else the artist, else the query."""
    found = {pair for edition in editions for pair in edition.genres}
    for provenance in PROVENANCES:
        if genres := sorted(genre for witness, genre in found if witness == provenance):
            return genres, provenance
    return [], ""


def _measured(audio: Mapping[str, float]) -> dict[str, float | None]:
    return {name: audio.get(name) for name in AUDIO_FEATURES}


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
