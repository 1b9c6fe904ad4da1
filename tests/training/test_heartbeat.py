"""A process that falls silent is missed by the others, whatever became of it."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import pytest
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from duck_and_cover.training import processes

# A process that is gone must be missed within a minute.
MINUTE = 60


def meeting_place() -> Any:
    return TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)


def beating(
    store: Any, rank: int, count: int, lost: SimpleQueue[str], patience: float = 1.0
) -> processes.Heartbeat:
    client = TCPStore("127.0.0.1", store.port, is_master=False, wait_for_workers=False)
    beat = processes.Heartbeat(client, rank, count, lost.put, every=0.02, patience=patience)
    beat.start()
    return beat


@pytest.mark.parametrize(("silent", "who"), [(2, "process 2 of 3"), (0, "process 0 of 3")])
def test_a_silent_process_is_missed(silent: int, who: str) -> None:
    """Without any socket that breaks: a machine without power."""
    store, lost = meeting_place(), SimpleQueue[str]()
    beats = [beating(store, rank, 3, lost) for rank in range(3)]
    beats[silent].end()
    assert who in lost.get(timeout=MINUTE)
    for beat in beats:
        beat.end()
        beat.join()


def test_all_beats_end_with_the_first_process() -> None:
    store, lost = meeting_place(), SimpleQueue[str]()
    beats = [beating(store, rank, 3, lost, patience=MINUTE) for rank in (1, 2)]
    del store
    for beat in beats:
        beat.join(MINUTE)
    assert {lost.get(timeout=MINUTE), lost.get(timeout=MINUTE)} == {
        "the first process of this training is gone; go on with train --resume"
    }
