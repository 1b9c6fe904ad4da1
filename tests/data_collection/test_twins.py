"""Which covers there are in the end: twins are one, examples kept out, lost pictures mended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_collection.rows import MOST_TWINS, check_files, iter_rows, keep_out, settle_twins
from data_collection.sources.base import AlbumRecord
from data_collection.store import Store, open_store
from tests.data_collection.records import (
    SOURCE,
    answer,
    download,
    key_of,
    pictures,
    record,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        opened.settle_setting("source", SOURCE)
        yield opened


def states(store: Store, *albums: AlbumRecord) -> list[str]:
    known = dict(store.database.execute("SELECT key, state FROM covers"))
    return [known[key_of(album)] for album in albums]


def files(store: Store) -> set[Path]:
    return set(store.folder.glob("images/**/*.*"))


def collection(folder: Path, order: tuple[int, ...], settle_between: bool) -> Any:
    """The rows, and the files, of three albums with the same picture and one with another."""
    albums = [
        record("a", release_date="1990", genres=("rock",)),
        record("b", release_date="1980", genres=("pop", "soul")),
        record("c", release_date="", genres=("jazz", "rock")),
        record("d", release_date="1970", genres=("folk",)),
    ]
    with open_store(folder) as store:
        answer(store, *albums[::-1])
        content = pictures(*albums[:3], shade=7) | pictures(albums[3])
        for number in order:
            download(store, content, [key_of(albums[number])])
            if settle_between:
                settle_twins(store)
        # An edition that is found later may make its album the earliest.
        answer(store, record("e", artist_id="artist-c", album_name="Title c", release_date="1960"))
        settle_twins(store)
        return list(iter_rows(store)), {path.name for path in files(store)}


def test_twins_are_the_same_whatever_came_first(tmp_path: Path) -> None:
    found = [
        collection(tmp_path / f"{number}{between}", order, between)
        for number, order in enumerate([(0, 1, 2, 3), (2, 1, 0, 3), (1, 3, 0, 2)])
        for between in (False, True)
    ]
    rows, names = found[0]
    assert found == [found[0]] * 6
    assert len(rows) == len(names) == 2
    united = next(row for row in rows if row["album_id"] == "e")
    assert united["genres"] == ["jazz", "pop", "rock", "soul"]
    assert united["release_year"] == 1960
    assert united["image_url"] == "http://127.0.0.1/c.jpg"


def test_a_cover_bears_its_own_name_until_twins_are_settled(store: Store) -> None:
    early, late = record("1", release_date="1970"), record("2", release_date="1980")
    answer(store, early, late)
    download(store, pictures(early, late, shade=7))
    settle_twins(store)
    answer(store, record("3", artist_id="artist-2", album_name="Title 2", release_date="1960"))
    (row,) = iter_rows(store)
    assert (row["album_id"], row["release_year"]) == ("1", 1960)
    settle_twins(store)
    (row,) = iter_rows(store)
    assert (row["album_id"], row["release_year"]) == ("3", 1960)
    assert row["key"] == key_of(late)
    assert files(store) == {store.picture(key_of(late))}


def test_the_picture_of_too_many_albums_is_none(store: Store) -> None:
    albums = [record(str(number)) for number in range(MOST_TWINS + 2)]
    answer(store, *albums[:MOST_TWINS])
    download(store, pictures(*albums, shade=7))
    settle_twins(store)
    assert store.counts_of_covers() == {"done": 1, "twin": MOST_TWINS - 1}
    answer(store, albums[-2])
    download(store, pictures(*albums, shade=7))
    settle_twins(store)
    assert store.counts_of_covers() == {"placeholder": MOST_TWINS + 1}
    keep_out(store, [album.artist_id for album in albums[:3]], [])
    answer(store, albums[-1])
    download(store, pictures(*albums, shade=7))
    settle_twins(store)
    assert store.counts_of_covers() == {"placeholder": MOST_TWINS - 1, "kept out": 3}
    assert files(store) == set()
    assert "placeholder: the same picture for many albums" in store.skipped()


def test_kept_out_and_let_back_in(store: Store) -> None:
    first, second, third = (record(str(number)) for number in range(3))
    answer(store, first, second, third)
    content = pictures(first, second, third)
    download(store, content)
    assert keep_out(store, [first.artist_id, "unknown"], [second.album_id]) == 2
    assert states(store, first, second, third) == ["kept out", "kept out", "done"]
    assert files(store) == {store.picture(key_of(third))}
    assert keep_out(store, [first.artist_id], []) == 1
    assert states(store, first, second, third) == ["kept out", "pending", "done"]
    download(store, content)
    assert check_files(store) == 0
    assert [row["album_id"] for row in iter_rows(store)] == sorted(
        ["1", "2"], key=lambda name: key_of(record(name))
    )
    assert keep_out(store, [], []) == 0
    assert states(store, first) == ["pending"]


def test_twins_of_what_is_kept_out_stand_for_themselves(store: Store) -> None:
    early, late = record("1", release_date="1970"), record("2", release_date="1980")
    answer(store, early, late)
    content = pictures(early, late, shade=7)
    download(store, content)
    settle_twins(store)
    assert states(store, early, late) == ["done", "twin"]
    keep_out(store, [early.artist_id], [])
    assert states(store, early, late) == ["kept out", "pending"]
    download(store, content)
    settle_twins(store)
    assert [row["release_year"] for row in iter_rows(store)] == [1980]
    keep_out(store, [], [])
    download(store, content)
    settle_twins(store)
    assert [row["release_year"] for row in iter_rows(store)] == [1970]
    keep_out(store, [late.artist_id], [])
    assert [row["genres"] for row in iter_rows(store)] == [["rock"]]


def test_twins_part_when_a_picture_changes(store: Store) -> None:
    early, late = record("1", release_date="1970"), record("2", release_date="1980")
    answer(store, early, late)
    download(store, pictures(early, late, shade=7))
    settle_twins(store)
    store.picture(key_of(early)).unlink()
    assert check_files(store) == 1
    settle_twins(store)
    assert states(store, early, late) == ["pending", "twin"]
    download(store, pictures(early, shade=9))
    settle_twins(store)
    assert states(store, early, late) == ["done", "pending"]


def test_lost_and_damaged_pictures_are_downloaded_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    albums = [record(str(number)) for number in range(3)]
    answer(store, *albums)
    download(store, pictures(*albums))
    assert check_files(store) == 0
    assert not caplog.records
    store.picture(key_of(albums[0])).unlink()
    store.picture(key_of(albums[1])).write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert check_files(store) == 2
    assert "2 pictures are gone or damaged" in caplog.text
    assert states(store, *albums) == ["pending", "pending", "done"]
    assert {job.key for job in store.jobs(9, ())} == {key_of(album) for album in albums[:2]}
