"""How much training fits into a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from duck_and_cover.errors import UsageError
from duck_and_cover.training import plan as planning
from duck_and_cover.training.building import build, preset_path
from duck_and_cover.training.pace import LEAST_KIMG, kimg_in_minutes, kimg_within, seconds_a_kimg

SMOKE = [part for name in ("dcgan", "smoke") for part in ("--config", str(preset_path(name)))]


def test_most_of_the_time_is_planned_for() -> None:
    assert kimg_within(100, 2.0) == 46.0
    assert kimg_within(0.001, 2.0) == kimg_within(-5, 2.0) == LEAST_KIMG


def test_a_machine_is_measured() -> None:
    cli = build(SMOKE)
    pace = seconds_a_kimg(cli)
    assert 0 < pace < 1000
    with pytest.raises(UsageError, match="--minutes 0: take more than 0"):
        kimg_in_minutes(cli, 0)
    assert kimg_in_minutes(cli, 1e-6) == LEAST_KIMG


@pytest.mark.parametrize(
    ("first", "expected", "tries"),
    [
        (10.0, 5.0, 1),  # a slow round is enough
        (0.5, 0.25, 2),  # quick ones are tried again, six at once
    ],
)
def test_a_hiccup_does_not_set_the_pace(
    monkeypatch: pytest.MonkeyPatch, first: float, expected: float, tries: int
) -> None:
    """The clock is ours: two steps a round; where rounds are several, one is ten times as long."""
    asked: list[int] = []

    def pretend(
        module: None,
        resolution: int,
        batch: int,
        trainer: dict[str, str],
        steps: int,
        callbacks: Sequence[planning._Stopwatch],
    ) -> None:
        asked.append(steps)
        now, each = 0.0, first / 2
        for step in range(steps):
            callbacks[0].ends.append(now)
            now += each * (10 if step == 3 and steps > 3 else 1)

    monkeypatch.setattr(planning, "try_steps", pretend)
    measure: Callable[..., float] = planning.seconds_a_step
    found = measure(None, 32, 16, {}, 2)
    assert found == pytest.approx(expected)
    assert asked == [3, 13][:tries]
