"""The plan of growing: whole, pure, and the paper's own timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth, Stage

PAPER = Growth(
    resolution=1024,
    kimg=19_000,
    fade_kimg=800,
    stable_kimg=800,
    batch_size=16,
    batch_sizes={256: 14, 512: 6, 1024: 3},
)
PLANS = [
    Growth(),
    Growth(resolution=4, kimg=1),
    Growth(resolution=64, kimg=0.001),
    Growth(resolution=64, kimg=1.003, batch_size=7, batch_sizes={8: 3, 64: 5}),
    Growth(resolution=16, kimg=5, growing_share=0.0),
    Growth(resolution=16, kimg=5, growing_share=1.0),
    Growth(resolution=32, kimg=2, fade_kimg=0.0, stable_kimg=0.3),
    Growth(resolution=32, kimg=2, fade_kimg=0.3, stable_kimg=0.0),
    Growth(resolution=32, kimg=2, fade_kimg=0.7, stable_kimg=0.7),
    Growth(resolution=32, kimg=2, start_resolution=8),
    Growth(resolution=32, kimg=2, start_resolution=32),
]


def steps(growth: Growth) -> Iterator[tuple[int, Stage]]:
    """Every step of a run: images shown before it, and its stage."""
    shown = 0
    while shown < growth.images:
        stage = growth.stage_at(shown)
        yield shown, stage
        shown += stage.batch_size


def test_the_papers_timeline() -> None:
    stable = {p.resolution: (p.start, p.end) for p in PAPER.phases if not p.fades}
    fading = {p.resolution: (p.start, p.end) for p in PAPER.phases if p.fades}
    kimg = 1000
    assert stable == {
        4: (0, 800 * kimg),
        8: (1600 * kimg, 2400 * kimg),
        16: (3200 * kimg, 4000 * kimg),
        32: (4800 * kimg, 5600 * kimg),
        64: (6400 * kimg, 7200 * kimg),
        128: (8000 * kimg, 8800 * kimg),
        256: (9600 * kimg, 10400 * kimg),
        512: (11200 * kimg, 12000 * kimg),
        1024: (12800 * kimg, 19000 * kimg),
    }
    assert fading == {r: (start - 800 * kimg, start) for r, (start, _) in stable.items() if r > 4}


@pytest.mark.parametrize(
    ("kimg", "stage"),
    [
        (0, Stage(4, 1.0, 16)),
        (799.999, Stage(4, 1.0, 16)),
        (800, Stage(8, 16 / 800_000, 16)),
        (1200, Stage(8, 0.5 + 16 / 800_000, 16)),
        (1599.999, Stage(8, 1.0, 16)),
        (1600, Stage(8, 1.0, 16)),
        (9200, Stage(256, 0.5 + 14 / 800_000, 14)),
        (11500, Stage(512, 1.0, 6)),
        (12000, Stage(1024, 3 / 800_000, 3)),
        (18999.999, Stage(1024, 1.0, 3)),
    ],
)
def test_stages_of_the_papers_run(kimg: float, stage: Stage) -> None:
    found = PAPER.stage_at(round(kimg * 1000))
    assert (found.resolution, found.batch_size) == (stage.resolution, stage.batch_size)
    assert found.alpha == pytest.approx(stage.alpha, abs=1e-12)


@pytest.mark.parametrize("growth", PLANS)
def test_phases_cover_the_run_without_gaps(growth: Growth) -> None:
    phases = growth.phases
    assert phases[0].start == 0 and phases[-1].end == growth.images
    for before, after in zip(phases, phases[1:], strict=False):
        assert before.end == after.start
        # A fade comes before its own resolution's stretch, and resolutions only grow.
        assert (before.resolution, not before.fades) < (after.resolution, not after.fades)
    assert all(phase.start < phase.end for phase in phases)


@pytest.mark.parametrize("growth", PLANS)
def test_every_step_has_a_weight_and_fades_rise(growth: Growth) -> None:
    fading: dict[int, list[float]] = {}
    for shown, stage in steps(growth):
        assert 0 < stage.alpha <= 1
        assert stage.batch_size == growth.batch_at(stage.resolution)
        assert growth.start <= stage.resolution <= growth.resolution
        phase = next(p for p in growth.phases if p.start <= shown < p.end)
        if phase.fades:
            fading.setdefault(phase.resolution, []).append(stage.alpha)
        else:
            assert stage.alpha == 1.0
    for alphas in fading.values():
        assert alphas == sorted(alphas)
        if len(alphas) > 2:
            assert alphas[0] < alphas[-1] == 1.0


@pytest.mark.parametrize("growth", PLANS)
def test_runs_end_wholly_faded_in(growth: Growth) -> None:
    *_, (_, last) = steps(growth)
    assert last.alpha == 1.0


@pytest.mark.parametrize("kimg", [0.3, 0.5, 1.0, 1.2, 2.6])
def test_runs_too_short_for_their_plan_end_wholly_faded_in(kimg: float) -> None:
    growth = Growth(resolution=64, kimg=kimg, fade_kimg=0.4, stable_kimg=0.4, batch_size=8)
    assert growth.phases[-1].resolution < 64
    *_, (_, last) = steps(growth)
    assert last.alpha == 1.0 and growth.stage_at(growth.images).alpha == 1.0


def test_stages_depend_on_nothing_but_images_shown() -> None:
    growth = Growth(resolution=32, kimg=3, batch_size=8)
    there = [growth.stage_at(shown) for shown in range(0, 3000, 37)]
    back = [growth.stage_at(shown) for shown in reversed(range(0, 3000, 37))]
    assert there == back[::-1]
    assert there == [Growth(32, 3, batch_size=8).stage_at(shown) for shown in range(0, 3000, 37)]


def test_after_the_end_the_last_stage_goes_on() -> None:
    growth = Growth(resolution=32, kimg=3, batch_size=8)
    assert growth.stage_at(3000) == growth.stage_at(99_999) == Stage(32, 1.0, 8)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_share_of_the_run_grows(share: float) -> None:
    growth = Growth(resolution=64, kimg=80, growing_share=share)
    whole = [p.end for p in growth.phases if p.resolution == 64 and p.fades]
    assert whole == [pytest.approx(80_000 * share, abs=8)]
    lengths = [p.end - p.start for p in growth.phases if p.resolution < 64 or p.fades]
    assert len(lengths) == 8 and max(lengths) - min(lengths) <= 8


def test_a_run_need_not_grow() -> None:
    growth = Growth(resolution=32, start_resolution=32, kimg=3)
    assert {stage for _, stage in steps(growth)} == {Stage(32, 1.0, 16)}
    assert len(growth.phases) == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"resolution": 48}, "resolution 48"),
        ({"resolution": 2}, "resolution 2"),
        ({"resolution": 0}, "resolution 0"),
        ({"resolution": -64}, "resolution -64"),
        ({"resolution": 2048}, "1024"),
        ({"start_resolution": 5}, "start_resolution 5"),
        ({"resolution": 8, "start_resolution": 16}, "start_resolution 16"),
        ({"kimg": 0}, "kimg"),
        ({"kimg": -1}, "kimg"),
        ({"growing_share": 1.5}, "growing_share"),
        ({"growing_share": -0.1}, "growing_share"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_sizes": {64: 0}}, "batch_sizes"),
        ({"fade_kimg": -1}, "fade_kimg"),
        ({"stable_kimg": -0.5}, "stable_kimg"),
    ],
)
def test_wrong_plans_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named) as caught:
        Growth(**wrong)
    assert "\n" not in str(caught.value)


def test_a_run_shows_one_image_at_least() -> None:
    with pytest.raises(UsageError, match="kimg"):
        Growth(kimg=0.0004).stage_at(0)
