"""Artists and albums as plain data: what the services know, and a test writes by hand."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

VARIOUS_ARTISTS_MBID = "89ad4ac3-39f7-470e-963a-56ef7c50ad29"
VARIOUS_ARTISTS_SPOTIFY_ID = "0LyfQWJT6nXafLPZqxke7S"

# What is served as an album's picture, by whether a cover can be made of it.
SHOWN = (
    "jpeg",  # 4:2:0, as nearly every cover
    "progressive",
    "grey",
    "cmyk",
    "rgba",  # PNG with transparency
    "palette",  # PNG
    "tall",  # 454 x 640
    "original-only",  # the Cover Art Archive has no thumbnail of it
    "one-size",  # Spotify lists one picture, without its width and height
)
NOT_SHOWN = (
    "absent",  # nothing is listed; the Cover Art Archive answers 404
    "gone",  # listed, but the album and its picture answer 404
    "banner",  # 1200 x 300
    "pixel",  # 1 x 1
    "truncated",  # half a JPEG, whose Content-Length is that half
    "html",  # an error page that calls itself image/jpeg
    "json",  # an error in JSON
    "empty",  # no byte
    "placeholder",  # one picture for many albums; give all of them the same `art`
)

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def mbid(*names: object) -> str:
    """The UUID, as MusicBrainz uses them, that belongs to these names."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join(map(str, names))))


def spotify_id(*names: object) -> str:
    """The 22 base-62 digits that belong to these names."""
    digest = hashlib.blake2b("\x1f".join(map(str, names)).encode(), digest_size=22).digest()
    return "".join(_BASE62[byte % 62] for byte in digest)


@dataclass(frozen=True)
class Artist:
    """An artist; ids that are not given follow from the name.

    Attributes:
        genres: as Spotify gives them in extended mode, and as its search finds the artist by.
    """

    name: str
    genres: tuple[str, ...] = ()
    id: str = ""
    spotify_id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.id or mbid("artist", self.name))
        object.__setattr__(self, "spotify_id", self.spotify_id or spotify_id("artist", self.name))

    @property
    def various(self) -> bool:
        """Whether this is the entry for records by many artists."""
        return self.id == VARIOUS_ARTISTS_MBID


VARIOUS_ARTISTS = Artist(
    "Various Artists", ("pop", "rock"), VARIOUS_ARTISTS_MBID, VARIOUS_ARTISTS_SPOTIFY_ID
)


@dataclass(frozen=True)
class Album:
    """An album at both services; ids that are not given follow from artist, title and date.

    Attributes:
        tags: name and votes, as MusicBrainz keeps them; not all are genres, not all votes positive.
        date: "", "0000", "1988", "1988-05" or "1988-05-03".
        primary: MusicBrainz' primary type: "Album", "EP" or "Single".
        secondary: its secondary types, as "Compilation".
        picture: one of SHOWN or NOT_SHOWN.
        art: albums with the same `art` have the same picture; left out, it is the id.
        edition_of: the title of the album by the same artist that this is another edition of.
        partners: further artists in the credit.
        guests: artists who appear on the album without standing in its credit.
    """

    title: str
    artist: Artist
    tags: tuple[tuple[str, int], ...] = ()
    date: str = ""
    tracks: tuple[str, ...] = ("One", "Two", "Three", "Four", "Five")
    primary: str = "Album"
    secondary: tuple[str, ...] = ()
    picture: str = "jpeg"
    art: str = ""
    edition_of: str = ""
    partners: tuple[Artist, ...] = ()
    guests: tuple[Artist, ...] = ()
    id: str = ""
    spotify_id: str = ""

    def __post_init__(self) -> None:
        assert self.picture in SHOWN + NOT_SHOWN, self.picture
        names = ("album", self.artist.id, self.title, self.date)
        object.__setattr__(self, "id", self.id or mbid(*names))
        object.__setattr__(self, "spotify_id", self.spotify_id or spotify_id(*names))
        object.__setattr__(self, "art", self.art or self.id)

    @property
    def release_id(self) -> str:
        """The MusicBrainz id of the release that the Cover Art Archive's picture belongs to."""
        return mbid("release", self.id, 0)
