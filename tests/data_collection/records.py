"""Albums and pictures that a test puts into a collecting folder without asking any service."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from PIL import Image

from data_collection.sources.base import AlbumRecord, Answer, Task, cover_key
from data_collection.store import Store

SOURCE = "musicbrainz"


def record(album_id: str, **given: Any) -> AlbumRecord:
    """An album; what is not given follows from its id."""
    usual: dict[str, Any] = {
        "album_name": f"Title {album_id}",
        "artist_id": f"artist-{album_id}",
        "artist_name": f"Artist {album_id}",
        "release_date": "1988-05-03",
        "genres": ("rock",),
        "genre_provenance": "album",
        "image_urls": (f"http://127.0.0.1/{album_id}.jpg",),
        "licence_note": "all rights with their owners",
    }
    return AlbumRecord(album_id, **(usual | given))


def key_of(album: AlbumRecord) -> str:
    """The key of an album's cover."""
    return cover_key(SOURCE, album.artist_id, album.album_name, album.album_id)


def answer(store: Store, *albums: AlbumRecord, **more: Any) -> None:
    """Store an answer to a task of its own."""
    task = Task("albums", f"task {sum(map(len, store.counts_of_tasks().values()))} {albums}", {})
    store.add_tasks([task])
    store.finish_task(task, Answer(albums=list(albums), **more), SOURCE)


def jpeg(shade: int) -> bytes:
    """A small grey picture."""
    file = BytesIO()
    Image.new("RGB", (32, 32), (shade, shade, shade)).save(file, "JPEG")
    return file.getvalue()


def pictures(*albums: AlbumRecord, shade: int | None = None) -> dict[str, bytes]:
    """A picture for each album's address: one of its own, or the same for all."""
    shades = itertools.count() if shade is None else itertools.repeat(shade)
    return {a.image_urls[0]: jpeg(number) for a, number in zip(albums, shades, strict=False)}


def download(store: Store, pictures: dict[str, bytes], keys: Iterable[str] = ()) -> None:
    """Give pending covers their pictures, by first address; of `keys` alone and in that order."""
    jobs = {job.key: job for job in store.jobs(1000, ())}
    for key in keys or list(jobs):
        url, content = jobs[key].urls[0], pictures[jobs[key].urls[0]]
        path = store.picture(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        store.cover_done(key, url, hashlib.sha256(content).hexdigest(), len(content))
