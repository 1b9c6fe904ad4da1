"""What the person at the shell and the processes on a Ray cluster have to tell each other.

Signals arrive at the command, training goes on in Ray's processes, perhaps on other machines, and
there not in the thread that signals reach. So both speak through an actor: a wish to stop goes out;
lines for the terminal come back, and at last how the training has ended.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

import ray
from lightning.pytorch import Callback, LightningModule, Trainer
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError
from duck_and_cover.training.stopping import NAMES, StopRequests

ENDINGS = {kind.__name__: kind for kind in (StoppedEarly, UsageError, DuckAndCoverError)}
ROUND = 0.5  # seconds after which the command asks anew for lines


class Desk:
    """Where they meet; an actor with a thread for each call."""

    def __init__(self) -> None:
        self.wish, self.ending = "", ("", "")
        self.wished = threading.Event()
        self.lines: SimpleQueue[str] = SimpleQueue()

    def ask(self, by: str) -> None:
        """Ask the training to stop, by the name of a signal."""
        self.wish = by
        self.wished.set()

    def wait(self) -> str:
        """Until someone asks."""
        self.wished.wait()
        return self.wish

    def say(self, line: str) -> None:
        """A line for the terminal."""
        self.lines.put(line)

    def heard(self) -> list[str]:
        """The lines since the last call; waits a little for one."""
        found = []
        try:
            found.append(self.lines.get(timeout=ROUND))
            while True:
                found.append(self.lines.get_nowait())
        except Empty:
            return found

    def end(self, kind: str, message: str) -> None:
        """Say how the training has ended, by one of ENDINGS and its message; the first counts."""
        if not self.ending[0]:
            self.ending = kind, message

    def ended(self) -> tuple[str, str]:
        """What `end` was told; empty before."""
        return self.ending


def open_desk(workers: int) -> Any:
    """A `Desk` on this machine, for as long as the command lives."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_concurrency": 2 * workers + 4, "scheduling_strategy": here}
    return ray.remote(Desk).options(**options).remote()


class Lines(io.TextIOBase):
    """Standard error of a process, sent to the desk line by line."""

    def __init__(self, desk: Any) -> None:
        self.desk, self.process, self.begun = desk, os.getpid(), ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Send what is whole, keep the rest."""
        if os.getpid() != self.process:  # a loader's worker has no way to the desk
            return len(text)
        *whole, self.begun = (self.begun + text).split("\n")
        for line in whole:
            self.desk.say.remote(line)
        return len(text)


class Listener(Callback):
    """Hands a wish to stop on to the training."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen in the first process; the others go by its vote."""
        callbacks = trainer.callbacks  # type: ignore[attr-defined]
        (stops,) = [each for each in callbacks if isinstance(each, StopRequests)]
        if trainer.is_global_zero:
            threading.Thread(target=self._listen, args=(stops,), daemon=True).start()

    def _listen(self, stops: StopRequests) -> None:
        stops.asked_by = ray.get(self.desk.wait.remote())


def watch(fit: Callable[[], Any], desk: Any) -> None:
    """Run `fit` beside this thread; signals become wishes at the desk, its lines are shown.

    Raises:
        KeyboardInterrupt: Ctrl-C came twice.
    """
    before = {number: signal.getsignal(number) for number in NAMES}

    def hear(number: int, frame: FrameType | None) -> None:
        desk.ask.remote(NAMES[signal.Signals(number)])
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.write(2, b"\nfinishing the step; Ctrl-C again stops at once\n")

    ended: Future[Any] = Future()
    threading.Thread(target=_settle, args=(ended, fit), daemon=True).start()
    main = threading.current_thread() is threading.main_thread()  # no other may
    for number in NAMES if main else ():
        signal.signal(number, hear)
    try:
        while not ended.done():
            _show(desk)
        ended.result()
    finally:
        _show(desk)
        for number, handler in before.items() if main else ():
            signal.signal(number, handler)


def _show(desk: Any) -> None:
    for line in ray.get(desk.heard.remote()):
        sys.stderr.write(f"{line}\n")


def _settle(ended: Future[Any], fit: Callable[[], Any]) -> None:
    try:
        ended.set_result(fit())
    except BaseException as error:  # whatever it is, the other thread raises it
        ended.set_exception(error)
