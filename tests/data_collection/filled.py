"""Collections with real little pictures, made without any service."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from data_collection.sources.base import AlbumRecord, Answer, Task, cover_key
from data_collection.store import Store

LICENCE = "Core data CC0; the cover | its owner's"


def album(number: int, artists: int, **other: object) -> AlbumRecord:
    """An album of one of so many artists; the same number gives the same one."""
    values: dict[str, object] = {
        "album_id": f"album-{number}",
        "album_name": f"Title {number}",
        "artist_id": f"artist-{number % artists}",
        "artist_name": f"Artist {number % artists}",
        "release_date": str(1960 + number % 60),
        "genres": ("rock", "jazz")[: 1 + number % 2],
        "genre_provenance": "album",
        "image_urls": (f"http://covers/{number}",),
        "licence_note": LICENCE,
    }
    return AlbumRecord(**(values | other))  # type: ignore[arg-type]


def picture(number: int, side: int = 80) -> bytes:
    """A JPEG of noise, another one for each number."""
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def fill(store: Store, albums: Sequence[AlbumRecord], source: str = "musicbrainz") -> list[str]:
    """Put albums and their pictures into a store; their keys, in the same order."""
    store.settle_setting("source", source)
    task = Task("albums", f"albums {albums[0].album_id}", {})
    store.add_tasks([task])
    store.finish_task(task, Answer(albums=list(albums)), source)
    keys = []
    for record in albums:
        key = cover_key(source, record.artist_id, record.album_name, record.album_id)
        content = picture(int(record.album_id.removeprefix("album-")))
        path = store.picture(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        store.cover_done(key, record.image_urls[0], digest, len(content))
        keys.append(key)
    return keys


def some(covers: int = 60, artists: int = 20) -> list[AlbumRecord]:
    """So many albums by so many artists."""
    return [album(number, artists) for number in range(covers)]
