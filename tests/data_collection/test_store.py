"""What a folder remembers: settings, the order of tasks, albums that come twice, covers' tries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_collection.sources.base import Answer, Details, Task
from data_collection.store import CoverJob, Store, open_store, picture_name
from duck_and_cover.errors import UsageError
from tests.data_collection.records import SOURCE, answer, download, jpeg, key_of, record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def task(key: str, kind: str = "albums") -> Task:
    return Task(kind, key, {"key": key})


def test_a_setting_must_not_change(store: Store) -> None:
    assert store.setting("source") is None
    store.settle_setting("source", "spotify")
    store.settle_setting("source", "spotify")
    with pytest.raises(UsageError, match="--source musicbrainz: .* begun with --source spotify"):
        store.settle_setting("source", "musicbrainz")
    store.keep_setting("source", "musicbrainz")
    assert store.setting("source") == "musicbrainz"


def test_what_an_answer_leads_to_is_done_first(store: Store) -> None:
    leads_to = {
        "rock": ["rock page 2", "artist 1", "artist 2"],
        "artist 1": ["album 1"],
        "pop": ["artist 1", "artist 3"],  # one of them is known
    }
    store.add_tasks([task("rock"), task("pop")])
    order = []
    while (found := store.next_task()) is not None:
        order.append(found.key)
        following = [task(key) for key in leads_to.get(found.key, [])]
        store.finish_task(found, Answer(tasks=following), SOURCE)
    assert order == [
        *("rock", "rock page 2", "artist 1", "album 1", "artist 2"),
        *("pop", "artist 3"),
    ]
    store.add_tasks([task("rock")])
    assert store.next_task() is None


def test_failed_tasks_wait_for_another_run_and_gone_ones_do_not(store: Store) -> None:
    store.add_tasks([task("a"), task("b", "artists"), task("c")])
    store.fail_task(task("a"), "HTTP 500", for_good=False)
    store.fail_task(task("b"), "not there", for_good=True)
    store.finish_task(task("c"), Answer(), SOURCE)
    assert store.next_task() is None
    counts = {"albums": {"failed": 1, "done": 1}, "artists": {"gone": 1}}
    assert store.counts_of_tasks() == counts
    store.try_again()
    assert store.next_task() == task("a")
    assert store.counts_of_tasks()["artists"] == {"gone": 1}


def test_a_known_album_keeps_its_name_and_gets_more_genres(store: Store) -> None:
    answer(store, record("1", genres=("rock",)), artists={"artist-1": "Artist"})
    renamed = record("1", album_name="Another", artist_name="Renamed", genres=("pop", "rock"))
    answer(store, renamed, artists={"artist-1": "Renamed", "artist-2": "Second"})
    assert store.found() == (2, 1)
    rows = store.database.execute("SELECT album_name, artist_name FROM albums").fetchall()
    assert rows == [("Title 1", "Artist 1")]
    genres = store.database.execute("SELECT genre FROM genres ORDER BY genre").fetchall()
    assert genres == [("pop",), ("rock",)]
    # A cover without an album could neither be downloaded nor described.
    assert [job.key for job in store.jobs(9, ())] == [key_of(record("1"))]


def test_editions_share_a_cover_and_the_earliest_is_tried_first(store: Store) -> None:
    same = {"artist_id": "a", "album_name": "Ride"}
    answer(
        store,
        record("undated", **same | {"release_date": ""}),
        record("late", **same | {"release_date": "2001", "album_name": "Ride (Remastered)"}),
        record("day", **same | {"release_date": "1988-05-03"}),
        record("month", **same | {"release_date": "1988-05"}),
        record("year", **same | {"release_date": "1988"}),
        record("deluxe", **same | {"release_date": "1988", "album_name": "Ride (Deluxe)"}),
    )
    (job,) = store.jobs(9, ())
    order = ("day", "month", "year", "deluxe", "late", "undated")
    assert job == CoverJob(
        key_of(record("day", **same)), tuple(f"http://127.0.0.1/{name}.jpg" for name in order), 0
    )


def test_a_new_edition_may_have_the_missing_picture(store: Store) -> None:
    first = record("1", artist_id="a", album_name="Ride")
    edition = record("2", artist_id="a", album_name="Ride (Deluxe)")
    answer(store, first)
    store.cover_failed(key_of(first), "no cover", "missing")
    answer(store, first)
    assert store.counts_of_covers() == {"missing": 1}
    answer(store, edition)
    assert [job.urls for job in store.jobs(9, ())] == [first.image_urls + edition.image_urls]
    download(store, {first.image_urls[0]: jpeg(1)})
    answer(store, record("3", artist_id="a", album_name="Ride"))
    assert store.counts_of_covers() == {"done": 1}


def test_details_that_tell_nothing_wipe_out_nothing(store: Store) -> None:
    answer(store, record("1"), details={"1": Details(("One", "Zwölf 🦆"), {"energy": 0.5})})
    answer(store, details={"1": Details(), "unknown": Details(("One",))})
    rows = store.database.execute("SELECT tracks, audio_features FROM albums").fetchall()
    assert rows == [('["One", "Zwölf 🦆"]', '{"energy": 0.5}')]


def test_covers_are_tried_when_their_time_has_come(store: Store) -> None:
    albums = [record(str(number)) for number in range(6)]
    answer(store, *albums)
    keys = sorted(map(key_of, albums))
    assert [job.key for job in store.jobs(3, [keys[0]])] == keys[1:4]
    store.cover_failed(keys[0], "HTTP 500", "pending", retry_at=2000.0)
    store.cover_failed(keys[1], "HTTP 500", "pending", retry_at=1000.0)
    assert [job.key for job in store.jobs(9, (), now=999.0)] == keys[2:]
    for key in keys[2:]:
        store.cover_failed(key, "HTTP 404", "missing")
    assert store.next_retry() == 1000.0
    assert [(job.key, job.attempts) for job in store.jobs(9, (), now=1000.0)] == [(keys[1], 1)]
    assert [job.key for job in store.jobs(9, (), now=2000.0)] == [keys[1], keys[0]]
    store.cover_failed(keys[1], "HTTP 500", "failed")
    assert store.counts_of_covers() == {"pending": 1, "failed": 1, "missing": 4}
    store.try_again()
    assert [(job.key, job.attempts) for job in store.jobs(9, (), now=0.0)] == [
        (key, 0) for key in keys[:2]
    ]


def test_what_was_left_out_is_counted_by_reason(store: Store) -> None:
    albums = [record(str(number)) for number in range(3)]
    answer(store, *albums, skipped={"a": "compilation", "b": "compilation", "c": "no picture"})
    answer(store, skipped={"a": "compilation", "d": "compilation"})
    store.cover_failed(key_of(albums[0]), "no picture", "missing")
    store.cover_failed(key_of(albums[1]), "HTTP 500", "failed")
    expected = [("compilation", 3), ("no picture", 2), ("HTTP 500 (tried again next time)", 1)]
    assert list(store.skipped().items()) == expected


def test_broken_and_strange_texts_are_stored(store: Store) -> None:
    half, long = "\ud83e", "長" * 180
    strange = record(
        f"id{half}",
        album_name=f"A{half}",
        artist_id=f"{half}",
        artist_name=long,
        genres=(f"g{half}", "r&b"),
        image_urls=(f"http://127.0.0.1/{half}",),
    )
    found = Task(f"k{half}", f"key{half}", {"name": half})
    answer(
        store,
        strange,
        artists={half: half},
        artist_genres={half: ("artist", (half,))},
        details={strange.album_id: Details((half, "NUL \0"))},
        skipped={"id": half},
        tasks=[found],
    )
    again = store.next_task()
    assert again == Task("k�", "key�", {"name": "�"})
    store.fail_task(again, half, for_good=False)
    (job,) = store.jobs(9, ())
    assert job.urls == ("http://127.0.0.1/�",)
    store.cover_done(job.key, half, "digest", 1)
    assert store.database.execute("SELECT artist_name, tracks FROM albums").fetchall() == [
        (long, '["�", "NUL \\u0000"]')
    ]
    assert store.skipped() == {"�": 1}


def test_names_of_files_come_from_keys(store: Store, tmp_path: Path) -> None:
    assert picture_name("abcdef") == "images/ab/abcdef.jpg"
    assert store.picture("abcdef") == tmp_path / "images" / "ab" / "abcdef.jpg"


def test_a_caption_goes_with_the_picture_that_it_was_made_of(store: Store) -> None:
    album = record("a")
    answer(store, album)
    store.cover_done(key_of(album), "url", "first", 1)
    with store.database as database:
        database.execute("INSERT INTO captions VALUES (?, 'blip', 'A duck.')", [key_of(album)])
    count = "SELECT count(*) FROM captions"
    store.cover_done(key_of(album), "url", "first", 1)
    assert store.database.execute(count).fetchone() == (1,)
    store.cover_done(key_of(album), "url", "second", 1)
    assert store.database.execute(count).fetchone() == (0,)
