"""How long a training set's lists are, and how often an album gives a track its name.

A model that decides at each title whether the list is over is right on the average and wrong in
each list: some end after two titles. So both are counted, kept with the model and drawn by the
seed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from duck_and_cover.titles.text import MOST, TitleRequest, plain, tidy

ENOUGH = 30  # lists of a genre to have lengths of its own
MOST_GENRES = 64
MOST_LISTS = 10**9
ALL = ""  # the name under which the lists of every genre are counted


@dataclass(frozen=True)
class Habits:
    """Counts of a training set.

    Args:
        lengths: By genre, and under ALL of all lists: how many lists have so many titles.
        title_tracks: The share of lists that have a track of the album's name.

    Raises:
        ValueError: They cannot be counts or a share.
    """

    lengths: Mapping[str, Mapping[int, int]]
    title_tracks: float = 0.0

    def __post_init__(self) -> None:
        if not self.lengths.get(ALL) or not all(self.lengths.values()):
            raise ValueError("lengths of lists are missing")
        for found in self.lengths.values():
            if not all(
                1 <= length <= MOST and 0 < count <= MOST_LISTS for length, count in found.items()
            ):
                raise ValueError(f"lengths of lists are counted from 1 to {MOST}")
        if not 0 <= self.title_tracks <= 1:
            raise ValueError(f"title_tracks {self.title_tracks!r} is no share from 0 to 1")

    @classmethod
    def of(cls, lists: Sequence[tuple[TitleRequest, Sequence[str]]]) -> Habits:
        """The habits of track lists, each with what it is for; longer ones count as MOST.

        A list of one title is most often a single, and no habit of track lists where there are
        others.
        """
        lengths: dict[str, Counter[int]] = defaultdict(Counter)
        titled = named = 0
        for request, titles in lists:
            if not titles:
                continue
            for genre in {ALL, *_names(request)}:
                lengths[genre][min(len(titles), MOST)] += 1
            named += bool(request.album)
            titled += plain(request.album) in map(plain, titles) if request.album else 0
        for found in lengths.values():
            if len(found) > 1:
                found.pop(1, None)
        common = [name for name, found in lengths.items() if name and found.total() >= ENOUGH]
        common = sorted(common, key=lambda name: (-lengths[name].total(), name))[:MOST_GENRES]
        kept = {name: dict(sorted(lengths[name].items())) for name in [ALL, *common]}
        return cls(kept, titled / max(named, 1))

    @classmethod
    def from_json(cls, fields: Any) -> Habits:
        """The habits out of a model's config.json.

        Raises:
            ValueError, TypeError, LookupError, AttributeError: They are none.
        """
        lengths = {
            str(genre): {int(length): int(count) for length, count in found.items()}
            for genre, found in fields["lengths"].items()
        }
        return cls(lengths, float(fields["title_tracks"]))

    def json(self) -> dict[str, Any]:
        """For config.json."""
        return {"title_tracks": self.title_tracks, "lengths": self.lengths}

    def length(self, request: TitleRequest, random: Random) -> int:
        """A length for a list: of lists of the same genres, of all where none of them is known."""
        known = [self.lengths[name] for name in _names(request) if name in self.lengths]
        counts = Counter[int]()
        for found in known or [self.lengths[ALL]]:
            counts.update(found)
        return random.choices(list(counts), list(counts.values()))[0]

    def title_track(self, length: int, random: Random) -> int | None:
        """The place of the track of the album's name, None for a list without one."""
        place = random.randrange(length)
        return place if random.random() < self.title_tracks else None


def _names(request: TitleRequest) -> list[str]:
    return sorted({tidy(genre).lower() for genre in request.genres} - {""})
