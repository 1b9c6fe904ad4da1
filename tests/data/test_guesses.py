"""Missing labels are guessed better than by chance, own ones stay, and nothing is guessed twice."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data import guesses
from duck_and_cover.data.drawn import drawn_covers
from duck_and_cover.data.guesses import with_guesses
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.labels import Labels
from tests.data.test_module import batches

# Lightning advises a model and more loader workers, which is not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:::lightning")

COUNT, EVERY = 480, 3  # covers, of which one in three has its labels


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "CLASSIFIERS", 2)
    monkeypatch.setattr(guesses, "IMAGES", 6400)


@pytest.fixture(scope="module")
def covers() -> Dataset:
    return drawn_covers(COUNT, 48, seed=3)


@pytest.fixture(scope="module")
def partly(covers: Dataset) -> Dataset:
    """The same covers; two in three have lost their labels."""

    def without(row: dict[str, Any], index: int) -> dict[str, Any]:
        kept = index % EVERY == 0
        return {
            "genres": row["genres"] if kept else [],
            "release_year": row["release_year"] if kept else None,
            "release_date": row["release_date"] if kept else "",
        }

    return covers.map(without, with_indices=True, features=covers.features)


def pyramid(dataset: Dataset) -> CoverPyramid:
    return CoverPyramid.open_or_build(dataset, 32)


def vocabulary(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(pyramid(dataset).labels, ("genres", "year"))


def test_what_is_missing_is_guessed_and_what_is_there_stays(
    covers: Dataset, partly: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    true, known = pyramid(covers).labels, pyramid(partly).labels
    held_out = pyramid(drawn_covers(40, 48, seed=4))
    found = with_guesses(pyramid(partly), held_out, vocabulary(partly))
    told = np.arange(COUNT) % EVERY == 0
    hits = np.array([set(a) == set(b) for a, b in zip(found.genres, true.genres, strict=True)])
    assert hits[told].all() and np.array_equal(found.years[told], true.years[told])
    assert hits[~told].mean() > 0.5  # chance is 0.06
    off = np.abs(found.years - true.years)[~told].mean()
    middle = np.abs(np.median(true.years[told]) - true.years)[~told].mean()
    assert off < 0.8 * middle
    assert "% of 40 genres are right (" in caplog.text and "40 years are" in caplog.text
    assert "guessed 320 genres and 320 years; of held-out covers" in caplog.text
    assert not pyramid(partly).labels.genres[1] and known.years[1] == 0


def test_a_missing_year_leaves_the_genre_alone(partly: Dataset) -> None:
    labels = pyramid(partly).labels
    genres = [["jazz"] if i == 1 else list(names) for i, names in enumerate(labels.genres)]
    train = pyramid(partly)
    train.labels = Labels(genres, labels.years)
    found = with_guesses(train, None, vocabulary(partly))
    assert found.genres[1] == ["jazz"] and found.years[1] > 0


def test_genres_that_no_cover_has_are_not_guessed(partly: Dataset) -> None:
    dated = pyramid(partly)
    dated.labels = Labels([[]] * COUNT, dated.labels.years)
    found = with_guesses(dated, None, Vocabulary(("jazz", "polka"), 1950, 2020))
    assert not any(found.genres) and found.years.all()


def test_guesses_are_made_once_and_again_when_damaged(
    partly: Dataset,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = with_guesses(pyramid(partly), None, vocabulary(partly))
    with monkeypatch.context() as patch:
        patch.setattr(guesses, "CLASSIFIERS", 0)  # the mean of none could not be taken
        again = with_guesses(pyramid(partly), None, vocabulary(partly))
    assert again.genres == first.genres and np.array_equal(again.years, first.years)
    for path in (own_cache / "guesses").glob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:100])
    anew = with_guesses(pyramid(partly), None, vocabulary(partly))
    assert "damaged" in caplog.text
    assert np.mean([a == b for a, b in zip(anew.genres, first.genres, strict=True)]) > 0.95


def test_where_there_is_nothing_to_guess_or_to_learn_from(covers: Dataset, partly: Dataset) -> None:
    whole = pyramid(covers)
    assert with_guesses(whole, None, vocabulary(covers)) is whole.labels
    unlabelled = pyramid(partly)
    unlabelled.labels = Labels([[]] * COUNT, np.zeros(COUNT, np.int32))
    with pytest.raises(UsageError, match="no cover has a genre or a year"):
        with_guesses(unlabelled, None, Vocabulary.of(unlabelled.labels))


def test_training_is_shown_guesses_and_as_many_labelled_covers_as_asked(
    partly: Dataset, tmp_path: Path
) -> None:
    partly.to_parquet(tmp_path / "covers.parquet")
    growth = Growth(resolution=4, kimg=1.6, batch_size=16)

    def told(**options: Any) -> torch.Tensor:
        data = CoverDataModule(str(tmp_path / "covers.parquet"), growth, **options)
        return torch.cat([batch.condition.present[:, :2] for batch in batches(data)])

    assert told().mean() == pytest.approx(1 / EVERY, abs=0.05)
    assert told(labelled_share=0.75).mean() == pytest.approx(0.75, abs=0.02)
    assert told(guess=True).all()


def test_wrong_options_are_one_line(partly: Dataset) -> None:
    with pytest.raises(UsageError, match="labelled_share 1"):
        CoverDataModule(labelled_share=1.0)
    with pytest.raises(UsageError, match="neither genres nor year"):
        CoverDataModule(guess=True, conditions=["artist"])
    data = CoverDataModule(
        "synthetic", Growth(resolution=4, kimg=0.1), synthetic_count=120, labelled_share=0.5
    )
    with pytest.raises(UsageError, match="all of the covers have their labels"):
        batches(data)
