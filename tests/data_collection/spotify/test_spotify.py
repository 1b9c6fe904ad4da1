"""Collecting from Spotify, in development and in extended mode, against services on loopback."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from data_collection.sources.base import Answer, Task, Wanted
from data_collection.sources.http import NotFound
from data_collection.sources.spotify import Spotify
from data_collection.store import open_store
from duck_and_cover.errors import UsageError
from tests.data_collection.services import Album, Artist, Catalogue, Services, serve
from tests.data_collection.spotify.runs import Open, collect, nfc, patience


@pytest.mark.parametrize("extended", [False, True])
def test_a_collection_is_the_truth_whatever_fails(
    services: Services, opened: Open, catalogue: Catalogue, tmp_path: Path, extended: bool
) -> None:
    services.set(extended=extended, fault_rate=0.2, changing_totals=True)
    rows = collect(tmp_path, opened(per_genre=1000, tracks=True))
    by_id = {row["album_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    truth = catalogue.expected("spotify").values()
    for album in (each for each in truth if each.cover):
        (row,) = [by_id.pop(album_id) for album_id in album.ids if album_id in by_id]
        assert (row["album_name"], row["artist_name"]) == (nfc(album.title), nfc(album.artist))
        assert tuple(row["genres"]) == album.genres
        assert row["genre_provenance"] == ("artist" if extended else "query")
        assert row["release_year"] == album.year
        assert row["tracks"] == [nfc(title) for title in album.tracks]
        assert (row["audio_features"] is not None) == extended
    # What is left is listed, but has no cover that can be shown.
    assert set(by_id) < {album_id for each in truth if not each.cover for album_id in each.ids}


def test_development_mode_costs_few_calls(
    services: Services, opened: Open, catalogue: Catalogue, tmp_path: Path
) -> None:
    rows = collect(tmp_path, opened(per_genre=1000))
    several = [row for row in rows if len(row["genres"]) > 1]
    assert len(several) > 20
    hits = services.hits()
    albums = {target: count for target, count in hits.items() if "/albums" in target}
    assert set(albums.values()) == {1}, "a second genre must not ask for the same albums"
    searches = {target: count for target, count in hits.items() if "/search" in target}
    assert sum("limit=50" in target for target in searches) == 1, "the probe"
    assert all("limit=10" in target for target in [*albums, *searches] if "=50" not in target)
    assert max(searches.values()) == 2, "the probe's page, again"
    assert set(hits) == {*albums, *searches, "/accounts/api/token"}


def test_extended_mode_is_found_and_used(
    services: Services, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    services.set(extended=True)
    source = opened(genres=("rock",), per_genre=1000, tracks=True)
    assert "extended mode, 50 results a page, related artists, albums in batches" in caplog.text
    answer = source.answer(source.first_tasks()[0])
    assert answer.tasks[-1].kind == "related artists"
    artist = next(task for task in answer.tasks if task.kind == "albums")
    (tracks, *_) = [task for task in source.answer(artist).tasks if task.kind == "tracks"]
    details = source.answer(tracks)
    assert len(details.details) > 1
    sound = source.answer(details.tasks[0]).details
    assert {"energy", "tempo", "popularity"} <= set(next(iter(sound.values())).audio_features or {})


def test_artists_near_those_found_are_of_the_genre_too(
    services: Services, opened: Open, catalogue: Catalogue
) -> None:
    services.set(extended=True)
    first = next(a.artist for a in catalogue.albums if {"rock", "jazz"} & {*a.artist.genres[1:]})
    genre = next(genre for genre in first.genres if genre in ("rock", "jazz"))
    source = opened(per_genre=4)
    near = {"genre": genre, "met": [first.spotify_id], "near": [first.spotify_id]}
    answer = source.answer(Task("related artists", "key", near))
    of_genre = {a.artist.spotify_id for a in catalogue.albums if genre in a.artist.genres}
    assert set(answer.artists) <= of_genre - {first.spotify_id}
    assert len(answer.artists) == min(3, len(of_genre) - 1) > 0
    assert all(genre in genres for _, genres in answer.artist_genres.values())


def test_what_was_allowed_may_be_so_no_more(services: Services, opened: Open) -> None:
    services.set(extended=True)
    source = opened(genres=("rock", "zither"), per_genre=1000, tracks=True)
    found = source.answer(source.first_tasks()[0])
    albums = [source.answer(task) for task in found.tasks if task.kind == "albums"]
    batch = max((task for each in albums for task in each.tasks), key=lambda task: len(task.key))
    services.set(extended=False)
    singles = source.answer(batch).tasks
    assert [task.payload["album_ids"] for task in singles] == [
        [album_id] for album_id in batch.payload["album_ids"]
    ]
    assert source.answer(singles[0]).details[batch.payload["album_ids"][0]].tracks
    assert source.answer(found.tasks[-1]).tasks, "the next artist is asked for"
    following = source.answer(source.first_tasks()[1])
    assert sum(task.kind == "albums" for task in following.tasks) == 10


def test_as_many_artists_as_are_wanted(services: Services, opened: Open, tmp_path: Path) -> None:
    rows = collect(tmp_path, opened(genres=("zither",), per_genre=3))
    assert len({row["artist_id"] for row in rows}) == 3
    before = services.hits()
    more = collect(tmp_path, opened(genres=("zither",), per_genre=12))
    assert len({row["artist_id"] for row in more}) == 12
    again = [t for t, count in services.hits().items() if "/albums" in t and count > 1]
    assert not again and len(services.hits()) > len(before)


def test_years_are_kept_to(opened: Open, tmp_path: Path, catalogue: Catalogue) -> None:
    rows = collect(tmp_path, opened(per_genre=1000, years=(1980, 1989)))
    years = {row["release_year"] for row in rows}
    assert years <= {None, *range(1980, 1990)} and len(years) > 5
    with open_store(tmp_path) as store:
        assert store.skipped()["of another year"] > 50


def test_named_albums_whatever_they_are(opened: Open, catalogue: Catalogue) -> None:
    single = next(
        a for a in catalogue.albums if a.primary == "Single" and a.picture == "jpeg" and a.tracks
    )
    gone = next(a for a in catalogue.albums if a.picture == "gone")
    source = opened(genres=())
    given = (
        single.spotify_id,
        f"spotify:album:{single.spotify_id}",
        f"https://open.spotify.com/album/{single.spotify_id}?si=abc",
        f"https://open.spotify.com/intl-de/album/{gone.spotify_id}",
    )
    first, second, third, last = source.tasks_for(given)
    assert first == second == third
    answer = source.answer(first)
    assert [album.album_id for album in answer.albums] == [single.spotify_id]
    assert answer.details[single.spotify_id].tracks == tuple(map(nfc, single.tracks))
    with pytest.raises(NotFound):
        source.answer(last)
    with pytest.raises(NotFound, match="400"):
        source.answer(Task("named albums", "", {"album_id": "none"}))
    with pytest.raises(UsageError, match=r"'https://example\.org/album' is no album of Spotify"):
        source.tasks_for([single.spotify_id, "https://example.org/album", "other"])


def test_without_a_genre_filter_names_are_searched(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    band = Artist('The "Zydeco" Kings')
    with serve(Catalogue([Album("Debut", band, date="1999")])) as others:
        for name, value in others.environment().items():
            monkeypatch.setenv(name, value)
        source = Spotify(Wanted(("zydeco",)), patience())
        source.start()
        assert "finds no artists by genre" in caplog.text
        source.answer(source.first_tasks()[0])
        assert any("q=%22zydeco%22" in target for target in others.hits())


def test_genres_of_an_artist_are_those_of_all_albums(
    opened: Open, tmp_path: Path, catalogue: Catalogue
) -> None:
    source = opened(genres=("rock",), per_genre=1)
    found = source.answer(source.first_tasks()[0])
    (artist_id,) = found.artists
    albums = source.answer(found.tasks[0])
    later = Answer(artist_genres={artist_id: ("query", ("soul",)), "someone": ("query", ("pop",))})
    with open_store(tmp_path) as store:
        for answer in (found, albums, later):
            store.finish_task(Task("albums", "key", {}), answer, "spotify")
        known = store.database.execute("SELECT DISTINCT provenance, genre FROM genres").fetchall()
        count = store.database.execute("SELECT count(*) FROM genres").fetchone()[0]
    assert sorted(known) == [("query", "rock"), ("query", "soul")]
    assert count == 2 * len(albums.albums) > 0
