"""What of a name is set: cleaned, in capitals, and in clusters, which nothing may part."""

from __future__ import annotations

import unicodedata

LONGEST = 300  # letters of a name that are set; what is longer ends in an ellipsis
# Joiners shape the letters beside them; all other invisible signs are left out.
JOINERS = "\u200c\u200d"
_SKIN = range(0x1F3FB, 0x1F400)  # tones of emoji: type has one colour
_LETTERSPACED = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "DIGIT")


def clean(name: str) -> str:
    """A name in one line: composed, without control characters, at most `LONGEST` letters."""
    kept: list[str] = []
    for letter in unicodedata.normalize("NFC", name):
        kind = unicodedata.category(letter)
        if letter.isspace() or kind == "Cc":
            kept.append(" ")
        elif letter in JOINERS or not (
            kind in ("Cf", "Cs") or 0xFE00 <= ord(letter) <= 0xFE0F or ord(letter) in _SKIN
        ):
            kept.append(letter)
    words = " ".join("".join(kept).split()).strip(JOINERS)
    letters = clusters(words)
    return words if len(letters) <= LONGEST else "".join(letters[: LONGEST - 1]).rstrip() + "…"


def capitals(name: str) -> str:
    """A name in capitals: Greek without accents, Georgian, which has none in use, as it is."""
    return "".join(
        c if "\u10d0" <= c <= "\u10ff" else _bare(c).upper() if _is_greek(c) else c.upper()
        for c in name
    )


def _is_greek(letter: str) -> bool:
    return "\u0370" <= letter <= "\u03ff" or "\u1f00" <= letter <= "\u1fff"


def _bare(letter: str) -> str:
    """A Greek letter without its marks, other than the one that parts two vowels."""
    parts = unicodedata.normalize("NFD", letter)
    kept = "".join(c for c in parts if c == "\u0308" or not unicodedata.combining(c))
    return unicodedata.normalize("NFC", kept)


def clusters(text: str) -> list[str]:
    """What cannot be parted: a letter with its marks, and letters that a sign joins."""
    parts: list[str] = []
    joined = False
    for letter in text:
        follows = unicodedata.category(letter).startswith("M") or letter in JOINERS
        if parts and (follows or joined):
            parts[-1] += letter
        else:
            parts.append(letter)
        # Indic scripts join consonants by a sign of class 9, emoji are joined by U+200D.
        joined = letter == "\u200d" or unicodedata.combining(letter) == 9
    return parts


def right_to_left(text: str) -> bool:
    """Whether a text is read from right to left: its first letter with a direction says so."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind in ("R", "AL") for kind in kinds if kind in ("L", "R", "AL")), False)


def stands_apart(part: str) -> bool:
    """Whether a cluster's script has letters that stand apart, and so may be spaced."""
    return not part[0].isalnum() or unicodedata.name(part[0], "").startswith(_LETTERSPACED)
