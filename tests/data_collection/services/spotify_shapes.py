"""The objects of Spotify's Web API, as development mode and extended mode give them."""

from __future__ import annotations

import hashlib
import random
from typing import Any

from tests.data_collection.services.albums import Album, Artist, spotify_id
from tests.data_collection.services.catalogue import Catalogue
from tests.data_collection.services.pictures import picture
from tests.data_collection.services.web import Reply, Request

IMAGES = "/image"

_SIDES = {"ab67616d0000b273": 640, "ab67616d00001e02": 300, "ab67616d00004851": 64}
_PRECISIONS = {4: "year", 7: "month", 10: "day", 0: "day"}


class Images:
    """Answers what is asked below `/image`: the pictures of the albums."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.by_id = {image_id(album): album for album in catalogue.albums}

    def answer(self, request: Request) -> Reply:
        """The reply to a request, whose path begins with IMAGES."""
        name = request.path.removeprefix(f"{IMAGES}/")
        album, side = self.by_id.get(name[16:]), _SIDES.get(name[:16])
        if album is None or side is None or album.picture in ("absent", "gone"):
            return Reply(404, b"", "text/html")
        return Reply(200, *picture(album.picture, album.art, side))


class Shapes:
    """Makes the objects; `url` is that of the whole server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def artist(self, artist: Artist, extended: bool) -> dict[str, Any]:
        """An artist; only extended mode tells genres, followers and popularity."""
        content: dict[str, Any] = {**self._link("artist", artist), "images": []}
        if extended:
            content["genres"] = list(artist.genres)
            content["followers"] = {"href": None, "total": 1000}
            content["popularity"] = 50
        return content

    def listed(self, album: Album, extended: bool, kind: str = "") -> dict[str, Any]:
        """An album as lists give it."""
        content = {
            **self._link("album", album),
            "album_type": _album_type(album),
            "total_tracks": len(album.tracks),
            "artists": [self._link("artist", each) for each in (album.artist, *album.partners)],
            "images": self._images(album),
            "release_date": album.date,
            "release_date_precision": _PRECISIONS[len(album.date)],
        }
        if extended:
            content["album_group"] = kind or _album_type(album)
            content["available_markets"] = ["DE", "US"]
        return content

    def album(self, album: Album, extended: bool) -> dict[str, Any]:
        """An album with its tracks."""
        tracks = self.tracks(album)
        href = f"{self.url}/v1/albums/{album.spotify_id}/tracks?offset=0&limit=50"
        page = {"href": href, "items": tracks, "limit": 50, "next": None, "offset": 0}
        content = self.listed(album, extended)
        content.pop("album_group", None)
        content["tracks"] = {**page, "previous": None, "total": len(tracks)}
        content["external_ids"] = {"upc": f"{int(album.id[:8], 16):012}"}
        content["genres"] = []  # never filled by the real service either
        if extended:
            content.update(label="A Label", popularity=int(album.id[0], 16))
        return content

    def tracks(self, album: Album) -> list[dict[str, Any]]:
        """The tracks of an album."""
        return [
            {
                "id": (track := spotify_id("track", album.spotify_id, place)),
                "name": title,
                "type": "track",
                "uri": f"spotify:track:{track}",
                "track_number": place + 1,
                "disc_number": 1,
                "duration_ms": 180_000,
                "explicit": False,
            }
            for place, title in enumerate(album.tracks)
        ]

    def _link(self, kind: str, thing: Artist | Album) -> dict[str, Any]:
        own = thing.spotify_id
        return {
            "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{own}"},
            "href": f"{self.url}/v1/{kind}s/{own}",
            "id": own,
            "name": thing.name if isinstance(thing, Artist) else thing.title,
            "type": kind,
            "uri": f"spotify:{kind}:{own}",
        }

    def _images(self, album: Album) -> list[dict[str, Any]]:
        """Widest first."""
        if album.picture == "absent":
            return []
        images: list[dict[str, Any]] = [
            {"url": f"{self.url}{IMAGES}/{size}{image_id(album)}", "height": side, "width": side}
            for size, side in _SIDES.items()
        ]
        if album.picture == "one-size":
            return [{**images[1], "height": None, "width": None}]
        return images


def group(album: Album, artist: Artist) -> str:
    """In which group of an artist's albums this one stands."""
    credited = artist in (album.artist, *album.partners)
    return _album_type(album) if credited else "appears_on"


def audio_features(track_id: str) -> dict[str, Any]:
    """A track's features; the same for the same id."""
    rng = random.Random(track_id)
    names = ("danceability", "energy", "speechiness", "acousticness", "instrumentalness")
    features: dict[str, Any] = {name: round(rng.random(), 3) for name in names}
    features.update(liveness=round(rng.random(), 3), valence=round(rng.random(), 3))
    features.update(loudness=-round(30 * rng.random(), 2), tempo=round(60 + 120 * rng.random(), 1))
    return {**features, "key": rng.randrange(12), "mode": 1, "id": track_id, "time_signature": 4}


def image_id(album: Album) -> str:
    """The part of a picture's address that tells the picture from others."""
    return hashlib.blake2b(album.art.encode(), digest_size=12).hexdigest()


def _album_type(album: Album) -> str:
    if "Compilation" in album.secondary:
        return "compilation"
    return "album" if album.primary == "Album" else "single"
