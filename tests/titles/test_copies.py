"""The filter of copies: it forgets none, mistakes few, and fits a file."""

import pytest
import torch

from duck_and_cover.titles.copies import Copies, Words
from duck_and_cover.titles.manners import is_coarse

KNOWN = [f"The Ballad of Number {i}" for i in range(2000)]


@pytest.fixture(scope="module")
def copies() -> Copies:
    return Copies.of([*KNOWN, "Intro"])


def test_no_long_title_is_forgotten(copies: Copies) -> None:
    assert all(title in copies for title in KNOWN)
    assert "the ballad of NUMBER 7!" in copies


def test_short_titles_are_never_copies(copies: Copies) -> None:
    assert "Intro" not in copies


def test_few_new_titles_are_mistaken(copies: Copies) -> None:
    mistaken = sum(f"A Song about Number {i}" in copies for i in range(20_000))
    assert mistaken <= 40  # one in 1,300 is 15


def test_it_is_the_same_out_of_a_file(copies: Copies) -> None:
    again = Copies.from_tensor(copies.tensor())
    assert again.bits == copies.bits and len(again.bits) == 2000 * 15 // 8


@pytest.mark.parametrize(
    "tensor", [torch.zeros(4), torch.zeros(2, 2, dtype=torch.uint8), torch.zeros(0).byte()]
)
def test_another_tensor_is_no_filter(tensor: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="filter of copies or words"):
        Copies.from_tensor(tensor)


def test_words_are_known_by_the_training_set_or_by_name() -> None:
    words = Words.of(["Don’t Look Back", "春の雨 Rain"])
    assert words.know("Look, RAIN!") and words.know("don’t") and words.know("7 & 9")
    assert not words.know("Look Backwood") and words.know("Look Backwood", ["The Backwood Boys"])
    assert words.know("影 Луна")  # scripts that are not judged


@pytest.mark.parametrize(
    "title", ["Holy SHIT", "Fuuuuck It", "a$$", "Sh1t", "Fucking Hell", "fück"]
)
def test_coarse_titles(title: str) -> None:
    assert is_coarse(title)


@pytest.mark.parametrize("title", ["Scunthorpe", "Emily Dickinson", "Classic", "Bass Grass", "雨"])
def test_titles_that_only_look_coarse(title: str) -> None:
    assert not is_coarse(title)
