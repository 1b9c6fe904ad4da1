"""What a collection ends in: one row a cover, the same in any order, and a folder that trains."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from data_collection.rows import (
    METADATA,
    batches,
    count_rows,
    iter_rows,
    write_metadata,
)
from data_collection.sources.base import Details
from data_collection.store import Store, open_store
from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.schema import COLUMNS, SPLITS, features
from duck_and_cover.data.splits import split_rows
from tests.data_collection.records import SOURCE, answer, download, jpeg, key_of, pictures, record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        opened.settle_setting("source", SOURCE)
        yield opened


def test_a_row_has_the_columns_of_the_schema(store: Store) -> None:
    album = record("1", genres=("rock", "pop"), release_date="1988-05")
    details = Details(("One", "Two"), {"energy": 0.5, "unheard of": 1.0})
    answer(store, album, details={"1": details})
    download(store, pictures(album))
    (row,) = iter_rows(store)
    key = key_of(album)
    assert set(row) == set(COLUMNS) - {"image"} | {"file_name", "key", "bytes"}
    assert row == {
        "file_name": f"images/{key[:2]}/{key}.jpg",
        "key": key,
        "bytes": len(jpeg(0)),
        "album_id": "1",
        "source": SOURCE,
        "album_name": "Title 1",
        "artist_id": "artist-1",
        "artist_name": "Artist 1",
        "genres": ["pop", "rock"],
        "genre_provenance": "album",
        "release_date": "1988-05",
        "release_year": 1988,
        "tracks": ["One", "Two"],
        "audio_features": dict.fromkeys(AUDIO_FEATURES) | {"energy": 0.5},
        "caption": None,
        "image_url": "http://127.0.0.1/1.jpg",
        "licence_note": "all rights with their owners",
    }


def test_the_most_direct_witness_of_genres_counts(store: Store) -> None:
    albums = [record(str(number), artist_id=f"a{number}", genres=()) for number in range(4)]
    answer(
        store,
        *albums,
        record("1", genres=("rock",), genre_provenance="query"),
        record("2", genres=("rock",), genre_provenance="query"),
        record("3", genres=("rock",), genre_provenance="query"),
        record("3", genres=("jazz",), genre_provenance="album"),
        artist_genres={"a2": ("artist", ("soul", "pop")), "a3": ("artist", ("soul",))},
    )
    download(store, pictures(*albums))
    found = {row["album_id"]: (row["genres"], row["genre_provenance"]) for row in iter_rows(store)}
    assert found == {
        "0": ([], ""),
        "1": (["rock"], "query"),
        "2": (["pop", "soul"], "artist"),
        "3": (["jazz"], "album"),
    }


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("2011", "1988-05-03"), ("1988-05-03", 1988, "1")),
        (("", "1988"), ("1988", 1988, "1")),
        (("0000", ""), ("0000", None, "0")),
        (("1988", "1988-05-03"), ("1988-05-03", 1988, "1")),
        (("1988-05", "1988-06-01"), ("1988-05", 1988, "0")),
        (("1988-05-04", "1988-05-03"), ("1988-05-03", 1988, "1")),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_editions_are_one_row_of_the_earliest_date(
    store: Store, dates: tuple[str, str], expected: tuple[str, int | None, str], order: int
) -> None:
    editions = [
        record(str(number), artist_id="a", album_name="Ride", release_date=date, genres=(date,))
        for number, date in enumerate(dates)
    ]
    for edition in editions[::order]:
        answer(store, edition)
    download(store, pictures(*editions))
    (row,) = iter_rows(store)
    assert (row["release_date"], row["release_year"], row["album_id"]) == expected
    assert row["genres"] == sorted(dates)
    assert row["image_url"] == f"http://127.0.0.1/{expected[2]}.jpg"


def test_the_plain_title_speaks_for_its_year(store: Store) -> None:
    ride = {"artist_id": "a", "release_date": "1988"}
    plain = record("2", album_name="Ride", **ride)
    answer(store, record("1", album_name="Ride (Deluxe Edition)", **ride), plain)
    download(store, pictures(plain, record("1")))
    assert [row["album_name"] for row in iter_rows(store)] == ["Ride"]


def test_more_rows_than_are_read_at_a_time(store: Store) -> None:
    albums = [record(str(number)) for number in range(4500)]
    answer(store, *albums)
    store.database.execute("UPDATE covers SET state = 'done'")
    store.database.commit()
    keys = [row["key"] for row in iter_rows(store)]
    assert keys == sorted(map(key_of, albums))
    assert count_rows(store) == 4500


def test_batches() -> None:
    rows = [{"number": number} for number in range(5)]
    assert list(batches(rows, 2)) == [rows[:2], rows[2:4], rows[4:]]
    assert list(batches([], 2)) == []


def test_the_folder_loads_and_trains(store: Store) -> None:
    albums = [
        record(
            str(number),
            artist_id=f"artist-{number % 20}",
            album_name=f"{'長' * 180} \ud83e {number}",
            release_date="" if number == 3 else f"{1950 + number}",
            genres=("rock", "r&b") if number % 2 else (),
        )
        for number in range(40)
    ]
    details = {"5": Details(("One", "Two"), {"energy": 0.5})}
    answer(store, *albums, record("never downloaded"), details=details)
    download(store, pictures(*albums), [key_of(album) for album in albums])
    path = store.folder / METADATA
    path.write_text("of an earlier run")
    path.with_name(f".{METADATA}.partial").write_text("of a killed run")
    assert write_metadata(store) == path
    assert not list(store.folder.glob(f".{METADATA}*"))
    covers = load_covers(store.folder)
    expected = {row["album_id"]: row for row in iter_rows(store)}
    assert len(expected) == 40
    for split in SPLITS:
        assert covers[split].features == features()
        for row in covers[split]:
            wanted = expected.pop(row["album_id"])
            assert Path(row["image"]["path"]) == store.folder / wanted["file_name"]
            assert {name: row[name] for name in COLUMNS[1:]} == {
                name: wanted[name] for name in COLUMNS[1:]
            }
    assert not expected
    artists = split_rows([f"artist_id:artist-{number}" for number in range(20)])
    for split in SPLITS:
        found = set(covers[split]["artist_id"])
        assert found == {f"artist-{number}" for number in artists[split]}


def test_rows_do_not_follow_the_order_of_answers(tmp_path: Path) -> None:
    albums = [
        record("1", artist_id="a", album_name="Ride", genres=("rock",)),
        record("2", artist_id="a", album_name="Ride (Deluxe)", genres=("pop", "jazz")),
        record("1", artist_id="a", album_name="Ride", genres=("jazz",)),
        record("3", genres=("soul",), genre_provenance="query"),
    ]
    with ExitStack() as opened:
        orders = list(itertools.permutations(albums))
        stores = [opened.enter_context(open_store(tmp_path / str(n))) for n in range(len(orders))]
        found = []
        for store, order in zip(stores, orders, strict=True):
            for album in order:
                answer(store, album)
            download(store, pictures(*albums))
            found.append(json.dumps(list(iter_rows(store))))
    assert len(json.loads(found[0])) == 2
    assert set(found) == {found[0]}
