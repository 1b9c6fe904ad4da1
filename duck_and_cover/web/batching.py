"""One thread owns a model: what many people ask for at once becomes one forward pass."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from duck_and_cover.conditions import Condition
from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.generator import CoverGenerator, check_share, draw, latents
from duck_and_cover.web.settings import SEED


class Busy(DuckAndCoverError):
    """More is waiting than the bound allows; `after` says in how many seconds to come back."""

    def __init__(self, message: str, after: int = 1) -> None:
        super().__init__(message)
        self.after = after


class Stopping(DuckAndCoverError):
    """The server finishes what it has begun and takes nothing new."""


@dataclass(frozen=True)
class Order:
    """One cover to be drawn."""

    condition: Condition
    seed: int = 0
    truncation: float = 1.0


@dataclass
class _Job:
    """Either orders, which share a forward pass with others, or a piece of work by itself."""

    covers: int
    orders: tuple[Order, ...] = ()
    work: Callable[[CoverGenerator], list[Any]] | None = None
    answer: Future[list[Any]] = field(default_factory=Future)


def draw_orders(generator: CoverGenerator, orders: Sequence[Order]) -> list[Cover]:
    """The covers of many people's orders, in turn: a forward pass for each truncation."""
    covers: dict[int, Cover] = {}
    for truncation in dict.fromkeys(order.truncation for order in orders):
        rows = [i for i, order in enumerate(orders) if order.truncation == truncation]
        pictures = draw(
            generator.network,
            latents([orders[i].seed for i in rows], generator.network),
            generator.vocabulary.encode([orders[i].condition for i in rows]),
            generator.config.resolution,
            generator.config.alpha,
            truncation,
        )
        for i, picture in zip(rows, pictures, strict=True):
            order, image = orders[i], Image.fromarray(picture)
            covers[i] = Cover(image, order.condition, order.seed, truncation, generator.name)
    return [covers[i] for i in range(len(orders))]


class Batcher:
    """The queue before one model, and the thread that empties it.

    Nothing waits for company: while one pass is drawn the next one gathers.

    Args:
        batch: Covers of one pass.
        waiting: Covers that may be promised at once.
    """

    def __init__(self, generator: CoverGenerator, batch: int = 64, waiting: int = 256) -> None:
        self.generator = generator
        self.passes = 0
        self._batch, self._bound, self._held = batch, waiting, 0
        self._seconds = 0.01  # that a cover takes, as last measured
        self._jobs: deque[_Job] = deque()
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, orders: Sequence[Order]) -> Future[list[Cover]]:
        """Promise the covers of orders, in turn.

        Raises:
            UsageError: One cannot be drawn as it is written; the others' passes never see it.
            Busy, Stopping: There is no room for them now.
        """
        for order in orders:
            self.generator.vocabulary.check(order.condition)
            if not 0 <= order.seed <= SEED:
                raise UsageError(f"seed {order.seed}: take a whole number from 0 to {SEED}")
            check_share("truncation", order.truncation)
        return self._enter(_Job(len(orders), tuple(orders)))

    def call(self, work: Callable[[CoverGenerator], list[Any]], covers: int) -> Future[list[Any]]:
        """Promise what `work` makes of the model, in the model's thread and in a pass of its own.

        Args:
            covers: About how many covers' worth it is.

        Raises:
            Busy, Stopping: There is no room for it now.
        """
        return self._enter(_Job(covers, work=work))

    def stop(self) -> None:
        """Take nothing new, finish what is promised, and return when that is done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _enter(self, job: _Job) -> Future[list[Any]]:
        with self._changed:
            if self._stopping:
                raise Stopping("the server is stopping; ask another one, or later")
            if self._held and self._held + job.covers > self._bound:
                after = max(1, math.ceil(self._held * self._seconds))
                raise Busy(f"{self._held} covers are waiting: come back in {after} s", after)
            self._held += job.covers
            self._jobs.append(job)
            self._changed.notify()
        return job.answer

    def _run(self) -> None:
        while jobs := self._next():
            began = time.monotonic()
            wanted = [job for job in jobs if job.answer.set_running_or_notify_cancel()]
            covers = sum(job.covers for job in wanted)
            if wanted:
                self._answer(wanted)
                self.passes += 1
            with self._changed:
                self._held -= sum(job.covers for job in jobs)
                if covers:
                    latest = (time.monotonic() - began) / covers
                    self._seconds += 0.2 * (latest - self._seconds)

    def _next(self) -> list[_Job]:
        """Jobs of one pass, oldest first; none when the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stopping)
            taken: list[_Job] = []
            room = self._batch
            while self._jobs:
                job = self._jobs[0]
                if taken and (job.work or taken[0].work or job.covers > room):
                    break
                room -= job.covers
                taken.append(self._jobs.popleft())
            return taken

    def _answer(self, jobs: Sequence[_Job]) -> None:
        work = jobs[0].work
        try:
            if work is not None:
                results = work(self.generator)
            else:
                results = draw_orders(self.generator, [w for job in jobs for w in job.orders])
        except Exception as error:  # whoever waits for it is who has to hear of it
            for job in jobs:
                job.answer.set_exception(error)
            return
        for job in jobs:
            own = len(results) if work is not None else len(job.orders)
            job.answer.set_result(results[:own])
            results = results[own:]
