"""Reads Spotify's objects, of which any part may be missing: records, titles, how albums sound."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from data_collection.sources.base import AlbumRecord, Details, cover_key, parse_year
from duck_and_cover.audio_features import AUDIO_FEATURES

VARIOUS_ARTISTS = "0LyfQWJT6nXafLPZqxke7S"
LICENCE_NOTE = (
    "Metadata and cover from Spotify, whose terms forbid machine learning on them and passing "
    "them on; collected on the user's own responsibility."
)

Item = Mapping[str, Any]


def with_id(items: object) -> list[dict[str, Any]]:
    """The objects of a list that have an id; where something is gone, lists hold null."""
    listed = items if isinstance(items, list) else []
    return [each for each in listed if isinstance(each, dict) and text(each.get("id"))]


def text(value: object) -> str:
    """A text in Unicode's composed form, so that equal names are equal; "" for what is none."""
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""


def why_left_out(album: Item, artist_id: str, years: tuple[int, int]) -> str:
    """Why an entry among an artist's albums is none to be collected; "" if it is."""
    first = _first_artist(album)
    if first.get("id") == VARIOUS_ARTISTS:
        return "by various artists"
    if text(album.get("album_type")).lower() != "album":
        return "not an album"
    if first.get("id") != artist_id:
        return "another artist's"
    year = parse_year(text(album.get("release_date")))
    if year is not None and not years[0] <= year <= years[1]:
        return "of another year"
    return ""


def album_of(album: Item, size: int) -> AlbumRecord | None:
    """The record of an album, without genres; None if it has no title, artist or picture.

    Args:
        album: as lists or calls for one album give it.
        size: pixels of a cover's side that are wanted.
    """
    artist = _first_artist(album)
    urls = image_urls(album.get("images"), size)
    name = text(album.get("name"))
    if not (name and text(artist.get("id")) and urls):
        return None
    return AlbumRecord(
        album_id=album["id"],
        album_name=name,
        artist_id=artist["id"],
        artist_name=text(artist.get("name")),
        release_date=text(album.get("release_date")),
        genres=(),
        genre_provenance="",
        image_urls=urls,
        licence_note=LICENCE_NOTE,
    )


def image_urls(images: object, size: int) -> tuple[str, ...]:
    """Addresses of a picture in its sizes: the smallest that is large enough, the next larger, ...

    After these come those of unknown width, in Spotify's order (widest first), and the smaller
    ones.
    """
    listed = images if isinstance(images, list) else []
    shown = [each for each in listed if isinstance(each, dict) and text(each.get("url"))]

    def place(image: Item) -> tuple[int, int]:
        width = image.get("width")
        if not isinstance(width, int) or width <= 0:
            return 1, 0
        return (0, width) if width >= size else (2, -width)

    return tuple(dict.fromkeys(text(each["url"]) for each in sorted(shown, key=place)))


def earliest_editions(albums: Iterable[AlbumRecord]) -> list[str]:
    """The id of one edition of each album, the earliest: its tracks are the ones to ask for."""

    def age(album: AlbumRecord) -> tuple[int, str, str]:
        return parse_year(album.release_date) or 9999, album.release_date, album.album_id

    first: dict[str, AlbumRecord] = {}
    for album in sorted(albums, key=age):
        key = cover_key("spotify", album.artist_id, album.album_name, album.album_id)
        first.setdefault(key, album)
    return [album.album_id for album in first.values()]


def tracks_of(album: Item) -> list[dict[str, Any]]:
    """The tracks that an album brings along, 50 at most."""
    page = album.get("tracks")
    items = page.get("items") if isinstance(page, dict) else None
    return [each for each in items or [] if isinstance(each, dict) and text(each.get("name"))]


def details_of(album: Item) -> Details:
    """The titles of an album's tracks."""
    return Details(tuple(text(track["name"]) for track in tracks_of(album)))


def mean_features(tracks: Sequence[Item], popularity: object) -> dict[str, float] | None:
    """The means of the features of an album's tracks, and its popularity (0-100); None if none.

    Args:
        tracks: Spotify's audio features, one object a track.
        popularity: the album's own, where Spotify tells it.
    """
    values = {
        name: [float(track[name]) for track in tracks if isinstance(track.get(name), int | float)]
        for name in AUDIO_FEATURES
    }
    means = {name: fmean(found) for name, found in values.items() if found}
    if means and isinstance(popularity, int | float):
        means["popularity"] = float(popularity)
    return means or None


def _first_artist(album: Item) -> Item:
    artists = album.get("artists")
    first = artists[0] if isinstance(artists, list) and artists else None
    return first if isinstance(first, dict) else {}
