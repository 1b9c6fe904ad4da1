"""Around the steps: what is judged, drawn and exported is of its moment."""

import json
from pathlib import Path

import pytest
from PIL import Image

from duck_and_cover import CoverGenerator
from duck_and_cover.evaluation import judge as judging
from duck_and_cover.judge_callback import JudgeScores
from duck_and_cover.training.base import crossed
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.progress import clock
from duck_and_cover.training.run import RunFolder, read_rows


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    out = tmp_path_factory.mktemp("runs") / "judged"
    configs = [
        part for name in ("progan", "smoke") for part in ("--config", str(preset_path(name)))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "MOST_IMAGES", 640)
        tensorboard = "--run.tensorboard=true"
        return train([*configs, f"--run.out={out}", tensorboard], judge=JudgeScores)


def test_the_judge_is_asked_from_start_to_end(run: RunFolder) -> None:
    header, *rows = read_rows(run.metrics)
    column = header.index("val/kid")
    judged = [row[0] for row in rows if len(row) > column and row[column]]
    assert judged == ["0.0", "0.104", "0.2"]


def test_the_generator_carries_its_scores(run: RunFolder) -> None:
    config = json.loads((run.generator / "config.json").read_text())
    assert config["kimg"] == 0.2 and config["resolution"] == 16 and config["alpha"] == 1.0
    names = ("kid", "genre_accuracy", "year_error")
    assert {f"{kind}/{name}" for kind in ("val", "real") for name in names} <= set(
        config["metrics"]
    )
    assert "| kid | " in (run.generator / "README.md").read_text()
    assert config["data"]["name"] == "synthetic" and config["data"]["fingerprint"]


def test_samples_are_of_one_size_and_move(run: RunFolder) -> None:
    paths = sorted(run.samples.iterdir())
    assert [p.name for p in paths][::4] == ["000000.000kimg.png", "000000.200kimg.png"]
    sizes = set()
    for path in paths:
        with Image.open(path) as picture:
            sizes.add(picture.size)
    assert len(sizes) == 1
    with Image.open(run.gif) as gif:
        assert gif.n_frames == len(paths)  # type: ignore[attr-defined]


def test_the_generator_draws(run: RunFolder) -> None:
    (cover,) = CoverGenerator.from_pretrained(run.path).generate("jazz", 1959)
    assert cover.picture.size == (16, 16)


def test_tensorboard_takes_numbers_and_pictures(run: RunFolder) -> None:
    assert list(Path(run.path, "tensorboard").rglob("events*"))


def test_clock() -> None:
    assert crossed(0, 1000, 1.0) and not crossed(1000, 1999, 1.0) and crossed(1999, 2001, 1.0)
    assert [clock(s) for s in (5, 65, 3700)] == ["5s", "1m05s", "1h01m"]
