"""Many processes train as one would, resume in other numbers, and end together."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.losses import matching_loss
from duck_and_cover.training import devices, processes
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.run import RunFolder, read_rows
from tests.given import given

HERE = Path(__file__).parent
WORKER = HERE / "process_worker.py"
SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]


def environment(**more: object) -> dict[str, str]:
    """For a process with one thread that finds this project and the worker's classes."""
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    return (
        os.environ
        | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        | {key: str(value) for key, value in more.items()}
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def finish(*commands: subprocess.Popen[str]) -> None:
    """Wait for processes to end well."""
    for command in commands:
        _, said = command.communicate(timeout=600)
        assert command.returncode == 0, said[-3000:]


def torchrun(node: int, port: int, arguments: list[str], **more: object) -> subprocess.Popen[str]:
    """One of two nodes of one process each."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"]
    command += [f"--node-rank={node}", "--rdzv-backend=static", "--max-restarts=0"]
    command += [f"--rdzv-endpoint=127.0.0.1:{port}", *arguments]
    return subprocess.Popen(command, env=environment(**more), stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smoke run with plain descent, lazy penalties of all three kinds, often saved."""
    whole: dict[str, Any] = {}
    for name in ("progan", "smoke"):
        merge(whole, yaml.safe_load(preset_path(name).read_text()))
    whole["model"]["class_path"] = "process_worker.PlainDescent"
    whole["model"]["init_args"] |= {"gp": 1.0, "lr": 0.5, "penalty_every": 2}
    whole["seed_everything"] = 1  # from 0, rounding turns a ReLU over
    whole["growth"] |= {"resolution": 8, "kimg": 0.12}  # 8x8 fades in from 30 to 60 images
    whole["run"] |= {"eval_kimg": 0, "checkpoint_kimg": 0.016, "sample_kimg": 1}
    whole["trainer"]["accelerator"] = "cpu"
    path = tmp_path_factory.mktemp("config") / "plain.yaml"
    path.write_text(yaml.safe_dump(whole))
    return path


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


@pytest.fixture(scope="module")
def patched() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)
        yield patch


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, config: Path, patched: Any) -> RunFolder:
    """The run as one process makes it."""
    return train(["--config", str(config), f"--run.out={tmp_path_factory.mktemp('alone') / 'run'}"])


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory, config: Path, alone: RunFolder) -> Path:
    """What two nodes make: a whole run, and one broken off before the step at 45 images."""
    out, port = tmp_path_factory.mktemp("together"), free_port()
    (out / "spoilt").mkdir()
    finish(*(torchrun(n, port, [str(WORKER), str(config), str(out)], WEIGHTS=out) for n in (0, 1)))
    return out


def weights(run: RunFolder) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(run.last, weights_only=True)["state_dict"]
    return state


def assert_close(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    """Equal to rounding: 1e-6 of each tensor's size."""
    assert a.keys() == b.keys()
    for name, tensor in a.items():
        assert (tensor - b[name]).norm() <= 1e-6 * (tensor.norm() + 1), name


def test_two_nodes_are_as_one_process(alone: RunFolder, together: Path) -> None:
    first, second = (torch.load(together / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    for name, tensor in first.items():  # the average among them
        assert torch.equal(tensor, second[name]), name
    assert_close(weights(alone), first)
    # The last steps alone have led a hundred times as far.
    before = torch.load(RunFolder(together / "whole-0").previous, weights_only=True)["state_dict"]
    for name in ("generator.blocks.8.conv0.weight", "discriminator.from_rgb.8.weight"):
        assert (first[name] - before[name]).norm() > 1e-4 * first[name].norm(), name


def test_options_on_two_nodes_are_as_on_one(tmp_path: Path, config: Path, alone: RunFolder) -> None:
    """The head for genres, augmentation that adapts, and a beginning with another run's weights."""
    whole = yaml.safe_load(config.read_text())
    arguments = whole["model"]["init_args"]
    arguments["discriminator"]["init_args"]["classify"] = True
    ada = {"class_path": "duck_and_cover.augment.ADA", "init_args": {"kimg": 0.2, "target": -1.1}}
    arguments |= {"ac": 1.0, "ac_generator": 0.1, "augment": ada, "lr": 0.1}
    whole["run"]["init_from"] = str(alone.path)
    options = tmp_path / "options.yaml"
    options.write_text(yaml.safe_dump(whole))
    one = train(["--config", str(options), f"--run.out={tmp_path / 'one'}"])
    port, more = free_port(), {"WEIGHTS": tmp_path, "ALONE": 1}
    words = [str(WORKER), str(options), str(tmp_path)]
    finish(*(torchrun(node, port, words, **more) for node in (0, 1)))
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["augment.p"] > 0 and "discriminator.genre_head.weight" in first
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name
    assert_close(weights(one), first)
    begun = weights(alone)["generator.blocks.8.conv0.weight"]
    assert 0 < (first["generator.blocks.8.conv0.weight"] - begun).norm() < begun.norm()


def test_losses_are_of_the_whole_batch(alone: RunFolder, together: Path) -> None:
    header, *rows = read_rows(alone.metrics)
    same_header, *same_rows = read_rows(RunFolder(together / "whole-0").metrics)
    assert header == same_header and len(rows) == len(same_rows) > 5
    assert {"train/gp", "train/r1", "train/matching"} <= set(header)
    for row, same in zip(rows, same_rows, strict=True):
        found = [float(value) for value in same if value]
        assert [float(value) for value in row if value] == pytest.approx(found, rel=1e-4, abs=1e-5)


def test_only_the_first_process_writes(together: Path) -> None:
    assert {path.name for path in together.iterdir()} == {
        *("0.pt", "1.pt"),
        *("whole-0", "broken-0", "spoilt-0", "spoilt"),
    }


def test_all_skip_the_step_that_one_process_spoils(together: Path) -> None:
    first, second = (
        torch.load(together / "spoilt" / f"{rank}.pt", weights_only=True) for rank in (0, 1)
    )
    sound = torch.load(together / "0.pt", weights_only=True)
    for name, tensor in first.items():
        assert torch.isfinite(tensor).all() and torch.equal(tensor, second[name]), name
    assert any(not torch.equal(tensor, sound[name]) for name, tensor in first.items())
    state = torch.load(RunFolder(together / "spoilt-0").last, weights_only=True)
    assert state["latest"]["train/skipped_steps"] == 1


def test_resumes_in_other_numbers(
    alone: RunFolder, together: Path, patched: Any, tmp_path: Path
) -> None:
    """Two processes, then one, then two: the same run as one process all along."""
    broken = RunFolder(together / "broken-0")
    shown = torch.load(broken.last, weights_only=True)["images_shown"]
    assert 16 <= shown <= 48
    patched.setenv("STOP_AT", "90")
    with pytest.raises(importlib.import_module("process_worker").Stop):
        train(["--trainer.devices=1"], resume=broken.path)
    patched.delenv("STOP_AT")
    shown = torch.load(broken.last, weights_only=True)["images_shown"]
    assert 48 < shown <= 96
    command = [sys.executable, "-m", "duck_and_cover", "train", "--resume", str(broken.path)]
    command += ["--devices", "2"]
    env = environment(WEIGHTS=tmp_path)
    finish(subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True))
    state = torch.load(broken.last, weights_only=True)
    assert state["images_shown"] == 120
    assert_close(weights(alone), state["state_dict"])
    assert torch.load(tmp_path / "1.pt", weights_only=True).keys() == state["state_dict"].keys()
    assert broken.metrics.read_text().count("\n") == alone.metrics.read_text().count("\n")


def test_what_processes_cannot_share_is_refused(tmp_path: Path) -> None:
    start = [*SMOKE, "--trainer.accelerator=cpu", f"--run.out={tmp_path / 'run'}"]
    with pytest.raises(UsageError, match="batch_size 8 cannot be shared by 3 devices"):
        train([*start, "--trainer.devices=3"])
    with pytest.raises(UsageError, match="stddev_group 4 takes 4 covers, and each of 4 .* has 2"):
        train([*start, "--trainer.devices=4"])
    with pytest.raises(UsageError, match="--strategy fsdp: take auto or ddp"):
        train([*start, "--trainer.devices=2", "--trainer.strategy=fsdp"])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("group", "batch", "count", "refused"),
    [(4, 8, 2, False), (None, 8, 2, True), (None, 8, 1, False), (0, 8, 8, False)]
    # Groups are the largest divisor of the batch: 3 of 6 and of 12, where 4 does not fit.
    + [(4, 6, 2, False), (4, 6, 3, True), (4, 12, 3, False), (5, 12, 2, True)],
)
def test_groups_stay_within_a_process(
    group: int | None, batch: int, count: int, refused: bool
) -> None:
    growth = Growth(resolution=8, batch_size=batch)
    if refused:
        with pytest.raises(UsageError, match="stddev_group"):
            devices.check_shares(growth, group, count)
    else:
        devices.check_shares(growth, group, count)


def test_one_process_alone_exchanges_nothing() -> None:
    layer = nn.Linear(2, 2)
    layer(torch.ones(1, 2)).sum().backward()
    before = [p.grad.clone() for p in layer.parameters() if p.grad is not None]
    devices.average_gradients(layer.parameters())
    for gradient, parameter in zip(before, layer.parameters(), strict=True):
        assert parameter.grad is not None and torch.equal(gradient, parameter.grad)
    rows = torch.arange(6.0).reshape(3, 2)
    assert torch.equal(devices.own_rows(rows), rows)
    condition = given(rows, rows[:, 0], rows)
    assert devices.all_rows(condition) is condition
    assert devices.average([torch.tensor(0.1)]) == [float(torch.tensor(0.1))]


def test_matches_of_a_part_are_part_of_the_loss() -> None:
    matches = torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    parts = [matching_loss(matches[:4]), matching_loss(matches[4:], first=4)]
    torch.testing.assert_close(sum(parts) / 2, matching_loss(matches))


def test_who_starts_the_processes_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"accelerator": "cpu", "devices": 1, "num_nodes": 1, "strategy": "auto"}
    assert processes.device_settings(asked)["strategy"] == "auto"
    assert processes.writes()
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("WORLD_SIZE", "6")
    found = processes.device_settings(asked)
    assert (found["devices"], found["num_nodes"]) == (2, 3)
    assert isinstance(found["strategy"], processes.Together)
    for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"):
        monkeypatch.delenv(name)
    slurm = {"JOB_NAME": "gan", "NTASKS": "8", "NTASKS_PER_NODE": "4", "NNODES": "2"}
    for name, value in slurm.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    found = processes.device_settings(asked)
    assert (found["devices"], found["num_nodes"]) == (4, 2)
