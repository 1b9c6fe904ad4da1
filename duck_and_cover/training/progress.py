"""The live line of a training: stage, kimg, pace, losses, time left."""

import sys
import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from duck_and_cover.growth import Growth
from duck_and_cover.training.base import GANModule

PLAIN_SECONDS = 10.0  # between lines where there is no terminal
PACE_SECONDS = 5.0  # over which the pace is measured


def clock(seconds: float) -> str:
    """Seconds as people read them: 42s, 3m10s, 5h02m."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def images_left(growth: Growth, shown: int) -> dict[int, int]:
    """Images still to be shown at each resolution."""
    left: dict[int, int] = {}
    for phase in growth.phases:
        count = phase.end - max(phase.start, shown)
        if count > 0:
            left[phase.resolution] = left.get(phase.resolution, 0) + count
    return left


class TrainingProgress(Callback):
    """A line that moves on a terminal, and a plain one every ten seconds elsewhere.

    Args:
        cost: Arithmetic of one picture by resolution, in any unit: later stages are slower, and the
            time left says so from the start.
    """

    def __init__(self, cost: dict[int, float]) -> None:
        self.cost = cost
        self.console = Console(file=sys.stderr)
        self.live: Live | None = None
        self.pace = 0.0  # images a second at the present resolution
        self.mark: tuple[int, float, int] = (0, 0.0, 0)  # resolution, time, images shown
        self.printed = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin the line."""
        if trainer.is_global_zero and self.console.is_terminal:
            self.live = Live(console=self.console, refresh_per_second=4)
            self.live.start()
        self.printed = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure, and show when it is time."""
        assert isinstance(pl_module, GANModule)
        now, shown, resolution = time.monotonic(), pl_module.images_shown, batch.images.shape[-1]
        was, since, before = self.mark
        if was != resolution:
            self.mark, self.pace = (resolution, now, shown), 0.0
        elif now - since > PACE_SECONDS or not self.pace and now > since:
            self.pace = (shown - before) / (now - since)
            if now - since > PACE_SECONDS:
                self.mark = (resolution, now, shown)
        due = now - self.printed > (0.25 if self.live else PLAIN_SECONDS)
        if trainer.is_global_zero and due:
            self.printed = now
            self.show(self.line(pl_module, resolution, batch.alpha))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End the line."""
        self.close()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Give the terminal back."""
        self.close()

    def close(self) -> None:
        """Stop the moving line, leaving its last state."""
        if self.live:
            self.live.stop()
            self.live = None

    def show(self, line: str) -> None:
        """On the moving line, else as a line of its own."""
        if self.live:
            self.live.update(Text(line, overflow="ellipsis", no_wrap=True))
        else:
            self.console.print(line, highlight=False, soft_wrap=True)

    def line(self, module: GANModule, resolution: int, alpha: float) -> str:
        """All that the line says."""
        growth, shown = module.growth, module.images_shown
        stage = f"{resolution}x{resolution}" + (f" fading in {alpha:.0%}" if alpha < 1 else "")
        total = f"{shown / 1000:.1f}/{growth.kimg:g} kimg"
        losses = "  ".join(
            f"{name.removeprefix('train/')} {value:.3f}"
            for name, value in module.latest.items()
            if name in ("train/d_loss", "train/g_loss")
        )
        here, whole = self.seconds_left(growth, shown, resolution)
        left = f"{clock(here)} left at {resolution}, {clock(whole)} in all" if self.pace else ""
        parts = [f"{stage:<22}", total, f"{self.pace:.0f} images/s", losses, left]
        return "  ".join(part for part in parts if part)

    def seconds_left(self, growth: Growth, shown: int, resolution: int) -> tuple[float, float]:
        """Until this resolution ends, and until the run ends."""
        left = images_left(growth, shown)
        each = 1 / max(self.pace, 1e-9)
        total = sum(n * each * self.cost[r] / self.cost[resolution] for r, n in left.items())
        return left.get(resolution, 0) * each, total
