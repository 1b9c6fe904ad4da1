"""The world that the services show, and the truth that a collector must end with."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tests.data_collection.services.albums import SHOWN, Album
from tests.data_collection.services.invent import GENRES, invent


@dataclass(frozen=True)
class Expected:
    """What a collector must know of one album at its end.

    Attributes:
        ids: of all its editions at that source; the collector keeps one of them.
        title, artist: of the earliest edition.
        genres: sorted, lower-case.
        year: null where no edition has one.
        cover: whether a cover can be made of what is served.
        art: albums with an equal `art` show the same picture.
        tracks: the titles, in order.
    """

    ids: frozenset[str]
    title: str
    artist: str
    artist_id: str
    genres: tuple[str, ...]
    year: int | None
    cover: bool
    art: str
    tracks: tuple[str, ...]


class Catalogue:
    """Albums and the genres that there are.

    Args:
        albums: in the order in which searches list them.
        genres: the names that MusicBrainz gives as its genres; a tag with another name is none.
    """

    def __init__(self, albums: Iterable[Album], genres: Iterable[str] = GENRES) -> None:
        self.albums = tuple(albums)
        self.genres = tuple(genres)
        assert len({album.id for album in self.albums}) == len(self.albums), "an id twice"

    @classmethod
    def invent(cls, seed: int = 0, albums: int = 2000) -> Catalogue:
        """About `albums` albums (200 or more) with every trap, the same for the same seed."""
        return cls(invent(seed, albums))

    def expected(self, source: str) -> dict[tuple[str, str], Expected]:
        """The truth about a source, by artist and title (both NFC).

        - Albums alone count: no EP, no single, nothing of the secondary type Compilation, nothing
          by Various Artists, and on Spotify nothing that an artist merely appears on.
        - Editions of one album are one: genres united, the earliest known year, the title and
          tracks of the earliest edition. Every edition of an album with editions can be shown.
        - `musicbrainz`: genres are the tags with a positive count that are genres, in lower case;
          an album without any is not expected, since no search by genre should find it; to keep
          one met among its artist's albums, under the genre searched for, is no error.
          The tracks are those of the earliest official release.
        - `spotify`: genres are those of the artists credited, in lower case; an album whose
          artists have none is not expected, since no search finds its artists.
        - Years outside 1860 to the next one, "0000" and "" are unknown; albums without a year are
          expected all the same.
        """
        works: dict[tuple[str, str], list[Album]] = {}
        for album in self.albums:
            if self._counts(album) and self._genres(album, source):
                title = album.edition_of or album.title
                works.setdefault((_nfc(album.artist.name), _nfc(title)), []).append(album)
        return {key: self._merge(editions, source) for key, editions in works.items()}

    def _counts(self, album: Album) -> bool:
        return (
            album.primary == "Album"
            and "Compilation" not in album.secondary
            and not album.artist.various
        )

    def _genres(self, album: Album, source: str) -> set[str]:
        if source == "musicbrainz":
            names = {name.lower() for name, count in album.tags if count > 0}
            return names & set(self.genres)
        assert source == "spotify", source
        artists = (album.artist, *album.partners)
        return {genre.lower() for artist in artists for genre in artist.genres}

    def _merge(self, editions: list[Album], source: str) -> Expected:
        first = min(
            editions, key=lambda album: (year_of(album.date) or 9999, bool(album.edition_of))
        )
        spotify = source == "spotify"
        return Expected(
            ids=frozenset(album.spotify_id if spotify else album.id for album in editions),
            title=first.title,
            artist=first.artist.name,
            artist_id=first.artist.spotify_id if spotify else first.artist.id,
            genres=tuple(sorted(set().union(*(self._genres(each, source) for each in editions)))),
            year=year_of(first.date),
            cover=any(album.picture in SHOWN for album in editions),
            art=first.art,
            tracks=first.tracks,
        )


def year_of(text: str) -> int | None:
    """The year of a date as the services give it; null where it is not known."""
    year = int(text[:4]) if text[:4].isdigit() else 0
    return year if 1860 <= year <= date.today().year + 1 else None


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
