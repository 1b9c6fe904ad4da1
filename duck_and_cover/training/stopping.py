"""How a training is asked to stop: by a signal or by its time limit, after the step in hand.

SIGTERM, SIGUSR1 and Ctrl-C lead to a checkpoint and to `StoppedEarly`, exit code 75: the batch
script of a cluster asks for the job again where it sees that code. Lightning has its own ways with
SIGTERM (leave without a checkpoint) and, under SLURM, with SIGUSR1 (save from within the step,
requeue, and load that file in place of the run's): here both are replaced while a training runs.
Who prefers SLURM's automatic requeue names it in the configuration, which keeps SIGUSR1 for it:
    trainer: {plugins: [{class_path: lightning.fabric.plugins.environments.SLURMEnvironment}]}
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from duck_and_cover.errors import StoppedEarly, UsageError
from duck_and_cover.training.base import GANModule

NAMES = {
    signal.SIGTERM: "SIGTERM",
    signal.SIGUSR1: "SIGUSR1",
    signal.SIGINT: "Ctrl-C",
}
# Processes ask each other only so often: each time they wait for their devices.
STEPS_BETWEEN_VOTES = 16
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

Save = Callable[[Trainer, GANModule], None]


def seconds_of(text: str) -> float:
    """A time limit in seconds: 90s, 55m, 2h30m, 1d, or as SLURM writes it, [days-]hours:min:s.

    Raises:
        UsageError: It is none, or not above 0.
    """
    slurm = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d\d?):(\d\d?)", text)
    parts = re.findall(r"(\d+(?:\.\d+)?)([dhms])", text)
    found = 0.0
    if slurm:
        found = sum(
            int(number or 0) * unit
            for number, unit in zip(slurm.groups(), UNITS.values(), strict=True)
        )
    elif parts and "".join(number + unit for number, unit in parts) == text:
        found = sum(float(number) * UNITS[unit] for number, unit in parts)
    if not found > 0:
        raise UsageError(
            f"--time-limit {text}: take a time such as 90s, 55m, 2h30m or 1-02:00:00 "
            "(days-hours:minutes:seconds)"
        )
    return found


class StopRequests(Callback):
    """Saves and raises `StoppedEarly` after the step in which someone asked for it.

    Args:
        save: Writes the checkpoint.
        run: The run folder, for the message.
        deadline: When the time limit is over, by `time.monotonic`; None is never.
        requeues: Leave SIGUSR1 to Lightning.
    """

    def __init__(self, save: Save, run: Path, deadline: float | None, requeues: bool) -> None:
        self.save, self.deadline = save, deadline
        self.resume_with = f"duck-and-cover train --resume {run}"
        self.signals = set(NAMES) - ({signal.SIGUSR1} if requeues else set())
        self.asked_by = ""
        self.stepping = False
        self.process = os.getpid()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While this lasts, signals are requests.

        Raises:
            StoppedEarly: Also where Ctrl-C came twice.
        """
        before = {number: signal.getsignal(number) for number in self.signals}
        self._listen(dict.fromkeys(self.signals, self._hear))
        try:
            yield
        except (KeyboardInterrupt, SystemExit) as stop:
            raise StoppedEarly(
                f"stopped at once; go on from the last checkpoint with: {self.resume_with}"
            ) from stop
        finally:
            self._listen(before)

    def _listen(self, handlers: Mapping[signal.Signals, Any]) -> None:
        if threading.current_thread() is threading.main_thread():  # no other may
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self.process:
            return  # a loader's worker: its master decides
        self.asked_by = NAMES[signal.Signals(number)]
        if not self.stepping:
            raise StoppedEarly(f"stopped by {self.asked_by}; go on with: {self.resume_with}")
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            # Not by logging, which may be at work beneath this very handler.
            os.write(2, b"\nfinishing the step; Ctrl-C again stops at once\n")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """From here on a step is finished first. Lightning has just put its own handlers in."""
        self.stepping = True
        self._listen(dict.fromkeys(self.signals, self._hear))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop if it is time; all processes after the same step."""
        assert isinstance(pl_module, GANModule)
        if self.deadline is not None and time.monotonic() >= self.deadline:
            self.asked_by = self.asked_by or "the time limit"
        stop = bool(self.asked_by)
        if trainer.world_size > 1:
            if pl_module.images_shown // batch.shown_now % STEPS_BETWEEN_VOTES:
                return
            stop = trainer.strategy.reduce_boolean_decision(stop, all=False)
        if stop and pl_module.images_shown < pl_module.growth.images:
            self.save(trainer, pl_module)
            raise StoppedEarly(
                f"stopped by {self.asked_by or 'another process'} at "
                f"{pl_module.images_shown / 1000:.1f} kimg{skipped(pl_module)}; "
                f"go on with: {self.resume_with}"
            )


def skipped(module: GANModule) -> str:
    """How many steps were not finite, for the line that ends a run; nothing where none was."""
    count = module.guard.skipped
    return f", {count} skipped steps (not finite)" if count else ""
