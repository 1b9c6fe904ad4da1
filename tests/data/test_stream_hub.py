"""Training from a Hub dataset without a copy of it, and what happens when the Hub fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.run import RunFolder
from tests.data_collection.hub import Hub, serve_hub
from tests.data_collection.hub_files import Repo

FIELDS = "--data.shuffle_buffer=20 --data.genres=[rock] --data.years=[1960,2000]"
SMOKE = f"--config progan --config smoke --stream {FIELDS}"  # by seed 0 the first file is first
FILES = ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]


class Files(dict[str, bytes]):
    """A dataset's files, some of which are not to be had."""

    gone: str = ""

    def __contains__(self, path: object) -> bool:
        return path != self.gone and super().__contains__(path)


@pytest.fixture
def hub(make_covers: Callable[..., Any], tmp_path: Path) -> Iterator[Hub]:
    """A Hub with a dataset of two shards, 100 covers in each."""
    artists, years = [f"artist {i}" for i in range(100)], list(range(1950, 2050))
    covers = make_covers(100, artist_name=artists, genres=[["rock"]] * 100, year=years)
    (tmp_path / "data").mkdir()
    for name in FILES:
        covers.to_parquet(str(tmp_path / name))
    with serve_hub() as served:
        contents = {name: (tmp_path / name).read_bytes() for name in FILES}
        repo = Repo(False, Files(contents), ["covers"])
        served.repos["you/covers"] = repo
        yield served


def command(hub: Hub, place: Path, arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which alone can be told of another Hub."""
    environment = {**os.environ, **hub.environment(), "HF_HOME": str(place / "hf")}
    environment["OMP_NUM_THREADS"] = "1"  # as here: sums of other parts round otherwise
    return subprocess.run(
        [sys.executable, "-m", "duck_and_cover", "train", *arguments.split()],
        env=environment,
        cwd=place,
        capture_output=True,
        text=True,
        timeout=240,
    )


def weights(run: Path) -> dict[str, torch.Tensor]:
    state = torch.load(RunFolder(run).last, weights_only=True)
    assert state["images_shown"] == 200
    found: dict[str, torch.Tensor] = state["state_dict"]
    return found


def test_a_hub_that_fails_costs_only_time_and_nothing_is_copied(hub: Hub, tmp_path: Path) -> None:
    files = hub.repos["you/covers"].files
    assert isinstance(files, Files)
    files.gone = FILES[1]
    arguments = f"{SMOKE} --data you/covers --out broken --run.checkpoint_kimg 0.008"
    broken = command(hub, tmp_path, arguments)
    assert broken.returncode == 1
    assert "Traceback" not in broken.stderr
    last = broken.stderr.strip().splitlines()[-1]
    assert "cannot read 'you/covers'" in last and "--resume" in last

    files.gone = ""
    resumed = command(hub, tmp_path, "--resume broken")
    assert resumed.returncode == 0 and "from broken/checkpoints/last.ckpt" in resumed.stderr
    kept = [path for path in (tmp_path / "hf").rglob("*") if path.is_file()]
    assert not [path for path in kept if path.suffix in (".parquet", ".arrow")]
    assert sum(path.stat().st_size for path in kept) < 10_000

    # The order does not depend on where the files are, so another way shows the same covers.
    presets = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
    data = [f"--data.covers={tmp_path / 'data'}", "--data.stream=true", *FIELDS.split()]
    train([*presets, *data, f"--run.out={tmp_path / 'whole'}", "--run.eval_kimg=0"])
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "broken")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
