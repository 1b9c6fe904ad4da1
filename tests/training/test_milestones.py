"""Milestones stand along a run, through kills and full disks, and each can draw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from duck_and_cover.errors import UsageError
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.training.fit import train
from duck_and_cover.training.milestones import passed
from duck_and_cover.training.run import RunFolder
from tests.training.test_full_disk import train_through
from tests.training.test_resume import SMOKE, Stop, stop_at

LEAN = [*SMOKE, "--run.eval_kimg=0", "--run.sample_kimg=1"]
for part in ("generator", "discriminator"):
    LEAN += [f"--model.init_args.{part}.init_args.fmap_{w}" for w in ("base=64", "max=16")]
WEIGHTS = "generator.safetensors"


def milestones(run: RunFolder) -> dict[str, bytes]:
    """Weights by folder's name."""
    folders = sorted(run.milestones.iterdir())
    return {folder.name: (folder / WEIGHTS).read_bytes() for folder in folders}


def test_milestones_are_even_steps_of_the_run() -> None:
    assert [passed(shown, 200, 8) for shown in (0, 24, 25, 49, 50, 175, 199, 200, 999)] == [
        *(0, 0, 1, 1, 2, 7, 7, 8, 8)
    ]
    assert passed(1003, 1003, 8) == 8 and passed(1002, 1003, 8) == 7
    assert not any(passed(shown, 200, 0) for shown in range(300))


def test_each_is_the_generator_of_its_moment(tmp_path: Path) -> None:
    run = train([*LEAN, f"--run.out={tmp_path / 'run'}"])
    kept = milestones(run)
    # After the first step of 8 covers that ends at or beyond each 25.
    shown = (32, 56, 80, 104, 128, 152, 176, 200)
    assert list(kept) == [f"000000.{at:03d}kimg" for at in shown]
    assert len(set(kept.values())) == 8
    assert kept["000000.200kimg"] == (run.generator / WEIGHTS).read_bytes()
    configs = [json.loads((run.milestones / name / "config.json").read_text()) for name in kept]
    assert [config["kimg"] for config in configs] == [at / 1000 for at in shown]
    assert [config["resolution"] for config in configs] == [8, 8, 16, 16, 16, 16, 16, 16]
    (cover,) = CoverGenerator.from_pretrained(run.milestones / "000000.056kimg").generate("jazz")
    assert cover.picture.size == (8, 8)


def test_a_resumed_run_has_the_milestones_of_the_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train([*LEAN, f"--run.out={tmp_path / 'whole'}"])
    with monkeypatch.context() as patch:
        stop_at(0.14, patch)
        with pytest.raises(Stop):
            train([*LEAN, f"--run.out={tmp_path / 'broken'}"])
    broken = RunFolder(tmp_path / "broken")
    last = torch.load(broken.last, weights_only=True)["images_shown"]
    assert last == 80 and max(milestones(broken)) == "000000.128kimg"
    # What comes after the checkpoint is made again, whatever stands there.
    (broken.milestone(128) / WEIGHTS).write_bytes(b"of a stretch that is lost")
    (broken.milestones / ".000000.152kimg.x1y2").mkdir()
    train([], resume=broken.path)
    assert milestones(broken) == milestones(whole)


def test_none_are_kept_where_none_are_wanted(tmp_path: Path) -> None:
    run = train([*LEAN, "--run.milestones=0", f"--run.out={tmp_path / 'run'}"])
    assert not run.milestones.exists()
    with pytest.raises(UsageError, match="milestones -1: take 0 or more"):
        train([*LEAN, "--run.milestones=-1", f"--run.out={tmp_path / 'no'}"])
    assert not (tmp_path / "no").exists()


def test_a_full_disk_costs_milestones_and_no_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = train_through(100, 145, tmp_path / "run")
    names = [f"000000.{at:03d}kimg" for at in (32, 56, 80, 104, 176, 200)]
    assert list(milestones(run)) == names  # and nothing half written beside them
    lost = [r.message for r in caplog.records if "this milestone is not kept" in r.message]
    assert len(lost) == 2 and "000000.128kimg" in lost[0] and "free; delete" in lost[0]
    assert torch.load(run.last, weights_only=True)["images_shown"] == 200
