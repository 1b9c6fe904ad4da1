"""MusicBrainz on loopback: what it finds, and what it refuses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from tests.data_collection.services import (
    Catalogue,
    Services,
    serve,
)
from tests.data_collection.services.asking import AGENT, QUEEN, SMALL, Get, asking


@pytest.fixture(scope="module")
def small() -> Iterator[Get]:
    """`get` from a small catalogue."""
    with (
        serve(Catalogue(SMALL)) as services,
        urllib3.PoolManager(headers=AGENT, retries=False) as http,
    ):
        yield asking(services, http)


def search(get: Get, query: str) -> Iterator[dict[str, Any]]:
    """All release groups that a query finds, page by page."""
    for offset in itertools.count(0, 100):
        page = get("/ws/2/release-group", query=query, fmt="json", limit=100, offset=offset)
        assert page.status == 200, page.data
        groups = page.json()["release-groups"]
        yield from groups
        if not groups:
            assert offset >= page.json()["count"]
            return


def test_searches_by_genre_find_every_expected_album(get: Get, catalogue: Catalogue) -> None:
    found = {}
    for genre in catalogue.genres:
        quoted = genre.replace('"', '\\"')
        for group in search(get, f'tag:"{quoted}" AND primarytype:album NOT arid:{QUEEN.id}'):
            found[group["id"]] = group
    truth = catalogue.expected("musicbrainz").values()
    assert {album_id for each in truth for album_id in each.ids} <= set(found)
    assert all(group["primary-type"] == "Album" for group in found.values())
    assert any("tags" in group and "secondary-types" in group for group in found.values())
    assert any("first-release-date" not in group for group in found.values())


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("tag:rock", {"A Night", "Bicycle", "Best"}),
        ("tag:rock AND primarytype:album", {"A Night", "Best"}),
        ("tag:rock -primarytype:Single NOT arid:89ad4ac3-39f7-470e-963a-56ef7c50ad29", {"A Night"}),
        (f"arid:({QUEEN.id} OR x) AND firstreleasedate:[1975 TO 1978]", {"A Night", "Bicycle"}),
        ("firstreleasedate:[1975 TO 1975]", set()),  # compared as texts: 1975-11 comes after 1975
        ("firstreleasedate:[1975 TO 1976}", {"A Night"}),
        ("firstreleasedate:2011*", {"A Night (Remastered)"}),
        ("NOT tag:rock", set()),
        ('(tag:pop OR tag:jazz) AND tag:"seen live"', {"A Night"}),
        ("releasegroup:night\\ \\(remastered\\)", {"A Night (Remastered)"}),
    ],
)
def test_queries_mean_what_they_mean_to_lucene(query: str, titles: set[str], small: Get) -> None:
    groups = small("/ws/2/release-group", query=query, fmt="json").json()["release-groups"]
    assert {group["title"] for group in groups} == titles


@pytest.mark.parametrize("query", ["", 'tag:"rock', "tag:hip/hop", "colour:red", "(tag:rock"])
def test_a_query_that_cannot_be_read_is_refused(query: str, small: Get) -> None:
    assert small("/ws/2/release-group", query=query, fmt="json").status == 400


def test_musicbrainz_wants_manners(services: Services, get: Get) -> None:
    path = "/ws/2/release-group"
    for agent in ("", "Python-urllib/3.11", "python-requests/2.32"):
        assert get(path, {"User-Agent": agent}, query="tag:rock", fmt="json").status == 403
    assert get(path, query="tag:rock", fmt="json", limit=101).status == 400
    services.set(musicbrainz_per_s=2)
    replies = [get(path, query="tag:rock", fmt="json", limit=1) for _ in range(3)]
    assert replies[-1].status == 503 and replies[-1].headers["Retry-After"] == "0"


def test_lookups_releases_and_genres(get: Get, catalogue: Catalogue) -> None:
    album = next(a for a in catalogue.albums if a.tags and a.date > "1" and a.picture == "jpeg")
    found = get(f"/ws/2/release-group/{album.id}", inc="genres+tags", fmt="json").json()
    assert {tag["name"] for tag in found["genres"]} <= {tag["name"] for tag in found["tags"]}
    fields = {"release-group": album.id, "inc": "recordings", "fmt": "json"}
    releases = get("/ws/2/release", **fields).json()["releases"]
    official = [each for each in releases if each["status"] == "Official"]
    first = min(official, key=lambda each: (each["date"], len(each["media"])))
    tracks = [track["title"] for medium in first["media"] for track in medium["tracks"]]
    assert tuple(tracks) == album.tracks and len(releases) > len(official) > 1
    names = get("/ws/2/genre/all", fmt="txt").data.decode().split("\n")
    paged = get("/ws/2/genre/all", fmt="json", limit=100).json()
    assert names == [genre["name"] for genre in paged["genres"]] == sorted(catalogue.genres)
    gone = next(a for a in catalogue.albums if a.picture == "gone")
    assert get(f"/ws/2/release-group/{gone.id}", fmt="json").status == 404
