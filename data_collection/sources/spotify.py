"""Albums from Spotify: artists by genre, then the albums of each, in as few calls as can be.

artists           artists found by a genre's name, until enough are met
related artists   artists near these, where the search did not bring enough
albums            an artist's albums; what a second genre adds to a known artist costs no call
tracks            track titles, of one album or of twenty, if they are wanted
audio features    how the tracks of some albums sound, for the apps that may still ask
named albums      albums that were named by a person
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from data_collection.genres import fold
from data_collection.sources.base import Answer, Details, Task, Wanted
from data_collection.sources.http import NotFound, Refused
from data_collection.sources.spotify_albums import (
    VARIOUS_ARTISTS,
    album_of,
    details_of,
    earliest_editions,
    mean_features,
    text,
    tracks_of,
    why_left_out,
    with_id,
)
from data_collection.sources.spotify_calls import BATCH, TRACKS, SpotifyCalls, next_offset
from data_collection.waiting import Patience
from duck_and_cover.errors import UsageError

log = logging.getLogger(__name__)

TERMS = (
    "Spotify's terms (https://developer.spotify.com/terms) forbid training machine-learning models "
    "on its metadata and covers, and passing them on; what you do with them is on you."
)

_ALBUM = re.compile(
    r"(?:spotify:album:|(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?album/)?"
    r"([0-9A-Za-z]{22})(?:[/?#].*)?"
)


def open_source(wanted: Wanted, patience: Patience, per_second: float) -> Spotify:
    """This file's source, as the commands open it; Spotify itself says when calls are too many."""
    return Spotify(wanted, patience)


class Spotify:
    """The source `spotify`; see `Source`.

    Args:
        wanted: genres, years, artists a genre, size of the covers, tracks.
        patience: how long to wait, and when to stop.
    """

    name = "spotify"

    def __init__(self, wanted: Wanted, patience: Patience) -> None:
        self.wanted = wanted
        self._patience = patience
        self._genres = {fold(genre): genre for genre in wanted.genres}
        # What a task is for is in its key: asked for more, the same folder takes in what is new.
        first, last = wanted.years
        self._wish = f"{first}-{last}{' with tracks' if wanted.tracks else ''}"

    def start(self) -> None:
        """See `Source`."""
        self._calls = SpotifyCalls(self._patience)
        self._calls.find_out(self.wanted.genres, self.wanted.tracks)

    def first_tasks(self) -> list[Task]:
        """A search for each genre; see `Source`."""
        return [self._search_task(genre, 0, []) for genre in self.wanted.genres]

    def tasks_for(self, album_ids: Sequence[str]) -> list[Task]:
        """A call for each album, by its id, URI or address; see `Source`."""
        ids = [_album_id(given) for given in album_ids]
        return [Task("named albums", f"named album {each}", {"album_id": each}) for each in ids]

    def answer(self, task: Task) -> Answer:
        """Make a task's call; see `Source`."""
        payload = dict(task.payload)
        match task.kind:
            case "artists":
                return self._artists(**payload)
            case "related artists":
                return self._related_artists(**payload)
            case "albums":
                return self._albums(**payload)
            case "tracks":
                return self._tracks(**payload)
            case "audio features":
                return self._audio_features(**payload)
            case _:
                return self._named_album(**payload)

    def _artists(self, genre: str, offset: int, met: list[str]) -> Answer:
        """A page of a search; `met` are the artists of the pages before it."""
        page = self._calls.search(genre, offset)
        answer, met = Answer(), [*met]
        self._meet(answer, with_id(page.get("items")), genre, met)
        if len(met) < self.wanted.per_genre:
            following = next_offset(page, offset)
            if following is not None:
                answer.tasks.append(self._search_task(genre, following, met))
            elif self._calls.related and met:
                answer.tasks.append(self._related_task(genre, met, met))
        return answer

    def _related_artists(self, genre: str, met: list[str], near: list[str]) -> Answer:
        """Artists near the first of `near`, as far as they name the genre as their own."""
        answer, met = Answer(), [*met]
        try:
            found = self._calls.related_artists(near[0])
        except (NotFound, Refused) as error:
            log.debug("no related artists: %s", error)
            found = []
        known = len(met)
        self._meet(answer, [a for a in found if genre in self._genres_of(a)], genre, met)
        near = near[1:] + met[known:]
        if near and len(met) < self.wanted.per_genre and self._calls.related:
            answer.tasks.append(self._related_task(genre, met, near))
        return answer

    def _meet(
        self, answer: Answer, artists: Iterable[Mapping[str, Any]], genre: str, met: list[str]
    ) -> None:
        """Take in artists not met before, as many as are wanted, and ask for their albums."""
        for artist in artists:
            artist_id = artist["id"]
            if len(met) >= self.wanted.per_genre:
                return
            if artist_id in met or artist_id == VARIOUS_ARTISTS:
                continue
            met.append(artist_id)
            own = self._genres_of(artist)
            answer.artists[artist_id] = text(artist.get("name"))
            answer.artist_genres[artist_id] = ("artist", own) if own else ("query", (genre,))
            answer.tasks.append(self._albums_task(artist_id, 0))

    def _genres_of(self, artist: Mapping[str, Any]) -> tuple[str, ...]:
        """The artist's own genres among those wanted; development mode tells none."""
        folded = {fold(text(name)) for name in artist.get("genres") or []}
        return tuple(genre for name, genre in self._genres.items() if name in folded)

    def _albums(self, artist_id: str, offset: int) -> Answer:
        page = self._calls.albums_of(artist_id, offset)
        answer = Answer()
        for album in with_id(page["items"]):
            reason = why_left_out(album, artist_id, self.wanted.years)
            self._keep(answer, album, reason)
        if self.wanted.tracks:
            ids = earliest_editions(answer.albums)
            answer.tasks += _tracks_tasks(ids, BATCH if self._calls.batches else 1)
        following = next_offset(page, offset)
        if following is not None:
            answer.tasks.append(self._albums_task(artist_id, following))
        return answer

    def _keep(self, answer: Answer, album: Mapping[str, Any], reason: str = "") -> None:
        record = None if reason else album_of(album, self.wanted.size)
        if record is None:
            answer.skipped[str(album.get("id"))] = reason or "no picture"
        else:
            answer.albums.append(record)

    def _tracks(self, album_ids: list[str]) -> Answer:
        if len(album_ids) == 1:
            return self._details([self._calls.album(album_ids[0])])
        try:
            return self._details(self._calls.albums(album_ids))
        except (NotFound, Refused) as error:
            # Queued by a run that had batches, which this one has no more.
            log.debug("no albums in batches: %s", error)
            self._calls.batches = False
            return Answer(tasks=_tracks_tasks(album_ids, 1))

    def _details(self, albums: Sequence[Mapping[str, Any]]) -> Answer:
        answer = Answer(details={album["id"]: details_of(album) for album in albums})
        if self._calls.audio:
            answer.tasks += _audio_tasks(albums)
        return answer

    def _audio_features(self, albums: list[dict[str, Any]]) -> Answer:
        """The mean features of some albums."""
        answer = Answer()
        try:
            tracks = [track for album in albums for track in album["tracks"]]
            found = {each["id"]: each for each in self._calls.audio_features(tracks)}
        except (NotFound, Refused) as error:
            log.debug("no audio features: %s", error)
            return answer
        for album in albums:
            sound = [found[track] for track in album["tracks"] if track in found]
            means = mean_features(sound, album["popularity"])
            answer.details[album["id"]] = Details(audio_features=means)
        return answer

    def _named_album(self, album_id: str) -> Answer:
        album = self._calls.album(album_id)
        answer = self._details([album])
        self._keep(answer, album)
        answer.artists |= {record.artist_id: record.artist_name for record in answer.albums}
        return answer

    def _search_task(self, genre: str, offset: int, met: list[str]) -> Task:
        payload = {"genre": genre, "offset": offset, "met": met}
        return Task("artists", f"{self._per_genre(genre)} {offset}", payload)

    def _related_task(self, genre: str, met: list[str], near: list[str]) -> Task:
        payload = {"genre": genre, "met": met, "near": near}
        return Task("related artists", f"{self._per_genre(genre)} near {near[0]}", payload)

    def _per_genre(self, genre: str) -> str:
        return f"artists {self._wish} {self.wanted.per_genre} {genre}"

    def _albums_task(self, artist_id: str, offset: int) -> Task:
        payload = {"artist_id": artist_id, "offset": offset}
        return Task("albums", f"albums {self._wish} {artist_id}@{offset}", payload)


def _tracks_tasks(album_ids: Sequence[str], at_once: int) -> list[Task]:
    parts = [[*album_ids[n : n + at_once]] for n in range(0, len(album_ids), at_once)]
    return [Task("tracks", f"tracks {','.join(ids)}", {"album_ids": ids}) for ids in parts]


def _audio_tasks(albums: Sequence[Mapping[str, Any]]) -> Iterator[Task]:
    """As many albums at a time as one call tells the tracks of."""
    entries = [
        {
            "id": album["id"],
            "tracks": [track["id"] for track in with_id(tracks_of(album))],
            "popularity": album.get("popularity"),
        }
        for album in albums
    ]
    part: list[dict[str, Any]] = []
    for entry in filter(lambda entry: entry["tracks"], entries):
        if part and sum(len(each["tracks"]) for each in part) + len(entry["tracks"]) > TRACKS:
            yield _audio_task(part)
            part = []
        part.append(entry)
    if part:
        yield _audio_task(part)


def _audio_task(albums: list[dict[str, Any]]) -> Task:
    key = f"audio features {','.join(album['id'] for album in albums)}"
    return Task("audio features", key, {"albums": albums})


def _album_id(given: str) -> str:
    found = _ALBUM.fullmatch(given.strip())
    if not found:
        raise UsageError(
            f"'{given}' is no album of Spotify: give its id of 22 letters and digits, its URI "
            "spotify:album:... or its address https://open.spotify.com/album/..."
        )
    return found[1]
