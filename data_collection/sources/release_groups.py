"""Reads MusicBrainz' answers: a release group is an album, its releases tell the tracks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from data_collection.genres import fold
from data_collection.sources.base import AlbumRecord, parse_year
from data_collection.sources.http import Unavailable
from duck_and_cover.errors import UsageError

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56ef7c50ad29"
LICENCE_NOTE = (
    "Core data CC0 and genre tags CC BY-NC-SA 3.0 (MusicBrainz); the cover, by way of the Cover "
    "Art Archive, is owned by its rights holders, and no licence is granted for it."
)
# Kinds of albums whose cover says little of one artist's music: many artists', or none's.
LEFT_OUT = frozenset(
    {
        "audio drama",
        "audiobook",
        "compilation",
        "dj-mix",
        "field recording",
        "interview",
        "spokenword",
    }
)
THUMBNAILS = (250, 500, 1200)  # pixels; any other suffix silently gives the original

Group = Mapping[str, Any]
Rank = list[Any]  # whether unofficial, date, id: the smallest is the release that tells the tracks

_ALBUM = re.compile(
    r"(?:https?://(?:[\w-]+\.)?musicbrainz\.org/release-group/)?"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:[/?#].*)?",
    re.IGNORECASE,
)


def album_of(
    group: Group, wanted: Mapping[str, str], searched: str, fronts: tuple[str, ...]
) -> AlbumRecord | None:
    """The album of a release group; None if it lacks id, title or artist.

    Args:
        group: as a search or a lookup gives it.
        wanted: the genres that count, by their folded name; if empty, all that MusicBrainz does.
        searched: the genre by which it was found, for an album that names none itself; may be "".
        fronts: addresses of its pictures, with `{}` for its id, the first to try in front.
    """
    credits = _dicts(group.get("artist-credit"))
    artist = "".join(f"{part.get('name') or ''}{part.get('joinphrase') or ''}" for part in credits)
    ids = artist_ids(group)
    album_id, title = _text(group.get("id")), _text(group.get("title"))
    if not (album_id and title and artist.strip() and ids and ids[0]):
        return None
    genres, provenance = genres_of(group, wanted), "album"
    if not genres and searched:
        genres, provenance = (searched,), "query"
    return AlbumRecord(
        album_id=album_id,
        album_name=title,
        artist_id=ids[0],
        artist_name=_text(artist),
        release_date=_text(group.get("first-release-date")),
        genres=genres,
        genre_provenance=provenance if genres else "",
        image_urls=tuple(url.format(album_id) for url in fronts),
        licence_note=LICENCE_NOTE,
    )


def why_left_out(group: Group, years: tuple[int, int]) -> str:
    """Why a release group is none of the albums that are collected; "" if it is."""
    if VARIOUS_ARTISTS in artist_ids(group):
        return "by various artists"
    if _text(group.get("primary-type")).lower() != "album":
        return "not an album"
    if any(_text(kind).lower() in LEFT_OUT for kind in group.get("secondary-types") or []):
        return "compilation, mix or speech"
    year = parse_year(_text(group.get("first-release-date")))
    if year is not None and not years[0] <= year <= years[1]:
        return "of another year"
    return ""


def artist_ids(group: Group) -> list[str]:
    """The ids of the artists credited, in order; "" for one without."""
    credits = _dicts(group.get("artist-credit"))
    return [_text(_artist(credit).get("id")) for credit in credits]


def first_artist_name(group: Group) -> str:
    """The name of the artist credited first; as on the album where there is no other."""
    credit = _dicts(group.get("artist-credit"))[0]
    return _text(_artist(credit).get("name")) or _text(credit.get("name"))


def genres_of(group: Group, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """The genres that listeners gave an album: more of them for it than against it."""
    listed = _dicts(group.get("genres"))
    tags = listed if not wanted else [*listed, *_dicts(group.get("tags"))]
    names = [_text(tag.get("name")) for tag in tags if number(tag.get("count")) > 0]
    if not wanted:
        return tuple(sorted({name.lower() for name in names if name}))
    return tuple(sorted({wanted[fold(name)] for name in names if fold(name) in wanted}))


def cover_urls(archive: str, size: int) -> tuple[str, ...]:
    """Where an album's front cover is, with `{}` for its id: what is large enough, the original.

    A thumbnail may be missing though the original is there.
    """
    front = f"{archive}/release-group/{{}}/front"
    thumbnail = next((side for side in THUMBNAILS if side >= size), None)
    return (f"{front}-{thumbnail}", front) if thumbnail else (front,)


def earliest(releases: Iterable[Group]) -> tuple[Rank, tuple[str, ...]] | None:
    """The earliest official release with track titles, or else the earliest, and its titles."""
    found = [(_rank(release), _titles(release)) for release in releases]
    return min((entry for entry in found if entry[1]), default=None)


def release_group_id(given: str) -> str:
    """The id in an id or an album page's address, as people give it; UsageError without one."""
    found = _ALBUM.fullmatch(given.strip())
    if not found:
        raise UsageError(
            f"'{given}' is no album of MusicBrainz: give the id of a release group or its page's "
            "address, https://musicbrainz.org/release-group/..."
        )
    return found[1].lower()


def listed(content: dict[str, object], name: str) -> list[dict[str, Any]]:
    """The items of an answer's list; without the list it is no answer: Unavailable."""
    items = content.get(name)
    if not isinstance(items, list):
        raise Unavailable(f"MusicBrainz: an answer without {name}")
    return [item for item in items if isinstance(item, dict)]


def number(value: object) -> int:
    """A count; 0 where none is told."""
    return value if isinstance(value, int) else 0


def _rank(release: Group) -> Rank:
    official = _text(release.get("status")).lower() == "official"
    date = _text(release.get("date"))
    return [not official, date if parse_year(date) else "9999", _text(release.get("id"))]


def _titles(release: Group) -> tuple[str, ...]:
    media = _dicts(release.get("media"))
    titles = [_text(track.get("title")) for m in media for track in _dicts(m.get("tracks"))]
    return tuple(title for title in titles if title)


def _artist(credit: Group) -> Group:
    artist = credit.get("artist")
    return artist if isinstance(artist, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """A text in Unicode's composed form, so that equal names are equal; "" for what is none."""
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""
