"""Conditions in a person's words, and as the tensors of a vocabulary."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.conditions import (
    Condition,
    Vocabulary,
    families_of,
)
from duck_and_cover.errors import UsageError
from duck_and_cover.labels import Labels
from duck_and_cover.networks.condition_encoder import ALBUM, ARTIST, AUDIO, SOUND

WORDS = Vocabulary(("ambient", "jazz", "thrash metal"), 1950, 2020)
NAN = float("nan")
RICH = Vocabulary(
    ("death metal", "thrash metal"),
    1980,
    1990,
    families=(0, 0),
    audio_means=(0.5,) * 8 + (120.0, 50.0),
    audio_deviations=(0.1,) * 8 + (20.0, 10.0),
    texts=("album",),
)


def test_a_vocabulary_of_a_dataset() -> None:
    years = np.array([1991, 0, 1962, 2004], np.int32)
    labels = Labels([["jazz", "blues"], [], ("blues",), ["k-pop"]], years)
    words = Vocabulary.of(labels)
    assert words == Vocabulary(("blues", "jazz", "k-pop"), 1962, 2004)
    assert Vocabulary.of(labels, ["genres"]) == Vocabulary(("blues", "jazz", "k-pop"), 0, 0)
    assert Vocabulary.of(labels, ["year", "audio", "artist"]) == Vocabulary((), 1962, 2004)
    assert Vocabulary.of(Labels([[], []], np.zeros(2, np.int32))) == Vocabulary((), 0, 0)
    assert all(type(year) is int for year in (words.first_year, words.last_year))


def test_settings_rebuild_the_vocabulary_through_json() -> None:
    for words in (WORDS, RICH):
        assert Vocabulary.from_settings(json.loads(json.dumps(words.settings()))) == words
    for wrong in ({"families": [0]}, {"audio_means": [0.0]}):
        with pytest.raises(ValueError, match="families for 2 genres|10 means"):
            Vocabulary.from_settings(RICH.settings() | wrong)


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
    assert single.year.tolist() == [-1.0] and single.present[:, :2].tolist() == [[0.0, 1.0]]


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
    assert tensors.present[:, :2].tolist() == [[1, 1], [1, 0], [0, 1], [0, 0]]
    assert not tensors.present[:, 2:].any() and not tensors.texts.any()


def test_encoding_checks_every_condition() -> None:
    with pytest.raises(UsageError, match="'polka'"):
        WORDS.encode([Condition(("jazz",)), Condition(("polka",))])
    with pytest.raises(UsageError, match="year 1900"):
        WORDS.encode([Condition(), Condition(year=1900)])


def test_a_dataset_may_hold_what_the_vocabulary_does_not() -> None:
    genres = [["jazz", "polka"], ["polka"], ["ambient"], []]
    tensors = WORDS.tensors(Labels(genres, np.array([1949, 1985, 0, 2021], np.int32)))
    assert tensors.genres.tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert tensors.year.tolist() == [0.0, 0.0, 0.0, 0.0]
    assert tensors.present[:, :2].tolist() == [[1, 0], [0, 1], [1, 0], [0, 0]]


def test_tensors_without_any_genres_or_years() -> None:
    tensors = Vocabulary((), 0, 0).tensors(Labels([["jazz"], []], np.array([1990, 0], np.int32)))
    assert tensors.genres.shape == (2, 0)
    assert not tensors.present.any() and not tensors.year.any()


def test_conditions_compare_and_hash_by_value() -> None:
    assert len({Condition(("jazz",), 1962), Condition(("jazz",), 1962), Condition()}) == 2


def labels(audio: list[list[float]], artists: list[str], albums: list[str]) -> Labels:
    count = len(albums)
    return Labels(
        [["thrash metal"]] * count,
        np.full(count, 1985, np.int32),
        np.array(audio, np.float32),
        artists,
        albums,
    )


def test_audio_features_are_scaled_by_what_is_known_of_them() -> None:
    known = [[1.0] * 9 + [NAN], [3.0] * 9 + [NAN], [NAN] * 10]
    words = Vocabulary.of(labels(known, [""] * 3, [""] * 3))
    assert words.audio_means == (2.0,) * 9 + (0.0,)
    assert words.audio_deviations == (1.0,) * 10
    assert words.texts == ()
    tensors = words.tensors(labels(known, [""] * 3, [""] * 3))
    assert tensors.audio.tolist() == [[-1.0] * 9 + [0.0], [1.0] * 9 + [0.0], [0.0] * 10]
    assert tensors.present[:, SOUND:].tolist() == [[1.0] * 9 + [0.0]] * 2 + [[0.0] * 10]
    assert Vocabulary.of(labels([[NAN] * 10], [""], [""])).audio_means == ()


def test_far_audio_features_are_cut() -> None:
    (row,) = RICH.encode([Condition(audio={"tempo": 400.0, "energy": 0.4})]).audio.tolist()
    assert row[AUDIO_FEATURES.index("tempo")] == 4.0
    assert row[AUDIO_FEATURES.index("energy")] == pytest.approx(-1.0)
    assert sum(value != 0 for value in row) == 2 and len(row) == AUDIO


@pytest.mark.parametrize(
    ("words", "audio", "message"),
    [
        (WORDS, {"energy": 0.5}, "trained without audio"),
        (RICH, {"loud": 0.5}, "'loud' is none of danceability, energy"),
        (RICH, {"energy": NAN}, "energy nan: take a number"),
    ],
)
def test_audio_that_cannot_be_says_why(
    words: Vocabulary, audio: dict[str, float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        words.check(Condition(audio=audio))


def test_only_names_that_the_model_reads_are_given() -> None:
    tensors = RICH.encode([Condition(artist="Ann", album="Bee"), Condition(artist="Ann")])
    assert not tensors.texts[:, 0].any() and tensors.texts[0, 1, :4].tolist() == [98, 101, 101, 0]
    assert tensors.present[:, ARTIST].tolist() == [0, 0]
    assert tensors.present[:, ALBUM].tolist() == [1, 0]


def test_labels_in_a_persons_words_are_the_labels_tensors() -> None:
    known = labels([[0.5] * 8 + [140.0, NAN]] * 2, ["Ann", "Ben"], ["Bee", ""])
    wishes = RICH.conditions(known)
    assert wishes[0].audio.keys() == set(AUDIO_FEATURES) - {"popularity"}
    assert wishes[0].artist == "" and wishes[0].album == "Bee" and wishes[0].year == 1985
    for part, same in zip(RICH.encode(wishes), RICH.tensors(known), strict=True):
        assert torch.equal(part, same)


def test_labels_of_some_and_of_all() -> None:
    known = labels([[0.1] * 10, [0.2] * 10, [0.3] * 10], ["a", "b", "c"], ["x", "y", "z"])
    parts = Labels.together([known.at(np.array([0])), known.at(np.array([2, 1]))])
    assert parts.albums == ["x", "z", "y"] and parts.artists == ["a", "c", "b"]
    assert parts.audio is not None and parts.audio[:, 0].tolist() == pytest.approx([0.1, 0.3, 0.2])
    bare = Labels.together([Labels([["a"]], np.zeros(1, np.int32))] * 2)
    assert len(bare) == 2 and bare.audio is None and bare.artists is None


def test_families_by_the_last_word_or_as_told() -> None:
    names = ["death metal", "jazz", "thrash metal", "acid jazz", "polka"]
    assert families_of(names) == (0, 1, 0, 1, 2)
    assert families_of(["jazz", "polka"]) == ()
    told = {"polka": "dance", "jazz": "dance"}
    assert families_of(names, told) == (0, 1, 0, 2, 1)
    assert Vocabulary.of(Labels([names], np.zeros(1, np.int32))).families == (0, 1, 0, 2, 1)
