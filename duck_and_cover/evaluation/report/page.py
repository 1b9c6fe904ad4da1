"""index.html: the whole report in one file that opens from disk, on a phone and on paper."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from duck_and_cover.evaluation.report.contents import Curve, ModelReport, Report
from duck_and_cover.evaluation.report.drawing import PAPER_COLOURS, Plot, house_style, short
from duck_and_cover.evaluation.report.files import write_whole
from duck_and_cover.evaluation.report.genre_lines import GenreLine, genre_lines
from duck_and_cover.evaluation.report.meanings import (
    THIN,
    decimals_of,
    family,
    meaning,
    number,
    written,
)
from duck_and_cover.evaluation.report.pictures import pictures
from duck_and_cover.evaluation.report.plots import (
    confusion_plots,
    curve_plot,
    genre_plot,
    pr_plot,
    years_plot,
)
from duck_and_cover.evaluation.report.verdicts import CERTAIN, headline, verdict

if TYPE_CHECKING:
    import jinja2

PAGE, PLOTS = "index.html", "plots"


@dataclass(frozen=True)
class GenrePart:
    """One model in the section on genres."""

    place: int
    model: ModelReport
    rows: list[GenreLine]
    plots: list[Plot]


def write_report(report: Report, folder: Path) -> Path:
    """Write plots/*.png, index.html and report.json; the pictures are in the folder already.

    Each file appears whole or not at all, and the page needs none of the others.

    Returns:
        The page.
    """
    (folder / PLOTS).mkdir(parents=True, exist_ok=True)
    content = _content(report, folder)
    for plot in _every_plot(content):
        write_whole(folder / PLOTS / f"{plot.name}.png", plot.png)
    page = write_whole(folder / PAGE, environment().get_template(PAGE).render(content))
    report.write(folder)
    return page


def environment() -> jinja2.Environment:
    """The templates, with every value escaped."""
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.PackageLoader("duck_and_cover.evaluation.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        colours=PAPER_COLOURS, share=_share, number=_number, chance=_chance, short=short, thin=THIN
    )
    return found


def _content(report: Report, folder: Path) -> dict[str, Any]:
    """What the template asks for."""
    models, noise = report.models, report.settings.get("noise")
    with house_style():
        curves = curve_plots([(m.name, m.curves) for m in models], references(models))
        genres = [part for i, m in enumerate(models) if (part := _genre_part(i, m))]
        years = [
            years_plot(model.years, i, f"model-{i + 1}-years", model.name)
            for i, model in enumerate(models)
            if model.years
        ]
        curved = [(i, model) for i, model in enumerate(models) if model.pr_curve]
        precision_recall = pr_plot(curved) if curved else None
    found: dict[str, Any] = {
        "report": report,
        "title": _title(models),
        "made": _moment(report.made),
        "certain": CERTAIN,
        "data_name": next((str(report.data[k]) for k in ("name", "data") if k in report.data), ""),
        "features": report.settings.get("features", ""),
        "noise": noise,
        "about": [summary(model) for model in models],
        "verdicts": [verdict(model) for model in models],
        "rows": headline(models, noise if isinstance(noise, Mapping) else {}),
        "table_caption": "Generated covers against held-out real ones."
        + (" The best of each row is bold." if len(models) > 1 else ""),
        "samples": pictures(models, "samples", folder),
        "curves": curves,
        "genres": genres,
        "years": years,
        "precision_recall": precision_recall,
        "conditioning": [(i, m, m.conditioning) for i, m in enumerate(models) if m.conditioning],
        "changes": _keys(m.conditioning.changes for m in models if m.conditioning),
        "memorisation": [(i, m, one) for i, m in enumerate(models) for one in m.memorisation],
        "nearest": pictures(models, "nearest", folder),
        "discriminators": [(i, m) for i, m in enumerate(models) if m.discriminator],
        "discriminated": _keys(m.discriminator for m in models if m.discriminator),
        "facts": [
            ("Data", list(_flat(report.data))),
            ("Settings and seeds", list(_flat(report.settings))),
            ("Versions", list(_flat(report.versions))),
        ],
    }
    return {**found, "sections": _sections(found)}


def _title(models: Sequence[ModelReport]) -> str:
    if len(models) == 1:
        return models[0].name
    what = "sets of covers" if any(m.kind == "pictures" for m in models) else "models"
    return f"{len(models)} {what} against the same real covers"


def _moment(text: str) -> str:
    """`2024-11-21 14:03 UTC` of an ISO time; what it is, of anything else."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()


def _sections(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Anchor and name of every section that is there."""
    every = [
        ("figures", "Figures", True),
        ("reading", "How to read this", True),
        ("samples", "Samples", content["samples"]),
        ("training", "Over training", content["curves"]),
        ("genres", "Genres", content["genres"]),
        ("years", "Years", content["years"]),
        ("conditioning", "Does it listen?", content["conditioning"]),
        ("memorisation", "Does it copy?", content["memorisation"] or content["nearest"]),
        ("discriminator", "Discriminator", content["discriminators"]),
        ("made", "How it was made", True),
    ]
    return [(anchor, name) for anchor, name, there in every if there]


def _every_plot(content: Mapping[str, Any]) -> Iterator[Plot]:
    yield from content["curves"]
    for part in content["genres"]:
        yield from part.plots
    yield from content["years"]
    if content["precision_recall"]:
        yield content["precision_recall"]


def curve_plots(
    models: Sequence[tuple[str, Sequence[Curve]]], references: Mapping[str, float]
) -> list[Plot]:
    """One plot for every metric that some model has a curve of.

    Args:
        models: Name and curves; the place chooses the colour.
        references: What real covers give, by figure; a curve with another number of covers has
            the same line where that number does not matter.
    """
    names = list(dict.fromkeys(c.name for _, curves in models for c in curves))
    plots = []
    by_family = {family(n): v for n, v in references.items() if meaning(n).any_count}
    for i, metric in enumerate(names):
        lines = [
            (place, model, curve)
            for place, (model, curves) in enumerate(models)
            for curve in curves
            if curve.name == metric and curve.kimg
        ]
        if lines:
            known = references.get(metric, by_family.get(family(metric)))
            plots.append(curve_plot(metric, lines, known, f"curve-{i + 1}"))
    return plots


def references(models: Sequence[ModelReport]) -> dict[str, float]:
    """By figure: the value of real covers, else the floor."""
    found: dict[str, float] = {}
    for model in models:
        for figure in model.figures:
            known = figure.real if figure.real is not None else figure.floor
            if known is not None and math.isfinite(known):
                found.setdefault(figure.name, known)
    return found


def _genre_part(place: int, model: ModelReport) -> GenrePart | None:
    plots: list[Plot] = []
    if model.genres:
        plots.append(genre_plot(model.genres, model.name, place, f"model-{place + 1}-genres"))
    if model.confusion:
        plots += confusion_plots(model.confusion, model.name, place, f"model-{place + 1}")
    if not plots:
        return None
    return GenrePart(place, model, genre_lines(model.genres), plots)


def summary(model: ModelReport) -> str:
    """What a model is, in a line: `training run · 600 kimg · 64×64 · 10 000 covers`."""
    kind = {"run": "training run", "generator": "generator", "pictures": "folder of pictures"}
    shown = "" if model.kimg is None else f"{_number(model.kimg)} kimg"
    side = f"{model.resolution}×{model.resolution}" if model.resolution else ""
    covers = f"{_number(model.count)} covers" if model.count else ""
    parts = (kind[model.kind], shown, side, covers)
    return " · ".join(filter(None, parts))


def _flat(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key} · ")
        elif isinstance(value, list | tuple):
            yield f"{before}{key}", ", ".join(map(str, value))
        else:
            yield f"{before}{key}", "not known" if value is None else str(value)


def _keys(groups: Any) -> list[str]:
    return list(dict.fromkeys(key for group in groups for key in group))


def _share(value: float | None) -> str:
    return written("genre_accuracy", value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return number(value, 0 if float(value).is_integer() else decimals_of("", [value]))


def _chance(p: float) -> str:
    if not math.isfinite(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
