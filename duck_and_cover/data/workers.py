"""Long work on many covers: spread over processes, in order, with its progress to be seen."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from duck_and_cover.errors import DuckAndCoverError

log = logging.getLogger(__name__)

Task = TypeVar("Task")
Result = TypeVar("Result")

_SECONDS_BETWEEN_LINES = 10.0


def cpu_count() -> int:
    """Processors this process may use; under a batch system these are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_order(
    function: Callable[[Task], Result], tasks: Iterable[Task], processes: int
) -> Iterator[Result]:
    """`map` over processes. With one process the work is done here, and nothing is started.

    Only a few tasks a process are under way at a time, so that neither tasks nor results pile up
    in memory when one side is slower.
    """
    if processes <= 1:
        yield from map(function, tasks)
        return
    waiting: deque[Future[Result]] = deque()
    with ProcessPoolExecutor(processes, initializer=_end_with, initargs=(os.getpid(),)) as pool:
        try:
            for task in tasks:
                waiting.append(_submit(pool, function, task))
                if len(waiting) > 3 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise DuckAndCoverError(
                f"a worker process was killed, most likely for want of memory; "
                f"fewer than {processes} processes need less"
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def _end_with(parent: int) -> None:
    """Make this worker end when its parent is killed; the pool alone would let it wait for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _submit(
    pool: ProcessPoolExecutor, function: Callable[[Task], Result], task: Task
) -> Future[Result]:
    with warnings.catch_warnings():
        # Python warns of forking beside threads. Our workers decode and draw, and take no lock
        # that a thread could hold; other ways to start them break scripts without a main guard.
        warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
        return pool.submit(function, task)


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far the work is: a bar in a terminal, a log line now and then elsewhere.

    The block calls what it is given with the number of covers done since the last call.
    """
    if sys.stderr.isatty():
        with _bar(title, total) as advance:
            yield advance
        return
    started = last_line = time.monotonic()
    done = 0

    def advance_line(by: int) -> None:
        nonlocal done, last_line
        done += by
        now = time.monotonic()
        if now - last_line >= _SECONDS_BETWEEN_LINES:
            last_line = now
            log.info("%s: %d of %d, %.0f a second", title, done, total, done / (now - started))

    yield advance_line


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda by: bar.advance(task, by)
