"""What is asked of MusicBrainz, in which order, and what becomes of its answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from data_collection.sources.base import Wanted
from data_collection.sources.http import NotFound
from data_collection.sources.musicbrainz import MusicBrainz
from data_collection.store import Store, open_store
from data_collection.waiting import Patience
from tests.data_collection.services import (
    VARIOUS_ARTISTS,
    Album,
    Artist,
    Catalogue,
    Services,
    serve,
)

BIG = 10_000  # artists: more than there are
JAZZ = (("jazz", 3),)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def invented() -> Iterator[tuple[Catalogue, Services]]:
    catalogue = Catalogue.invent(seed=3, albums=500)
    with serve(catalogue) as services:
        yield catalogue, services


def source(monkeypatch: pytest.MonkeyPatch, services: Services, **wanted: Any) -> MusicBrainz:
    for name, value in services.environment().items():
        monkeypatch.setenv(name, value)
    return MusicBrainz(Wanted(**wanted), Patience(backoff=0.0001), requests_per_second=10_000)


def collect(store: Store, asked: MusicBrainz) -> Store:
    """Asks until nothing is left to ask."""
    store.add_tasks(asked.first_tasks())
    while task := store.next_task():
        try:
            store.finish_task(task, asked.answer(task), asked.name)
        except NotFound as error:
            store.fail_task(task, str(error), for_good=True)
    return store


def genres_of(store: Store, *album_ids: str) -> set[tuple[str, str]]:
    marks = ", ".join("?" * len(album_ids))
    return set(
        store.database.execute(
            f"SELECT provenance, genre FROM genres WHERE album_id IN ({marks})", album_ids
        )
    )


def column(store: Store, name: str) -> list[Any]:
    return [row[0] for row in store.database.execute(f"SELECT {name} FROM albums")]


@pytest.mark.parametrize("fault_rate", [0.0, 0.25])
def test_the_whole_catalogue_is_found(
    invented: tuple[Catalogue, Services],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fault_rate: float,
) -> None:
    catalogue, services = invented
    services.set(fault_rate=fault_rate, changing_totals=True)
    truth = catalogue.expected("musicbrainz")
    asked = source(monkeypatch, services, genres=catalogue.genres, per_genre=BIG)
    with open_store(tmp_path) as store:
        collect(store, asked)
        listed = {album_id for album in truth.values() for album_id in album.ids}
        assert set(column(store, "album_id")) >= listed
        for album in truth.values():
            found = genres_of(store, *album.ids)
            assert {genre for kind, genre in found if kind == "album"} == set(album.genres)
            marks = ", ".join("?" * len(album.ids))
            rows = store.database.execute(
                f"SELECT key, release_year, artist_id FROM albums WHERE album_id IN ({marks})",
                list(album.ids),
            ).fetchall()
            assert len({key for key, _, _ in rows}) == 1
            assert min((year for _, year, _ in rows if year), default=None) == album.year
            assert {artist for _, _, artist in rows} == {album.artist_id}
        untagged = set(column(store, "album_id")) - listed
        assert {kind for kind, _ in genres_of(store, *untagged)} == {"query"}
        assert set(store.skipped()) == {"by various artists", "compilation, mix or speech"}


def test_tracks_are_those_of_the_first_official_release(
    invented: tuple[Catalogue, Services], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue, services = invented
    services.set(fault_rate=0.0)
    truth = catalogue.expected("musicbrainz")
    asked = source(monkeypatch, services, genres=("blues",), per_genre=BIG, tracks=True)
    with open_store(tmp_path) as store:
        collect(store, asked)
        known = {
            album_id: json.loads(tracks)
            for album_id, tracks in store.database.execute("SELECT album_id, tracks FROM albums")
        }
        states = store.counts_of_tasks()["tracks"]
    gone = {album.id for album in catalogue.albums if album.picture == "gone"} & set(known)
    assert states == {"done": len(known) - len(gone), "gone": len(gone)}
    dated = [album for album in truth.values() if album.year and len(album.ids) == 1]
    compared = [album for album in dated if album.ids <= set(known) - gone]
    assert len(compared) > 20
    for album in compared:
        assert known[next(iter(album.ids))] == [normalize("NFC", title) for title in album.tracks]


def test_a_run_goes_on_from_every_point(
    invented: tuple[Catalogue, Services], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each task is done by a source that knows nothing but the folder."""
    catalogue, services = invented
    services.set(fault_rate=0.0)
    wanted: dict[str, Any] = {"genres": ("rock", "jazz"), "per_genre": 40}
    with open_store(tmp_path / "whole") as store:
        whole = collect(store, source(monkeypatch, services, **wanted)).found()
    with open_store(tmp_path / "parts") as store:
        store.add_tasks(source(monkeypatch, services, **wanted).first_tasks())
    going_on = True
    while going_on:
        asked = source(monkeypatch, services, **wanted)
        with open_store(tmp_path / "parts") as store:
            if task := store.next_task():
                store.finish_task(task, asked.answer(task), asked.name)
            going_on = task is not None
            parts = store.found()
    assert parts == whole and whole[0] >= 40


def test_artists_of_a_frequent_genre_come_from_all_decades(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    albums = [
        Album(f"Album {n}", Artist(f"Artist {n}"), JAZZ, f"{1950 + n // 10}") for n in range(600)
    ]
    with serve(Catalogue(albums)) as services, open_store(tmp_path) as store:
        asked = source(monkeypatch, services, genres=("jazz",), years=(1950, 2009), per_genre=60)
        collect(store, asked)
        decades = Counter(year // 10 for year in column(store, "release_year"))
        assert set(decades) == set(range(195, 201))
        assert set(decades.values()) == {10}
        # One to see that there are many, a page of each decade, and their artists' albums.
        assert services.counts()["/ws"] == 1 + 6 + 3


def test_artists_that_come_again_and_again_do_not_count_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    busy = Artist("Busy")
    albums = [Album(f"Album {n}", busy, JAZZ, "1970") for n in range(150)]
    albums += [Album(f"Other {n}", Artist(f"Artist {n}"), JAZZ, "1971") for n in range(10)]
    with serve(Catalogue(albums)) as services, open_store(tmp_path) as store:
        asked = source(monkeypatch, services, genres=("jazz",), years=(1970, 1979), per_genre=5)
        collect(store, asked)
        assert store.found()[0] >= 5
        pages = [h for h in services.hits() if "tag" in h and "1979" in h and "limit=100" not in h]
        assert len(pages) <= 6  # of 5, 5, 10, 20, 40 and 80 albums


def test_few_artists_of_many_genres_come_from_different_decades(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    genres = tuple(f"genre {n}" for n in range(12))
    tags = tuple((genre, 1) for genre in genres)
    albums = [
        Album(f"Album {n}", Artist(f"Artist {n}"), tags, f"{1950 + n // 5}") for n in range(300)
    ]
    with serve(Catalogue(albums, genres)) as services, open_store(tmp_path) as store:
        asked = source(monkeypatch, services, genres=genres, years=(1950, 2009), per_genre=2)
        collect(store, asked)
        assert len({year // 10 for year in column(store, "release_year")}) == 6


def test_a_rare_genre_takes_two_requests_and_more_wanted_no_further_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = Artist("Known for it")
    albums = [Album("First", known, JAZZ, "1970"), Album("Second", known, (), "1980")]
    with serve(Catalogue(albums)) as services, open_store(tmp_path) as store:
        for _ in range(2):
            collect(store, source(monkeypatch, services, genres=("jazz",), years=(1950, 2026)))
        queries = [entry["target"] for entry in services.log() if "/ws/2" in entry["target"]]
        assert sorted(column(store, "album_name")) == ["First", "Second"]
    assert len(queries) == 2
    tail = "+AND+firstreleasedate%3A%5B1950+TO+2026-12-31%5D+AND+primarytype%3Aalbum"
    page = "&limit=100&offset=0&fmt=json"
    assert queries == [
        f"/ws/2/release-group?query=tag%3A%22jazz%22{tail}{page}",
        f"/ws/2/release-group?query=arid%3A%28{known.id}%29{tail}{page}",
    ]


def test_an_untagged_album_takes_the_genre_of_each_search(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    artist = Artist("Of two genres")
    bare = Album("Untagged", artist, (("seen live", 9), ("pop", -1)), "1990")
    albums = [Album("A", artist, JAZZ, "1970"), Album("B", artist, (("soul", 1),), "1980"), bare]
    with serve(Catalogue(albums)) as services, open_store(tmp_path) as store:
        collect(store, source(monkeypatch, services, genres=("jazz", "soul", "pop")))
        named = {("query", "jazz"), ("query", "soul"), ("query", "pop")}
        assert genres_of(store, bare.id) == named
        assert genres_of(store, albums[0].id) == {("album", "jazz")}


def test_genres_are_spelled_as_wanted_and_voted_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tags = (("Jazz", 2), ("Post-Punk", 1), ("soul", 0), ("blues", -2), ("seen live", 5))
    album = Album("Album", Artist("Artist"), tags, "1980")
    with serve(Catalogue([album])) as services, open_store(tmp_path) as store:
        collect(store, source(monkeypatch, services, genres=("jazz", "post punk", "soul", "blues")))
        assert genres_of(store, album.id) == {("album", "jazz"), ("album", "post punk")}


def test_what_is_no_album_of_these_years_is_left_out_and_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    artist = Artist("Artist")
    kept = [
        Album("Live", artist, JAZZ, "1980", secondary=("Live",)),
        Album("Score", artist, JAZZ, "1981-05", secondary=("Soundtrack",)),
        Album("Remixes", artist, JAZZ, "1982-05-03", secondary=("Remix",)),
    ]
    left = [
        Album("Best of", artist, JAZZ, "1983", secondary=("Live", "Compilation")),
        Album("Talk", artist, JAZZ, "1983", secondary=("Interview",)),
        Album("Mixed", artist, JAZZ, "1983", secondary=("DJ-mix",)),
        Album("Now 1", VARIOUS_ARTISTS, JAZZ, "1983"),
        Album("Single", artist, JAZZ, "1983", primary="Single"),
        Album("Later", artist, JAZZ, "1990"),
    ]
    with serve(Catalogue(kept + left)) as services, open_store(tmp_path) as store:
        asked = source(monkeypatch, services, genres=("jazz",), years=(1980, 1989))
        collect(store, asked)
        assert set(column(store, "album_id")) == {album.id for album in kept}
        # Each counts once, though the searches by genre and by artist both list it.
        assert store.skipped() == {"compilation, mix or speech": 3, "by various artists": 1}


def test_named_albums_are_looked_up_whatever_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    artist = Artist("Artist")
    tags = (("Jazz", 2), ("seen live", 4), ("soul", -1))
    named = Album("Named", artist, tags, "1950", primary="EP", secondary=("Compilation",))
    gone = Album("Gone", artist, JAZZ, "1980", picture="gone")
    with serve(Catalogue([named, gone])) as services, open_store(tmp_path) as store:
        asked = source(monkeypatch, services, years=(1980, 1989), tracks=True)
        page = f"https://musicbrainz.org/release-group/{gone.id.upper()}?tab=1#art"
        store.add_tasks(asked.tasks_for([named.id, page]))
        collect(store, asked)
        assert column(store, "album_name") == ["Named"]
        assert genres_of(store, named.id) == {("album", "jazz")}
        assert json.loads(column(store, "tracks")[0]) == list(named.tracks)
        assert store.counts_of_tasks()["lookups"] == {"done": 1, "gone": 1}
        asked_for = [entry["target"] for entry in services.log()]
    assert f"/ws/2/release-group/{gone.id}?inc=genres+tags+artist-credits&fmt=json" in asked_for
