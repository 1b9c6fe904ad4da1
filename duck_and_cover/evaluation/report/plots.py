"""The plots of a report: each function draws one, from the plain values of `contents`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from duck_and_cover.evaluation.report.contents import (
    Confusion,
    Curve,
    GenreRow,
    ModelReport,
    Years,
)
from duck_and_cover.evaluation.report.drawing import (
    INK,
    MARKERS,
    MUTED,
    REAL,
    RULE,
    Plot,
    canvas,
    finished,
    legend,
    line_style,
    series,
    short,
)
from duck_and_cover.evaluation.report.meanings import meaning, plain_name

_LEGEND = (0.01, 0.1, 0.5, 1.0)  # shares of a confusion's row
_MANY_POINTS = 30  # of a curve: beyond, no marker at each


def curve_plot(
    metric: str, curves: Sequence[tuple[int, str, Curve]], floor: float | None, name: str
) -> Plot:
    """One metric against kimg, a line a model, with what real covers give.

    Args:
        curves: (place in the report, model's name, its curve) of the models that have one.
        floor: What real covers give, where it is known.
    """
    figure, (axes,) = canvas(236)
    for i, model, curve in curves:
        many = len(curve.kimg) > _MANY_POINTS
        axes.plot(
            curve.kimg,
            curve.values,
            **line_style(i),
            marker="" if many else MARKERS[i % len(MARKERS)],
            markersize=4,
            label=short(model, 26),
        )
    if floor is not None and math.isfinite(floor):
        axes.axhline(floor, color=REAL, linewidth=1.3, linestyle=(0, (1, 2)), label="real covers")
    axes.set_xlabel("kimg")
    axes.set_title(short(plain_name(metric), 44))
    axes.margins(y=0.08)
    legend(figure, axes)
    last = "; ".join(f"{model} ends at {curve.values[-1]:.3g}" for _, model, curve in curves)
    beside = "" if floor is None else f"; real covers give {floor:.3g}"
    alt = f"{plain_name(metric)} against thousands of covers shown: {last}{beside}."
    return finished(figure, name, f"{plain_name(metric)}. {meaning(metric).clause}", alt)


def pr_plot(models: Sequence[tuple[int, ModelReport]]) -> Plot:
    """Precision against recall of every model that has the curve.

    Args:
        models: (place in the report, model); the place chooses the colour.
    """
    figure, (axes,) = canvas(330)
    for i, model in models:
        assert model.pr_curve is not None
        axes.plot(
            model.pr_curve.recall,
            model.pr_curve.precision,
            **line_style(i),
            label=short(model.name, 26),
        )
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    axes.set_aspect("equal")
    axes.set_title("Precision and recall of the distributions")
    if len(models) > 1:
        legend(figure, axes)
    caption = (
        "Precision against recall (Sajjadi et al. 2018). The nearer to the upper right corner, "
        "the more of what is made is real, and of what is real is made."
    )
    alt = "Precision against recall: " + "; ".join(
        f"{m.name} reaches {_best_f1(m):.2f} in F1" for _, m in models
    )
    return finished(figure, "precision-recall", caption, alt + ".")


def _best_f1(model: ModelReport) -> float:
    assert model.pr_curve is not None
    pairs = zip(model.pr_curve.precision, model.pr_curve.recall, strict=True)
    return max((2 * p * r / (p + r) for p, r in pairs if p + r > 0), default=math.nan)


def years_plot(years: Years, place: int, name: str, model: str) -> Plot:
    """Years asked for against years seen by the judge: generated, and real beside."""
    figure, (left, right) = canvas(222, 2, sharex=True, sharey=True)
    every = [*years.asked, *years.seen, *years.real_asked, *years.real_seen]
    finite = [year for year in every if math.isfinite(year)]
    low, high = (min(finite) - 2, max(finite) + 2) if finite else (1950, 2030)
    for axes, asked, seen, colour, title in (
        (left, years.asked, years.seen, series(place), "Generated"),
        (right, years.real_asked, years.real_seen, REAL, "Real"),
    ):
        axes.plot([low, high], [low, high], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.scatter(asked, seen, s=9, color=colour, alpha=0.45, linewidths=0)
        axes.set(xlim=(low, high), ylim=(low, high), title=title)
        axes.set_aspect("equal")
        axes.locator_params(nbins=4, integer=True)
    left.set_ylabel("year seen by the judge")
    figure.supxlabel("year asked for, or of release", fontsize=10.5, color=MUTED)
    caption = f"{model}: year asked for against year seen, and the same of held-out real covers."
    alt = f"Two scatter plots of years, {len(years.asked)} generated covers of {model} and "
    return finished(figure, name, caption, f"{alt}{len(years.real_asked)} real ones.")


def confusion_plot(
    labels: Sequence[str], shares: Sequence[Sequence[float]], of: str, place: int | None, name: str
) -> Plot:
    """Genres asked for (rows) against genres seen (columns), darker for a larger share.

    Args:
        place: The model's in the report; None for real covers.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Patch

    count = len(labels)
    colour = REAL if place is None else series(place)
    figure, (axes,) = canvas(392)
    corners, shades = [], []
    for row, line in enumerate(shares):
        for column, share in enumerate(line):
            if share >= 0.005:
                x, y = column - 0.5, row - 0.5
                corners.append([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)])
                shades.append((colour, _shade(share)))
    axes.add_collection(PolyCollection(corners, facecolors=shades, linewidths=0))
    axes.add_collection(
        PolyCollection(
            [[(i - 0.5, i - 0.5), (i + 0.5, i - 0.5), (i + 0.5, i + 0.5), (i - 0.5, i + 0.5)]
             for i in range(count)],
            facecolors="none", edgecolors=MUTED, linewidths=0.6,
        )
    )  # fmt: skip
    size = 9.5 if count <= 16 else 8.5
    names = [short(label, 18) for label in labels]
    axes.set_xticks(range(count), names, rotation=90, fontsize=size)
    axes.set_yticks(range(count), names, fontsize=size)
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5))
    axes.set(xlabel="seen by the judge", ylabel="asked for")
    axes.set_title(short(of, 40))
    axes.set_aspect("equal", anchor="N")
    axes.grid(False)
    axes.tick_params(length=0, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set(visible=True, color=RULE)
    figure.legend(
        handles=[Patch(color=(colour, _shade(v)), lw=0, label=f"{v:.0%}") for v in _LEGEND],
        loc="outside lower right",
        ncols=len(_LEGEND),
        handlelength=1.1,
        handleheight=1.1,
        handletextpad=0.4,
        columnspacing=1.1,
        borderaxespad=0,
    )
    right = [line[i] for i, line in enumerate(shares) if i < len(line)]
    mean = sum(right) / len(right) if right else math.nan
    caption = (
        f"{of}: genres asked for (rows) and seen (columns). On the outlined diagonal they agree."
    )
    alt = f"Confusion of {count} genres, {of}: {mean:.0%} of the shares lie on the diagonal."
    return finished(figure, name, caption, alt)


def _shade(share: float) -> float:
    """Opacity of a share: the root lets a confusion of a few percent be seen."""
    return math.sqrt(min(1.0, share))


def confusion_plots(confusion: Confusion, model: str, place: int, name: str) -> list[Plot]:
    """A model's confusion, and that of the held-out real covers beside it."""
    labels = confusion.labels
    return [
        confusion_plot(labels, confusion.generated, model, place, f"{name}-confusion"),
        confusion_plot(labels, confusion.real, "Real covers", None, f"{name}-confusion-real"),
    ]


def genre_plot(rows: Sequence[GenreRow], model: str, place: int, name: str) -> Plot:
    """Accuracy and MS-SSIM of every genre: a bar to what is generated, a tick for what is real."""
    figure, panels = canvas(96 + 17.5 * len(rows), 2, sharey=True)
    colour, y = series(place), range(len(rows))
    for axes, title, made, real in (
        (panels[0], "Accuracy", [r.accuracy for r in rows], [r.real_accuracy for r in rows]),
        (panels[1], "MS-SSIM", [r.ms_ssim for r in rows], [r.real_ms_ssim for r in rows]),
    ):
        bars = [value if math.isfinite(value) else 0 for value in made]
        axes.barh(y, bars, height=0.58, color=colour, alpha=0.6)
        axes.scatter(real, y, marker="|", s=150, color=INK, linewidths=2, zorder=3)
        known = [v for v in (*made, *real) if math.isfinite(v)]
        axes.set(title=title, xlim=(0, max([*known, 0.1]) * 1.06))
        axes.grid(False, axis="y")
        axes.locator_params(axis="x", nbins=4)
    panels[0].set_yticks(y, [short(row.name, 18) for row in rows])
    panels[0].tick_params(axis="y", labelcolor=INK)
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    handles = [
        panels[0].scatter([], [], marker="s", color=colour, alpha=0.6, label="generated"),
        panels[0].scatter([], [], marker="|", s=90, linewidths=2, color=INK, label="real"),
    ]
    figure.legend(handles=handles, loc="outside lower right", ncols=2, borderaxespad=0)
    caption = f"{model}: bars are generated covers of each genre, ticks the held-out real ones."
    alt = f"Accuracy and MS-SSIM of {len(rows)} genres, {model} beside real covers; the table has"
    return finished(figure, name, caption, f"{alt} the numbers.")
