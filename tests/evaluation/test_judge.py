"""The judge learns what there is to learn, is kept, and stands in where there is nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from duck_and_cover.data.classifier import CoverClassifier
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation import judge as judging
from duck_and_cover.evaluation.judge import judge_for
from duck_and_cover.evaluation.real_covers import held_out
from duck_and_cover.evaluation.scores import score
from duck_and_cover.evaluation.verdicts import genre_accuracy, year_error
from duck_and_cover.growth import Growth


def synthetic(count: int, resolution: int) -> CoverDataModule:
    return CoverDataModule(
        "synthetic", Growth(resolution=resolution), synthetic_count=count, synthetic_size=32
    )


@pytest.mark.slow
def test_the_truth_of_synthetic_covers_can_be_learnt() -> None:
    """97 % of genres and less than six years off, on artists that it has not seen."""
    data = synthetic(4000, 32)
    judge, real = judge_for(data), held_out(data)
    verdicts = judge.look(real.pictures)
    assert len(real.genres) > 300
    assert genre_accuracy(verdicts, real.genres, judge.vocabulary) >= 0.97
    assert year_error(verdicts, real.years) < 6


def test_it_is_trained_once_and_again_when_damaged(
    monkeypatch: pytest.MonkeyPatch, own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(judging, "MOST_IMAGES", 640)
    data = synthetic(150, 16)
    pictures = held_out(data).pictures
    first = judge_for(data).look(pictures)

    def never(*_: object) -> None:
        raise AssertionError("trained although it is in the cache")

    with monkeypatch.context() as patch:
        patch.setattr(judging, "train_classifier", never)
        assert np.array_equal(judge_for(data).look(pictures).genres, first.genres)
    (path,) = (own_cache / "judges").glob(f"{data.pyramid('train').fingerprint}*")
    path.write_bytes(path.read_bytes()[:1000])
    again = judge_for(data).look(pictures)
    assert "damaged" in caplog.text
    np.testing.assert_allclose(again.genres, first.genres, rtol=1e-4, atol=1e-4)


def test_a_judge_speaks_the_vocabulary_that_it_was_trained_with(
    monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    """The same covers under other genres and years are another judge's."""
    monkeypatch.setattr(judging, "MOST_IMAGES", 640)
    data, other = synthetic(160, 16), synthetic(160, 16)
    other.genres, other.years = ["jazz", "polka", "techno"], (1900, 2100)
    assert judge_for(data).vocabulary == data.vocabulary != other.vocabulary
    judge = judge_for(other)
    assert judge.vocabulary == other.vocabulary
    verdicts = judge.look(held_out(other).pictures)
    assert verdicts.genres.shape[1] == 3
    assert 1900 < verdicts.years.mean() < 2100
    fingerprint = data.pyramid("train").fingerprint
    assert len(list((own_cache / "judges").glob(f"{fingerprint}*"))) == 2


def test_covers_without_labels_get_a_judge_of_synthetic_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(judging, "MOST_IMAGES", 640)
    monkeypatch.setattr(judging, "STAND_IN_COVERS", 150)
    random = np.random.default_rng(0)
    for i in range(30):
        noise = random.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{i}.png")
    data = CoverDataModule(str(tmp_path), Growth(resolution=16))
    assert not data.vocabulary.genres
    judge, real = judge_for(data), held_out(data)
    assert len(real.genres) == 30  # so few that all of them are the yardstick
    features = judge.look(real.pictures).features
    same = score(judge, real.pictures, real, features)
    other = score(judge, np.zeros_like(real.pictures), real, features)
    assert other.kid > same.kid
    assert np.isnan(same.genre_accuracy) and np.isnan(same.year_error)


@pytest.mark.parametrize("resolution", [4, 8, 16, 32, 64])
def test_network_at_every_resolution(resolution: int) -> None:
    genres, years = CoverClassifier(resolution, 5)(torch.zeros(2, 3, resolution, resolution))
    assert genres.shape == (2, 5) and years.shape == (2,)
