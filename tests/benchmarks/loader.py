"""How long a training waits for its covers, and how fast they come from a stream.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.loader

The presets' own training runs at one resolution after another on JPEGs of 300 pixels. What counts
is the time within `next(loader)` against that of whole steps, after a few that warm up. Over 64
pixels nothing is stored here, so that the decoding that is done ahead is seen as well.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import datasets
import torch
from lightning.pytorch.profilers import SimpleProfiler

from duck_and_cover.data.large import AheadSampler
from duck_and_cover.data.stream import CoverStream
from duck_and_cover.data.stream_batches import BEGINNING, ShownCovers, StreamSampler
from duck_and_cover.data.workers import cpu_count
from duck_and_cover.growth import Growth
from duck_and_cover.training.building import build, preset_path, quiet_libraries
from tests.benchmarks.data import made_up, say

COVERS = 1000
WARM_UP = 8  # steps
STEPS = {4: 100, 8: 100, 16: 50, 32: 30, 64: 16, 128: 8}
CASES = {"quickstart": (4, 8, 16, 32), "progan": (64, 128)}
LOADER = "[_TrainingEpochLoop].train_dataloader_next"


def main() -> None:
    """Print the loader's share of the wall time, and the stream's covers a second."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    logging.disable(logging.WARNING)
    say(f"{cpu_count()} processors, {torch.get_num_threads()} threads, {COVERS} covers of 300 px")
    with tempfile.TemporaryDirectory() as folder:
        datasets.disable_progress_bars()
        made_up(300, COVERS).to_parquet(str(Path(folder) / "train.parquet"))
        os.environ["HF_DATASETS_CACHE"] = folder
        os.environ["DUCK_AND_COVER_CACHE"] = folder
        for preset, sides in CASES.items():
            for side in sides:
                for stream in (False, True):
                    shares(preset, side, folder, stream)
        for side in (64, 256):
            streaming(side, Path(folder))


def shares(preset: str, side: int, folder: str, stream: bool) -> None:
    """One preset at one resolution."""
    steps, batch = STEPS[side] + WARM_UP, 16
    fields: dict[str, Any] = {
        "--growth.resolution": side,
        "--growth.start_resolution": side,
        "--growth.kimg": steps * batch / 1000,
        "--growth.batch_size": batch,
        "--data.covers": folder,
        "--data.pyramid_max": 64,
        "--data.stream": str(stream).lower(),
    }
    arguments = [f"{name}={value}" for name, value in fields.items()]
    with quiet_libraries():
        cli = build(["--config", str(preset_path(preset)), *arguments])
        profiler = Steps()
        cli.trainer.profiler = profiler  # type: ignore[attr-defined]
        cli.trainer.fit(cli.model, cli.datamodule)
    waits = profiler.recorded_durations[LOADER][WARM_UP : WARM_UP + STEPS[side]]
    wall = profiler.ends[-1] - profiler.ends[WARM_UP - 1]
    how = "streamed" if stream else "decoded" if side > 64 else "stored"
    say(
        f"{preset} at {side}x{side}, {how:<9} step {1000 * wall / STEPS[side]:8.1f} ms, "
        f"of which waiting {1000 * sum(waits) / len(waits):6.2f} ms: {sum(waits) / wall:6.2%}"
    )


class Steps(SimpleProfiler):
    """When each step ended, beside what took how long."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def stop(self, action_name: str) -> None:
        """Look at the clock."""
        super().stop(action_name)
        if action_name == "run_training_batch":
            self.ends.append(time.perf_counter())

    def summary(self) -> str:
        """Nothing; the benchmark has lines of its own."""
        return ""


def streaming(side: int, folder: Path) -> None:
    """Covers a second from local parquet, decoded by one thread: two epochs, the second counts."""
    growth = Growth(resolution=side, start_resolution=side, kimg=2 * COVERS / 1000, batch_size=20)
    shown = ShownCovers(CoverStream(str(folder / "train.parquet"), buffer=200), BEGINNING, 0, 1)
    began, used = time.perf_counter(), time.process_time()
    for draw in AheadSampler(StreamSampler(growth, shown, 0), shown, 0, threads=1):
        draw.wait()  # type: ignore[attr-defined]
        shown.take(draw.indices)
        if draw.images_shown < COVERS:
            began, used = time.perf_counter(), time.process_time()
    wall, core = time.perf_counter() - began, time.process_time() - used
    say(
        f"streaming at {side}x{side}, one decoding thread: {COVERS / wall:,.0f} covers/s, "
        f"{COVERS / core:,.0f} a core second"
    )


if __name__ == "__main__":
    main()
