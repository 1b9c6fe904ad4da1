"""Processes of one training end together: one is lost, or some are asked to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from duck_and_cover.training.building import preset_path
from duck_and_cover.training.run import RunFolder

ROOT = Path(__file__).parents[2]
SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
# A process that is gone must be missed within a minute.
MINUTE = 60


def environment(**more: object) -> dict[str, str]:
    """For a process with one thread."""
    here = {"PYTHONPATH": ROOT, "OMP_NUM_THREADS": 1, "MASTER_ADDR": "127.0.0.1"}
    return os.environ | {key: str(value) for key, value in (here | more).items()}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def pair(run: RunFolder) -> list[subprocess.Popen[str]]:
    """Two processes of a run that would last for long, with their first checkpoint written."""
    command = [sys.executable, "-m", "duck_and_cover", "train", *SMOKE, "--out", str(run.path)]
    command += ["--kimg", "50", "--run.checkpoint_kimg=0.016", "--run.eval_kimg=0"]
    command += ["--trainer.accelerator=cpu"]
    here = {"WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2}
    port = free_port()
    both = [
        subprocess.Popen(
            command,
            env=environment(RANK=rank, LOCAL_RANK=rank, MASTER_PORT=port, **here),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    while not run.last.exists():
        if any(process.poll() is not None for process in both):
            end(both)
            raise AssertionError("ended before its first checkpoint")
        time.sleep(0.05)
    return both


def end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("victim", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_killed_process_ends_the_other(tmp_path: Path, victim: int) -> None:
    run = RunFolder(tmp_path / "run")
    both = pair(run)
    try:
        os.kill(both[victim].pid, signal.SIGKILL)
        _, said = both[1 - victim].communicate(timeout=MINUTE)
    finally:
        end(both)
    assert both[1 - victim].returncode == 1
    (line,) = [line for line in said.splitlines() if "gone" in line]
    assert "go on with" in line and "--resume" in line
    assert run.checkpoint() is not None


@pytest.mark.parametrize("asked", [[1], pytest.param([0, 1], marks=pytest.mark.slow)])
def test_asked_to_stop_all_save_one_checkpoint(tmp_path: Path, asked: list[int]) -> None:
    run = RunFolder(tmp_path / "run")
    both = pair(run)
    try:
        for rank in asked:
            both[rank].send_signal(signal.SIGTERM)
        said = [process.communicate(timeout=3 * MINUTE)[1] for process in both]
    finally:
        end(both)
    assert [process.returncode for process in both] == [75, 75], said
    last = [text.splitlines()[-1] for text in said]
    assert "stopped by SIGTERM at" in last[1]
    assert ("SIGTERM" if 0 in asked else "another process") in last[0]
    shown = torch.load(run.last, weights_only=True)["images_shown"]
    assert all(f"at {shown / 1000:.1f} kimg" in line for line in last)
