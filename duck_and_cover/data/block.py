"""Some covers of a stream, in memory as files: decoded when they are shown.

Whether a picture can be shown turns out only then. One that cannot gives way to the next of its
block that can, so that the number of covers in a block does not depend on it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from duck_and_cover.data.labels import audio_rows
from duck_and_cover.data.large import Pixels, decode_to
from duck_and_cover.data.pictures import SMALLEST_SIDE, UnreadablePicture
from duck_and_cover.errors import DuckAndCoverError
from duck_and_cover.labels import Labels

log = logging.getLogger(__name__)

_SKIPPED_IN_LOG = 20  # the others are counted


class Place(NamedTuple):
    """Where one rank's block begins."""

    epoch: int
    shard: int  # how many of the epoch's shards are behind
    row: int  # how many rows of the next one are, of this rank's


class Cover(NamedTuple):
    """One row of a stream."""

    source: bytes | str | None
    genres: list[str]
    year: int  # 0 where it is not known
    artist: str
    album: str
    audio: Mapping[str, Any] | None
    name: str  # what a person finds it by


def labels_together(covers: Sequence[Cover]) -> Labels:
    """What is known of some covers."""
    return Labels(
        [cover.genres for cover in covers],
        np.array([cover.year for cover in covers], np.int32),
        audio_rows([cover.audio for cover in covers]),
        [cover.artist for cover in covers],
        [cover.album for cover in covers],
    )


class Skipped:
    """Counts the covers that cannot be shown, and names the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, name: str, reason: str) -> None:
        """One more."""
        with self._lock:
            self.count += 1
        if self.count <= _SKIPPED_IN_LOG:
            log.warning("cannot be shown: %s: %s", name, reason)


def decoded(cover: Cover, size: int) -> Pixels:
    """A cover as (size, size, 3) uint8.

    Raises:
        UnreadablePicture: it cannot be shown.
    """
    if cover.source is None:
        raise UnreadablePicture("no picture")
    return decode_to(cover.source, size)


class Block:
    """Covers in the order in which they are shown.

    Args:
        place: where the stream is read for them.
        covers: N of them.
        skipped: where those are counted that cannot be shown.
    """

    def __init__(self, place: Place, covers: Sequence[Cover], skipped: Skipped) -> None:
        self.place, self.covers, self.skipped = place, covers, skipped
        self._shown = list(range(len(covers)))
        self._broken: set[int] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.covers)

    def decode(self, number: int, size: int) -> Pixels:
        """The cover in place `number`, or the next that can be shown: (size, size, 3) uint8.

        Raises:
            DuckAndCoverError: none can.
        """
        for step in range(len(self)):
            row = (number + step) % len(self)
            if row in self._broken:
                continue
            try:
                pixels = decoded(self.covers[row], size)
            except UnreadablePicture as error:
                self._skip(row, error.reason)
                continue
            self._shown[number] = row
            return pixels
        raise DuckAndCoverError(
            f"none of {len(self)} covers in a row can be shown, the last: {self.covers[-1].name}"
        )

    def shown(self, number: int) -> Cover:
        """The cover that `decode` has found for a place."""
        return self.covers[self._shown[number]]

    def _skip(self, row: int, reason: str) -> None:
        with self._lock:  # two threads may meet the same cover
            if row in self._broken:
                return
            self._broken.add(row)
        self.skipped.add(self.covers[row].name, reason)


def showable(covers: Sequence[Cover], skipped: Skipped) -> list[Cover]:
    """Those that can be shown: all are decoded for it, as small as they may be."""
    kept = []
    for cover in covers:
        try:
            decoded(cover, SMALLEST_SIDE)
        except UnreadablePicture as error:
            skipped.add(cover.name, error.reason)
        else:
            kept.append(cover)
    return kept
