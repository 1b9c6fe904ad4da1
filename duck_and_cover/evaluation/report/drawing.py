"""How plots look on paper and on the page: one drawing, saved as PNG and as SVG in page colours.

Plots are drawn in the light colours of PAPER_COLOURS. In the SVG each of them becomes the CSS
variable of its name, so that the page can set others in the dark, and letters stay letters.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart by the colour-blind too: after Okabe and Ito, darkened to stand on paper.
SERIES = ("#2a6a9e", "#c4501b", "#1b8163", "#8d5a97", "#9c7009", "#4b5a6b")
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "D", "^", "v", "P")
PAPER_COLOURS = {
    "ink": "#23262b",
    "muted": "#595f69",
    "rule": "#dcd8d0",
    "real": "#6f675b",
    "paper": "#fdfcfa",
    **{f"series-{i}": colour for i, colour in enumerate(SERIES)},
}
INK, MUTED, RULE, REAL, PAPER = (
    PAPER_COLOURS[k] for k in ("ink", "muted", "rule", "real", "paper")
)
_ROLES = {colour: role for role, colour in PAPER_COLOURS.items()}
WIDTH = 350  # CSS pixels of a plot: a phone's text width
PNG_DPI = 144  # 2 pixels to one of CSS
_POINT = 72  # matplotlib's SVG counts points; here one is one CSS pixel
_STYLE: Any = {
    "font.size": 10.5,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 10.5,
    "axes.titlesize": 11,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a model's name is a $
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Plot:
    """A finished drawing."""

    name: str  # of the file, without ending
    caption: str
    alt: str
    svg: str  # to stand within HTML
    png: bytes


@contextmanager
def house_style() -> Iterator[None]:
    """Within it, matplotlib draws as the page looks; its own settings come back afterwards."""
    import matplotlib

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # The browser has other fonts than the one that letters are measured with.
        warnings.filterwarnings("ignore", message=".*Glyph.*missing from", category=UserWarning)
        yield


def canvas(height: float, columns: int = 1, **settings: Any) -> tuple[Figure, list[Axes]]:
    """A figure WIDTH wide and `height` CSS pixels high, with axes in a row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / _POINT, height / _POINT), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False, **settings)
    return figure, list(axes[0])


def finished(figure: Figure, name: str, caption: str, alt: str) -> Plot:
    """Both forms of a drawing.

    Args:
        name: Made of letters, digits and hyphens; no other plot of the page has it.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    png, svg = io.BytesIO(), io.StringIO()
    FigureCanvasAgg(figure)
    figure.savefig(png, format="png", dpi=PNG_DPI, facecolor="white")
    figure.set_layout_engine("none")  # what it has found serves the SVG too
    FigureCanvasSVG(figure)
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(svg, format="svg", transparent=True, metadata={"Date": None})
    return Plot(name, caption, alt, _for_the_page(svg.getvalue(), name), png.getvalue())


def legend(figure: Figure, axes: Axes) -> None:
    """Name the lines below the axes, where none of them runs."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower left",
        ncols=3 if len(labels) != 4 and all(len(label) <= 12 for label in labels) else 2,
        handlelength=2.2,
        columnspacing=1.2,
        borderaxespad=0,
    )


def line_style(place: int) -> dict[str, Any]:
    """Of a model's line, by its place: past the last colour, the colours come with other dashes."""
    dash = (place + place // len(SERIES)) % len(DASHES)
    return {"color": series(place), "linestyle": DASHES[dash], "linewidth": 1.7}


def series(place: int) -> str:
    """A model's colour."""
    return SERIES[place % len(SERIES)]


def short(text: str, most: int = 22) -> str:
    """A name that fits: of a long one the beginning and the end, where names of runs differ."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[-end:]}"


def _for_the_page(svg: str, name: str) -> str:
    """matplotlib's SVG as a part of an HTML page: no id twice, colours and fonts from the page."""
    start = svg.index("<svg")
    head, body = svg[start:].split(">", 1)
    box = re.search(r'viewBox="([^"]*)"', head)
    assert box
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    # Tags alone: what stands between them are the plot's own words and numbers.
    body = re.sub(r"<[^>]*>", lambda tag: _tag(tag[0], name, used), body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    return f'<svg viewBox="{box[1]}" aria-hidden="true">{body}'


def _tag(tag: str, name: str, used: set[str]) -> str:
    tag = tag.replace("xlink:href", "href")
    tag = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", tag)
    tag = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", tag)
    tag = re.sub(r" font-family: [^;\"]*;", "", tag)
    tag = re.sub(r"(\.\d\d)\d+", r"\1", tag)
    return re.sub(
        "#[0-9a-f]{6}", lambda m: f"var(--{_ROLES[m[0]]})" if m[0] in _ROLES else m[0], tag
    )
