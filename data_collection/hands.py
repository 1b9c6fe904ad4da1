"""The threads that fetch covers: each holds one cover at a time, and says what became of it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

from data_collection.fetching import Fetcher, Outcome
from data_collection.store import CoverJob


class Hands:
    """A number of threads with a fetcher; used from one thread.

    Attributes:
        busy: the keys of the covers that are in hand.
    """

    def __init__(self, fetcher: Fetcher, number: int) -> None:
        self.busy: set[str] = set()
        self._number = number
        self._fetcher = fetcher
        self._jobs: queue.SimpleQueue[CoverJob | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[CoverJob, Outcome | Exception]]
        self._results = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    @property
    def free(self) -> bool:
        """Whether one more cover can be taken in hand."""
        return len(self.busy) < self._number

    def give(self, job: CoverJob) -> None:
        """Begin with a cover."""
        self.busy.add(job.key)
        if len(self._threads) < len(self.busy):
            # A daemon: a server that keeps silent must not keep an interrupted program alive.
            thread = threading.Thread(target=self._fetch, name="cover", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put(job)

    def take_back(self, seconds: float) -> Iterator[tuple[CoverJob, Outcome]]:
        """What has come of the covers in hand; waits so long for the first result.

        Raises:
            Exception: whatever a thread could not handle.
        """
        try:
            job, outcome = self._results.get(timeout=seconds)
            while True:
                self.busy.remove(job.key)
                if isinstance(outcome, Exception):
                    raise outcome
                yield job, outcome
                job, outcome = self._results.get_nowait()
        except queue.Empty:
            return

    def let_go(self, seconds: float) -> None:
        """End all threads; a download that takes longer than this comes to nothing."""
        self._fetcher.closing.set()
        for _ in self._threads:
            self._jobs.put(None)
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _fetch(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._results.put((job, self._fetcher.fetch(job)))
            # Raised again where results are taken: a thread that ended unseen would be waited for.
            except Exception as error:
                self._results.put((job, error))
