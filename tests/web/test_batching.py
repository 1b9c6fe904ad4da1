"""The thread before a model: company for those who wait, bounds, and an end in good order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future

import numpy as np
import pytest

from duck_and_cover.conditions import Condition
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.batching import Batcher, Busy, Order, Stopping, draw_orders

JAZZ = Condition(("jazz",), 1959)


@pytest.fixture
def desk(generator: CoverGenerator) -> Iterator[Batcher]:
    desk = Batcher(generator, batch=8, waiting=24)
    yield desk
    desk.stop()


class Held:
    """Keeps a model busy until it is let go."""

    def __init__(self, desk: Batcher) -> None:
        self.begun, self.free = threading.Event(), threading.Event()
        self.answer = desk.call(self.wait, covers=1)
        assert self.begun.wait(10)

    def wait(self, _: CoverGenerator) -> list[str]:
        """A piece of work of its own."""
        self.begun.set()
        assert self.free.wait(10)
        return ["done"]


def same(one: Cover, other: Cover) -> bool:
    """Whether two covers are the same to rounding."""
    a, b = (np.asarray(cover.picture).astype(int) for cover in (one, other))
    return one.seed == other.seed and int(abs(a - b).max()) <= 1


def test_orders_that_wait_share_one_forward_pass(desk: Batcher) -> None:
    held = Held(desk)
    conditions = [JAZZ, Condition(("ambient",)), Condition(), Condition((), 1990)] * 2
    answers = [desk.submit([Order(c, seed)]) for seed, c in enumerate(conditions)]
    held.free.set()
    covers = [answer.result(10)[0] for answer in answers]
    assert held.answer.result() == ["done"]
    assert desk.passes == 2
    for seed, (cover, condition) in enumerate(zip(covers, conditions, strict=True)):
        alone = desk.generator.generate(condition.genres, condition.year, seeds=[seed])
        assert same(cover, alone[0])
        assert cover.condition == condition


def test_a_pass_is_no_larger_than_the_batch(desk: Batcher) -> None:
    held = Held(desk)
    answers = [desk.submit([Order(JAZZ, seed), Order(JAZZ, seed + 1)]) for seed in range(9)]
    held.free.set()
    assert [len(answer.result(10)) for answer in answers] == [2] * 9
    assert desk.passes == 1 + 3


def test_covers_of_several_truncations_come_in_the_order_asked(generator: CoverGenerator) -> None:
    orders = [Order(JAZZ, seed, share) for seed, share in enumerate((1.0, 0.5, 1.0, 0.0, 0.5))]
    for order, cover in zip(orders, draw_orders(generator, orders), strict=True):
        alone = generator.generate("jazz", 1959, seeds=[order.seed], truncation=order.truncation)
        assert same(cover, alone[0])
        assert cover.truncation == order.truncation


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (Order(Condition(("jaz",))), "unknown genre 'jaz': did you mean jazz"),
        (Order(Condition((), 1066)), "year 1066 is out of range: take 1950 to 2020"),
        (Order(JAZZ, -1), "seed -1: take a whole number"),
        (Order(JAZZ, 0, 1.5), "truncation 1.5: take a number from 0 to 1"),
    ],
)
def test_a_bad_order_is_turned_away_before_it_can_spoil_a_pass(
    desk: Batcher, order: Order, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        desk.submit([Order(JAZZ), order])
    assert len(desk.submit([Order(JAZZ)]).result(10)) == 1


def test_beyond_the_bound_callers_hear_when_to_come_back(desk: Batcher) -> None:
    held = Held(desk)
    answer = desk.submit([Order(JAZZ, seed) for seed in range(23)])
    with pytest.raises(Busy, match="24 covers are waiting") as refused:
        desk.submit([Order(JAZZ)])
    assert refused.value.after >= 1
    held.free.set()
    assert len(answer.result(10)) == 23
    assert len(desk.submit([Order(JAZZ)] * 20).result(10)) == 20


def test_what_nobody_waits_for_is_not_drawn(desk: Batcher) -> None:
    held = Held(desk)
    gone = desk.submit([Order(JAZZ)] * 20)
    assert gone.cancel()
    held.free.set()
    assert held.answer.result(10) == ["done"]
    with pytest.raises(CancelledError):
        gone.result(10)
    assert len(desk.submit([Order(JAZZ)]).result(10)) == 1
    assert desk.passes == 2
    # Its room is free again, which the bound would not allow otherwise.
    assert len(desk.submit([Order(JAZZ)] * 20).result(10)) == 20


def test_an_error_reaches_who_waits_for_it_and_nobody_else(desk: Batcher) -> None:
    def broken(_: CoverGenerator) -> list[str]:
        raise OSError("the disk is gone")

    answer: Future[list[str]] = desk.call(broken, covers=1)
    with pytest.raises(OSError, match="the disk is gone"):
        answer.result(10)
    assert len(desk.submit([Order(JAZZ)]).result(10)) == 1


def test_a_stop_finishes_what_is_promised(generator: CoverGenerator) -> None:
    desk = Batcher(generator, batch=2)
    held = Held(desk)
    answers = [desk.submit([Order(JAZZ, seed)]) for seed in range(6)]
    stopping = threading.Thread(target=desk.stop)
    stopping.start()
    held.free.set()
    stopping.join(10)
    assert all(answer.done() and len(answer.result()) == 1 for answer in answers)
    with pytest.raises(Stopping, match="stopping"):
        desk.submit([Order(JAZZ)])
