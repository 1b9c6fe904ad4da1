"""What the figures amount to: each model in a sentence, and the rows of the headline table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duck_and_cover.evaluation.report.contents import Figure, ModelReport
from duck_and_cover.evaluation.report.meanings import (
    FAMILIES,
    Meaning,
    decimals_of,
    family,
    meaning,
    plain_name,
    written,
)

CERTAIN = 0.001  # p below it: chance does not bring covers so near to the training covers
FEW = "few-covers"  # a flag that is no fault of the model
_FAULTS = {
    "ignores-genre": "ignores the genre",
    "collapsed": "repeats itself within a genre",
    "stereotyped": "draws stereotypes of genres",
    "copies": "copies training covers",
    "ignores-year": "ignores the year",
    "wrong-years": "draws other years than asked for",
}


@dataclass(frozen=True)
class Gap:
    """A bar from what real covers give to what was generated, in shares of the scale."""

    left: float  # percent, as the others
    width: float
    tick: float | None
    beyond: bool  # generated is better than real


@dataclass(frozen=True)
class Cell:
    """A figure of one model."""

    text: str
    std: str
    best: bool
    gap: Gap | None
    label: str  # of the gap, for those who do not see it


@dataclass(frozen=True)
class Row:
    """A figure over all models."""

    name: str
    title: str
    meaning: Meaning
    floor: str
    real: str
    cells: list[Cell | None]


def verdict(model: ModelReport) -> str:
    """A model in one sentence or two: its faults first, then what it reaches."""
    kinds = list(dict.fromkeys(flag.kind for flag in model.flags))
    faults = [_FAULTS.get(kind, kind.replace("-", " ")) for kind in kinds if kind != FEW]
    first = f"It {_listed(faults)}." if faults else "No check found a fault."
    if FEW in kinds and not faults:
        first = "No check found a fault, but the covers are few."
    reached = [text for text in (_distance(model), _genres(model), _copying(model)) if text]
    return f"{first} {_capital('; '.join(reached))}." if reached else first


def _distance(model: ModelReport) -> str:
    for known in ("kid", "fid"):
        for figure in model.figures:
            if family(figure.name) == known:
                digits = decimals_of(known, [figure.value], figure.floor)
                told = f"{FAMILIES[known].title} {written(known, figure.value, digits)}"
                if figure.floor is None:
                    return told
                return f"{told}, floor {written(known, figure.floor, digits)}"
    return ""


def _genres(model: ModelReport) -> str:
    for figure in model.figures:
        if family(figure.name) == "genre_accuracy" and math.isfinite(figure.value):
            real = figure.real if figure.real is not None else figure.floor
            beside = "" if real is None else f" ({written(figure.name, real)} of real ones)"
            seen = written(figure.name, figure.value)
            return f"the judge sees the genre asked for in {seen} of its covers{beside}"
    return ""


def _copying(model: ModelReport) -> str:
    found = [m for m in model.memorisation if math.isfinite(m.p)]
    if not found or any(flag.kind == "copies" for flag in model.flags):
        return ""
    nearer = [m.features for m in found if m.p < CERTAIN]
    if not nearer:
        return "no sign of copying"
    where = "" if len(nearer) == len(found) else f" in {_listed(nearer)} features"
    return f"its covers stand nearer to training covers than held-out ones do{where}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def headline(models: Sequence[ModelReport], noise: Mapping[str, object]) -> list[Row]:
    """Every figure that some model has, in the order of their first appearance.

    Args:
        noise: The value of pure noise, by figure, as far as it is known: the end of the scale.
    """
    found: dict[str, list[Figure | None]] = {}
    for place, model in enumerate(models):
        for figure in model.figures:
            found.setdefault(figure.name, [None] * len(models))[place] = figure
    return [_row(name, figures, noise.get(name)) for name, figures in found.items()]


def _row(name: str, figures: Sequence[Figure | None], noise: object) -> Row:
    there = [figure for figure in figures if figure is not None]
    first = there[0]
    floor = next((f.floor for f in there if f.floor is not None), None)
    real = next((f.real for f in there if f.real is not None), None)
    told = meaning(name, first.better)
    digits = decimals_of(name, [figure.value for figure in there], floor)
    numbers = [abs(v) for f in there for v in (f.value, f.floor, f.real) if v is not None]
    largest = max([v for v in numbers if math.isfinite(v)], default=0.0)
    end = told.most or (float(noise) if isinstance(noise, int | float) else largest * 1.1)
    best = _best(there)
    cells = [
        None
        if figure is None
        else Cell(
            written(name, figure.value, digits),
            "" if figure.std is None else written(name, figure.std, digits),
            len(there) > 1 and figure in best,
            _gap(figure, max(end, 1e-12)),
            _label(figure, digits),
        )
        for figure in figures
    ]
    title = plain_name(name).split(", ")[0]
    beside = written(name, floor, digits), written(name, real, digits)
    return Row(name, title, told, *beside, cells)


def _reference(figure: Figure) -> float | None:
    known = figure.real if figure.real is not None else figure.floor
    return known if known is not None and math.isfinite(known) else None


def _best(figures: Sequence[Figure]) -> list[Figure]:
    """The figures that none surpasses."""

    def cost(figure: Figure) -> float:
        if not math.isfinite(figure.value):
            return math.inf
        if figure.better == "near":
            reference = _reference(figure)
            return math.inf if reference is None else abs(figure.value - reference)
        return figure.value if figure.better == "lower" else -figure.value

    least = min(map(cost, figures))
    return [figure for figure in figures if cost(figure) == least < math.inf]


def _gap(figure: Figure, end: float) -> Gap | None:
    """From the reference, or from the better end of the scale, to the value."""
    if not math.isfinite(figure.value):
        return None

    def share(value: float) -> float:
        return round(100 * min(max(value / end, 0), 1), 2)

    reference, value = _reference(figure), share(figure.value)
    if figure.better == "near" and reference is None:
        return None
    start = (0.0 if figure.better == "lower" else 100.0) if reference is None else share(reference)
    beyond = reference is not None and (
        (figure.better == "lower" and figure.value < reference)
        or (figure.better == "higher" and figure.value > reference)
    )
    tick = None if reference is None else start
    return Gap(min(start, value), round(abs(start - value), 2), tick, beyond)


def _label(figure: Figure, digits: int) -> str:
    reference, told = _reference(figure), written(figure.name, figure.value, digits)
    if reference is None:
        return f"{told}, nothing real to hold it against"
    beside = f"{told} against {written(figure.name, reference, digits)} of real covers"
    if figure.better == "lower" and reference > 0 and figure.value >= 2 * reference:
        return f"{beside}, {figure.value / reference:.0f} times that"
    return beside
