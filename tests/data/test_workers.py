"""Work on many covers keeps its order, tells how far it is, and fails in one line."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time

import pytest

from duck_and_cover.data.workers import map_in_order, progress
from duck_and_cover.errors import DuckAndCoverError


def die(_: int) -> int:
    os._exit(9)


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(DuckAndCoverError, match="a worker process was killed"):
        list(map_in_order(die, range(4), 2))


def test_work_comes_back_in_order() -> None:
    assert list(map_in_order(abs, range(-50, 0), 2)) == list(range(50, 0, -1))


def test_progress_is_plain_lines_without_a_terminal(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    with caplog.at_level(logging.INFO), progress("decoding covers", 100) as advance:
        for _ in range(4):
            advance(10)
    assert [record.getMessage() for record in caplog.records] == [
        "decoding covers: 20 of 100, 2 a second",
        "decoding covers: 40 of 100, 2 a second",
    ]


_ENDLESS = """
import itertools, os, time
from duck_and_cover.data.workers import map_in_order

def work(number):
    time.sleep(0.01)
    return number

for number in map_in_order(work, itertools.count(), 2):
    print(number, flush=True)
"""


def test_workers_end_with_a_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _ENDLESS], stdout=subprocess.PIPE)
    assert parent.stdout is not None and parent.stdout.readline() == b"0\n"
    parent.kill()
    # The workers hold the other end of this pipe: it closes when the last of them is gone.
    parent.communicate(timeout=20)
