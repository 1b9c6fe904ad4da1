"""A track list while it is written: which pieces may follow, which titles may stay, its plan."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from duck_and_cover.titles.copies import Copies, Words
from duck_and_cover.titles.habits import Habits
from duck_and_cover.titles.manners import is_coarse
from duck_and_cover.titles.pieces import Pieces
from duck_and_cover.titles.text import LONGEST, NEXT, TitleRequest, is_whole, plain, tidy

# A list ends after so many refusals in a row, or after so many pieces in all, so that no model and
# no request takes longer than seconds. A refusal for sameness makes the next try a little bolder.
PATIENCE, IN_ALL = 30, 4000
BOLDER, BOLDEST = 0.02, 1.3

_UTF8 = codecs.getincrementaldecoder("utf-8")


class Learnt(NamedTuple):
    """What a model knows of its training set beside its weights."""

    pieces: Pieces
    copies: Copies
    words: Words
    habits: Habits


def forbidden(pieces: Pieces, size: int) -> Tensor:
    """(2, size) true for the pieces that must not follow: where a title begins, and within one.

    Args:
        size: Of the network's vocabulary, which may have more pieces than there are.
    """
    banned = torch.ones(2, size, dtype=torch.bool)
    for piece, text in enumerate(pieces.texts):
        controls = min(text) < 32 or 127 in text
        banned[0, piece] = controls or text[0] == 32
        banned[1, piece] = controls and text[0] != NEXT
    return banned


@dataclass(frozen=True)
class TrackList:
    """What was written.

    Args:
        titles: Each once.
        refused: How many tries were not taken, by reason: `copy` of a longer title of the training
            set, `repeat` of one in this list, of how one opens, or of the album's name, `coarse`,
            `misspelt` (a word that neither the training set nor the request has), `broken` (no
            text, too long, an open bracket, an article at the end).
    """

    titles: tuple[str, ...]
    refused: dict[str, int] = field(default_factory=dict, hash=False)


class Draft:
    """One list in the making; its length and the place of its title track are drawn beforehand.

    Args:
        request: What for.
        learnt: Of the training set.
    """

    def __init__(self, request: TitleRequest, learnt: Learnt) -> None:
        self.request, self.learnt, self.pieces = request, learnt, learnt.pieces
        self.random = Random(f"titles {request.seed}")
        self.length = learnt.habits.length(request, self.random)
        self.length = request.count or self.length
        self.place = learnt.habits.title_track(self.length, self.random)
        self.name = plain(request.album)
        self.titles: list[str] = []
        self.known: set[str] = set()  # titles of this list, and how they open
        self.refused: Counter[str] = Counter()
        self.refused_now = self.same_now = self.tried = 0
        self.line = bytearray()
        self.decoder = _UTF8()
        self.done = False
        self.given: list[int]  # pieces of the album's name that are still to be written
        self._begin()

    @property
    def temperature(self) -> float:
        """The request's, a little more after each title refused here for being another's."""
        return self.request.temperature * min(1 + BOLDER * self.same_now, BOLDEST)

    def take(self, piece: int) -> bool | None:
        """Add a piece.

        Returns:
            True where it ends a title that stays, False where one is refused, None in between.
        """
        self.tried += 1
        self.done = self.tried >= IN_ALL
        reason = "broken"
        if piece == NEXT:
            reason = self._fault()
        else:
            self.line += self.pieces.texts[piece]
            if len(self.line) <= LONGEST and self._is_text(self.pieces.texts[piece]):
                return None
        if reason:
            self.refused[reason] += 1
            self.refused_now += 1
            self.same_now += reason in ("copy", "repeat")
            self.done = self.done or self.refused_now >= PATIENCE
        else:
            self.titles.append(tidy(self.line.decode()))
            self.known |= {plain(self.titles[-1]), _opening(self.titles[-1])} - {""}
            self.refused_now = self.same_now = 0
            self.done = self.done or len(self.titles) == self.length
        self._begin()
        return not reason

    def result(self) -> TrackList:
        """What has come of it."""
        return TrackList(tuple(self.titles), dict(self.refused))

    def _begin(self) -> None:
        """Be ready for a title; at the planned place it is the album's name."""
        self.line.clear()
        self.decoder.reset()
        name = tidy(self.request.album)
        text = name.encode() + bytes([NEXT])
        here = len(self.titles) == self.place and not self.refused_now
        fits = here and len(text) <= LONGEST and not self._objection(name)
        self.given = self.pieces.split(text) if fits else []

    def _is_text(self, added: bytes) -> bool:
        """Whether the line may still become UTF-8."""
        try:
            self.decoder.decode(added)
        except UnicodeDecodeError:
            return False
        return True

    def _fault(self) -> str:
        """Why the line must not stay, "" where it may."""
        try:
            return self._objection(self.line.decode())
        except UnicodeDecodeError:  # it ends amid a letter
            return "broken"

    def _objection(self, title: str) -> str:
        """What speaks against a title here, "" where nothing does."""
        same = plain(title)
        named = same == self.name
        if not any(map(str.isalnum, title)) or not (named or is_whole(title)):
            return "broken"
        if same in self.known or (named and len(self.titles) != self.place):
            return "repeat"
        if not named and _opening(title) in self.known:
            return "repeat"
        # The album's own name is the person's: a title track copies nobody.
        if not named and title in self.learnt.copies:
            return "copy"
        names = (self.request.artist, self.request.album)
        if not self.learnt.words.know(title, names):
            return "misspelt"
        return "coarse" if self.request.clean and is_coarse(title) else ""


def _opening(title: str) -> str:
    """The first two words of a title of more; "" of a numbered one, whose fellows begin alike."""
    words = plain(title).split()
    numbered = any(map(str.isdecimal, title))
    return "" if numbered or len(words) < 3 else " ".join([*words[:2], "…"])
