"""The calls that are made to Spotify, and which of them this app may make.

A new app is in development mode: ten results a page, no related artists, no albums in batches, no
audio features. An older one of a company may be in extended mode and have some of these.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from data_collection.sources.http import NotFound, Refused, Unavailable
from data_collection.sources.spotify_albums import with_id
from data_collection.sources.spotify_client import SPOTIFY, SpotifyClient
from data_collection.waiting import Patience

log = logging.getLogger(__name__)

PAGE, DEVELOPMENT_PAGE = 50, 10  # results a page
LAST_OFFSET = 1000
BATCH = 20  # albums a call
TRACKS = 100  # whose audio features one call tells

# An artist, an album and a track of Spotify's documentation, to find out by what is allowed.
_ARTIST, _ALBUM = "0TnOYISbd1XYRBk9myaseg", "4aawyAB9vmqN3uQ7FjRGTy"
_TRACK = "11dFghVXANMlKmJXsNCbNl"


class SpotifyCalls:
    """What can be asked; methods raise as `SpotifyClient.get` does.

    Attributes:
        page: results a page.
        genre_filter: whether artists can be searched by genre.
        related, batches, audio: whether there are related artists, albums in batches, and audio
            features.

    Args:
        patience: how long to wait, and when to stop.

    Raises:
        UsageError: the credentials are missing.
    """

    def __init__(self, patience: Patience) -> None:
        self.page = PAGE
        self.genre_filter = True
        self.related = self.batches = self.audio = False
        self._patience = patience
        self._client = SpotifyClient(patience)

    def find_out(self, genres: Sequence[str], tracks: bool) -> None:
        """Check the credentials and find out what is allowed, in a few calls.

        Args:
            genres: what will be searched for.
            tracks: whether track titles will be asked for.

        Raises:
            UsageError: the credentials are wrong.
            StoppedEarly: Spotify cannot be used now.
        """
        try:
            artist = self._find_artist([*genres[:1], "rock"])
            self.genre_filter = bool(artist)
            if genres and not artist:
                log.warning(
                    "%s finds no artists by genre: the names of genres are searched as any words, "
                    "and what is found may be of another genre",
                    SPOTIFY,
                )
            if genres and self.page > DEVELOPMENT_PAGE:
                self._find_extras(artist or _ARTIST, tracks)
        except Unavailable as error:
            raise self._patience.down(SPOTIFY, str(error)) from error
        log.info("%s: %s", SPOTIFY, self._summary(tracks))

    def search(self, genre: str, offset: int) -> dict[str, Any]:
        """A page of the artists of a genre."""
        name = " ".join(genre.replace('"', " ").split())
        query = f'genre:"{name}"' if self.genre_filter else f'"{name}"'
        answer = self._paged(
            "artists", lambda s, n: s.search(q=query, limit=n, offset=offset, type="artist")
        )
        found = answer["artists"]
        return found if isinstance(found, dict) else {}

    def albums_of(self, artist_id: str, offset: int) -> dict[str, Any]:
        """A page of an artist's albums."""
        return self._paged(
            "items",
            lambda s, n: s.artist_albums(artist_id, include_groups="album", limit=n, offset=offset),
        )

    def related_artists(self, artist_id: str) -> list[dict[str, Any]]:
        """Artists that the same people listen to."""
        answer = self._client.get("artists", lambda s: s.artist_related_artists(artist_id))
        return with_id(answer["artists"])

    def album(self, album_id: str) -> dict[str, Any]:
        """An album with its tracks."""
        return dict(self._client.get("id", lambda s: s.album(album_id)))

    def albums(self, album_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Up to BATCH albums with their tracks, without those that are gone."""
        return with_id(self._client.get("albums", lambda s: s.albums(album_ids))["albums"])

    def audio_features(self, track_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The features of up to TRACKS tracks, without those that have none."""
        return with_id(self._client.get("audio_features", lambda s: s.audio_features(track_ids)))

    def _find_artist(self, genres: Sequence[str]) -> str:
        """The id of an artist of one of these genres; "" if none of them finds any."""
        for genre in dict.fromkeys(genres):
            if found := with_id(self.search(genre, 0).get("items")):
                return str(found[0]["id"])
        return ""

    def _find_extras(self, artist_id: str, tracks: bool) -> None:
        self.related = self._works(lambda: self.related_artists(artist_id))
        if tracks:
            self.batches = self._works(lambda: self.albums([_ALBUM]))
            self.audio = self._works(lambda: self.audio_features([_TRACK]))

    def _works(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except (NotFound, Refused):
            return False
        return True

    def _paged(self, part: str, ask: Callable[[Any, int], Any]) -> dict[str, Any]:
        """A page of a list; of development mode's size, once a larger one was refused."""
        try:
            return dict(self._client.get(part, lambda s: ask(s, self.page)))
        except Refused as error:
            too_large = error.status == 400 and "limit" in str(error).lower()
            if not too_large or self.page == DEVELOPMENT_PAGE:
                raise
        self.page = DEVELOPMENT_PAGE
        return dict(self._client.get(part, lambda s: ask(s, self.page)))

    def _summary(self, tracks: bool) -> str:
        mode = "development" if self.page == DEVELOPMENT_PAGE else "extended"
        extras = {"related artists": self.related}
        if tracks:
            extras |= {"albums in batches": self.batches, "audio features": self.audio}
        said = [name if there else f"no {name}" for name, there in extras.items()]
        return ", ".join([f"{mode} mode", f"{self.page} results a page", *said])


def next_offset(page: dict[str, Any], offset: int) -> int | None:
    """Where the next page of a list begins; None after the last.

    What came is counted: the total changes from page to page.
    """
    items = page.get("items")
    if not isinstance(items, list) or not items or not page.get("next"):
        return None
    following = offset + len(items)
    return following if following <= LAST_OFFSET else None
