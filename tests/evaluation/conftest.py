"""A small judge of synthetic covers, trained once, and the held-out covers that it knows well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.judge import Judge, judge_for
from duck_and_cover.evaluation.real_covers import RealCovers, held_out
from duck_and_cover.evaluation.verdicts import Verdicts
from duck_and_cover.growth import Growth


@dataclass(frozen=True)
class Yardstick:
    """What generators are held against."""

    data: CoverDataModule
    judge: Judge
    real: RealCovers
    seen: Verdicts  # what the judge sees in them


@pytest.fixture(scope="session")
def yardstick(own_cache: Path) -> Yardstick:
    """2,000 covers of 16x16; the judge has learnt from nine in ten."""
    data = CoverDataModule(
        "synthetic", Growth(resolution=16), synthetic_count=2000, synthetic_size=32
    )
    judge, real = judge_for(data), held_out(data)
    return Yardstick(data, judge, real, judge.look(real.pictures))
