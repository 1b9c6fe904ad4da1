"""Which bundled font draws which letter: a display face for Latin, and Noto for every other script.

The fonts of `fonts/studio` keep what `typography` leaves out of its own, small ones: kerning, marks
and the letters of all Latin alphabets. `coverage.json` beside them says what each holds, so that no
font is opened that a name does not need.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import lru_cache
from importlib import resources
from typing import Any

from PIL import ImageFont, features

FACES: dict[str, str] = {
    "blackletter": "GrenzeGotisch-Black.ttf",
    "block": "Bungee-Regular.ttf",
    "condensed": "BebasNeue-Regular.ttf",
    "didone": "BodoniModa-Bold.ttf",
    "geometric": "Jost-Medium.ttf",
    "graffiti": "SedgwickAveDisplay-Regular.ttf",
    "grotesk": "ArchivoBlack-Regular.ttf",
    "heavy": "Anton-Regular.ttf",
    "inscription": "Cinzel-Bold.ttf",
    "italic": "EBGaramond-Italic.ttf",
    "light": "Syne-Regular.ttf",
    "marker": "PermanentMarker-Regular.ttf",
    "mono": "SpaceMono-Bold.ttf",
    "neon": "TiltNeon-Regular.ttf",
    "roman": "EBGaramond-Medium.ttf",
    "sans": "Archivo-SemiBold.ttf",
    "slab": "Ultra-Regular.ttf",
    "swash": "Shrikhand-Regular.ttf",
    "wide": "Syne-ExtraBold.ttf",
}

SANS, CONDENSED, SERIF = (
    "NotoSans-Bold.ttf",
    "NotoSans-ExtraCondensedBlack.ttf",
    "NotoSerif-Bold.ttf",
)
# What stands in for a display face, in one piece, where a name has letters that the face lacks.
_ALPHABETS = {
    **dict.fromkeys(("condensed", "heavy"), CONDENSED),
    **dict.fromkeys(
        ("blackletter", "didone", "inscription", "italic", "roman", "slab", "swash"), SERIF
    ),
}
# One font a script; signs come last, since several fonts of scripts hold some of them too.
_SCRIPTS = (
    *(
        f"NotoSans{script}-Bold.ttf"
        for script in (
            "Hebrew",
            "Arabic",
            "Devanagari",
            "Thai",
            "Bengali",
            "Gurmukhi",
            "Gujarati",
            "Tamil",
            "Telugu",
            "Kannada",
            "Malayalam",
            "Khmer",
            "Lao",
            "Georgian",
            "Armenian",
            "Ethiopic",
        )
    ),
    "NotoSansCJK-Bold.otf",
    "NotoSansSymbols-Bold.ttf",
    "NotoEmoji-Bold.ttf",
    "NotoSansMath-Regular.ttf",
    "NotoSansSymbols2-Regular.ttf",
)


@lru_cache(maxsize=1)
def coverage() -> dict[str, tuple[int, ...]]:
    """Each font's characters as the ends of its ranges: first, last + 1, first, last + 1, ..."""
    source = resources.files("duck_and_cover") / "fonts" / "studio" / "coverage.json"
    tables: dict[str, tuple[int, ...]] = {}
    for name, ranges in json.loads(source.read_text("utf-8")).items():
        ends: list[int] = []
        for part in ranges.split():
            first, _, last = part.partition("-")
            ends += (int(first, 16), int(last or first, 16) + 1)
        tables[name] = tuple(ends)
    return tables


def holds(font: str, text: str) -> bool:
    """Whether a font, by its file's name, has every character of a text."""
    ends = coverage()[font]
    return all(bisect_right(ends, ord(letter)) % 2 for letter in text)


@lru_cache(maxsize=64)
def open_font(font: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A font by its file's name at a size in pixels."""
    source = resources.files("duck_and_cover") / "fonts" / "studio" / font
    # From a path, letters are read as they are needed; bytes would be kept once for each size.
    with resources.as_file(source) as path:
        return ImageFont.truetype(str(path), pixels)


@lru_cache(maxsize=1)
def shapes_letters() -> bool:
    """Whether Pillow can join, stack and turn letters round here, as Arabic and Hindi need."""
    return bool(features.check("raqm"))


def direction(right_to_left: bool) -> dict[str, Any]:
    """Pillow's arguments for one run of letters."""
    if not shapes_letters():
        return {}
    return {"direction": "rtl" if right_to_left else "ltr"}


@lru_cache(maxsize=256)
def fonts_for(role: str, name: str) -> tuple[str, ...]:
    """The fonts that set a name in the face of a role (a key of `FACES`), best first.

    A face that lacks one letter of the name's alphabet is left out as a whole: a word in two faces
    looks like a mistake.
    """
    face, alphabet = FACES[role], _ALPHABETS.get(role, SANS)
    whole = all(holds(face, letter) for letter in set(name) if holds(alphabet, letter))
    return (face, alphabet, *_SCRIPTS) if whole else (alphabet, *_SCRIPTS)
