"""The run folder: where a training leaves everything, and how it is found again after a kill.

config.yaml  metrics.csv  log.txt  progress.gif
checkpoints/last.ckpt, previous.ckpt     samples/000123kimg.png     generator/  best/
milestones/000123kimg/

Each milestone is a generator folder of its own, as large as generator/: eight of the quickstart
take 11 MB, eight of the paper's widths 0.8 GB, about as much as one of their checkpoints.
"""

import csv
import logging
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only

from duck_and_cover.errors import UsageError
from duck_and_cover.training.saving import CheckpointFiles, NotSaved

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
        self.best = path / "best"
        self.milestones = path / "milestones"
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

    def milestone(self, images_shown: int) -> Path:
        """The folder of the milestone of a moment."""
        return self.milestones / f"{images_shown / 1000:010.3f}kimg"

    def save_checkpoint(self, trainer: Trainer) -> None:
        """Write last.ckpt, keep the one before as previous.ckpt; a kill leaves one whole.

        Raises:
            NotSaved: It cannot be written; those that are there are as they were.
        """
        fresh = self.last.with_suffix(".tmp")
        try:
            trainer.save_checkpoint(fresh)
        except NotSaved:
            trainer.strategy.barrier()  # where the others wait for the one that writes
            raise
        if trainer.is_global_zero:
            self._renew(fresh)

    def soften(self, checkpoint: Path, share: float) -> None:
        """Make a checkpoint the last one, with `share` of its learning rate.

        Raises:
            NotSaved: It cannot be written; those that are there are as they were.
        """
        state = torch.load(checkpoint, weights_only=True, map_location="cpu")
        state["lr_scale"] = share * state.get("lr_scale", 1.0)
        fresh = self.last.with_suffix(".tmp")
        CheckpointFiles().save_checkpoint(state, fresh)
        self._renew(fresh)

    def _renew(self, fresh: Path) -> None:
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
        """Drop what was logged, drawn and half written after the checkpoint of a resume."""
        for partial in (*self.last.parent.glob("*.tmp"), *self.path.glob("*.tmp")):
            partial.unlink()
        for half in (".generator.*", ".best.*", "milestones/.*kimg.*"):
            for partial in self.path.glob(half):
                if partial.suffix != ".old":  # which stands in where the new one is missing
                    shutil.rmtree(partial)
        if self.metrics.exists():
            header, *rows = read_rows(self.metrics)
            write_rows(
                self.metrics, [header, *(r for r in rows if float(r[0]) <= images_shown / 1000)]
            )
        for sample in self.samples.glob("*kimg.png"):
            if float(sample.name.removesuffix("kimg.png")) > images_shown / 1000:
                sample.unlink()
        for milestone in self.milestones.glob("*kimg"):
            if float(milestone.name.removesuffix("kimg")) > images_shown / 1000:
                shutil.rmtree(milestone)


def free_folder(path: Path) -> Path:
    """The path, or the first of path-2, path-3, ... that holds no run."""
    number, free = 1, path
    while RunFolder(free).config.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Append what the package logs to a file, with times."""
    handler = _LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    package = logging.getLogger("duck_and_cover")
    package.addHandler(handler)
    try:
        yield
    finally:
        package.removeHandler(handler)
        handler.close()


class _LogFile(logging.FileHandler):
    """Does without the lines that a full disk refuses; standard error has them."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Not a traceback for each of them."""


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
    try:
        with open(fresh, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([*row, *[""] * (width - len(row))] for row in rows)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def loggers(run: RunFolder, tensorboard: bool, wandb: bool) -> list[Logger]:
    """metrics.csv always, others as asked for."""
    found: list[Logger] = [MetricsCSV(run.metrics)]
    if tensorboard:
        found.append(TensorBoardLogger(run.path, name="tensorboard", version=""))
    if wandb:
        found.append(
            WandbLogger(name=run.path.name, save_dir=str(run.path), project="duck_and_cover")
        )
    return found


class MetricsCSV(Logger):
    """metrics.csv: one line a moment, the clock in the first column, a column a metric."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.waiting: list[tuple[int, dict[str, float]]] = []  # lines that a full disk has refused

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
        """Append a line at `step` images shown; new metrics get a column.

        Where the disk is full the line waits for the next one.
        """
        self.waiting.append((step or 0, dict(metrics)))
        try:
            while self.waiting:
                self._append(*self.waiting[0])
                del self.waiting[0]
        except OSError as problem:
            log.warning("cannot write %s (%s); its lines wait", self.path, problem.strerror)

    def _append(self, step: int, metrics: dict[str, float]) -> None:
        rows = read_rows(self.path)[:1] if self.path.exists() else []
        header = rows[0] if rows else ["kimg"]
        fresh = [name for name in metrics if name not in header]
        if fresh:
            header = [*header, *fresh]
            old = read_rows(self.path)[1:] if self.path.exists() else []
            write_rows(self.path, [header, *old])
        values = {**{name: repr(value) for name, value in metrics.items()}}
        row = [repr(step / 1000), *(values.get(name, "") for name in header[1:])]
        size = self.path.stat().st_size
        try:
            with open(self.path, "a", encoding="utf-8", newline="") as file:
                csv.writer(file).writerow(row)
        except OSError:
            os.truncate(self.path, size)  # no half line
            raise
