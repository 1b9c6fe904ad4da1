"""Titles as the model reads and writes them: UTF-8 bytes, one clean line each, in any script.

A track list is the bytes `First\\nSecond\\n...Last\\n` and an END byte. What it is for (genres,
year, artist, album) is read beforehand, four fields long.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from duck_and_cover.errors import UsageError

PAD, END, FIELD, NEXT = 0, 4, 9, 10  # bytes that no clean text contains
FIELDS = 4
LONGEST = 96  # bytes of a title
MOST = 50  # titles of a list
_FIELD_BYTES = 48
_BRACKETS = ("()", "[]", "{}", "“”", "«»")
_OPEN_ENDS = {"the", "a", "an", "and", "&"}  # words that no title ends with
_LINE_BREAKERS = {"Cc", "Cs", "Zl", "Zp", "Zs"}

# From here on a title is someone's: shorter ones, such as "Intro" or "Blue Moon", are everyone's.
COPY_WORDS, COPY_LETTERS = 3, 12


@dataclass(frozen=True)
class TitleRequest:
    """One track list's wish. What is empty or None is left to the model; nothing is unknown to it.

    Args:
        genres: Names, any number of them.
        year: Of release.
        artist, album: Names, in any script.
        count: How many titles, 1 to MOST; None draws a length as the training set's lists have.
        seed: The same request gives the same list.
        clean: Without the words of `manners.py`.
        temperature: Below 1 likelier titles, above 1 stranger ones; above 0, at most 2.
        top_p: The share of likelihood that letters are drawn from; above 0, at most 1.

    Raises:
        UsageError: A number is outside its range.
    """

    genres: tuple[str, ...] = ()
    year: int | None = None
    artist: str = ""
    album: str = ""
    count: int | None = None
    seed: int = 0
    clean: bool = False
    temperature: float = 0.9
    top_p: float = 0.95

    def __post_init__(self) -> None:
        if self.count is not None and not 1 <= self.count <= MOST:
            raise UsageError(f"count {self.count}: a track list has 1 to {MOST} titles")
        if not 0 < self.temperature <= 2:
            raise UsageError(f"temperature {self.temperature:g}: take a number above 0, at most 2")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p {self.top_p:g}: take a number above 0, at most 1")

    def prefix(self) -> bytes:
        """What the model reads: genres, year, artist, album, with FIELD between them."""
        genres = ", ".join(sorted({tidy(genre).lower() for genre in self.genres} - {""}))
        year = "" if self.year is None else str(self.year)
        fields = (genres, year, tidy(self.artist), tidy(self.album))
        return bytes([FIELD]).join(field.encode()[:_FIELD_BYTES] for field in fields)


def tidy(text: str) -> str:
    """A text as one line: composed letters, single spaces, nothing that controls a terminal."""
    composed = unicodedata.normalize("NFC", text)
    spaced = (" " if unicodedata.category(c) in _LINE_BREAKERS else c for c in composed)
    return " ".join("".join(spaced).split())


def list_bytes(titles: Iterable[str]) -> bytes:
    """A track list as the model writes it; titles that are blank or over LONGEST are left out."""
    lines = (tidy(title).encode() for title in titles)
    kept = (line for line in lines if 0 < len(line) <= LONGEST)
    return b"".join(line + bytes([NEXT]) for line in kept) + bytes([END])


def plain(title: str) -> str:
    """What two titles share that are the same to a reader: letters and digits, one case."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    letters = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    return " ".join(letters.split()) or folded.strip()


def is_whole(title: str) -> bool:
    """Whether a title's brackets and quotes are closed, and it does not break off after `the`."""
    closed = all(title.count(pair[0]) == title.count(pair[1]) for pair in _BRACKETS)
    words = title.casefold().split()
    open_ended = len(words) > 1 and words[-1] in _OPEN_ENDS
    return closed and title.count('"') % 2 == 0 and not open_ended


def is_long(plain_title: str) -> bool:
    """Whether a title, as `plain` gives it, is long enough for its copy to be refused.

    Wide letters, as of Chinese, Japanese and Korean, say as much as two.
    """
    letters = sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in plain_title)
    return len(plain_title.split()) >= COPY_WORDS or letters >= COPY_LETTERS
