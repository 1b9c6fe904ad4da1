"""The filter of coarse words behind `clean=True`: a short list, matched as whole words.

It is modest by intention. It knows the commonest English words and a few disguises (case, accents,
digits for letters, drawn-out letters); it knows no other language and no meaning. Whoever must rely
on it reads the titles as well.
"""

from __future__ import annotations

import re
import unicodedata

# A word counts where all of it is a stem with an ending: neither Scunthorpe nor Dickinson does.
_INFLECTED = "fuck motherfuck clusterfuck shit bullshit horseshit piss bitch wank".split()
_UNCHANGED = (
    "cunt twat whore slut bastard cock cocksucker dick prick pussy jizz asshole arsehole ass arse "
    "dildo porn porno rape rapist nigger nigga faggot fag dyke tranny kike spic chink retard coon "
    "gook wetback"
).split()
_COARSE = re.compile(
    rf"\b(?:(?:{'|'.join(_INFLECTED)})(?:s|es|er|ers|ed|ing|in|y|head|heads|face|hole)?"
    rf"|(?:{'|'.join(_UNCHANGED)})s?)\b"
)
_DISGUISES = str.maketrans("013457@$!", "oieastasi")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def is_coarse(title: str) -> bool:
    """Whether a title has a word of the list."""
    split = unicodedata.normalize("NFKD", title)
    bare = "".join(c for c in split if not unicodedata.combining(c)).casefold()
    plain = _DRAWN_OUT.sub(r"\1", bare)
    return any(_COARSE.search(text) for text in (plain, plain.translate(_DISGUISES)))
