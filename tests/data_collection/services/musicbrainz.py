"""MusicBrainz' web service: searches, lookups, releases with their tracks, the list of genres."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from tests.data_collection.services.albums import Album, Artist, mbid
from tests.data_collection.services.catalogue import Catalogue, year_of
from tests.data_collection.services.lucene import Index, QueryError
from tests.data_collection.services.options import Options
from tests.data_collection.services.web import Reply, Request, json_reply

PREFIX = "/ws/2"

_GENERIC_AGENTS = ("python", "java", "curl", "wget", "go-http")


class MusicBrainz:
    """Answers what is asked below `/ws/2`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.artists = list({a.artist.id: a.artist for a in catalogue.albums}.values())
        self.by_id = {album.id: album for album in catalogue.albums}
        self._albums = Index(
            map(_album_fields, catalogue.albums), ("tag", "artist", "releasegroup"), "releasegroup"
        )
        self._artists = Index(map(_artist_fields, self.artists), ("artist", "tag"), "artist")
        self._times: deque[float] = deque()

    def answer(self, request: Request, options: Options) -> Reply:
        """The reply to a request, whose path begins with PREFIX."""
        agent = request.headers.get("user-agent", "").lower()
        if not agent or agent.startswith(_GENERIC_AGENTS):
            return _error(403, "Your User-Agent does not say what application this is.")
        if self._too_fast(options.musicbrainz_per_s):
            busy = "Your requests are exceeding the allowable rate limit."
            return _error(503, busy, Retry_After="0")
        path = request.path.removeprefix(PREFIX).strip("/").split("/")
        text = path == ["genre", "all"] and request.query.get("fmt") == "txt"
        if not text and "json" not in request.query.get("fmt", request.headers.get("accept", "")):
            return Reply(200, b'<?xml version="1.0"?><metadata/>', "application/xml")
        match path:
            case ["release-group"]:
                return self._search(request, options, "release-groups")
            case ["release-group", album_id]:
                return self._lookup(album_id, request)
            case ["artist"]:
                return self._search(request, options, "artists")
            case ["release"]:
                return self._releases(request)
            case ["genre", "all"]:
                return self._genres(request)
        return _error(404, "Not Found")

    def _too_fast(self, per_s: int | None) -> bool:
        now = time.monotonic()
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        self._times.append(now)
        return per_s is not None and len(self._times) > per_s

    def _search(self, request: Request, options: Options, what: str) -> Reply:
        limit, offset = request.number("limit", 25), request.number("offset", 0)
        if not 1 <= limit <= 100 or offset < 0:
            return _error(400, "Invalid limit or offset.")
        index = self._albums if what == "release-groups" else self._artists
        try:
            found = index.search(request.query.get("query", ""))
        except QueryError as error:
            return _error(400, f"Unable to search: {error}")
        page = found[offset : offset + limit]
        if what == "artists":
            items = [_artist(self.artists[number]) for number in page]
        else:
            items = [_found(self.catalogue.albums[number]) for number in page]
        drift = (offset // limit % 3 - 1) * options.changing_totals
        head = {"created": "2026-11-21T12:00:00.000Z", "offset": offset}
        return json_reply({**head, "count": max(0, len(found) + drift), what: items})

    def _lookup(self, album_id: str, request: Request) -> Reply:
        album = self.by_id.get(album_id.lower())
        if album is None or album.picture == "gone":
            return _error(404, "Not Found")
        inc = request.query.get("inc", "").replace("+", " ").split()
        content = {**_described(album), "disambiguation": "", "first-release-date": album.date}
        content["secondary-types"] = list(album.secondary)
        if "artist-credits" not in inc:
            del content["artist-credit"]
        if "tags" in inc:
            content["tags"] = _tags(album.tags)
        if "genres" in inc:
            genres = [tag for tag in album.tags if tag[0].lower() in self.catalogue.genres]
            content["genres"] = [
                {**tag, "id": mbid("genre", tag["name"]), "disambiguation": ""}
                for tag in _tags(genres)
            ]
        return json_reply(content)

    def _releases(self, request: Request) -> Reply:
        album = self.by_id.get(request.query.get("release-group", "").lower())
        if album is None or album.picture == "gone":
            return _error(404, "Not Found")
        limit, offset = request.number("limit", 25), request.number("offset", 0)
        if not 1 <= limit <= 100 or offset < 0:
            return _error(400, "Invalid limit or offset.")
        releases = _editions(album, "recordings" in request.query.get("inc", ""))
        head = {"release-count": len(releases), "release-offset": offset}
        return json_reply({**head, "releases": releases[offset : offset + limit]})

    def _genres(self, request: Request) -> Reply:
        names = sorted(self.catalogue.genres)
        if request.query.get("fmt") == "txt":
            return Reply(200, "\n".join(names).encode(), "text/plain; charset=utf-8")
        limit, offset = request.number("limit", 25), request.number("offset", 0)
        if not 1 <= limit <= 100 or offset < 0:
            return _error(400, "Invalid limit or offset.")
        genres = [
            {"id": mbid("genre", name), "name": name, "disambiguation": ""}
            for name in names[offset : offset + limit]
        ]
        head = {"genre-count": len(names), "genre-offset": offset}
        return json_reply({**head, "genres": genres})


def _album_fields(album: Album) -> dict[str, list[str]]:
    artists = (album.artist, *album.partners)
    return {
        "releasegroup": [album.title],
        "rgid": [album.id],
        "artist": [artist.name for artist in artists],
        "arid": [artist.id for artist in artists],
        "tag": [name for name, _ in album.tags],  # votes against a tag do not hide it
        "firstreleasedate": [album.date] * bool(album.date),
        "primarytype": [album.primary],
        "secondarytype": list(album.secondary),
        "status": ["Official"],
    }


def _artist_fields(artist: Artist) -> dict[str, list[str]]:
    return {"artist": [artist.name], "arid": [artist.id], "tag": list(artist.genres)}


def _artist(artist: Artist) -> dict[str, Any]:
    named = {"id": artist.id, "score": 100, "name": artist.name, "sort-name": artist.name}
    return {**named, "tags": _tags([(genre, 1) for genre in artist.genres])}


def _found(album: Album) -> dict[str, Any]:
    """An album as searches give it: what is not known is left out or, now and then, empty."""
    content: dict[str, Any] = {"score": 100, "count": 3, **_described(album)}
    if album.date or album.id[0] < "8":
        content["first-release-date"] = album.date
    if album.secondary:
        content["secondary-types"] = list(album.secondary)
    if album.tags:
        content["tags"] = _tags(album.tags)
    content["releases"] = [{"id": album.release_id, "title": album.title, "status": "Official"}]
    return content


def _described(album: Album) -> dict[str, Any]:
    credit = [
        {
            "name": artist.name,
            "joinphrase": " & " if place < len(album.partners) else "",
            "artist": {"id": artist.id, "name": artist.name, "sort-name": artist.name},
        }
        for place, artist in enumerate((album.artist, *album.partners))
    ]
    named = {"id": album.id, "title": album.title, "primary-type": album.primary}
    return {**named, "artist-credit": credit}


def _tags(tags: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"count": count, "name": name} for name, count in tags]


def _editions(album: Album, recordings: bool) -> list[dict[str, Any]]:
    """A bootleg, a later edition with more tracks on two media, and the first official release."""
    kinds: list[tuple[int, str, str, list[tuple[str, ...]]]] = [
        (1, "Bootleg", album.date, [("Bootlegged",)]),
        (0, "Official", album.date, [album.tracks]),
    ]
    if year := year_of(album.date):  # else nothing would say which is the first
        kinds.insert(1, (2, "Official", f"{year + 1}-01-01", [album.tracks, ("Bonus",)]))
    releases = []
    for number, status, date, discs in kinds:
        release = {"id": mbid("release", album.id, number), "title": album.title, "date": date}
        media = [_medium(album, number, tracks) for tracks in discs]
        releases.append({**release, "status": status, **({"media": media} if recordings else {})})
    return releases


def _medium(album: Album, number: int, tracks: Sequence[str]) -> dict[str, Any]:
    listed = [
        {
            "id": mbid("track", album.id, number, place),
            "number": str(place + 1),
            "position": place + 1,
            "title": title,
            "length": 180_000,
            "recording": {"id": mbid("recording", album.id, place), "title": title},
        }
        for place, title in enumerate(tracks)
    ]
    return {"format": "CD", "track-count": len(tracks), "track-offset": 0, "tracks": listed}


def _error(status: int, text: str, **headers: str) -> Reply:
    advice = "For usage, please see: https://musicbrainz.org/development/mmd"
    return json_reply({"error": text, "help": advice}, status, **headers)
