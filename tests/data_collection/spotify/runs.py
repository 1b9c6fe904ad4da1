"""What the tests of Spotify share: a whole collection, and what opens the source."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_collection.rows import iter_rows
from data_collection.sources.http import NotFound
from data_collection.sources.spotify import Spotify
from data_collection.store import Store, open_store
from data_collection.waiting import Patience

Open = Callable[..., Spotify]


def patience(max_wait: float = 5.0) -> Patience:
    return Patience(max_wait, backoff=0.0001, command="collect --again")


def carry_on(store: Store, source: Spotify) -> None:
    """Make all requests that are queued and those that they lead to."""
    store.keep_setting("source", source.name)
    while task := store.next_task():
        try:
            store.finish_task(task, source.answer(task), source.name)
        except NotFound as error:
            store.fail_task(task, str(error), for_good=True)


def collect(folder: Path, source: Spotify) -> list[dict[str, Any]]:
    """The rows of a whole collection, as if all covers had been downloaded."""
    with open_store(folder) as store:
        store.add_tasks(source.first_tasks())
        carry_on(store, source)
        with store.database as database:
            database.execute("UPDATE covers SET state = 'done'")
        return list(iter_rows(store))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
