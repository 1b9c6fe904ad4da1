"""What a person sees while collecting: bars on a terminal, else plain lines; a closing table."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

WIDTH_FOR_BARS, WIDTH_FOR_NOTES = 60, 80  # characters of a terminal's line
SECONDS_OF_RATE = 300.0  # that a rate on a terminal is the mean of; some steps take a minute
LINE_EVERY = 10.0  # seconds between two plain lines of one name


class LogLines(logging.Handler):
    """The log on what standard error is at the moment: while there are bars, above them."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(f"{self.format(record)}\n")


class Bars:
    """Progress of several things at once, by name. A context manager."""

    def __init__(self) -> None:
        console = Console(file=sys.stderr)
        self._started: dict[str, tuple[float, int]] = {}
        self._said: dict[str, float] = {}
        self._last: dict[str, tuple[int, int | None, str]] = {}
        self._bars: dict[str, TaskID] = {}
        self._progress: Progress | None = None
        # Colour can be forced upon a pipe, which then is no terminal all the same.
        if sys.stderr.isatty() and not console.is_dumb_terminal:
            self._progress = Progress(
                *_columns(console.width),
                console=console,
                speed_estimate_period=SECONDS_OF_RATE,
                redirect_stdout=False,  # results that go to a file are none of the screen's
            )

    def __enter__(self) -> Bars:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress:
            self._progress.stop()
            return
        for name, (done, total, note) in list(self._last.items()):
            self._say(name, done, total, note)

    def show(self, name: str, done: int, total: int | None, note: str = "") -> None:
        """Say how far `name` has come; rate and time left follow from the calls.

        Args:
            name: of what is counted, in the plural.
            done: how many are done, of what was there at the start too.
            total: of how many; None where nobody knows yet.
            note: a few words more.
        """
        if self._progress:
            if name not in self._bars:
                self._bars[name] = self._progress.add_task(name, total=total, note=note)
            self._progress.update(self._bars[name], completed=done, total=total, note=note)
            return
        now = time.monotonic()
        self._started.setdefault(name, (now, done))
        self._last[name] = (done, total, note)
        if now - self._said.setdefault(name, now) >= LINE_EVERY:
            self._say(name, done, total, note)

    def _say(self, name: str, done: int, total: int | None, note: str) -> None:
        """One plain line, unless the same was said before."""
        self._last.pop(name)
        now = time.monotonic()
        began, before = self._started[name]
        rate = (done - before) / max(now - began, 1e-3)
        parts = [f"{name} {done:,}" + (f"/{total:,}" if total else "")]
        if done > before:
            parts.append(_pace(rate))
            if total and total > done:
                parts.append(f"{_clock((total - done) / rate)} left")
        sys.stderr.write("  ".join([*parts, *([note] if note else [])]) + "\n")
        self._said[name] = now


def _columns(width: int) -> list[ProgressColumn]:
    """What has room in a line of so many characters; the counts always have."""
    columns: list[ProgressColumn] = [
        TextColumn("{task.description:8}"),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        _Rate(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
    ]
    if width >= WIDTH_FOR_BARS:
        columns.insert(1, BarColumn())
    if width >= WIDTH_FOR_NOTES:
        columns.append(TextColumn("{task.fields[note]}"))
    return columns


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(_pace(speed) if speed else "", style="progress.data.speed")


def _pace(a_second: float) -> str:
    return f"{a_second:.1f}/s" if a_second >= 0.1 else f"{a_second * 60:.1f}/min"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def table(title: str, rows: Mapping[str, int | str]) -> str:
    """A title and lines of `name  number`, the numbers right-aligned; for the end of a run."""
    texts = {
        name: f"{value:,}" if isinstance(value, int) else value for name, value in rows.items()
    }
    left = max(map(len, texts), default=0)
    right = max(map(len, texts.values()), default=0)
    lines = [f"  {name:{left}}  {text:>{right}}" for name, text in texts.items()]
    return "\n".join([title, *lines])
