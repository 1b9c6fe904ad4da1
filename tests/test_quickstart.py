"""The quickstart, small: everything that it promises is there afterwards."""

import json
from pathlib import Path

import pytest
from PIL import Image

from duck_and_cover.quickstart import quickstart

TINY = [
    "--data.synthetic_count=240",
    "--data.synthetic_size=32",
    "--growth.resolution=16",
    "--model.init_args.generator.init_args.fmap_base=64",
    "--model.init_args.discriminator.init_args.fmap_base=64",
]


def test_quickstart_draws_trains_judges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # No time at all: the plan is the shortest that there is.
    run = quickstart(0, tmp_path / "quickstart", fields=TINY)
    printed = capsys.readouterr()
    for row in ("genre accuracy", "year error", "diversity within a genre", "images/s"):
        assert row in printed.out
    for step in ("drawing covers", "training the judge", "measuring", "training for 1 kimg"):
        assert step in printed.err
    scores = json.loads((run.path / "scores.json").read_text())
    assert 0 <= scores["generated"]["genre_accuracy"] <= 1
    assert scores["real"]["count"] == scores["generated"]["count"] > 0
    assert len(list((run.path / "covers").glob("*.png"))) == 16 * 4 + 1
    with Image.open(run.gif) as growth:
        assert growth.n_frames > 5  # type: ignore[attr-defined]

    again = quickstart(0, tmp_path / "quickstart", fields=[*TINY, "--growth.resolution=8"])
    assert again.path.name == "quickstart-2"
