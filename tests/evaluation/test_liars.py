"""Every fault of a generator raises its flag, and no generator without a fault raises one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from duck_and_cover.evaluation.conditioning import conditioning
from duck_and_cover.evaluation.evidence import Evidence, gather
from duck_and_cover.evaluation.flags import flags
from duck_and_cover.evaluation.makes import Makes, made
from duck_and_cover.evaluation.memorisation import memorisation
from duck_and_cover.evaluation.real_covers import RealCovers
from duck_and_cover.evaluation.scores import genre_rows, score_of
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.labels import Labels
from tests.evaluation.conftest import Yardstick
from tests.evaluation.liars import (
    Copies,
    FewCoversAGenre,
    Honest,
    IgnoresGenre,
    IgnoresYear,
    MirrorsYears,
    OneCoverAGenre,
    ReadsTitles,
    ShiftsYears,
)

PAIRS = 64  # of each change of the condition


def evidence_on(
    pictures: Pictures, yard: Yardstick, real: RealCovers, maker: Makes | None = None
) -> Evidence:
    """All the figures on covers made under the conditions of `real`."""
    judge, vocabulary = yard.judge, yard.judge.vocabulary
    seen, own = judge.look(pictures), judge.look(real.pictures)
    scores = score_of(seen, pictures, real, own.features, vocabulary)
    real_scores = score_of(own, real.pictures, real, own.features, vocabulary)
    tests, _ = memorisation(
        lambda covers: judge.look(covers).features,
        pictures,
        real.pictures,
        yard.data.pyramid("train"),
    )
    assert len(tests) == 2
    return gather(
        (scores, seen),
        (real_scores, own),
        real,
        vocabulary,
        genre_rows((pictures, seen), (real, own), vocabulary),
        tests,
        conditioning(maker, judge, real, pairs=PAIRS) if maker else None,
    )


def found(yard: Yardstick, maker: Honest) -> tuple[Evidence, set[str]]:
    """The figures on a generator, and the kinds of its flags."""
    conditions = maker.vocabulary.conditions(yard.real.labels)
    pictures = made(maker, conditions, yard.real.pictures.shape[1])
    evidence = evidence_on(pictures, yard, yard.real, maker)
    return evidence, {flag.kind for flag in flags(evidence)} - {"few-covers"}


def test_the_judge_is_good_enough_to_judge(yardstick: Yardstick) -> None:
    evidence = evidence_on(yardstick.real.pictures, yardstick, yardstick.real)
    assert evidence.real_accuracy > 0.7 > 0.1 > evidence.chance
    assert evidence.real_year_error < 9 and 0.7 < evidence.real_year_slope < 1.1


def test_an_honest_generator_raises_no_flag(yardstick: Yardstick) -> None:
    evidence, kinds = found(yardstick, Honest(yardstick.judge.vocabulary))
    assert kinds == set()
    assert evidence.accuracy == pytest.approx(evidence.real_accuracy, abs=0.1)
    assert evidence.year_error == pytest.approx(evidence.real_year_error, abs=2)
    assert evidence.diversity == pytest.approx(1, abs=0.15)
    assert min(test.p for test in evidence.memorisation) > 1e-3
    assert evidence.conditioning is not None
    assert evidence.conditioning.genre_flip_rate > 0.5
    assert evidence.conditioning.year_slope == pytest.approx(evidence.real_year_slope, abs=0.15)
    assert set(evidence.conditioning.changes) == {"genre", "year", "z"}
    assert min(evidence.conditioning.changes.values()) > 0.2


def test_who_reads_names_and_who_does_not(yardstick: Yardstick) -> None:
    words = replace(yardstick.judge.vocabulary, texts=("artist", "album"))
    changes = [
        conditioning(kind(words), yardstick.judge, yardstick.real, pairs=64).changes
        for kind in (ReadsTitles, Honest)
    ]
    assert all(set(found) == {"genre", "year", "text", "z"} for found in changes)
    assert changes[0]["text"] > 0.2 and changes[0]["z"] == 0
    assert changes[1]["text"] == 0 and changes[1]["z"] > 0.2


@pytest.mark.parametrize("seed", [10_000, 20_000, 30_000, 40_000])
def test_covers_of_the_same_world_raise_no_flag(yardstick: Yardstick, seed: int) -> None:
    """Fresh covers of the world that the real ones come from, again and again."""
    real, maker = yardstick.real, Honest(yardstick.judge.vocabulary)
    conditions = maker.vocabulary.conditions(real.labels)
    evidence = evidence_on(made(maker, conditions, 16, seed), yardstick, real)
    assert {flag.kind for flag in flags(evidence)} == {"few-covers"}


@pytest.mark.parametrize(
    ("liar", "flag"),
    [
        (IgnoresGenre, "ignores-genre"),
        (OneCoverAGenre, "collapsed"),
        (FewCoversAGenre, "collapsed"),
        (MirrorsYears, "wrong-years"),
        (ShiftsYears, "wrong-years"),
        (IgnoresYear, "ignores-year"),
    ],
)
def test_every_liar_is_caught(yardstick: Yardstick, liar: type[Honest], flag: str) -> None:
    _, kinds = found(yardstick, liar(yardstick.judge.vocabulary))
    assert flag in kinds
    wrong_condition = {"ignores-genre", "ignores-year", "wrong-years"} - {flag}
    if liar is not OneCoverAGenre:  # which has no year either
        assert not kinds & wrong_condition
    assert "copies" not in kinds


def test_a_copier_is_caught(yardstick: Yardstick) -> None:
    copier = Copies(yardstick.judge.vocabulary, training=yardstick.data.pyramid("train"))
    evidence, kinds = found(yardstick, copier)
    assert kinds == {"copies"}
    assert all(test.generated_median < 1e-3 for test in evidence.memorisation)
    # What makes it a liar: by every other figure it is as good as real covers.
    assert evidence.accuracy == pytest.approx(evidence.real_accuracy, abs=0.1)


def test_liars_draw_what_they_say(yardstick: Yardstick) -> None:
    maker = Honest(yardstick.judge.vocabulary)
    (wish,) = maker.vocabulary.conditions(Labels([["jazz"]], np.array([1962], np.int32)))
    first, again, other = (made(maker, [wish], 16, first_seed=seed)[0] for seed in (3, 3, 4))
    assert first.shape == (16, 16, 3)
    assert np.array_equal(first, again) and not np.array_equal(first, other)
