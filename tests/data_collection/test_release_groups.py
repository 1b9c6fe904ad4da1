"""How MusicBrainz' answers are read, odd ones too, and what is checked before it is asked."""

from __future__ import annotations

import logging
from typing import Any
from unicodedata import normalize

import pytest

from data_collection.sources.base import Answer, Task, Wanted
from data_collection.sources.http import Unavailable
from data_collection.sources.musicbrainz import FURTHEST, PAGE, MusicBrainz
from data_collection.waiting import Patience
from duck_and_cover.errors import UsageError
from tests.data_collection.prepared import Prepared, prepared

MBID = "1b022e01-4da6-387b-8658-8678046e4cef"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def answer_to(monkeypatch: pytest.MonkeyPatch, groups: list[Any]) -> Answer:
    """What the source makes of a search's answer."""
    with prepared(Prepared(body={"count": len(groups), "release-groups": groups})) as server:
        monkeypatch.setenv("MUSICBRAINZ_URL", server.url)
        wanted = Wanted(("jazz",), years=(1950, 1999))
        asked = MusicBrainz(wanted, Patience(), 10_000)
        return asked.answer(asked.first_tasks()[0])


def group(**changes: Any) -> dict[str, Any]:
    """A release group as a search lists it."""
    credit = [
        {"name": "Ella", "joinphrase": " & ", "artist": {"id": "e", "name": "Ella Fitzgerald"}},
        {"name": "Louis", "artist": {"id": "l", "name": "Louis Armstrong"}},
    ]
    whole = {"id": "id", "title": "Again", "primary-type": "Album", "artist-credit": credit}
    return whole | {"first-release-date": "1957", "tags": [{"name": "jazz", "count": 1}]} | changes


def test_an_album_has_its_artists_and_the_first_one_s_id(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = answer_to(monkeypatch, [group(title=normalize("NFD", "Été"))])
    album = answer.albums[0]
    assert (album.album_name, album.artist_name, album.artist_id) == ("Été", "Ella & Louis", "e")
    assert answer.artists == {"e": "Ella Fitzgerald"}
    assert "CC0" in album.licence_note and "no licence is granted" in album.licence_note


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None}, "incomplete"),
        ({"title": ""}, "incomplete"),
        ({"artist-credit": []}, "incomplete"),
        ({"artist-credit": [{"name": "X", "artist": None}]}, "incomplete"),
        ({"first-release-date": "1949-12"}, "of another year"),
        ({"primary-type": None}, "not an album"),
        ({"primary-type": "EP"}, "not an album"),
        ({"secondary-types": ["Spokenword"]}, "compilation, mix or speech"),
    ],
)
def test_what_lacks_something_is_skipped(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], reason: str
) -> None:
    answer = answer_to(monkeypatch, [group(**changes), group(id="good")])
    assert [album.album_id for album in answer.albums] == ["good"]
    assert list(answer.skipped.values()) == [reason]


@pytest.mark.parametrize("date", ["", None, "0000", "????"])
def test_undated_albums_stay(monkeypatch: pytest.MonkeyPatch, date: str | None) -> None:
    answer = answer_to(monkeypatch, [group(**{"first-release-date": date})])
    assert [album.release_date for album in answer.albums] == [date or ""]


@pytest.mark.parametrize(
    ("size", "fronts"),
    [
        (64, ["front-250", "front"]),
        (250, ["front-250", "front"]),
        (500, ["front-500", "front"]),
        (501, ["front-1200", "front"]),
        (1201, ["front"]),
    ],
)
def test_the_smallest_picture_that_is_large_enough_comes_first(
    monkeypatch: pytest.MonkeyPatch, size: int, fronts: list[str]
) -> None:
    monkeypatch.setenv("COVER_ART_ARCHIVE_URL", "http://archive.example/")
    with prepared(Prepared(body={"count": 1, "release-groups": [group()]})) as server:
        monkeypatch.setenv("MUSICBRAINZ_URL", server.url)
        asked = MusicBrainz(Wanted(("jazz",), size=size), Patience(), 10_000)
        urls = asked.answer(asked.first_tasks()[0]).albums[0].image_urls
    assert urls == tuple(f"http://archive.example/release-group/id/{front}" for front in fronts)


def listing(count: int, *groups: dict[str, Any]) -> Prepared:
    return Prepared(body={"count": count, "release-groups": list(groups)})


def test_pages_go_on_from_what_came_until_none_does(monkeypatch: pytest.MonkeyPatch) -> None:
    full = [group(id=str(number)) for number in range(PAGE)]
    many = 10**6
    pages = [listing(1, group()), listing(3, *full), listing(many, *full[:40]), listing(many)]
    with prepared(*pages) as server:
        monkeypatch.setenv("MUSICBRAINZ_URL", server.url)
        asked = MusicBrainz(Wanted(("jazz",)), Patience(), 10_000)
        tasks = asked.first_tasks()
        keys = []
        while tasks:
            keys.append(tasks[0].key)
            tasks = asked.answer(tasks[0]).tasks
        assert [server.asked(n)["offset"] for n in range(4)] == ["0", "0", "100", "140"]
    assert len(set(keys)) == 4


def test_listing_ends_where_it_gets_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    full = [group(id=str(number)) for number in range(PAGE)]
    with prepared(listing(10**6, *full)) as server:
        monkeypatch.setenv("MUSICBRAINZ_URL", server.url)
        asked = MusicBrainz(Wanted(("jazz",)), Patience(), 10_000)
        payload = {"genre": "jazz", "artists": ["e"], "offset": FURTHEST - PAGE}
        assert asked.answer(Task("albums", "key", payload)).tasks == []


def test_an_answer_without_a_list_is_asked_for_again_in_another_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with prepared(Prepared(body={"error": "odd"})) as server:
        monkeypatch.setenv("MUSICBRAINZ_URL", server.url)
        asked = MusicBrainz(Wanted(("jazz",)), Patience(), 10_000)
        with pytest.raises(Unavailable, match="without release-groups"):
            asked.answer(asked.first_tasks()[0])


def release(number: int, date: str | None, status: str | None, *titles: str) -> dict[str, Any]:
    tracks = [[{"title": title}] for title in titles]
    media = [{"tracks": each} for each in tracks]
    return {"id": str(number), "date": date, "status": status, "media": media}


@pytest.mark.parametrize(
    ("releases", "titles"),
    [
        ([release(1, "1990", "Official", "B"), release(2, "1988-05", "Official", "A", "Z")], "AZ"),
        ([release(1, "1980", "Bootleg", "B"), release(2, "1988", "Official", "A")], "A"),
        ([release(1, "1988", "Bootleg", "B"), release(2, "1987", "Promotion", "A")], "A"),
        ([release(2, "1988", "Official", "B"), release(1, "1988", "Official", "A")], "A"),
        ([release(1, "", "Official", "B"), release(2, "1988", "Official", "A")], "A"),
        ([release(1, None, None, "A")], "A"),
        ([release(1, "1980", "Official"), release(2, "1988", "Official", "A")], "A"),
        ([{"id": "1", "media": [{"tracks": None}, {}]}], ""),
        ([], ""),
    ],
)
def test_tracks_come_from_the_earliest_official_release(
    monkeypatch: pytest.MonkeyPatch, releases: list[Any], titles: str
) -> None:
    with prepared(Prepared(body={"release-count": len(releases), "releases": releases})) as server:
        monkeypatch.setenv("MUSICBRAINZ_URL", server.url)
        asked = MusicBrainz(Wanted(), Patience(), 10_000)
        payload = {"album_id": MBID, "offset": 0, "best": None}
        answer = asked.answer(Task("tracks", "key", payload))
        assert answer.tasks == []
        assert server.asked()["release-group"] == MBID
        assert server.asked()["inc"] == "recordings"
    assert "".join(title for each in answer.details.values() for title in each.tracks) == titles


def test_the_earliest_release_may_be_on_any_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [
        [release(1, "1990", "Official", "C"), release(2, "1991", "Official", "D")],
        [release(3, "1985", "Official", "A")],
        [release(4, "1986", "Official", "B")],
    ]
    replies = [Prepared(body={"release-count": 4, "releases": page}) for page in pages]
    with prepared(*replies) as server:
        monkeypatch.setenv("MUSICBRAINZ_URL", server.url)
        asked = MusicBrainz(Wanted(), Patience(), 10_000)
        tasks = [Task("tracks", "key", {"album_id": MBID, "offset": 0, "best": None})]
        told = []
        while tasks:
            answer = asked.answer(tasks.pop())
            told += [details.tracks for details in answer.details.values()]
            tasks += answer.tasks
        assert [server.asked(n)["offset"] for n in range(3)] == ["0", "2", "3"]
    assert told == [("C",), ("A",)]


@pytest.mark.parametrize(
    "given",
    [
        MBID,
        MBID.upper(),
        f"https://musicbrainz.org/release-group/{MBID}",
        f"http://beta.musicbrainz.org/release-group/{MBID}/",
        f"https://musicbrainz.org/release-group/{MBID}?tag=1#cover-art",
    ],
)
def test_albums_are_named_by_id_or_page(given: str) -> None:
    (task,) = MusicBrainz(Wanted(), Patience()).tasks_for([given])
    assert task.payload == {"album_id": MBID}


@pytest.mark.parametrize(
    "given",
    [
        "4LH4d3cOWNNsVw41Gqt2kv",
        MBID[:-1],
        f"{MBID}0",
        f"https://musicbrainz.org/release/{MBID}",
        f"https://elsewhere.example/release-group/{MBID}",
    ],
)
def test_what_names_no_album_is_told(given: str) -> None:
    with pytest.raises(UsageError, match="no album of MusicBrainz") as error:
        MusicBrainz(Wanted(), Patience()).tasks_for([MBID, given, "second"])
    assert f"'{given}'" in str(error.value)


def test_musicbrainz_itself_wants_a_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MUSICBRAINZ_URL", raising=False)
    monkeypatch.delenv("COLLECT_CONTACT", raising=False)
    with pytest.raises(UsageError, match="COLLECT_CONTACT=you@example.org"):
        MusicBrainz(Wanted(), Patience()).start()
    monkeypatch.setenv("COLLECT_CONTACT", "me@example.org")
    MusicBrainz(Wanted(), Patience()).start()


def test_musicbrainz_itself_is_asked_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MUSICBRAINZ_URL", raising=False)
    monkeypatch.setenv("COLLECT_CONTACT", "me@example.org")
    with pytest.raises(UsageError, match="--requests-per-second 5.*MUSICBRAINZ_URL"):
        MusicBrainz(Wanted(), Patience(), 5.0).start()


def test_a_mirror_wants_neither(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("MUSICBRAINZ_URL", "http://mirror.example/ws/2")
    monkeypatch.delenv("COLLECT_CONTACT", raising=False)
    MusicBrainz(Wanted(), Patience(), 50.0).start()
    assert caplog.messages == ["asking http://mirror.example/ws/2 instead of MusicBrainz"]
