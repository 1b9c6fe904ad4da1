"""The order of covers: a pure function, exact after every stop, the same on any number of ranks."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from duck_and_cover.data.sampler import CoverOrder, Draw, StageBatchSampler
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth

COVERS = 37
GROWTH = Growth(
    resolution=16, kimg=0.6, fade_kimg=0.1, stable_kimg=0.1, batch_size=8, batch_sizes={16: 4}
)


def draws(**options: Any) -> list[Draw]:
    return list(StageBatchSampler(GROWTH, COVERS, **({"seed": 3} | options)))


def rows(found: list[Draw]) -> list[int]:
    return [int(row) for draw in found for row in draw.indices]


def same(left: list[Draw], right: list[Draw]) -> bool:
    return len(left) == len(right) and all(
        (a.images_shown, a.stage) == (b.images_shown, b.stage)
        and np.array_equal(a.indices, b.indices)
        for a, b in zip(left, right, strict=True)
    )


def test_every_pass_shows_every_cover_once() -> None:
    order = CoverOrder(COVERS, seed=1)
    passes = [order.at(number * COVERS, COVERS).tolist() for number in range(4)]
    assert all(sorted(each) == list(range(COVERS)) for each in passes)
    assert len({tuple(each) for each in passes}) == 4
    assert CoverOrder(COVERS, seed=2).at(0, COVERS).tolist() != passes[0]


def test_any_stretch_of_the_order_is_a_stretch_of_the_whole() -> None:
    whole = CoverOrder(7, seed=1).at(0, 60).tolist()
    order = CoverOrder(7, seed=1)
    for position, n in [(50, 10), (0, 3), (6, 2), (7, 7), (3, 30), (13, 1)]:
        assert order.at(position, n).tolist() == whole[position : position + n]


def test_a_single_cover_is_shown_again_and_again() -> None:
    assert CoverOrder(1, seed=0).at(5, 4).tolist() == [0, 0, 0, 0]


def test_a_run_shows_every_cover_once_a_pass() -> None:
    seen = rows(draws())
    assert len(seen) >= GROWTH.images > 10 * COVERS
    for start in range(0, len(seen) - COVERS, COVERS):
        assert sorted(seen[start : start + COVERS]) == list(range(COVERS))


def test_draws_follow_the_plan() -> None:
    found = draws()
    shown = 0
    for draw in found:
        assert draw.images_shown == shown
        assert draw.stage == GROWTH.stage_at(shown)
        assert len(draw.indices) == draw.stage.batch_size
        shown += draw.stage.batch_size
    assert found[-1].images_shown < GROWTH.images <= shown
    sizes = [draw.stage.batch_size for draw in found]
    assert sizes == sorted(sizes, reverse=True) and set(sizes) == {8, 4}


def test_the_order_is_a_pure_function() -> None:
    sampler = StageBatchSampler(GROWTH, COVERS, seed=3)
    assert same(list(sampler), list(sampler))
    # Iterators side by side do not disturb one another.
    together = list(zip(sampler, sampler, strict=True))
    assert same([a for a, _ in together], [b for _, b in together])
    assert same([a for a, _ in together], draws())
    assert rows(draws(seed=4)) != rows(draws(seed=3))


def test_a_run_stopped_anywhere_goes_on_exactly() -> None:
    whole = draws()
    for stopped, draw in enumerate(whole):
        assert same(draws(start=draw.images_shown), whole[stopped:])
    assert draws(start=whole[-1].images_shown + whole[-1].stage.batch_size) == []


@pytest.mark.parametrize("world", [2, 4])
def test_ranks_together_see_what_one_sees_alone(world: int) -> None:
    alone = draws()
    ranks = [draws(rank=rank, world=world) for rank in range(world)]
    assert [len(found) for found in ranks] == [len(alone)] * world
    for step, one in enumerate(alone):
        parts = [found[step] for found in ranks]
        assert {(part.images_shown, part.stage) for part in parts} == {
            (one.images_shown, one.stage)
        }
        assert {len(part.indices) for part in parts} == {one.stage.batch_size // world}
        assert np.array_equal(np.concatenate([part.indices for part in parts]), one.indices)


def test_ranks_may_be_more_after_a_resume() -> None:
    alone = draws()
    middle = len(alone) // 2
    start = alone[middle].images_shown
    ranks = [draws(rank=rank, world=2, start=start) for rank in range(2)]
    after = itertools.chain.from_iterable(zip(*ranks, strict=True))
    assert rows(alone[:middle]) + rows(list(after)) == rows(alone)


def test_batches_larger_than_the_dataset() -> None:
    found = list(StageBatchSampler(Growth(resolution=4, kimg=0.064, batch_size=32), 5))
    assert sorted(rows(found)[:5]) == list(range(5))
    assert [len(draw.indices) for draw in found] == [32, 32]


@pytest.mark.parametrize(
    ("sizes", "world", "named"),
    [((8, {}), 3, "batch_size 8"), ((8, {16: 6}), 4, "batch_size 6"), ((1, {}), 2, "2 devices")],
)
def test_batches_that_ranks_cannot_share(
    sizes: tuple[int, dict[int, int]], world: int, named: str
) -> None:
    growth = Growth(resolution=16, kimg=1, batch_size=sizes[0], batch_sizes=sizes[1])
    with pytest.raises(UsageError, match=named):
        StageBatchSampler(growth, COVERS, world=world)


def test_the_sampler_has_no_length() -> None:
    with pytest.raises(TypeError):
        len(StageBatchSampler(GROWTH, COVERS))  # type: ignore[arg-type]
