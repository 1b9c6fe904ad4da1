"""The hands that finish: all that is asked for, within the bound."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from duck_and_cover.web.batching import Busy
from duck_and_cover.web.crew import Crew


def test_results_come_in_the_order_of_the_work() -> None:
    crew = Crew("sums", 2, 10)
    try:
        found = asyncio.run(crew.do(5, [partial(pow, i, 2) for i in range(5)]))
    finally:
        crew.stop()
    assert found == [0, 1, 4, 9, 16]


def test_the_bound_holds_while_work_is_under_way_and_not_after() -> None:
    async def crowd() -> None:
        free = threading.Event()
        first = asyncio.ensure_future(crew.do(8, [lambda: free.wait(10)]))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="too many sums are waiting"):
            await crew.do(3, [lambda: True])
        assert await crew.do(2, [lambda: not free.is_set()]) == [True]
        free.set()
        assert await first == [True]
        assert await crew.do(10, [lambda: True]) == [True]

    crew = Crew("sums", 2, 10)
    try:
        asyncio.run(crowd())
    finally:
        crew.stop()


def test_errors_are_the_callers() -> None:
    def broken() -> int:
        raise ValueError("no")

    crew = Crew("sums", 1, 10)
    try:
        with pytest.raises(ValueError, match="no"):
            asyncio.run(crew.do(1, [broken]))
    finally:
        crew.stop()
