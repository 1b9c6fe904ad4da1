"""Albums by genre from MusicBrainz, their covers from the Cover Art Archive: no key is needed.

artists   albums with a genre's tag, searched by decade in turn, until enough artists are met
albums    all albums of 25 of these artists at a time
tracks    an album's track titles, if they are wanted
lookups   albums that were named by a person
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from data_collection.genres import fold
from data_collection.sources.base import Answer, Details, Task, Wanted
from data_collection.sources.http import ApiClient, address
from data_collection.sources.release_groups import (
    Rank,
    album_of,
    artist_ids,
    cover_urls,
    earliest,
    first_artist_name,
    listed,
    number,
    release_group_id,
    why_left_out,
)
from data_collection.waiting import Patience
from duck_and_cover.data.schema import FIRST_YEAR, last_year
from duck_and_cover.errors import UsageError

log = logging.getLogger(__name__)

TERMS = ""  # nothing to be accepted before its use

PAGE = 100  # the most that one answer brings
FURTHEST = 10_000  # results beyond are slow to list
ARTISTS_AT_ONCE = 25  # about 1,000 characters of an address

_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')


def open_source(wanted: Wanted, patience: Patience, per_second: float) -> MusicBrainz:
    """This file's source, as the commands open it."""
    return MusicBrainz(wanted, patience, per_second)


@dataclass(frozen=True)
class Page:
    """One page of a search's results, and where the next one begins; None after the last."""

    groups: list[dict[str, Any]]
    next: int | None


class MusicBrainz:
    """The source `musicbrainz`; see `Source`.

    Args:
        wanted: genres, years, artists a genre, size of the covers, tracks.
        patience: how long to wait, and when to stop.
        requests_per_second: MusicBrainz allows everybody one.
    """

    name = "musicbrainz"

    def __init__(
        self, wanted: Wanted, patience: Patience, requests_per_second: float = 1.0
    ) -> None:
        self.wanted = wanted
        self.base = address("MUSICBRAINZ_URL", "https://musicbrainz.org/ws/2")
        self.requests_per_second = requests_per_second
        archive = address("COVER_ART_ARCHIVE_URL", "https://coverartarchive.org")
        self._covers = cover_urls(archive, wanted.size)
        self._genres = {fold(genre): genre for genre in wanted.genres}
        self._client = ApiClient(self.base, patience, requests_per_second, "MusicBrainz")
        # What a task is for is in its key: asked for more, the same folder takes in what is new.
        first, last = wanted.years
        tracks = " with tracks" if wanted.tracks else ""
        self._wish = f"{first}-{last} {wanted.per_genre}{tracks}"

    def start(self) -> None:
        """See `Source`; MusicBrainz wants to know whom to write to, and has a limit."""
        host = urlsplit(self.base).hostname or ""
        if host != "musicbrainz.org" and not host.endswith(".musicbrainz.org"):
            log.info("asking %s instead of MusicBrainz", self.base)
            return
        if not os.environ.get("COLLECT_CONTACT", "").strip():
            raise UsageError(
                "MusicBrainz wants to know who asks: put your address or home page into .env, "
                "as COLLECT_CONTACT=you@example.org"
            )
        if self.requests_per_second > 1.0:
            raise UsageError(
                f"--requests-per-second {self.requests_per_second:g}: MusicBrainz allows 1; "
                "for more name a mirror in MUSICBRAINZ_URL"
            )

    def first_tasks(self) -> list[Task]:
        """A search for each genre; see `Source`."""
        return [
            Task("artists", f"artists {self._wish} {genre}", {"genre": genre})
            for genre in self.wanted.genres
        ]

    def tasks_for(self, album_ids: Sequence[str]) -> list[Task]:
        """A lookup for each release group, by id or by its page's address; see `Source`."""
        tracks = " with tracks" if self.wanted.tracks else ""
        ids = [release_group_id(album_id) for album_id in album_ids]
        return [Task("lookups", f"lookup {each}{tracks}", {"album_id": each}) for each in ids]

    def answer(self, task: Task) -> Answer:
        """Make a task's request; see `Source`."""
        payload = dict(task.payload)
        match task.kind:
            case "artists" if "slices" in payload:
                return self._next_page(**payload)
            case "artists":
                return self._first_page(**payload)
            case "albums":
                return self._albums(**payload)
            case "tracks":
                return self._tracks(**payload)
            case _:
                return self._lookup(**payload)

    def _first_page(self, genre: str) -> Answer:
        """All albums of a rare genre; of a frequent one a page of each decade is asked for next.

        Of a frequent genre this page is not used: it holds what the service lists first, and
        would fill the collection with artists of one time.
        """
        page = self._search(_tagged(genre), self.wanted.years, PAGE, 0)
        answer = self._read(page.groups, genre)
        if page.next is None and len(answer.artists) <= self.wanted.per_genre:
            answer.tasks += self._albums_tasks(genre, list(answer.artists))
            return answer
        slices = self._slices()
        # Where few artists are wanted the first decades give them all: each genre has others.
        start = zlib.crc32(genre.encode()) % len(slices)
        return Answer(tasks=[self._page_task(genre, slices[start:] + slices[:start], [], [])])

    def _next_page(
        self, genre: str, slices: list[list[int]], met: list[str], waiting: list[str]
    ) -> Answer:
        """A page of one slice of years; it goes to the end of the queue of slices.

        Args:
            genre: what is searched for.
            slices: first year, last year and offset; the one whose turn it is in front.
            met: the beginnings of the ids of the artists met so far.
            waiting: the ids of those whose albums have not been asked for.
        """
        (first, last, offset), *slices = slices
        # A slice's share at first, so that all have their turn; where it was too little, since
        # artists came twice, each further page is as long as all before it.
        share = -(-self.wanted.per_genre // len(self._slices()))
        page = self._search(_tagged(genre), (first, last), min(max(share, offset), PAGE), offset)
        answer = self._read(page.groups, genre)
        new = [artist for artist in answer.artists if artist[:8] not in met]
        met, waiting = met + [artist[:8] for artist in new], waiting + new
        if page.next is not None:
            slices.append([first, last, page.next])
        if not slices or len(met) >= self.wanted.per_genre:
            answer.tasks += self._albums_tasks(genre, waiting)
            return answer
        ready = len(waiting) // ARTISTS_AT_ONCE * ARTISTS_AT_ONCE
        answer.tasks += self._albums_tasks(genre, waiting[:ready])
        answer.tasks.append(self._page_task(genre, slices, met, waiting[ready:]))
        return answer

    def _albums(self, genre: str, artists: list[str], offset: int) -> Answer:
        who = f"arid:({' OR '.join(artists)})"
        page = self._search(who, self.wanted.years, PAGE, offset)
        asked = set(artists)
        # A mirror that does not know the clause would list everybody's albums under this genre.
        groups = [group for group in page.groups if asked.intersection(artist_ids(group))]
        answer = self._read(groups, genre)
        if page.next is not None:
            answer.tasks.append(self._albums_task(genre, artists, page.next))
        return answer

    def _lookup(self, album_id: str) -> Answer:
        inc = "genres tags artist-credits"
        group = self._client.get_json(f"release-group/{album_id}", {"inc": inc})
        return self._read([group], "", every_kind=True)

    def _tracks(self, album_id: str, offset: int, best: Rank | None) -> Answer:
        """The titles of the earliest release on a page, if earlier than the `best` so far."""
        asked: dict[str, str | int] = {"release-group": album_id, "inc": "recordings"}
        content = self._client.get_json("release", {**asked, "limit": PAGE, "offset": offset})
        releases = listed(content, "releases")
        answer = Answer()
        found = earliest(releases)
        if found and (best is None or found[0] < best):
            best, titles = found
            answer.details[album_id] = Details(tracks=titles)
        # Pages are cut by the number of tracks, too: how full one is does not tell the last.
        if releases and offset + len(releases) < number(content.get("release-count")):
            answer.tasks.append(_tracks_task(album_id, offset + len(releases), best))
        return answer

    def _read(
        self, groups: Sequence[dict[str, Any]], searched: str, every_kind: bool = False
    ) -> Answer:
        """What release groups tell; of `every_kind` and year if they were asked for by id."""
        answer = Answer()
        for group in groups:
            reason = "" if every_kind else why_left_out(group, self.wanted.years)
            album = None if reason else album_of(group, self._genres, searched, self._covers)
            if album is None:
                answer.skipped[str(group.get("id"))] = reason or "incomplete"
                continue
            answer.albums.append(album)
            answer.artists[album.artist_id] = first_artist_name(group)
            if self.wanted.tracks:
                answer.tasks.append(_tracks_task(album.album_id, 0, None))
        return answer

    def _search(self, what: str, years: tuple[int, int], limit: int, offset: int) -> Page:
        # The clause leaves out undated albums: where all years are wanted there is none.
        every = years[0] <= FIRST_YEAR and years[1] >= last_year()
        when = "" if every else f" AND firstreleasedate:[{years[0]} TO {years[1]}-12-31]"
        query = f"{what}{when} AND primarytype:album"
        content = self._client.get_json(
            "release-group", {"query": query, "limit": limit, "offset": offset}
        )
        groups = listed(content, "release-groups")
        after = offset + len(groups)
        # The total may change between pages, so it ends nothing where a page is full.
        short = len(groups) < limit and after >= number(content.get("count"))
        return Page(groups, None if not groups or short or after >= FURTHEST else after)

    def _slices(self) -> list[list[int]]:
        """First year, last year and offset 0 of each decade, as far as its years are wanted."""
        first, last = self.wanted.years[0], min(self.wanted.years[1], last_year())
        decades = range(first // 10 * 10, last + 1, 10)
        return [[max(year, first), min(year + 9, last), 0] for year in decades]

    def _page_task(
        self, genre: str, slices: list[list[int]], met: list[str], waiting: list[str]
    ) -> Task:
        first, _, offset = slices[0]
        payload = {"genre": genre, "slices": slices, "met": met, "waiting": waiting}
        return Task("artists", f"artists {self._wish} {first}@{offset} {genre}", payload)

    def _albums_tasks(self, genre: str, artists: list[str]) -> list[Task]:
        starts = range(0, len(artists), ARTISTS_AT_ONCE)
        return [self._albums_task(genre, artists[n : n + ARTISTS_AT_ONCE], 0) for n in starts]

    def _albums_task(self, genre: str, artists: list[str], offset: int) -> Task:
        # With the genre, since an album that names none itself takes that of each search.
        digest = hashlib.sha1("".join(artists).encode(), usedforsecurity=False).hexdigest()[:20]
        payload = {"genre": genre, "artists": artists, "offset": offset}
        return Task("albums", f"albums {self._wish} {digest}@{offset} {genre}", payload)


def _tracks_task(album_id: str, offset: int, best: Rank | None) -> Task:
    payload = {"album_id": album_id, "offset": offset, "best": best}
    return Task("tracks", f"tracks {album_id}@{offset}", payload)


def _tagged(genre: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", genre)
    return f'tag:"{escaped}"'
