"""A track list while it is written: which bytes may follow, which titles may stay, when it ends."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from random import Random

import torch
from torch import Tensor

from duck_and_cover.titles.copies import Copies
from duck_and_cover.titles.manners import is_coarse
from duck_and_cover.titles.text import END, LONGEST, MOST, NEXT, TitleRequest, plain, tidy

# A list ends after so many refusals in a row, each of which makes the next try a little bolder, or
# after so many bytes in all, so that no model and no request takes longer than seconds.
PATIENCE, IN_ALL = 30, 4000
BOLDER, BOLDEST = 0.02, 1.3

_UTF8 = codecs.getincrementaldecoder("utf-8")


@cache
def forbidden(begun: bool, may_end: bool) -> Tensor:
    """(256,) true for the bytes that must not follow: `begun` a title, or where a list may end."""
    banned = torch.zeros(256, dtype=torch.bool)
    banned[:32] = True  # controls, NEXT and END among them
    banned[127] = True
    banned[32] = not begun
    banned[NEXT] = not begun
    banned[END] = begun or not may_end
    return banned


@dataclass(frozen=True)
class TrackList:
    """What was written.

    Args:
        titles: Each once.
        refused: How many tries were not taken, by reason: `copy` of a longer title of the training
            set, `repeat` of one in this list, `coarse`, `broken` (no text, or too long).
    """

    titles: tuple[str, ...]
    refused: dict[str, int] = field(default_factory=dict, hash=False)


class Draft:
    """One list in the making.

    Args:
        request: What for.
        copies: The longer titles of the training set.
    """

    def __init__(self, request: TitleRequest, copies: Copies) -> None:
        self.request, self.copies = request, copies
        self.random = Random(f"titles {request.seed}")
        self.titles: list[str] = []
        self.known: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.refused_now = self.bytes_tried = 0
        self.line = bytearray()
        self.decoder = _UTF8()
        self.done = False

    @property
    def temperature(self) -> float:
        """The request's, a little more after each refusal of the same title."""
        return self.request.temperature * min(1 + BOLDER * self.refused_now, BOLDEST)

    def forbidden(self) -> Tensor:
        """(256,) true for the bytes that must not come next."""
        fresh = bool(self.titles) and not self.refused_now  # refusals are no further chances to end
        return forbidden(bool(self.line), self.request.count is None and fresh)

    def take(self, byte: int) -> bool | None:
        """Add a byte.

        Returns:
            True where it ends a title that stays, False where one is refused, None in between.
        """
        self.bytes_tried += 1
        if byte == END:
            self.done = True
            return None
        reason = "broken"
        if byte == NEXT:
            reason = self._fault()
        else:
            self.line.append(byte)
            if len(self.line) <= LONGEST and self._is_text(byte):
                return None
        if reason:
            self.refused[reason] += 1
            self.refused_now += 1
            self.done = self.refused_now >= PATIENCE
        else:
            self.titles.append(tidy(self.line.decode()))
            self.known.add(plain(self.titles[-1]))
            self.refused_now = 0
            self.done = len(self.titles) == (self.request.count or MOST)
        self.done = self.done or self.bytes_tried >= IN_ALL
        self.line.clear()
        self.decoder.reset()
        return not reason

    def result(self) -> TrackList:
        """What has come of it."""
        return TrackList(tuple(self.titles), dict(self.refused))

    def _is_text(self, byte: int) -> bool:
        """Whether the line may still become UTF-8."""
        try:
            self.decoder.decode(bytes([byte]))
        except UnicodeDecodeError:
            return False
        return True

    def _fault(self) -> str:
        """Why the line must not stay, "" where it may."""
        try:
            title = self.line.decode()
        except UnicodeDecodeError:  # it ends amid a letter
            return "broken"
        same = plain(title)
        if not any(map(str.isalnum, title)):
            return "broken"
        if same in self.known:
            return "repeat"
        # The album's own name is the person's: a title track copies nobody.
        if same != plain(self.request.album) and title in self.copies:
            return "copy"
        return "coarse" if self.request.clean and is_coarse(title) else ""
