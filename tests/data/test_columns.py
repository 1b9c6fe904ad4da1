"""What people write in their tables is understood, and what cannot be is left out and counted."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import datasets
import pytest

from duck_and_cover.data.cells import as_audio_features, as_genres, as_texts, as_year
from duck_and_cover.data.columns import find_columns, to_schema
from duck_and_cover.data.schema import COLUMNS, features, last_year
from duck_and_cover.errors import UsageError

Make = Callable[..., datasets.Dataset]


@pytest.mark.parametrize(
    ("cell", "genres"),
    [
        (None, []),
        (math.nan, []),
        ("", []),
        ("nan", []),
        ([], []),
        ("Rock", ["rock"]),
        (" Thrash   Metal ", ["thrash metal"]),
        ("Rock, Pop,rock", ["rock", "pop"]),
        ("rock|Hip Hop", ["rock", "hip hop"]),
        ("rock; pop", ["rock", "pop"]),
        ('["Rock", "r&b, soul"]', ["rock", "r&b, soul"]),
        ("['Rock', 'Pop']", ["rock", "pop"]),
        (["Rock", None, " rock", "JAZZ", ""], ["rock", "jazz"]),
        (7, ["7"]),
        ("シティ・ポップ", ["シティ・ポップ"]),
    ],
)
def test_genres(cell: Any, genres: list[str]) -> None:
    assert as_genres(cell) == genres


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        (1988, 1988),
        (1988.0, 1988),
        ("1988", 1988),
        ("1988.0", 1988),
        ("1988-05", 1988),
        ("1988-05-24T00:00:00Z", 1988),
        ("24/05/1988", 1988),
        ("May 24, 1988", 1988),
        (19880524, 1988),
        ("198805", 1988),
        (date(1988, 5, 24), 1988),
        (datetime(1988, 5, 24, 12), 1988),
        (1860, 1860),
        (last_year(), last_year()),
        (None, None),
        (math.nan, None),
        ("", None),
        (0, None),
        (88, None),
        (1859, None),
        (last_year() + 1, None),
        ("unknown", None),
        (1700000000, None),
    ],
)
def test_years(cell: Any, year: int | None) -> None:
    assert as_year(cell) == year


def test_tracks_and_audio_features() -> None:
    assert as_texts("One, Two|Three") == ["One, Two", "Three"]
    assert as_texts('["A", "B"]') == ["A", "B"]
    assert as_texts(["A", None, "B "]) == ["A", "B"]
    assert as_texts(None) == []
    found = as_audio_features('{"energy": 0.5, "tempo": "120", "key": 3}')
    assert found is not None and found["energy"] == 0.5 and found["tempo"] == 120.0
    assert found["valence"] is None and "key" not in found
    assert as_audio_features({"energy": None}) is None
    assert as_audio_features(None) is None


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (["cover", "genre", "year"], {"image": "cover", "genres": "genre", "release_year": "year"}),
        (["img", "label"], {"image": "img", "genres": "label"}),
        (["Image", "Artist Name"], {"image": "Image", "artist_name": "Artist Name"}),
        (["image", "album", "title"], {"image": "image", "album_name": "album"}),
        (["image", "genres", "label"], {"image": "image", "genres": "genres"}),
        (["image", "date"], {"image": "image", "release_date": "date"}),
    ],
)
def test_names_are_understood(there: list[str], found: dict[str, str]) -> None:
    assert find_columns(there) == found


def test_a_mapping_wins_and_takes_its_column() -> None:
    there = ["image", "genre", "style", "title"]
    assert find_columns(there, {"genres": "style"})["genres"] == "style"
    assert find_columns(there, {"genre": "style"})["genres"] == "style"
    assert find_columns(there, {"artist": "title"}) == {
        "artist_name": "title",
        "image": "image",
        "genres": "genre",
    }


def test_wrong_mappings_name_what_there_is() -> None:
    with pytest.raises(UsageError, match="no column 'style' here; there are image, genre"):
        find_columns(["image", "genre"], {"genres": "style"})
    with pytest.raises(UsageError, match="no column 'colour'; ours are image, album_id"):
        find_columns(["image", "genre"], {"colour": "genre"})


def test_everything_comes_out_in_the_schema(make_covers: Make) -> None:
    covers = make_covers(
        3,
        Genre=["Rock", "Pop|Jazz", None],
        year=["1988-05", None, "3000"],
        artist=["A", "B", None],
        album=["X", "Y", "Z"],
        energy=[0.5, None, 0.25],
    )
    schematic = to_schema(covers)
    assert schematic.features == features()
    assert schematic.column_names == list(COLUMNS)
    rows = list(schematic)
    assert [row["genres"] for row in rows] == [["rock"], ["pop", "jazz"], []]
    assert [row["release_year"] for row in rows] == [1988, None, None]
    assert [row["artist_name"] for row in rows] == ["A", "B", ""]
    assert rows[0]["audio_features"]["energy"] == 0.5
    assert rows[1]["audio_features"] is None
    assert rows[0]["caption"] is None and rows[0]["tracks"] == []
    assert rows[0]["source"] == "folder"


def test_pictures_stay_encoded(make_covers: Make, encoded_cover: Callable[[int], bytes]) -> None:
    rows = list(to_schema(make_covers(2)))
    assert [row["image"]["bytes"] for row in rows] == [encoded_cover(0), encoded_cover(1)]


@pytest.mark.parametrize("several", [False, True])
def test_class_labels_become_names(make_covers: Make, several: bool) -> None:
    kind: Any = datasets.ClassLabel(names=["Rock", "Pop"])
    numbers: list[Any] = [[1], [1, 0]] if several else [1, -1]
    covers = make_covers(2, label=numbers)
    covers = covers.cast_column("label", datasets.List(kind) if several else kind)
    assert to_schema(covers)["genres"][:] == (
        [["pop"], ["pop", "rock"]] if several else [["pop"], []]
    )


def test_our_own_columns_pass_through_unchanged(make_covers: Make) -> None:
    once = to_schema(make_covers(4, genre=["A"] * 4, year=[1999] * 4, caption=["c"] * 4))
    assert list(to_schema(once)) == list(once)


def test_dates_fill_in_for_years_and_stay_as_given(
    make_covers: Make, caplog: pytest.LogCaptureFixture
) -> None:
    covers = make_covers(
        4, release_date=["1970-01", "1971", "", "never"], release_year=[1975, None, None, None]
    )
    with caplog.at_level(logging.WARNING):
        rows = list(to_schema(covers))
    assert [row["release_year"] for row in rows] == [1975, 1971, None, None]
    assert [row["release_date"] for row in rows] == ["1970-01", "1971", "", "never"]
    assert "1 of 4 covers have a release year that cannot be" in caplog.text


def test_bytes_paths_and_odd_names_are_pictures_too(encoded_cover: Callable[[int], bytes]) -> None:
    as_bytes = datasets.Dataset.from_dict({"image": [encoded_cover(0)]})
    assert to_schema(as_bytes)[0]["image"] == {"bytes": encoded_cover(0), "path": None}
    as_paths = datasets.Dataset.from_dict({"cover": ["/covers/a.jpg"]})
    assert to_schema(as_paths)[0]["image"] == {"bytes": None, "path": "/covers/a.jpg"}
    pictures = datasets.Dataset.from_dict({"front": [{"bytes": encoded_cover(0), "path": None}]})
    typed = pictures.cast_column("front", datasets.Image())
    assert to_schema(typed)[0]["image"]["bytes"] == encoded_cover(0)


def test_a_typed_picture_beats_a_likely_name(encoded_cover: Callable[[int], bytes]) -> None:
    both = datasets.Dataset.from_dict(
        {
            "cover": ["https://example.org/a.jpg"],
            "scan": [{"bytes": encoded_cover(0), "path": None}],
        }
    ).cast_column("scan", datasets.Image())
    assert to_schema(both)[0]["image"]["bytes"] == encoded_cover(0)


def test_no_pictures_is_the_users_mistake() -> None:
    with pytest.raises(UsageError, match="which column is 'image'\\? there are genre, year"):
        to_schema(datasets.Dataset.from_dict({"genre": ["rock"], "year": [1988]}))
    with pytest.raises(UsageError, match="'image' holds no pictures"):
        to_schema(datasets.Dataset.from_dict({"image": [1, 2]}))


def test_selected_rows_keep_their_own_descriptions(make_covers: Make) -> None:
    covers = make_covers(5, genre=list("abcde")).select([4, 1])
    rows = list(to_schema(covers))
    assert [row["genres"] for row in rows] == [["e"], ["b"]]
    assert (
        rows[0]["image"]
        == make_covers(5).cast_column("image", datasets.Image(decode=False))[4]["image"]
    )
