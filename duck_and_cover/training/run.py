"""The run folder: where a training leaves everything, and how it is found again after a kill.

config.yaml  metrics.csv  log.txt  progress.gif
checkpoints/last.ckpt, previous.ckpt     samples/000123kimg.png     generator/
"""

import csv
import logging
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightning.pytorch import Trainer
from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only

from duck_and_cover.errors import UsageError

log = logging.getLogger(__name__)


class RunFolder:
    """Paths of a run, and its checkpoints."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.yaml"
        self.metrics = path / "metrics.csv"
        self.log = path / "log.txt"
        self.gif = path / "progress.gif"
        self.samples = path / "samples"
        self.generator = path / "generator"
        self.last = path / "checkpoints" / "last.ckpt"
        self.previous = path / "checkpoints" / "previous.ckpt"

    def create(self) -> None:
        """Make the folder for a new run.

        Raises:
            UsageError: A run is there already.
        """
        if self.config.exists():
            raise UsageError(
                f"{self.path} holds a run: go on with --resume {self.path}, or name another --out"
            )
        for folder in (self.samples, self.last.parent):
            folder.mkdir(parents=True, exist_ok=True)

    def save_checkpoint(self, trainer: Trainer) -> None:
        """Write last.ckpt, keep the one before as previous.ckpt; a kill leaves one whole."""
        fresh = self.last.with_suffix(".tmp")
        trainer.save_checkpoint(fresh)
        if trainer.is_global_zero:
            with open(fresh, "rb+") as file:
                os.fsync(file.fileno())
            if self.last.exists():
                self.last.replace(self.previous)
            fresh.replace(self.last)

    def checkpoint(self) -> Path | None:
        """The newest whole checkpoint; a damaged one is passed over with a warning."""
        for path in (self.last, self.previous):
            if path.exists() and is_whole(path):
                return path
            if path.exists():
                log.warning("%s is damaged: falling back to the one before", path)
        return None

    def forget_after(self, images_shown: int) -> None:
        """Drop what was logged and drawn after the checkpoint that a run resumes from."""
        if self.metrics.exists():
            header, *rows = read_rows(self.metrics)
            write_rows(
                self.metrics, [header, *(r for r in rows if float(r[0]) <= images_shown / 1000)]
            )
        for sample in self.samples.glob("*kimg.png"):
            if float(sample.name.removesuffix("kimg.png")) > images_shown / 1000:
                sample.unlink()


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Append what the package logs to a file, with times."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    package = logging.getLogger("duck_and_cover")
    package.addHandler(handler)
    try:
        yield
    finally:
        package.removeHandler(handler)
        handler.close()


def is_whole(checkpoint: Path) -> bool:
    """Whether every member of the checkpoint has the checksum that it was written with."""
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError, EOFError):
        return False


def read_rows(path: Path) -> list[list[str]]:
    """The whole lines of a CSV file; a line cut by a kill is left out."""
    text = path.read_text(encoding="utf-8")
    return list(csv.reader(text[: text.rfind("\n") + 1].splitlines()))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    """Replace a CSV file as a whole."""
    width = len(rows[0])
    fresh = path.with_suffix(".tmp")
    with open(fresh, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*row, *[""] * (width - len(row))] for row in rows)
    fresh.replace(path)


class MetricsCSV(Logger):
    """metrics.csv: one line a moment, the clock in the first column, a column a metric."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    @property
    def name(self) -> str:
        """Lightning asks for it."""
        return "csv"

    @property
    def version(self) -> str:
        """Lightning asks for it."""
        return ""

    @rank_zero_only
    def log_hyperparams(self, *args: object, **kwargs: object) -> None:
        """config.yaml holds them."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Append a line at `step` images shown; new metrics get a column."""
        rows = read_rows(self.path)[:1] if self.path.exists() else []
        header = rows[0] if rows else ["kimg"]
        fresh = [name for name in metrics if name not in header]
        if fresh:
            header = [*header, *fresh]
            old = read_rows(self.path)[1:] if self.path.exists() else []
            write_rows(self.path, [header, *old])
        values = {**{name: repr(value) for name, value in metrics.items()}}
        row = [repr((step or 0) / 1000), *(values.get(name, "") for name in header[1:])]
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(row)
