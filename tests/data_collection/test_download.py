"""All pending covers of a store: what becomes of each, and when a run stops instead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from data_collection.download import FAILURES_IN_A_ROW, download
from data_collection.fetching import TRIES
from data_collection.sources.base import AlbumRecord, Answer, Task, cover_key
from data_collection.store import PICTURES, Store, open_store
from data_collection.waiting import Patience
from duck_and_cover.errors import DuckAndCoverError, StoppedEarly
from tests.data_collection.scripted import Reply, Script, scripted
from tests.data_collection.services import Album, Artist, Catalogue, Options, serve
from tests.data_collection.services.albums import NOT_SHOWN, SHOWN
from tests.data_collection.services.pictures import HTML, jpeg

IMPATIENT = 0.001  # seconds before a second try


@pytest.fixture
def server() -> Iterator[Script]:
    with scripted() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


class Remembering(Patience):
    """Waits like any, and remembers what for."""

    def __init__(self, max_wait: float = 60.0) -> None:
        super().__init__(max_wait, IMPATIENT, "go-on")
        self.waits: list[str] = []

    def wait(self, seconds: float, why: str = "") -> None:
        self.waits.append(why)
        super().wait(seconds, why)


def silent(counts: dict[str, int]) -> None:
    """Progress that nobody looks at."""


def queue(store: Store, **urls: tuple[str, ...] | str) -> dict[str, str]:
    """Queue an album for each name, with the addresses of its cover; the keys by name."""
    albums = [
        AlbumRecord(name, name, "artist", "Artist", "1988", ("rock",), "album", addresses, "")
        for name, given in urls.items()
        for addresses in [(given,) if isinstance(given, str) else given]
    ]
    task = Task("albums", f"{len(store.counts_of_covers())} {' '.join(urls)}", {})
    store.add_tasks([task])
    store.finish_task(task, Answer(albums=albums), "source")
    return {name: cover_key("source", "artist", name, name) for name in urls}


def covers(store: Store) -> dict[str, tuple[str, str, int]]:
    """State, reason and tries of each cover, by key."""
    rows = store.database.execute("SELECT key, state, reason, attempts FROM covers")
    return {key: (state, reason, attempts) for key, state, reason, attempts in rows}


def files(store: Store) -> list[Path]:
    return sorted(path for path in (store.folder / PICTURES).rglob("*") if path.is_file())


def good(server: Script, number: int) -> dict[str, str]:
    """So many covers that the server gives; addresses by name."""
    for place in range(number):
        server.replies[f"/good{place}"] = [Reply(body=jpeg(f"{place}", 64))]
    return {f"good{place}": f"{server.url}/good{place}" for place in range(number)}


def test_each_cover_ends_as_it_deserves_though_a_quarter_of_all_answers_fail(store: Store) -> None:
    kinds = [kind for kind in SHOWN + NOT_SHOWN if kind not in ("one-size", "placeholder")]
    albums = [Album(f"{kind} {n}", Artist("A"), picture=kind) for kind in kinds for n in range(6)]
    with serve(Catalogue(albums), Options(fault_rate=0.25)) as services:
        front = services.environment()["COVER_ART_ARCHIVE_URL"] + "/release-group/{}/front"
        urls = {a.title: (front.format(a.id) + "-250", front.format(a.id)) for a in albums}
        keys = queue(store, **urls)
        shown: list[dict[str, int]] = []
        counts = download(store, Patience(backoff=IMPATIENT), 250, 16, shown.append)
    expected = {
        **dict.fromkeys(SHOWN, ("done", "")),
        "absent": ("missing", "no cover"),
        "gone": ("missing", "no cover"),
        "banner": ("missing", "not square"),
        "pixel": ("missing", "too small"),
        "truncated": ("failed", "truncated"),
        "html": ("failed", "not a picture"),
        "json": ("failed", "not a picture"),
        "empty": ("failed", "empty file"),
    }
    found = covers(store)
    for album in albums:
        assert found[keys[album.title]][:2] == expected[album.picture], album.title
    assert counts == store.counts_of_covers() | {"pending": 0} == shown[-1]
    assert {sum(each.values()) for each in shown} == {len(albums)}
    assert files(store) == sorted(store.picture(k) for k, row in found.items() if row[0] == "done")
    for path in files(store):
        with Image.open(path) as picture:
            picture.load()
            assert (picture.mode, picture.width) == ("RGB", picture.height)
            assert picture.width <= 250


def test_nothing_pending_asks_nobody(store: Store) -> None:
    assert download(store, Patience(), 500, 4, silent) == {}


def test_no_more_is_asked_at_once_than_allowed(store: Store, server: Script) -> None:
    queue(store, **good(server, 40))
    assert download(store, Patience(), 500, 3, silent)["done"] == 40
    assert server.most <= 3
    assert server.connections <= 3


def test_a_cover_is_given_up_after_its_tries_while_others_come(
    store: Store, server: Script
) -> None:
    server.replies["/bad"] = [Reply(500)]
    keys = queue(store, bad=f"{server.url}/bad", **good(server, 20))
    assert download(store, Patience(backoff=IMPATIENT), 500, 4, silent)["done"] == 20
    assert covers(store)[keys["bad"]] == ("failed", "HTTP 500", TRIES)
    assert server.asked["/bad"] == TRIES


@pytest.mark.parametrize("reply", [Reply(500), Reply(403), Reply(body=HTML)])
def test_a_service_that_is_down_stops_the_run(store: Store, server: Script, reply: Reply) -> None:
    names = [f"cover{n}" for n in range(1000)]
    server.replies = {f"/{name}": [reply] for name in names}
    queue(store, **{name: f"{server.url}/{name}" for name in names})
    with pytest.raises(StoppedEarly, match=r"^127.0.0.1:\d+ cannot be used now .*: go-on$"):
        download(store, Remembering(), 500, 8, silent)
    assert FAILURES_IN_A_ROW <= server.asked.total() <= FAILURES_IN_A_ROW + 16
    assert files(store) == []


def test_covers_that_never_come_do_not_look_like_a_service_that_is_down(
    store: Store, server: Script
) -> None:
    queue(store, **good(server, 2))
    download(store, Remembering(), 500, 4, silent)
    names = [f"bad{n}" for n in range(2 * FAILURES_IN_A_ROW)]
    server.replies |= {f"/{name}": [Reply(body=HTML)] for name in names}
    queue(store, **{name: f"{server.url}/{name}" for name in names})
    counts = download(store, Remembering(), 500, 4, silent)
    assert counts == {"done": 2, "failed": len(names), "pending": 0}


def test_a_long_wait_stops_the_run_and_keeps_what_was_in_hand(store: Store, server: Script) -> None:
    queue(store, **good(server, 200))
    server.replies["/good7"] = [Reply(429, headers={"Retry-After": "3600"})]
    with pytest.raises(StoppedEarly, match=r"429: asked to wait 60 min.*go on at .* with: go-on"):
        download(store, Remembering(), 500, 4, silent)
    states = store.counts_of_covers()
    assert len(files(store)) == states.get("done", 0)
    assert server.asked.total() == states.get("done", 0) + 1
    server.replies["/good7"] = [Reply(body=jpeg("7", 64))]
    store.try_again()
    assert download(store, Remembering(), 500, 4, silent) == {"done": 200, "pending": 0}
    assert {path for path, times in server.asked.items() if times > 1} == {"/good7"}


def test_a_short_wait_is_waited_for_once_by_all(store: Store, server: Script) -> None:
    queue(store, **good(server, 30))
    busy = Reply(503, headers={"Retry-After": "0.3"})
    for place in range(30):
        server.replies[f"/good{place}"].insert(0, busy)
    patience = Remembering()
    assert download(store, patience, 500, 30, silent) == {"done": 30, "pending": 0}
    assert [why.partition(": ")[2] for why in patience.waits] == ["HTTP 503"]


def test_an_interrupted_run_goes_on_where_it_was(store: Store, server: Script) -> None:
    queue(store, **good(server, 300))
    patience = Remembering()

    def stop_at_first(counts: dict[str, int]) -> None:
        if counts.get("done"):
            patience.stop.set()

    with pytest.raises(StoppedEarly, match="interrupted.*: go-on"):
        download(store, patience, 500, 4, stop_at_first)
    states = store.counts_of_covers()
    assert 0 < states["done"] < 300
    assert server.asked.total() == states["done"] == len(files(store))
    assert download(store, Patience(), 500, 4, silent) == {"done": 300, "pending": 0}
    assert set(server.asked.values()) == {1}


def test_a_silent_server_does_not_hold_an_interrupted_run(store: Store, server: Script) -> None:
    hold = threading.Event()
    server.replies["/silent"] = [Reply(hold=hold)]
    queue(store, silent=f"{server.url}/silent")
    patience = Remembering()
    try:
        with pytest.raises(StoppedEarly, match="interrupted"):
            download(store, patience, 500, 4, lambda counts: patience.stop.set())
    finally:
        hold.set()
    assert store.counts_of_covers() == {"pending": 1}


def test_a_folder_that_cannot_be_written_is_one_clear_error(store: Store, server: Script) -> None:
    queue(store, **good(server, 20))
    (store.folder / PICTURES).write_bytes(b"a file where the folder should be")
    with pytest.raises(DuckAndCoverError, match="cannot be written"):
        download(store, Patience(), 500, 4, silent)
    assert store.counts_of_covers() == {"pending": 20}
    assert all(attempts == 0 for _, _, attempts in covers(store).values())
