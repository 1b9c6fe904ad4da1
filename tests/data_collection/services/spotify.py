"""Spotify's accounts service and Web API, in development mode and in extended mode."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.data_collection.services.albums import Album, Artist
from tests.data_collection.services.catalogue import Catalogue
from tests.data_collection.services.options import CLIENT_ID, CLIENT_SECRET, Options
from tests.data_collection.services.spotify_shapes import Shapes, audio_features, group
from tests.data_collection.services.web import Reply, Request, json_reply

PREFIX, ACCOUNTS = "/v1", "/accounts"

_GENRE = re.compile(r'genre:(?:"((?:\\.|[^"\\])*)"|(\S+))')
_ID = re.compile(r"[0-9A-Za-z]{22}")


class Spotify:
    """Answers what is asked below `/v1` and `/accounts`."""

    def __init__(self, catalogue: Catalogue, url: str) -> None:
        self.url = url
        self.shapes = Shapes(url)
        self.tokens: dict[str, float] = {}  # and when they end, by the monotonic clock
        self.calls = 0
        self.artists: dict[str, Artist] = {}
        self.albums: dict[str, Album] = {}
        self.albums_of: dict[str, list[Album]] = defaultdict(list)
        self.artists_in: dict[str, list[Artist]] = defaultdict(list)
        for album in catalogue.albums:
            self.albums[album.spotify_id] = album
            for artist in (album.artist, *album.partners, *album.guests):
                self.artists.setdefault(artist.spotify_id, artist)
                self.albums_of[artist.spotify_id].append(album)
        for artist in self.artists.values():
            for genre in artist.genres:
                self.artists_in[_plain(genre)].append(artist)

    def account(self, request: Request, options: Options) -> Reply:
        """The reply to a request for a token, whose path begins with ACCOUNTS."""
        if request.path != f"{ACCOUNTS}/api/token" or request.method != "POST":
            return Reply(404, b"", "text/html")
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            wrong = {"error": "invalid_client", "error_description": "Invalid client"}
            return json_reply(wrong, 400)
        if parse_qs(request.body.decode()).get("grant_type") != ["client_credentials"]:
            return json_reply({"error": "unsupported_grant_type"}, 400)
        token = uuid.uuid4().hex
        self.tokens[token] = time.monotonic() + options.token_lifetime_s
        lifetime = {"token_type": "Bearer", "expires_in": int(options.token_lifetime_s)}
        return json_reply({"access_token": token, **lifetime})

    def answer(self, request: Request, options: Options) -> Reply:
        """The reply to a request, whose path begins with PREFIX."""
        refused = self._refusal(request, options)
        return refused or self._answer(request, options)

    def _refusal(self, request: Request, options: Options) -> Reply | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return _error(401, "No token provided")
        if token not in self.tokens:
            return _error(401, "Invalid access token")
        if self.tokens[token] <= time.monotonic():
            return _error(401, "The access token expired")
        if options.premium_lapsed:
            return _error(403, "Active premium subscription required for the owner of the app.")
        self.calls += 1
        if options.quota is not None and self.calls > options.quota:
            reason = {"message": "API rate limit exceeded", "reason": "QUOTA_EXCEEDED"}
            wait = str(options.quota_wait_s)
            return json_reply({"error": {"status": 429, **reason}}, 429, Retry_After=wait)
        return None

    def _answer(self, request: Request, options: Options) -> Reply:
        path = request.path.removeprefix(PREFIX).strip("/").split("/")
        match path:
            case ["search"]:
                return self._search(request, options)
            case ["artists", artist_id]:
                return self._one(self.artists, artist_id, self.shapes.artist, options)
            case ["albums", album_id]:
                return self._one(self.albums, album_id, self.shapes.album, options)
            case ["artists", artist_id, "albums"] if artist_id in self.artists:
                return self._albums_of(artist_id, request, options)
            case ["albums", album_id, "tracks"] if self._album(album_id):
                tracks = self.shapes.tracks(self.albums[album_id])
                return self._page(request, tracks, (20, 50), options)
            case ["albums" | "artists" | "audio-features"] | ["artists", _, "related-artists"]:
                return (
                    self._extended(path, request) if options.extended else _error(403, "Forbidden")
                )
        return _error(404, "Resource not found")

    def _extended(self, path: list[str], request: Request) -> Reply:
        """The calls that development mode has no more."""
        ids = request.query.get("ids", "").split(",")
        match path:
            case ["artists", artist_id, _]:
                return self._related(artist_id)
            case ["albums"] if len(ids) <= 20:
                albums = [self._album(each) for each in ids]
                return json_reply({"albums": [a and self.shapes.album(a, True) for a in albums]})
            case ["artists"] if len(ids) <= 50:
                artists = [self.artists.get(each) for each in ids]
                return json_reply({"artists": [a and self.shapes.artist(a, True) for a in artists]})
            case ["audio-features"] if len(ids) <= 100:
                features = [audio_features(each) if _ID.fullmatch(each) else None for each in ids]
                return json_reply({"audio_features": features})
        return _error(400, "Too many ids requested")

    def _related(self, artist_id: str) -> Reply:
        artist = self.artists.get(artist_id)
        if artist is None:
            return _error(404, "Resource not found")
        near = [other for genre in artist.genres for other in self.artists_in[_plain(genre)]]
        others = {other.spotify_id: other for other in near if other is not artist}
        listed = list(others.values())[:20]
        return json_reply({"artists": [self.shapes.artist(each, True) for each in listed]})

    def _search(self, request: Request, options: Options) -> Reply:
        if request.query.get("type") != "artist":
            return _error(400, "Bad search type field")
        wanted = request.query.get("q", "")
        if not wanted.strip():
            return _error(400, "No search query")
        if genre := _GENRE.search(wanted):
            found = self.artists_in.get(_plain(genre[1] or genre[2] or ""), [])
        else:
            found = [a for a in self.artists.values() if wanted.lower() in a.name.lower()]
        items = [self.shapes.artist(artist, options.extended) for artist in found]
        page = self._page(request, items, _limits(options), options, "artists")
        return page if request.number("offset", 0) <= 1000 else _error(400, "Invalid offset")

    def _albums_of(self, artist_id: str, request: Request, options: Options) -> Reply:
        groups = request.query.get("include_groups", "album,single,appears_on,compilation")
        items = []
        for album in self.albums_of[artist_id]:
            if (kind := group(album, self.artists[artist_id])) in groups.split(","):
                items.append(self.shapes.listed(album, options.extended, kind))
        return self._page(request, items, _limits(options), options)

    def _one(
        self,
        things: dict[str, Any],
        thing_id: str,
        shape: Callable[[Any, bool], dict[str, Any]],
        options: Options,
    ) -> Reply:
        if not _ID.fullmatch(thing_id):
            return _error(400, "Invalid base62 id")
        thing = self._album(thing_id) if things is self.albums else things.get(thing_id)
        if thing is None:
            return _error(404, "Resource not found")
        return json_reply(shape(thing, options.extended))

    def _album(self, album_id: str) -> Album | None:
        album = self.albums.get(album_id)
        return None if album is None or album.picture == "gone" else album

    def _page(
        self,
        request: Request,
        items: list[Any],
        limits: tuple[int, int],
        options: Options,
        name: str = "",
    ) -> Reply:
        """One page of a list, with the addresses of the pages beside it."""
        limit, offset = request.number("limit", limits[0]), request.number("offset", 0)
        if not 1 <= limit <= limits[1]:
            return _error(400, "Invalid limit")
        if offset < 0:
            return _error(400, "Invalid offset")

        def url(start: int) -> str:
            query = {**request.query, "offset": start, "limit": limit}
            return f"{self.url}{request.path}?{urlencode(query)}"

        drift = (offset // limit % 3 - 1) * options.changing_totals
        page = {
            "href": url(offset),
            "items": items[offset : offset + limit],
            "limit": limit,
            "next": url(offset + limit) if offset + limit < len(items) else None,
            "offset": offset,
            "previous": url(max(0, offset - limit)) if offset else None,
            "total": max(0, len(items) + drift),
        }
        return json_reply({name: page} if name else page)


def _limits(options: Options) -> tuple[int, int]:
    """The default and the largest limit of searches and of an artist's albums."""
    return (20, 50) if options.extended else (5, 10)


def _plain(genre: str) -> str:
    """A genre as searches compare it: quotes and escapes do not count."""
    return re.sub(r'[\\"]', "", genre).lower()


def _error(status: int, message: str) -> Reply:
    return json_reply({"error": {"status": status, "message": message}}, status)
