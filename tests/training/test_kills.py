"""kill -9 twenty times at moments of chance, and the run is the one that nobody killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from duck_and_cover.training.run import RunFolder

pytestmark = pytest.mark.slow

KILLS = 20
PLAN = ["--config", "progan", "--config", "smoke", "--kimg", "6"]
FIELDS = ["--run.checkpoint_kimg=0.024", "--run.sample_kimg=0.1", "--run.eval_kimg=0"]


def start(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "duck_and_cover", "train", *words]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def shown(run: RunFolder) -> int:
    path = run.checkpoint()
    return 0 if path is None else int(torch.load(path, weights_only=True)["images_shown"])


def wait_for(run: RunFolder, before: float, process: subprocess.Popen[bytes]) -> bool:
    """Until this process has written a checkpoint; False where it has ended instead."""
    while process.poll() is None:
        if run.last.exists() and run.last.stat().st_mtime > before:
            return True
        time.sleep(0.01)
    return False


def test_twenty_kills_leave_no_trace(tmp_path: Path) -> None:
    whole, killed = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "killed")
    assert start(*PLAN, *FIELDS, "--out", str(whole.path)).wait() == 0

    chance, kills, moments = random.Random(4), 0, set()
    words = [*PLAN, *FIELDS, "--out", str(killed.path)]
    while kills < KILLS:
        before = killed.last.stat().st_mtime if killed.last.exists() else 0.0
        process = start(*words)
        # Each gets a step further, so that the run ends; then it lives on for a moment of chance,
        # short enough to fall between the writing of two files, or into it.
        if not wait_for(killed, before, process):
            break
        time.sleep(chance.uniform(0.0, 0.4))
        process.kill()
        if process.wait() == 0:
            break
        kills += 1
        moments.add(shown(killed))
        words = ["--resume", str(killed.path)]
    assert kills == KILLS, f"the run ended after {kills} kills: give it more images"
    assert len(moments) > KILLS // 2

    assert start(*words).wait() == 0, killed.log.read_text()
    assert killed.metrics.read_text() == whole.metrics.read_text()
    weights = "generator.safetensors"
    assert (killed.generator / weights).read_bytes() == (whole.generator / weights).read_bytes()
    pictures = sorted(path.name for path in whole.samples.iterdir())
    assert sorted(path.name for path in killed.samples.iterdir()) == pictures
