"""Two local Ray workers train as one process does, over the loss of one; signals and errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from duck_and_cover.errors import UsageError
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.run import RunFolder

pytest.importorskip("ray", reason="Ray is not installed: pip install 'duck-and-cover[cluster]'")

HERE = Path(__file__).parent
RAY = ["-m", "duck_and_cover", "train", "--ray-workers", "2"]


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def configuration(path: Path, kimg: float) -> Path:
    """The smoke run with plain descent, often saved."""
    whole: dict[str, Any] = {}
    for name in ("progan", "smoke"):
        merge(whole, yaml.safe_load(preset_path(name).read_text()))
    whole["model"]["class_path"] = "process_worker.PlainDescent"
    whole["model"]["init_args"] |= {"lr": 0.5}
    whole["growth"] |= {"resolution": 8, "kimg": kimg}
    whole["run"] |= {"eval_kimg": 0, "checkpoint_kimg": 0.016, "sample_kimg": 1}
    whole["trainer"]["accelerator"] = "cpu"
    path.write_text(yaml.safe_dump(whole))
    return path


def start(*words: str, **more: object) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    env = {"PYTHONPATH": path, "OMP_NUM_THREADS": 1} | more
    return subprocess.Popen(
        [sys.executable, *RAY, *words],
        env=os.environ | {key: str(value) for key, value in env.items()},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def weights(run: RunFolder) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(run.last, weights_only=True)["state_dict"]
    return state


@pytest.mark.slow
def test_workers_are_as_one_process_though_one_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(HERE)
    config = str(configuration(tmp_path / "plain.yaml", 0.12))
    alone = train(["--config", config, f"--run.out={tmp_path / 'alone'}"])
    run, mark = RunFolder(tmp_path / "run"), tmp_path / "killed"
    process = start("--config", config, "--out", str(run.path), KILL_MARK=mark)
    shown, said = process.communicate(timeout=1200)
    assert process.returncode == 0, said
    assert mark.exists()
    assert f"trained: {run.path}\n" in shown  # after what Ray says of the loss
    lines = said.splitlines()  # those of the first process, before the loss and after it
    assert f"training {run.path} to 0.12 kimg" in lines
    assert any(line.startswith(f"training {run.path} to 0.12 kimg from ") for line in lines)
    first, second = weights(alone), weights(run)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert (tensor - second[name]).norm() <= 1e-6 * (tensor.norm() + 1), name
    assert run.metrics.read_text().count("\n") == alone.metrics.read_text().count("\n")
    assert not (run.path / "ray").exists()


@pytest.mark.slow
def test_a_signal_to_the_command_saves_and_leaves_with_75(tmp_path: Path) -> None:
    config = str(configuration(tmp_path / "plain.yaml", 50))
    run = RunFolder(tmp_path / "run")
    process = start("--config", config, "--out", str(run.path))
    while not run.last.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 75, said
    last = said.splitlines()[-1]
    assert last.startswith("duck-and-cover: stopped by SIGTERM at ")
    assert last.endswith(f"--resume {run.path}") and "Traceback" not in said
    assert torch.load(run.last, weights_only=True)["images_shown"] % 128 == 0  # by a vote


@pytest.mark.slow
def test_wrong_use_is_one_line_and_2(tmp_path: Path) -> None:
    config = str(configuration(tmp_path / "plain.yaml", 0.12))
    process = start("--config", config, "--out", str(tmp_path / "run"), "--batch", "7")
    _, said = process.communicate(timeout=600)
    assert process.returncode == 2, said
    assert said.splitlines()[-1].startswith("duck-and-cover: batch_size 7 cannot be shared by 2")


def test_what_is_refused_before_ray_starts(tmp_path: Path) -> None:
    from duck_and_cover.training.ray_cluster import train_on_ray

    with pytest.raises(UsageError, match="--ray-workers 0: take 1 or more"):
        train_on_ray([], tmp_path / "run", 0)
    (tmp_path / "config.yaml").touch()
    with pytest.raises(UsageError, match="holds a run: go on with --resume"):
        train_on_ray([], tmp_path, 2)


def test_the_first_word_on_the_end_counts() -> None:
    from duck_and_cover.training.ray_desk import Desk

    desk = Desk()
    assert desk.ended() == ("", "")
    desk.end("UsageError", "no")
    desk.end("StoppedEarly", "later")
    assert desk.ended() == ("UsageError", "no")
    desk.ask("SIGTERM")
    assert desk.wait() == "SIGTERM"
    for line in ("a", "b"):
        desk.say(line)
    assert desk.heard() == ["a", "b"] and desk.heard() == []
