"""Weights & Biases gets what metrics.csv gets, offline too."""

from pathlib import Path

import pytest

from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train

# wandb and what it imports are not held to our standard of warnings.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_wandb_offline(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    configs = [
        part for name in ("progan", "smoke") for part in ("--config", str(preset_path(name)))
    ]
    run = train([*configs, f"--run.out={tmp_path / 'run'}", "--run.wandb=true"])
    assert list((run.path / "wandb").glob("offline-run-*/*.wandb"))
