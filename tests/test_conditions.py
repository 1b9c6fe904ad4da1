"""Conditions in a person's words, and as the tensors of a vocabulary."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.errors import UsageError

WORDS = Vocabulary(("ambient", "jazz", "thrash metal"), 1950, 2020)


def test_a_vocabulary_of_a_dataset() -> None:
    years = np.array([1991, 0, 1962, 2004])
    words = Vocabulary.of([["jazz", "blues"], [], ("blues",), ["k-pop"]], years)
    assert words == Vocabulary(("blues", "jazz", "k-pop"), 1962, 2004)
    assert Vocabulary.of([[], []], [0, 0]) == Vocabulary((), 0, 0)
    assert all(type(year) is int for year in (words.first_year, words.last_year))


def test_settings_rebuild_the_vocabulary_through_json() -> None:
    kept = json.loads(json.dumps(WORDS.settings()))
    assert Vocabulary(tuple(kept["genres"]), kept["first_year"], kept["last_year"]) == WORDS


def test_what_is_known_passes() -> None:
    for condition in (
        Condition(),
        Condition(("jazz", "ambient"), 1950),
        Condition(("thrash metal",)),
        Condition(year=2020),
    ):
        WORDS.check(condition)


@pytest.mark.parametrize(
    ("genre", "near"),
    [("trash metal", "thrash metal"), ("Jazz", "jazz"), ("jaz", "jazz"), ("ambiant", "ambient")],
)
def test_an_unknown_genre_names_the_nearest(genre: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        WORDS.check(Condition(("jazz", genre)))
    assert str(caught.value) == f"unknown genre {genre!r}: did you mean {near}"


def test_a_genre_like_no_other_names_what_there_is() -> None:
    with pytest.raises(UsageError, match="this model knows ambient, jazz, thrash metal$"):
        WORDS.check(Condition(("xyzzy",)))
    many = Vocabulary(tuple(f"genre {i:03d}" for i in range(200)), 0, 0)
    with pytest.raises(UsageError) as caught:
        many.check(Condition(("xyzzy",)))
    assert "genre 007, ... (200 in all)" in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("year", [1949, 2021, 0, -1])
def test_a_year_out_of_range_names_the_range(year: int) -> None:
    with pytest.raises(UsageError) as caught:
        WORDS.check(Condition(year=year))
    assert str(caught.value) == f"year {year} is out of range: take 1950 to 2020"


def test_models_without_genres_or_years_say_so() -> None:
    bare = Vocabulary((), 0, 0)
    bare.check(Condition())
    with pytest.raises(UsageError, match="trained without genres; leave it out"):
        bare.check(Condition(("jazz",)))
    with pytest.raises(UsageError, match="trained without years; leave it out"):
        bare.check(Condition(year=1990))


def test_years_are_scaled_to_the_ends_of_the_range() -> None:
    years = torch.tensor([1950.0, 1985.0, 2020.0, 1967.5])
    assert WORDS.scale(years).tolist() == [-1.0, 0.0, 1.0, -0.5]
    single = Vocabulary((), 1999, 1999).encode([Condition(year=1999)])
    assert single.year.tolist() == [-1.0] and single.present.tolist() == [[0.0, 1.0]]


def test_conditions_become_tensors() -> None:
    tensors = WORDS.encode(
        [
            Condition(("jazz",), 2020),
            Condition(("thrash metal", "ambient")),
            Condition(year=1985),
            Condition(),
        ]
    )
    assert tensors.genres.tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert tensors.year.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert tensors.present.tolist() == [[1, 1], [1, 0], [0, 1], [0, 0]]
    assert {tensor.dtype for tensor in tensors} == {torch.float32}


def test_encoding_checks_every_condition() -> None:
    with pytest.raises(UsageError, match="'polka'"):
        WORDS.encode([Condition(("jazz",)), Condition(("polka",))])
    with pytest.raises(UsageError, match="year 1900"):
        WORDS.encode([Condition(), Condition(year=1900)])


def test_a_dataset_may_hold_what_the_vocabulary_does_not() -> None:
    genres = [["jazz", "polka"], ["polka"], ["ambient"], []]
    tensors = WORDS.tensors(genres, [1949, 1985, 0, 2021])
    assert tensors.genres.tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert tensors.year.tolist() == [0.0, 0.0, 0.0, 0.0]
    assert tensors.present.tolist() == [[1, 0], [0, 1], [1, 0], [0, 0]]


def test_tensors_without_any_genres_or_years() -> None:
    tensors = Vocabulary((), 0, 0).tensors([["jazz"], []], [1990, 0])
    assert tensors.genres.shape == (2, 0)
    assert not tensors.present.any() and not tensors.year.any()


def test_conditions_compare_and_hash_by_value() -> None:
    assert len({Condition(("jazz",), 1962), Condition(("jazz",), 1962), Condition()}) == 2
