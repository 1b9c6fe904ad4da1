"""Downloads all pending covers of a store: many threads fetch, the main thread keeps the books.

A thread never waits between two tries of a cover: the cover goes back into the store with the time
of its next try, and the thread takes another. No more covers are in hand than there are threads, so
memory does not grow with the queue, and whatever stops the run loses at most those.
"""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import cycle, islice
from urllib.parse import urlsplit

from data_collection.fetching import Fetcher, Outcome
from data_collection.hands import Hands
from data_collection.sources.http import connections
from data_collection.store import CoverJob, Store
from data_collection.waiting import Patience
from duck_and_cover.errors import StoppedEarly

LOT = 256  # covers that are taken from the store at a time
FAILURES_IN_A_ROW = 50  # before it is looked into whether the service is down
PROBES = 8  # covers of old that are asked for then; a quarter of failing answers misleads no one
TICK = 0.1  # seconds between two looks at the clock, and two reports of progress
GRACE = 2.0  # seconds in which the downloads in hand may end when the run stops


def download(
    store: Store,
    patience: Patience,
    size: int,
    concurrency: int,
    progress: Callable[[dict[str, int]], None],
) -> Counter[str]:
    """Download every pending cover, each as a square JPEG.

    Args:
        store: what is pending; told of each result at once.
        patience: how long to wait, and when to stop.
        size: most pixels of a side.
        concurrency: downloads at once, and connections to one host.
        progress: called with the counts below, at most ten times a second and at the end.

    Returns:
        How many covers by state, those of earlier runs too; none is `pending` any more.

    Raises:
        StoppedEarly: a long wait was asked for, the service is down, or an interruption.
        DuckAndCoverError: a file cannot be written.
    """
    first = next((url for job in store.jobs(1, ()) for url in job.urls), "https://")
    pool = connections(first, per_host=concurrency)
    fetcher = Fetcher(pool, store.picture, size)
    run = _Run(store, patience, fetcher, Hands(fetcher, concurrency), progress)
    # Pillow warns of odd pictures. Python keeps the filters for all threads together, so that
    # what one thread sets while it decodes, another one would undo too early.
    with pool, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        run.work()
    return run.counts


class _Run:
    """One pass over the pending covers."""

    def __init__(
        self,
        store: Store,
        patience: Patience,
        fetcher: Fetcher,
        hands: Hands,
        progress: Callable[[dict[str, int]], None],
    ) -> None:
        self.counts = Counter(store.counts_of_covers())
        self._store = store
        self._patience = patience
        self._fetcher = fetcher
        self._hands = hands
        self._progress = progress
        self._shown = 0.0
        self._lot: list[CoverJob] = []  # taken from the store, not handed out yet
        self._failed_in_a_row = 0
        self._leave_alone_until = 0.0
        self._last_failure = "the service", ""  # the host and what it did

    def work(self) -> None:
        """Download until nothing is pending."""
        try:
            while self._step():
                if time.monotonic() >= self._shown + TICK:
                    self._show()
        except StoppedEarly:
            self._store_what_is_in_hand()
            raise
        finally:
            self._hands.let_go(TICK)
            self._show()

    def _step(self) -> bool:
        """Hand out what can be, and keep or wait for what comes; False when all is done."""
        if self._patience.stop.is_set():
            raise self._patience.interrupted()
        pause = self._leave_alone_until - time.monotonic()
        if pause > 0:
            self._leave_alone(pause)
        elif self._failed_in_a_row >= FAILURES_IN_A_ROW:
            self._look_whether_it_is_down()
        else:
            self._hand_out()
        if self._hands.busy:
            for job, outcome in self._hands.take_back(TICK):
                self._keep(job, outcome)
            return True
        then = self._store.next_retry()
        if then is None:
            return False
        self._rest(min(max(then - time.time(), 0.0), TICK))
        return True

    def _leave_alone(self, seconds: float) -> None:
        """Wait as the host asked for, once what is in hand has come back."""
        why = ": ".join(self._last_failure)
        self._patience.check(seconds, why)
        if not self._hands.busy:
            self._patience.wait(seconds, why)

    def _hand_out(self) -> None:
        if not self._lot:
            self._lot = self._store.jobs(LOT, self._hands.busy)[::-1]
        while self._lot and self._hands.free:
            self._hands.give(self._lot.pop())

    def _keep(self, job: CoverJob, outcome: Outcome) -> None:
        """Store a result, and count the failures in a row."""
        state = outcome.state
        if state == "done":
            self._store.cover_done(job.key, outcome.url, outcome.digest, outcome.size)
        else:
            wait = self._patience.before_try(job.attempts + 2, outcome.asked)
            again = time.time() + wait if state == "pending" else 0.0
            self._store.cover_failed(job.key, outcome.reason, state, again)
        self.counts["pending"] -= 1
        self.counts[state] += 1
        self._failed_in_a_row = 0 if state in ("done", "missing") else self._failed_in_a_row + 1
        if state != "done":
            self._last_failure = _host(job), outcome.reason
        if outcome.asked is not None:
            until = time.monotonic() + self._patience.before_try(2, outcome.asked)
            self._leave_alone_until = max(self._leave_alone_until, until)

    def _look_whether_it_is_down(self) -> None:
        """Ask for covers that were given before; where none is given any more, stop.

        Towards the end only covers that never come may be left: they fail in a row as well.
        """
        rows = self._store.database.execute(
            "SELECT url FROM covers WHERE state = 'done' LIMIT ?", [PROBES]
        )
        known = [str(url) for (url,) in rows]
        for url in islice(cycle(known), PROBES):
            if self._fetcher.alive(url):
                self._failed_in_a_row = 0
                return
            self._rest(self._patience.backoff)
        raise self._patience.down(*self._last_failure)

    def _store_what_is_in_hand(self) -> None:
        """Wait a moment for the downloads in hand; those that take longer are made again."""
        end = time.monotonic() + GRACE
        while self._hands.busy and (rest := end - time.monotonic()) > 0:
            for job, outcome in self._hands.take_back(rest):
                self._keep(job, outcome)

    def _rest(self, seconds: float) -> None:
        if self._patience.stop.wait(seconds):
            raise self._patience.interrupted()

    def _show(self) -> None:
        self._shown = time.monotonic()
        self._progress(dict(self.counts))


def _host(job: CoverJob) -> str:
    return urlsplit(job.urls[0]).netloc if job.urls else "the service"
