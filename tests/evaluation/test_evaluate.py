"""The whole report: what is true of a generator stands in it; what cannot be measured is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.evaluation import judge
from duck_and_cover.evaluation.contestants import Contestant
from duck_and_cover.evaluation.evaluate import Wanted, evaluate
from duck_and_cover.evaluation.ground import Ground, cuts_of, lay_ground
from duck_and_cover.evaluation.measure import measure
from duck_and_cover.evaluation.names import counted, distance_name
from duck_and_cover.evaluation.report.contents import Figure, ModelReport, Report
from duck_and_cover.judge_callback import JudgeScores
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train
from tests.evaluation.conftest import Yardstick
from tests.evaluation.liars import (
    Copies,
    Honest,
    IgnoresGenre,
    IgnoresYear,
    MirrorsYears,
    OneCoverAGenre,
    ShiftsYears,
)


@pytest.fixture(scope="module")
def ground(yardstick: Yardstick) -> Ground:
    return lay_ground(yardstick.data, "held-out", 10_000, "judge", None, 0)


def figure(report: ModelReport, start: str) -> Figure:
    return next(f for f in report.figures if f.name.startswith(start))


def reported(maker: Honest, ground: Ground, out: Path) -> tuple[ModelReport, set[str]]:
    who = Contestant(maker.name, "generator", out, 16, None, maker)
    report = measure(who, ground, None, out, "it")
    return report, {flag.kind for flag in report.flags} - {"few-covers"}


def test_an_honest_generator_is_as_near_as_real_covers(ground: Ground, tmp_path: Path) -> None:
    report, kinds = reported(Honest(ground.judge.vocabulary), ground, tmp_path)
    assert kinds == set()
    kid, fid = figure(report, "kid_judge_"), figure(report, "fid_judge_")
    assert kid.floor is not None and kid.std is not None
    assert abs(kid.value - kid.floor) < 3 * kid.std + 0.1
    assert fid.floor is not None and fid.value < 1.5 * fid.floor
    assert ground.noise[fid.name] > 10 * fid.value
    assert figure(report, "recall").value > 0.7 and figure(report, "precision").value > 0.7
    assert report.confusion is not None and report.years is not None
    for name in report.pictures.values():
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 64


@pytest.mark.parametrize(
    ("liar", "kind"),
    [
        (IgnoresGenre, "ignores-genre"),
        (OneCoverAGenre, "collapsed"),
        (MirrorsYears, "wrong-years"),
        (ShiftsYears, "wrong-years"),
        (IgnoresYear, "ignores-year"),
    ],
)
def test_the_report_catches_a_liar(
    liar: Callable[..., Honest], kind: str, ground: Ground, tmp_path: Path
) -> None:
    _, kinds = reported(liar(ground.judge.vocabulary), ground, tmp_path)
    assert kind in kinds


def test_the_report_catches_a_copy(ground: Ground, tmp_path: Path) -> None:
    copies = Copies(ground.judge.vocabulary, training=ground.data.pyramid("train"))
    report, kinds = reported(copies, ground, tmp_path)
    assert "copies" in kinds
    assert (tmp_path / report.pictures["nearest"]).is_file()


def test_halves_are_halves() -> None:
    few, many = cuts_of(101, 50, 0), cuts_of(5000, 2500, 0)
    assert len(few) == 5 and len(many) == 1
    for reference, other in (*few, *many):
        assert len(reference) == len(other) and not set(reference) & set(other)
    assert any((few[0].other != cut.other).any() for cut in few[1:])


def test_names_tell_features_and_number() -> None:
    assert counted("kid", 10_000) == "kid_10k" and counted("kid", 572) == "kid_572"
    assert distance_name("fid", "inception", 50_000) == "fid_50k"
    assert distance_name("kid", "x/Mobile_Net.pt", 2000) == "kid_mobilenet_2k"
    assert distance_name("recall", "my.features:look", 300) == "recall_look_300"
    assert distance_name("swd_16", "judge", 300) == "swd_16_300"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "small"
    presets = [p for n in ("progan", "smoke") for p in ("--config", str(preset_path(n)))]
    return train([*presets, "--data.synthetic_count=300", f"--run.out={out}"]).path


def test_a_run_and_pictures_stand_side_by_side(run: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "noise"
    pictures.mkdir()
    random = np.random.default_rng(0)
    for i in range(40):
        noise = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(noise).save(pictures / f"{i}.png")
    out = tmp_path / "report"
    wanted = Wanted(split="all", n=30)
    report, page = evaluate([str(run), str(pictures)], wanted, out, "the command")
    assert page == out / "index.html" and page.is_file()
    assert Report.read(out).models[0].name == report.models[0].name == f"{run.parent.name}/small"
    of_run, of_noise = report.models
    assert (of_run.kind, of_noise.kind) == ("run", "pictures")
    assert of_run.kimg == 0.2 and of_run.discriminator is not None and of_run.conditioning
    assert figure(of_noise, "fid_judge_30").value > figure(of_noise, "fid_judge_30").floor  # type: ignore[operator]
    assert not of_noise.genres and of_noise.conditioning is None
    assert json.loads((out / "report.json").read_text())["command"] == "the command"
    again, _ = evaluate([str(run), str(pictures)], wanted, tmp_path / "again", "the command")
    assert again.models[0].figures == of_run.figures


def test_a_run_that_has_not_grown_yet_is_measured_by_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 4x4 no window of MS-SSIM fits; all else is known."""
    monkeypatch.setattr(judge, "MOST_IMAGES", 640)
    presets = [p for n in ("progan", "smoke") for p in ("--config", str(preset_path(n)))]
    chosen = ["--growth.stable_kimg=0.5", "--growth.fade_kimg=0.5", "--data.synthetic_count=400"]
    done = train([*presets, *chosen, f"--run.out={tmp_path / 'young'}"])
    report, page = evaluate([str(done.path)], Wanted(split="all", n=200), tmp_path / "report")
    assert report.models[0].resolution == 4
    assert not np.isnan(figure(report.models[0], "diversity").value)
    assert not any(each.name == "ms_ssim" for each in report.models[0].figures)
    assert page.is_file()


def test_features_of_a_file(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "colours.py").write_text(
        "def means(images):\n"
        "    import torch\n"
        "    return torch.nn.functional.avg_pool2d(images.float(), 4).flatten(1)\n"
    )
    monkeypatch.chdir(tmp_path)
    wanted = Wanted(split="all", n=50, features="colours:means")
    report, _ = evaluate([str(run)], wanted, tmp_path / "report")
    assert figure(report.models[0], "kid_means_50").value > 0


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(split="tests"), "--split tests: take one of"),
        (Wanted(split="all", features="nothing"), "--features nothing"),
        (Wanted(split="all", features="no_such_module:look"), "cannot be imported"),
        (Wanted(data="./no-such-folder"), "no-such-folder"),
    ],
)
def test_what_cannot_be_asked(wanted: Wanted, said: str, run: Path, tmp_path: Path) -> None:
    with pytest.raises((UsageError, DuckAndCoverError), match=said):
        evaluate([str(run)], wanted, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_generator_alone_needs_data(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--data: say what to hold"):
        evaluate([str(run / "generator")], Wanted(), tmp_path / "report")


def test_the_best_generator_is_kept_and_can_be_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "MOST_IMAGES", 640)
    out = tmp_path / "judged"
    presets = [p for n in ("progan", "smoke") for p in ("--config", str(preset_path(n)))]
    done = train([*presets, f"--run.out={out}"], judge=JudgeScores)
    best = json.loads((done.best / "config.json").read_text())
    kids = {}
    with done.metrics.open() as file:
        header = file.readline().strip().split(",")
        for line in file:
            row = dict(zip(header, line.strip().split(","), strict=False))
            if row.get("val/kid") and float(row["kimg"]):
                kids[float(row["kimg"])] = float(row["val/kid"])
    assert best["kimg"] == pytest.approx(min(kids, key=lambda kimg: kids[kimg]))
    assert best["metrics"]["val/kid"] == pytest.approx(min(kids.values()), rel=1e-5)
    wanted = Wanted(data="synthetic", split="test", n=20)
    report, _ = evaluate([str(done.best)], wanted, tmp_path / "report")
    assert report.models[0].kind == "generator" and report.models[0].discriminator is None
