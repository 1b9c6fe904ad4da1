"""Reading Spotify's objects, with any part missing."""

from __future__ import annotations

from typing import Any

import pytest

from data_collection.sources.base import Details
from data_collection.sources.spotify_albums import (
    VARIOUS_ARTISTS,
    album_of,
    details_of,
    earliest_editions,
    image_urls,
    mean_features,
    why_left_out,
    with_id,
)
from data_collection.sources.spotify_calls import next_offset

ME = "a" * 22


def album(**parts: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id": "b" * 22,
        "name": "Debut",
        "album_type": "album",
        "artists": [{"id": ME, "name": "Me"}],
        "release_date": "1988-05",
        "images": [{"url": "cover", "width": 640}],
    }
    return whole | parts


@pytest.mark.parametrize(
    ("sides", "size", "order"),
    [
        ([640, 300, 64], 300, [300, 640, 64]),
        ([640, 300, 64], 500, [640, 300, 64]),
        ([640, 300, 64], 1000, [640, 300, 64]),
        ([640, 300, 64], 64, [64, 300, 640]),
        ([64, 300, 640], 65, [300, 640, 64]),
        ([300], 500, [300]),
        ([], 500, []),
    ],
)
def test_the_smallest_picture_that_is_large_enough(
    sides: list[int], size: int, order: list[int]
) -> None:
    images = [{"url": str(side), "width": side, "height": side} for side in sides]
    assert image_urls(images, size) == tuple(map(str, order))


def test_pictures_of_unknown_width() -> None:
    images = [{"url": "a", "width": None}, {"url": "b"}, {"url": "c", "width": 0}, {"url": "a"}]
    assert image_urls(images, 300) == ("a", "b", "c")
    mixed = [*images, {"url": "large", "width": 640}, {"url": "small", "width": 64}]
    assert image_urls(mixed, 300) == ("large", "a", "b", "c", "small")
    assert image_urls([None, {"url": None}, {"width": 3}, "text"], 300) == ()
    assert image_urls(None, 300) == ()


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({}, ""),
        ({"release_date": "0000"}, ""),
        ({"release_date": None}, ""),
        ({"release_date": "1979"}, "of another year"),
        ({"release_date": "1990-01-01"}, "of another year"),
        ({"album_type": "single"}, "not an album"),
        ({"album_type": None}, "not an album"),
        ({"artists": [{"id": VARIOUS_ARTISTS}]}, "by various artists"),
        ({"artists": [{"id": "c" * 22}, {"id": ME}]}, "another artist's"),
        ({"artists": None}, "another artist's"),
    ],
)
def test_what_is_left_out(parts: dict[str, Any], reason: str) -> None:
    assert why_left_out(album(**parts), ME, (1980, 1989)) == reason


@pytest.mark.parametrize(
    "parts", [{"images": []}, {"images": None}, {"name": ""}, {"artists": []}, {"artists": [None]}]
)
def test_what_is_no_record(parts: dict[str, Any]) -> None:
    assert album_of(album(**parts), 300) is None


def test_a_record() -> None:
    record = album_of(album(name="e\u0301tude", genres=["never filled"]), 300)
    assert record and record.album_name == "étude"
    assert (record.artist_id, record.artist_name, record.release_date) == (ME, "Me", "1988-05")
    assert record.image_urls == ("cover",) and record.genres == ()
    assert "forbid machine learning" in record.licence_note


def test_the_earliest_edition_tells_the_tracks() -> None:
    names = {"1": ("Debut (Deluxe Edition)", "1999"), "2": ("Debut", "1988"), "3": ("Other", "")}
    records = [
        album_of(album(id=key, name=name, release_date=date), 300)
        for key, (name, date) in names.items()
    ]
    assert earliest_editions([record for record in records if record]) == ["2", "3"]


def test_tracks_and_their_sound() -> None:
    tracks = {"items": [{"id": "1", "name": "One"}, None, {"id": "2"}, {"name": "Two"}]}
    assert details_of(album(tracks=tracks)) == Details(("One", "Two"))
    assert details_of(album()) == details_of(album(tracks=None)) == Details()
    sound: list[dict[str, Any]] = [
        {"energy": 0.5, "key": 3},
        {"energy": 1, "tempo": 90.0, "valence": None},
    ]
    assert mean_features(sound, 7) == {"energy": 0.75, "tempo": 90.0, "popularity": 7.0}
    assert mean_features(sound, None) == {"energy": 0.75, "tempo": 90.0}
    assert mean_features([], 7) is None


@pytest.mark.parametrize(
    ("page", "following"),
    [
        ({"items": [1, 2, 3], "next": "url", "total": 0}, 993),
        ({"items": [1, 2, 3], "next": None, "total": 5000}, None),
        ({"items": [], "next": "url"}, None),
        ({"items": None, "next": "url"}, None),
        ({"items": [0] * 11, "next": "url"}, None),
        ({}, None),
    ],
)
def test_lists_end(page: dict[str, Any], following: int | None) -> None:
    assert next_offset(page, 990) == following


def test_lists_may_hold_anything() -> None:
    assert with_id([None, {"id": None}, {"id": "1"}, "text", {}]) == [{"id": "1"}]
    assert with_id(None) == with_id({"id": "1"}) == []
