"""Each rule on figures alone: what raises it, what does not, and that the numbers are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from duck_and_cover.evaluation.evidence import Evidence
from duck_and_cover.evaluation.flags import FEW_COVERS, flags
from duck_and_cover.evaluation.report.contents import Conditioning, GenreRow, Memorisation


def row(name: str, ms_ssim: float, real: float, count: int = 400) -> GenreRow:
    return GenreRow(name, count, 0.5, 0.5, 8, 8, ms_ssim, real)


def near(features: str, ratio: float, p: float) -> Memorisation:
    return Memorisation(features, 1.0, p, ratio * 3.0, 3.0, 9000, 1000)


GOOD = Evidence(
    count=4000,
    real_count=4000,
    accuracy=0.66,
    real_accuracy=0.7,
    chance=0.1,
    diversity=0.95,
    genres=[row("jazz", 0.2, 0.2), row("folk", 0.3, 0.25), row("disco", float("nan"), 0.28)],
    year_error=9,
    real_year_error=8,
    year_shift=1,
    real_year_slope=0.8,
    precision=0.8,
    recall=0.8,
    memorisation=[near("judge", 0.9, 0.2), near("pixels", 1.0, 0.5)],
    conditioning=Conditioning(0.6, 0.7, {"genre": 0.9, "year": 0.4, "z": 0.5}),
)


def kinds(evidence: Evidence) -> list[str]:
    return [flag.kind for flag in flags(evidence)]


def conditioning(flips: float = 0.6, slope: float = 0.7) -> Conditioning:
    return Conditioning(flips, slope, {"genre": 0.5, "year": 0.5, "z": 0.5})


def test_a_good_generator_raises_none() -> None:
    assert flags(GOOD) == []


def test_unknown_figures_raise_none() -> None:
    assert flags(Evidence(FEW_COVERS, FEW_COVERS)) == []


def test_few_covers() -> None:
    (flag,) = flags(replace(GOOD, count=FEW_COVERS - 1))
    assert flag.kind == "few-covers" and "2,047" in flag.text


@pytest.mark.parametrize(
    ("evidence", "kind"),
    [
        (replace(GOOD, accuracy=0.11), "ignores-genre"),
        (replace(GOOD, accuracy=0.05), "ignores-genre"),
        (replace(GOOD, conditioning=conditioning(flips=0.01)), "ignores-genre"),
        (replace(GOOD, genres=[row("jazz", 0.45, 0.2), row("folk", 0.3, 0.3)]), "collapsed"),
        (replace(GOOD, diversity=0.4), "collapsed"),
        (replace(GOOD, recall=0.02), "collapsed"),
        (replace(GOOD, accuracy=0.95, diversity=0.7), "stereotyped"),
        (replace(GOOD, accuracy=0.95, real_accuracy=0.3), "stereotyped"),
        (replace(GOOD, conditioning=conditioning(slope=0.02)), "ignores-year"),
        (replace(GOOD, conditioning=conditioning(slope=-0.6), year_error=30), "wrong-years"),
        (replace(GOOD, year_shift=-20, year_error=21), "wrong-years"),
        (
            replace(GOOD, memorisation=[near("judge", 0.1, 0), near("pixels", 0.2, 0)]),
            "copies",
        ),
    ],
)
def test_what_raises_a_flag(evidence: Evidence, kind: str) -> None:
    assert kinds(evidence) == [kind]


@pytest.mark.parametrize(
    "evidence",
    [
        # The judge itself cannot tell genres, or years, in real covers.
        replace(GOOD, accuracy=0.1, real_accuracy=0.12),
        replace(GOOD, conditioning=conditioning(slope=0.0), real_year_slope=0.1),
        # So few covers that the judge's own accuracy may be chance.
        replace(GOOD, count=2048, real_count=40, accuracy=0.1, real_accuracy=0.2),
        # Somewhat plainer than real covers, and as varied.
        replace(GOOD, accuracy=0.95),
        # A genre as uniform as the most uniform real one.
        replace(GOOD, genres=[row("jazz", 0.33, 0.1), row("folk", 0.2, 0.3)]),
        # Few covers of a genre, whose similarity moves more from sample to sample.
        replace(GOOD, genres=[row("jazz", 0.42, 0.3, count=11)]),
        # Near in pixels alone, as blurred covers are; certain, but hardly nearer.
        replace(GOOD, memorisation=[near("judge", 0.9, 0.2), near("pixels", 0.3, 0)]),
        replace(GOOD, memorisation=[near("judge", 0.9, 0), near("pixels", 0.9, 0)]),
        replace(GOOD, memorisation=[near("judge", 0.1, 0.01), near("pixels", 0.1, 0.01)]),
        # Neither real nor varied: bad covers, but no repetition.
        replace(GOOD, recall=0.02, precision=0.1),
        # Genres that the model cannot be asked for.
        replace(GOOD, accuracy=0.1, conditioning=Conditioning(float("nan"), 0.7, {"z": 1.0})),
    ],
)
def test_what_does_not(evidence: Evidence) -> None:
    assert kinds(evidence) in ([], ["few-covers"])


def test_texts_are_single_sentences_with_the_numbers() -> None:
    liar = replace(
        GOOD,
        accuracy=0.113,
        diversity=0.31,
        year_shift=23.4,
        year_error=24.2,
        memorisation=[near("judge", 0.12, 0), near("pixels", 0.2, 0)],
    )
    found = {flag.kind: flag.text for flag in flags(liar)}
    assert set(found) == {"copies", "collapsed", "ignores-genre", "wrong-years"}
    assert "12.0 % (judge) and 20.0 % (pixels)" in found["copies"]
    assert "31.0 %" in found["collapsed"]
    assert "11.3 %" in found["ignores-genre"] and "70.0 %" in found["ignores-genre"]
    assert "23.4 years later" in found["wrong-years"] and "8.0 years" in found["wrong-years"]
    for text in found.values():
        assert text[0].isupper() and text.endswith(".") and ". " not in text


def test_the_alike_genres_are_named() -> None:
    rows = [row(f"genre {i}", 0.9 - i / 100, 0.2) for i in range(5)]
    (flag,) = flags(replace(GOOD, genres=rows))
    assert "5 of 5 genres" in flag.text
    assert "genre 0 (0.90), genre 1 (0.89), genre 2 (0.88) is above 0.20" in flag.text
