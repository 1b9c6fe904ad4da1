"""Spotify on loopback: albums, modes, tokens and quotas."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from PIL import Image

from tests.data_collection.services import (
    Catalogue,
    Services,
)
from tests.data_collection.services.asking import Get, fetch_token


@pytest.fixture
def spotify(services: Services, http: urllib3.PoolManager, get: Get) -> Get:
    """`get` for Spotify, with a token of its own."""
    token = fetch_token(services, http).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return lambda path, **fields: get(f"/v1{path}", headers, **fields)


def test_spotify_finds_every_expected_album(
    services: Services, spotify: Get, catalogue: Catalogue
) -> None:
    def paged(path: str, name: str = "", **fields: Any) -> Iterator[dict[str, Any]]:
        page = spotify(path, limit=10, **fields).json()
        while page:
            page = page[name] if name else page
            yield from page["items"]
            following = (page["next"] or "").removeprefix(f"{services.url}/v1")
            page = following and spotify(following).json()

    artists = {}
    for genre in catalogue.genres:
        query = 'genre:"' + genre.replace('"', "") + '"'
        for artist in paged("/search", "artists", type="artist", q=query):
            artists[artist["id"]] = artist
    assert all("genres" not in artist for artist in artists.values())
    found: dict[str, Any] = {}
    for artist_id in artists:
        for album in paged(f"/artists/{artist_id}/albums", include_groups="album"):
            found[album["id"]] = album
    truth = catalogue.expected("spotify").values()
    assert {album_id for each in truth for album_id in each.ids} <= set(found)
    assert any(not album["images"] for album in found.values())
    assert any(album["images"] and album["images"][0]["width"] is None for album in found.values())


def test_spotify_serves_albums_tracks_and_pictures(
    services: Services, spotify: Get, get: Get, catalogue: Catalogue
) -> None:
    album = next(a for a in catalogue.albums if a.picture == "jpeg")
    found = spotify(f"/albums/{album.spotify_id}").json()
    tracks = spotify(f"/albums/{album.spotify_id}/tracks", limit=50).json()
    assert found["tracks"]["items"] == tracks["items"]
    assert tuple(track["name"] for track in tracks["items"]) == album.tracks
    for image in found["images"]:
        data = get(image["url"].removeprefix(services.url)).data
        assert Image.open(io.BytesIO(data)).size == (image["width"], image["height"])
    gone = next(a for a in catalogue.albums if a.picture == "gone")
    assert spotify(f"/albums/{gone.spotify_id}").status == 404
    assert spotify("/albums/no-id").json() == {
        "error": {"status": 400, "message": "Invalid base62 id"}
    }


def test_extended_mode_allows_what_development_mode_refuses(
    services: Services, spotify: Get, catalogue: Catalogue
) -> None:
    artist = next(a.artist for a in catalogue.albums if a.artist.genres)
    album = next(a for a in catalogue.albums if a.picture == "jpeg")
    calls = (
        f"/albums?ids={album.spotify_id}",
        f"/artists?ids={artist.spotify_id}",
        f"/audio-features?ids={album.spotify_id}",
        f"/artists/{artist.spotify_id}/related-artists",
        "/search?type=artist&q=genre:rock&limit=50",
    )
    assert [spotify(call).status for call in calls] == [403, 403, 403, 403, 400]
    services.set(extended=True)
    assert [spotify(call).status for call in calls] == [200] * 5
    assert spotify(f"/artists/{artist.spotify_id}").json()["genres"] == list(artist.genres)


def test_spotify_refuses_strangers_and_those_who_ask_too_much(
    services: Services, http: urllib3.PoolManager, get: Get, spotify: Get
) -> None:
    path = "/search?type=artist&q=genre:rock"
    wrong = fetch_token(services, http, "wrong")
    assert wrong.status == 400 and wrong.json()["error"] == "invalid_client"
    assert (
        get(f"/v1{path}").status == get(f"/v1{path}", {"Authorization": "Bearer x"}).status == 401
    )
    assert spotify(path).status == 200
    services.set(premium_lapsed=True)
    assert "premium" in spotify(path).json()["error"]["message"]
    services.set(premium_lapsed=False, quota=2)
    assert [spotify(path).status for _ in range(2)] == [200, 429]
    refused = spotify(path)
    assert refused.json()["error"]["reason"] == "QUOTA_EXCEEDED"
    assert int(refused.headers["Retry-After"]) > 40_000
    services.expire_tokens()
    assert spotify(path).json()["error"] == {"status": 401, "message": "The access token expired"}
