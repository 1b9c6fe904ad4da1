"""Titles as bytes: one line each in any script, and when two of them are the same."""

import pytest

from duck_and_cover.errors import UsageError
from duck_and_cover.titles.text import LONGEST, TitleRequest, is_long, list_bytes, plain, tidy


def test_a_text_becomes_one_line_that_controls_nothing() -> None:
    assert tidy("  Blue\tMoon\n\x1b[2J\u2028again ") == "Blue Moon [2J again"
    assert tidy("e\u0301tude") == "étude"
    assert tidy("\ud800") == ""
    tidy("\ud800x").encode()


def test_a_list_ends_its_titles_and_itself() -> None:
    assert list_bytes(["One", " ", "Två"]) == b"One\nTv\xc3\xa5\n\x04"
    assert list_bytes(["x" * (LONGEST + 1)]) == b"\x04"
    assert list_bytes([]) == b"\x04"


def test_a_request_is_read_whatever_the_order_of_its_genres() -> None:
    one = TitleRequest(("Jazz", "ambient"), 1959, "Mia\tBop", "Ω\n").prefix()
    assert one == b"ambient, jazz\t1959\tMia Bop\t" + "Ω".encode()
    assert one == TitleRequest((" ambient", "jazz", "jazz"), 1959, "Mia Bop", "Ω").prefix()
    assert TitleRequest().prefix() == b"\t\t\t"
    assert len(TitleRequest(album="影" * 500).prefix()) < 60


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Don’t  Stop!", "don t stop"),
        ("ÉTUDE No. 3", "étude no 3"),
        ("Ｆｕｌｌ Width", "full width"),
        ("Straße", "STRASSE"),
    ],
)
def test_titles_are_the_same_to_a_reader(a: str, b: str) -> None:
    assert plain(a) == plain(b)


def test_titles_without_letters_are_told_apart() -> None:
    assert plain("???") != plain("!!!")


@pytest.mark.parametrize("title", ["love is all", "goodbye rainbow", "長い影の歌を"])
def test_long_titles(title: str) -> None:
    assert is_long(title)


@pytest.mark.parametrize("title", ["intro", "blue moon", "two words", "春の雨"])
def test_short_titles_are_everyones(title: str) -> None:
    assert not is_long(title)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"count": 0}, "count 0: a track list has 1 to 50 titles"),
        ({"count": 51}, "count 51"),
        ({"temperature": 0.0}, "temperature 0"),
        ({"temperature": float("nan")}, "temperature nan"),
        ({"top_p": 1.5}, "top_p 1.5"),
    ],
)
def test_a_number_out_of_range_is_named(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        TitleRequest(**wrong)  # type: ignore[arg-type]
