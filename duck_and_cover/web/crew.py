"""Threads that finish pictures and write titles, so that the server goes on answering meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from duck_and_cover.web.batching import Busy

T = TypeVar("T")


class Crew:
    """A few threads with a bound on what waits for them. To be used from one event loop.

    Args:
        name: What they make, for messages.
        threads: How many.
        bound: The weight of all that may be promised at once.
    """

    def __init__(self, name: str, threads: int, bound: int) -> None:
        self._name, self._bound, self._held = name, bound, 0
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="crew")

    async def do(self, weight: int, works: Sequence[Callable[[], T]]) -> list[T]:
        """What each of `works` returns; what nobody waits for any more is not begun.

        Raises:
            Busy: There is no room for them now.
        """
        if self._held and self._held + weight > self._bound:
            raise Busy(f"too many {self._name} are waiting: come back in 2 s", 2)
        self._held += weight
        try:
            promised = [asyncio.wrap_future(self._threads.submit(work)) for work in works]
            return list(await asyncio.gather(*promised))
        finally:
            self._held -= weight

    def stop(self) -> None:
        """Finish what is promised."""
        self._threads.shutdown()
