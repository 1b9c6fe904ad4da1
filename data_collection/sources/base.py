"""What every source of covers speaks: tasks in, albums out.

Collecting is a queue of tasks. A task is one request to the service; its answer brings albums and
further tasks (the next page, an artist's albums, an album's tracks). Because each answer is stored
together with the tasks it leads to, collecting can stop between any two requests and go on.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from duck_and_cover.data.schema import FIRST_YEAR, last_year

_YEAR = re.compile(r"(\d{4})(?!\d)")

# Words by which a shop marks another edition of an album that it already has.
_EDITION = (
    r"(?:deluxe|remaster(?:ed)?|re-?issued?|expanded|anniversary|editions?|bonus|explicit|clean"
    r"|collector'?s|limited|special|super|legacy|digital|version|mono|stereo|mix(?:es)?|tracks?"
    r"|discs?|\d{4}|\d+(?:st|nd|rd|th)|\d+|year|the|with|and|of|\W)+"
)
# The marks that make a bracket an edition's: "(The 2011)" alone might be part of a title.
_MARK = re.compile(
    r"deluxe|remaster|re-?issue|expanded|anniversary|edition|bonus|explicit|clean version"
)
_BRACKET = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_DASH = re.compile(r"\s+[-–—:]\s+([^-–—:]*)$")


@dataclass(frozen=True)
class Task:
    """One request to be made.

    Attributes:
        kind: what it is for, in the plural, as shown in the progress: `artists`, `albums`, ...
        key: tells it from all other tasks of the folder; a key that is known is not added again.
        payload: what the source needs to make the request; JSON types only.
    """

    kind: str
    key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class AlbumRecord:
    """An album as a source lists it.

    Attributes:
        album_id, album_name, artist_id, artist_name: as given, any script.
        release_date: as given: `1988-05-03`, `1988-05`, `1988` or "".
        genres: lower-case names.
        genre_provenance: where they come from: `album`, `artist` or `query`; "" without genres.
        image_urls: of the front cover, the one to try first in front.
        licence_note: under what terms metadata and picture stand.
    """

    album_id: str
    album_name: str
    artist_id: str
    artist_name: str
    release_date: str
    genres: tuple[str, ...]
    genre_provenance: str
    image_urls: tuple[str, ...]
    licence_note: str


@dataclass(frozen=True)
class Details:
    """What a further request tells of an album; empty or None where it tells nothing."""

    tracks: tuple[str, ...] = ()
    audio_features: Mapping[str, float] | None = None


@dataclass
class Answer:
    """All that one request brought.

    Attributes:
        albums: albums with a cover to download.
        artists: the names of artists met, by id.
        artist_genres: by artist id, provenance and genres that all albums of this artist have,
            those known already and those that come later.
        details: by album id.
        tasks: what to ask next.
        skipped: why an album is left out, by its id.
    """

    albums: list[AlbumRecord] = field(default_factory=list)
    artists: dict[str, str] = field(default_factory=dict)
    artist_genres: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    details: dict[str, Details] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What the person at the shell asked for.

    Attributes:
        genres: lower-case names; what a service calls a genre and is not here is no genre.
        years: first and last release year, both included.
        per_genre: how many artists of a genre; of each, all albums of these years.
        size: pixels of a cover's side.
        tracks: whether track titles are wanted, at one more request an album.
    """

    genres: tuple[str, ...] = ()
    years: tuple[int, int] = (FIRST_YEAR, 9999)
    per_genre: int = 50
    size: int = 500
    tracks: bool = False


class Source(Protocol):
    """A web service that lists albums with genres, years and covers."""

    name: str

    def start(self) -> None:
        """Check credentials and find out what the service allows: once, before any `answer`.

        Raises:
            UsageError: credentials are missing or wrong.
            StoppedEarly: the service cannot be used now, but can be later.
        """

    def first_tasks(self) -> list[Task]:
        """The tasks that all others follow from, one or more a genre, the first to do in front."""

    def tasks_for(self, album_ids: Sequence[str]) -> list[Task]:
        """Tasks that bring just these albums, whatever their genre and year.

        Raises:
            UsageError: an id is none of this service's.
        """

    def answer(self, task: Task) -> Answer:
        """Make a task's request.

        Raises:
            NotFound: there is no such thing (any more): the task is skipped.
            Unavailable: the request failed again and again: the task is kept for another run.
            StoppedEarly: quota used up, or the service is down.
        """


def parse_year(date: str | None) -> int | None:
    """The year of `1988-05-03`, `1988-05` or `1988`; None for what is no year of a release."""
    found = _YEAR.match((date or "").strip())
    year = int(found[1]) if found else 0
    return year if FIRST_YEAR <= year <= last_year() else None


def cover_key(source: str, artist_id: str, album_name: str, album_id: str) -> str:
    """What all editions of one album share: 20 hexadecimal digits of (artist, normalised title).

    An album whose title has no letter or digit left is only ever its own edition.
    """
    title = normalised_title(album_name)
    name = f"{source}\n{artist_id}\n{title}" if title else f"{source}\n\n{album_id}"
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:20]


def normalised_title(title: str) -> str:
    """A title without case, accents, punctuation and the marks of an edition.

    `Ascenseur pour l'Échafaud (Deluxe Edition)` and `ascenseur pour l’échafaud` are the same.
    """
    text = unicodedata.normalize("NFKC", title).casefold()
    text = _BRACKET.sub(lambda found: " " if _is_edition(found[1]) else found[0], text)
    text = _DASH.sub(lambda found: " " if _is_edition(found[1]) else found[0], text)
    # Latin, Greek and Cyrillic accents alone: without its marks a Japanese word is another word.
    plain = re.sub(r"[\u0300-\u036f'’]", "", unicodedata.normalize("NFKD", text))
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", plain)))


def _is_edition(words: str) -> bool:
    return bool(_MARK.search(words) and re.fullmatch(_EDITION, words))
