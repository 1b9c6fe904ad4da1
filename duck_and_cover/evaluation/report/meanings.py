"""What each figure means, in one clause, and how its values are written."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from duck_and_cover.evaluation.report.contents import Better

THIN = "\N{NARROW NO-BREAK SPACE}"  # between a number and its unit, or its thousands
Form = Literal["number", "share", "years"]


@dataclass(frozen=True)
class Meaning:
    """Of one family of figures, whatever the number of covers."""

    title: str
    clause: str
    form: Form = "number"
    most: float | None = None  # end of the scale, where it has one
    decimals: int | None = None  # where all values have as many
    any_count: bool = False  # means the same at any number of covers


FAMILIES = {
    "kid": Meaning(
        "KID",
        "Distance between the distributions of features, fair at any number of covers. "
        "Lower is better; the floor is about 0.",
        any_count=True,
    ),
    "fid": Meaning(
        "FID",
        "Distance between the two clouds of features. Lower is better; compare it at the same "
        "number of covers only.",
    ),
    "precision": Meaning(
        "Precision", "Share of generated covers that look real. Higher is better.", "number", 1
    ),
    "recall": Meaning(
        "Recall",
        "Share of real covers that lie within what is generated: variety. Higher is better.",
        "number",
        1,
    ),
    "density": Meaning(
        "Density",
        "How many real neighbourhoods a generated cover lies in; 1 is what real covers reach. "
        "Higher is better.",
        decimals=3,
    ),
    "coverage": Meaning(
        "Coverage",
        "Share of real covers with a generated one close by. Higher is better.",
        "number",
        1,
    ),
    "swd": Meaning(
        "Sliced Wasserstein",
        "Distance of small patches at one scale of the pyramid (times 1000). Lower is better.",
    ),
    "ms_ssim": Meaning(
        "MS-SSIM within a genre",
        "How alike two covers of a genre are. Above that of real covers the model repeats itself.",
        "number",
        1,
        any_count=True,
    ),
    "genre_accuracy": Meaning(
        "Genre accuracy",
        "Share of covers in which the judge sees the genre asked for. Near that of real covers "
        "is best; far above it is a stereotype.",
        "share",
        1,
        any_count=True,
    ),
    "average_precision": Meaning(
        "Average precision",
        "How surely the judge ranks the covers of a genre before all others, over all genres. "
        "Near that of real covers is best.",
        "share",
        1,
        any_count=True,
    ),
    "year_error": Meaning(
        "Year error",
        "Mean distance of the year asked for and the year that the judge sees. "
        "Near that of real covers is best.",
        "years",
        any_count=True,
    ),
    "diversity": Meaning(
        "Diversity within a genre",
        "Mean distance of two covers of a genre in features. Near that of real covers is best.",
        any_count=True,
    ),
}
_BY_DIRECTION = {
    "lower": Meaning("", "Lower is better."),
    "higher": Meaning("", "Higher is better."),
    "near": Meaning("", "Near that of real covers is best."),
    "": Meaning("", ""),
}


def direction(name: str) -> Better:
    """Which way is better, of a figure that comes without saying."""
    if family(name) in ("kid", "fid", "swd"):
        return "lower"
    if family(name) in ("precision", "recall", "density", "coverage"):
        return "higher"
    return "near"


def family(name: str) -> str:
    """`kid` of kid_10k, val/kid and judge_kid_572; the name itself where it is of none."""
    bare = re.sub(r"_\d+k?$", "", name.rsplit("/", 1)[-1])
    found = [known for known in FAMILIES if re.search(rf"(^|_){known}(_|$)", bare)]
    return max(found, key=len, default=bare)


def meaning(name: str, better: str = "") -> Meaning:
    """What a figure of this name says; by its direction alone where the name is unknown."""
    return FAMILIES.get(family(name), _BY_DIRECTION.get(better, _BY_DIRECTION[""]))


def plain_name(name: str) -> str:
    """`KID, 10k covers` of kid_10k; `Sliced Wasserstein 16, 2k covers` of swd_16_2k."""
    known = FAMILIES.get(family(name))
    bare = name.rsplit("/", 1)[-1]
    count = re.search(r"_(\d+k?)$", bare)
    stem = bare[: count.start()] if count else bare
    if known is None:
        title = name if "/" in name else stem.replace("_", " ")
    else:
        rest = re.sub(rf"(^|_){family(name)}(_|$)", "_", stem).replace("_", " ").strip()
        title = f"{known.title} ({rest})" if rest else known.title
    return f"{title}, {count[1]} covers" if count else title


def written(name: str, value: float | None, decimals: int | None = None) -> str:
    """A value as the table has it; a dash where it is not known.

    Args:
        decimals: of a plain number; by its size where none are given.
    """
    if value is None or not math.isfinite(value):
        return "–"
    told = meaning(name)
    if told.form == "share":
        return f"{value:.1%}".replace("%", f"{THIN}%")
    if told.form == "years":
        return f"{value:.1f}{THIN}years"
    if decimals is None:
        decimals = decimals_of(name, [value])
    return number(value, decimals)


def decimals_of(name: str, values: Sequence[float], floor: float | None = None) -> int:
    """As many as let the smallest of some values keep three digits, and the floor one."""
    told = meaning(name)
    if told.decimals is not None or told.most == 1:
        return told.decimals or 3
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    found = max(0, min(5, 2 - math.floor(math.log10(min(sizes))))) if sizes else 0
    return found + 1 if floor and math.isfinite(floor) and not round(floor, found) else found


def number(value: float, decimals: int) -> str:
    """With a thin space between thousands."""
    text = f"{value:,.{decimals}f}".replace(",", THIN)
    return text.replace("-", "\N{MINUS SIGN}")
