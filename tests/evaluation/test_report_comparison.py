"""Several runs on one page: their curves, their last figures, the first rows of their samples."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.report.comparison import (
    MOST_POINTS,
    curves_of,
    first_rows,
    latest_samples,
    runs_of,
    write_comparison,
)
from duck_and_cover.evaluation.report.contents import Curve
from duck_and_cover.generation.sheet import contact_sheet
from tests.evaluation.made_up import made_up_report

METRICS = """kimg,train/d_loss,val/kid_1k,val/genre_accuracy
0.0,,0.3,0.06
1.5,0.9,,
3.0,0.7,0.1,nan
4.5,0.6,
"""


def make_run(place: Path, metrics: str = METRICS) -> Path:
    (place / "samples").mkdir(parents=True)
    (place / "metrics.csv").write_text(metrics, encoding="utf-8")
    covers = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    for kimg in ("000000.500", "000003.000", "000010.000"):
        contact_sheet(covers, 4, ["a", "b", "c"]).save(place / "samples" / f"{kimg}kimg.png")
    return place


def test_curves_are_the_columns_with_scores_first(tmp_path: Path) -> None:
    assert curves_of(make_run(tmp_path / "run")) == [
        Curve("val/kid_1k", [0.0, 3.0], [0.3, 0.1]),
        Curve("val/genre_accuracy", [0.0], [0.06]),
        Curve("train/d_loss", [1.5, 3.0, 4.5], [0.9, 0.7, 0.6]),
    ]


def test_long_curves_are_averaged_up_to_their_end(tmp_path: Path) -> None:
    lines = "".join(f"{k},{k % 2}\n" for k in range(10 * MOST_POINTS + 1))
    (curve,) = curves_of(make_run(tmp_path / "run", "kimg,train/x\n" + lines))
    assert len(curve.kimg) <= MOST_POINTS
    assert curve.kimg[-1] == 10 * MOST_POINTS and curve.kimg == sorted(curve.kimg)
    assert all(0.4 < value < 0.6 for value in curve.values[1:])


@pytest.mark.parametrize("text", [None, "", "kimg,val/kid\n", "a,b\n1,2\n"])
def test_what_is_no_run_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "metrics.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"no run to compare|no moment of training"):
        curves_of(tmp_path)


def test_a_run_or_a_report_can_be_compared(tmp_path: Path) -> None:
    run = make_run(tmp_path / "fine run")
    (run / "generator").mkdir()
    (run / "generator" / "config.json").write_text('{"resolution": 32}', encoding="utf-8")
    (model,) = runs_of(run)
    assert (model.name, model.kind, model.kimg, model.resolution) == ("fine run", "run", 4.5, 32)
    assert [(f.name, f.value, f.better) for f in model.figures] == [
        ("kid_1k", 0.1, "lower"),
        ("genre_accuracy", 0.06, "near"),
    ]
    report = tmp_path / "report"
    report.mkdir()
    path = made_up_report().write(report)
    assert [m.name for m in runs_of(report)] == ["progan-64", "acgan-64", "wgan-gp-64"]
    assert [m.count for m in runs_of(path)] == [10_000] * 3


def test_the_last_grid_is_the_one_of_most_kimg(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    assert latest_samples(run) == run / "samples" / "000010.000kimg.png"
    assert latest_samples(tmp_path) is None


def test_the_first_rows_of_a_grid_are_cut_at_the_gap(tmp_path: Path) -> None:
    grid = make_run(tmp_path / "run") / "samples" / "000000.500kimg.png"
    with Image.open(grid) as picture:
        width, height = picture.size
    assert height == 2 + 3 * (64 + 2)
    assert (first_rows(grid, "m", 1).height, first_rows(grid, "m", 2).height) == (68, 134)
    assert first_rows(grid, "m", 9).height == height
    assert first_rows(grid, "m", 1).width == width


def test_the_page_holds_every_run(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name) for name in ("one", "<b>two")]
    models = [model for run in runs for model in runs_of(run)]
    page = write_comparison(models, tmp_path / "out", [latest_samples(runs[0]), None])
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 3 and text.count("data:image/png") == 1
    assert "<b>two" not in text and "&lt;b&gt;two" in text
    for told in ("kid_1k", "genre_accuracy", "train/d_loss", "2 runs side by side"):
        assert told in text, told
    plots = sorted((tmp_path / "out" / "plots").iterdir())
    assert [path.name for path in plots] == ["curve-1.png", "curve-2.png", "curve-3.png"]
    with Image.open(io.BytesIO(plots[0].read_bytes())) as picture:
        assert picture.width == 700
