"""What the page says in words and bars follows from the figures."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import pytest

from duck_and_cover.evaluation.report.contents import Figure, Flag, ModelReport
from duck_and_cover.evaluation.report.genre_lines import genre_lines
from duck_and_cover.evaluation.report.meanings import (
    decimals_of,
    family,
    meaning,
    plain_name,
    written,
)
from duck_and_cover.evaluation.report.verdicts import Gap, headline, verdict
from tests.evaluation.made_up import made_up_model

Better = Literal["lower", "higher", "near"]


def with_figures(*figures: Figure, name: str = "m") -> ModelReport:
    return ModelReport(name, "run", 1.0, 64, 100, list(figures), [])


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("kid_10k", "kid"),
        ("fid_572", "fid"),
        ("judge_kid_2k", "kid"),
        ("val/kid", "kid"),
        ("swd_16_2k", "swd"),
        ("ms_ssim_10k", "ms_ssim"),
        ("kidney_10k", "kidney"),
    ],
)
def test_a_figure_is_known_by_its_family(name: str, known: str) -> None:
    assert family(name) == known


def test_names_and_numbers_are_written_for_people() -> None:
    assert plain_name("kid_10k") == "KID, 10k covers"
    assert plain_name("swd_16_572") == "Sliced Wasserstein (16), 572 covers"
    assert plain_name("train/d_loss") == "train/d_loss"
    assert written("kid_10k", 0.01214) == "0.0121"
    assert written("fid_10k", 1234.5) == "1\N{NARROW NO-BREAK SPACE}234"
    assert written("kid_10k", -0.0004) == "\N{MINUS SIGN}0.00040"
    assert written("genre_accuracy_10k", 0.6412) == "64.1\N{NARROW NO-BREAK SPACE}%"
    assert written("year_error_10k", 7.25) == "7.2\N{NARROW NO-BREAK SPACE}years"
    assert written("kid_10k", math.nan) == written("kid_10k", None) == "–"
    assert decimals_of("kid_1k", [0.285, 0.0121]) == 4
    assert decimals_of("kid_1k", [0.285], floor=0.0003) == 4
    assert decimals_of("density_1k", [0.0437]) == decimals_of("recall_1k", [0.0437]) == 3
    assert meaning("unheard_of_10k", "higher").clause == "Higher is better."


def gap(better: Better, value: float, *, floor: float | None = None, real: float | None = None,
        name: str = "recall_1k", noise: float | None = None) -> Gap | None:  # fmt: skip
    figure = Figure(name, value, floor, None, better, real)
    (row,) = headline([with_figures(figure)], {} if noise is None else {name: noise})
    assert row.cells[0]
    return row.cells[0].gap


def test_a_bar_runs_from_the_reals_to_the_model() -> None:
    assert gap("higher", 0.5, floor=0.8) == Gap(50, 30, 80, False)
    assert gap("higher", 0.9, floor=0.8) == Gap(80, 10, 80, True)
    assert gap("near", 0.9, real=0.6) == Gap(60, 30, 60, False)
    assert gap("lower", 30, floor=10, name="fid_1k", noise=200) == Gap(5, 10, 5, False)
    assert gap("lower", 5, floor=10, name="fid_1k", noise=200) == Gap(2.5, 2.5, 5, True)
    assert gap("lower", 5000, floor=10, name="fid_1k", noise=200) == Gap(5, 95, 5, False)


def test_a_bar_needs_something_to_run_from() -> None:
    assert gap("lower", 30, name="fid_1k", noise=300) == Gap(0, 10, None, False)
    assert gap("near", 0.9) is None
    assert gap("higher", math.nan, floor=0.8) is None
    assert gap("lower", -0.1, floor=-0.2, name="kid_1k", noise=1) == Gap(0, 0, 0, False)
    assert gap("lower", 0, floor=0, name="kid_1k") == Gap(0, 0, 0, False)


@pytest.mark.parametrize(
    ("better", "real", "best"),
    [("lower", None, 0), ("higher", None, 2), ("near", 0.52, 1), ("near", None, None)],
)
def test_the_best_of_a_row_is_marked(better: Better, real: float | None, best: int | None) -> None:
    models = [
        with_figures(Figure("density_1k", v, None, None, better, real)) for v in (0.3, 0.5, 0.9)
    ]
    (row,) = headline(models, {})
    marked = [i for i, cell in enumerate(row.cells) if cell and cell.best]
    assert marked == ([] if best is None else [best])


def test_models_with_other_figures_share_a_table() -> None:
    one = with_figures(Figure("kid_1k", 0.02, 0.001, 0.003, "lower", None))
    other = with_figures(Figure("fid_1k", 20.0, 2.0, None, "lower", None))
    kid, fid = headline([one, other], {})
    assert (kid.name, kid.cells[1], fid.cells[0]) == ("kid_1k", None, None)
    assert kid.cells[0]
    assert (kid.cells[0].text, kid.cells[0].std, kid.floor) == ("0.0200", "0.0030", "0.0010")
    assert kid.cells[0].label == "0.0200 against 0.0010 of real covers, 20 times that"
    assert not kid.cells[0].best  # of one


def test_the_verdict_names_the_faults_first() -> None:
    fair, collapsed, copying = (made_up_model(f"m{i}", i) for i in range(3))
    assert verdict(fair).startswith("No check found a fault. KID 0.0121, floor 0.0004; ")
    assert "no sign of copying" in verdict(fair)
    assert verdict(collapsed).startswith("It repeats itself within a genre and draws stereotypes")
    assert verdict(copying).startswith("It copies training covers.")
    assert "no sign of copying" not in verdict(copying)
    unheard = dataclasses.replace(fair, flags=[Flag("dreams-too-much", "...")], figures=[])
    assert verdict(unheard).startswith("It dreams too much. No sign of copying")
    few = dataclasses.replace(with_figures(), flags=[Flag("few-covers", "...")])
    assert verdict(few) == "No check found a fault, but the covers are few."
    assert verdict(with_figures()) == "No check found a fault."


def test_nearness_is_told_though_no_flag_was_raised() -> None:
    told = verdict(dataclasses.replace(made_up_model("m", 2), flags=[]))
    near = "nearer to training covers than held-out ones do"
    assert f"{near} in judge features." in told and "no sign" not in told
    model = made_up_model("m", 2)
    alone = dataclasses.replace(model, flags=[], memorisation=model.memorisation[:1])
    assert verdict(alone).endswith(f"{near}.")


def test_genres_that_are_missed_stereotyped_or_repeated_are_marked() -> None:
    row = made_up_model("m", 0).genres[0]
    fine = dataclasses.replace(
        row, accuracy=0.6, real_accuracy=0.6, ms_ssim=0.1, real_ms_ssim=0.15, year_error=math.nan
    )
    missed = dataclasses.replace(fine, accuracy=0.4)
    stereotype = dataclasses.replace(fine, accuracy=0.8)
    repeated = dataclasses.replace(fine, ms_ssim=0.2)
    lines = genre_lines([fine, missed, stereotype, repeated])
    assert [line.cells[0].mark for line in lines] == ["", "▼", "▲", ""]
    assert [line.cells[4].mark for line in lines] == ["", "", "", "▲"]
    assert (lines[0].cells[2].text, lines[0].cells[2].value) == ("–", "")
