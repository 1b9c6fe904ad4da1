"""What figures are called: the distance, the features that it was taken in, the number of covers.

kid_10k               in the Inception's features, comparable with what others publish
kid_judge_572         in other features, comparable with the same features alone
"""

from __future__ import annotations

import re

PUBLISHED = "inception"  # features whose distances others print too


def distance_name(name: str, features: str, covers: int) -> str:
    """`kid_judge_572` of kid, judge and 572.

    Args:
        name: Bare: kid, fid, precision, swd_16, ...
        features: The extractor's name; patches (swd) are taken from the pictures themselves.
        covers: On each side.
    """
    plain = features == PUBLISHED or name.startswith("swd")
    return counted(name if plain else f"{name}_{_word(features)}", covers)


def counted(name: str, covers: int) -> str:
    """A name with the number of covers: kid_10k, fid_572."""
    return f"{name}_{covers // 1000}k" if covers % 1000 == 0 else f"{name}_{covers}"


def _word(features: str) -> str:
    """The last part of an extractor's name, letters and digits: `mobilenet` of x/mobilenet.pt."""
    last = features.removesuffix(".pt").replace(":", "/").rsplit("/", 1)[-1]
    return re.sub(r"[^a-z0-9]+", "", last.lower()) or "features"
