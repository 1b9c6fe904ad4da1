"""How fast covers are downloaded, and what a long queue costs.

python -m tests.benchmarks.collect
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

from data_collection.download import download
from data_collection.options import CONCURRENCY
from data_collection.store import Store, open_store
from data_collection.waiting import Patience
from duck_and_cover.errors import StoppedEarly
from tests.data_collection.services import Album, Artist, Catalogue, Options, serve

COVERS = 6000
LATENCY_S = 0.02
PENDING = 1_000_000


def main() -> None:
    """Print covers a second at several concurrencies, then the start with a long queue."""
    with tempfile.TemporaryDirectory() as folder:
        for concurrency in sorted({8, 16, CONCURRENCY, 64}):
            rate = covers_per_second(Path(folder) / str(concurrency), concurrency)
            say(f"{concurrency:3} at a time: {rate:5.0f} covers/s")
        long = Path(folder) / "long"
        with serve(Catalogue(())) as services:
            with open_store(long) as store:
                queue(store, (f"{services.url}/ia/{number}" for number in range(PENDING)))
            # A fresh process, since memory that was once used counts for ever.
            with get_context("spawn").Pool(1) as process:
                seconds, mib = process.apply(first_answers, [long])
        say(f"{PENDING:,} pending: first answers after {seconds:.2f} s, {mib:.0f} MiB at most")


def covers_per_second(folder: Path, concurrency: int) -> float:
    """Download distinct pictures of 500 pixels from a server in a process of its own."""
    artist = Artist("Somebody")
    catalogue = Catalogue(Album(f"Album {number}", artist) for number in range(COVERS))
    with serve(catalogue, Options(latency_s=LATENCY_S)) as services, open_store(folder) as store:
        root = f"{services.url}/ia/0/items"
        queue(store, (f"{root}/mbid-{a.release_id}/1_thumb500.jpg" for a in catalogue.albums))
        begin = time.perf_counter()
        counts = download(store, Patience(), 500, concurrency, lambda counts: None)
        seconds = time.perf_counter() - begin
    assert counts == {"done": COVERS, "pending": 0}, counts
    return COVERS / seconds


def first_answers(folder: Path) -> tuple[float, float]:
    """Seconds from opening a store to the first answers, and the most MiB held by then."""
    patience = Patience()
    begin = time.perf_counter()
    ends: list[float] = []

    def stop_at_first(counts: dict[str, int]) -> None:
        if counts.get("missing"):
            ends.append(time.perf_counter())
            patience.stop.set()

    with open_store(folder) as store, suppress(StoppedEarly):
        download(store, patience, 500, CONCURRENCY, stop_at_first)
    return ends[0] - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def queue(store: Store, urls: Iterable[str]) -> None:
    """Queue an album for each address, past the store's own way, which asks more questions."""
    with store.database as database:
        for number, url in enumerate(urls):
            key = f"{number * 2654435761 % 2**32:08x}{number:012x}"
            database.execute(
                "INSERT INTO albums (album_id, key, album_name, artist_id, artist_name, "
                "release_date, image_urls, licence_note) VALUES (?, ?, '', '', '', '', ?, '')",
                [str(number), key, json.dumps([url])],
            )
            database.execute("INSERT INTO covers (key) VALUES (?)", [key])


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
