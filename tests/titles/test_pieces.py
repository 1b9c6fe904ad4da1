"""Byte pairs: any text is split and put together again, common words are one step."""

import pytest

from duck_and_cover.titles.pieces import RAREST, Pieces

TEXTS = [b"The Harbour\nThe Lantern\n\x04"] * RAREST + ["Луна над городом\n".encode()]


@pytest.mark.parametrize("text", ["", "The Harbour\n", "the HARBOUR!", "春の雨 (Pt. 2)", "Луна\n"])
def test_a_text_is_its_pieces(text: str) -> None:
    pieces = Pieces.of(TEXTS, 100)
    split = pieces.split(text.encode())
    assert b"".join(pieces.texts[piece] for piece in split) == text.encode()


def test_common_words_are_one_piece_and_rare_ones_are_letters() -> None:
    pieces = Pieces.of(TEXTS, 100)
    split = [pieces.texts[piece] for piece in pieces.split("The Harbour\nЛуна\n".encode())]
    assert split[:3] == [b"The", b" Harbour", b"\n"]
    assert len(split) == 3 + 8 + 1


def test_there_are_no_more_than_asked_for_and_always_the_same() -> None:
    assert len(Pieces.of(TEXTS, 5)) == 256 + 5
    assert Pieces.of(TEXTS, 0).split(b"The") == list(b"The")
    assert Pieces.of(TEXTS, 100).pairs == Pieces.of(TEXTS[::-1], 100).pairs
    assert Pieces.of([], 9).pairs == []


def test_the_commonest_pair_comes_first() -> None:
    assert Pieces.of([b"abab ab cb"] * RAREST, 2).texts[256] == b"ab"


def test_no_piece_crosses_a_line_or_is_a_controls() -> None:
    for text in Pieces.of([b"a\nb\x04"] * 50 + [b"1985\n"] * 50, 50).texts[256:]:
        assert not set(text) & set(range(32))


def test_it_is_the_same_out_of_a_file() -> None:
    pieces = Pieces.of(TEXTS, 100)
    assert Pieces.from_tensor(pieces.tensor()).texts == pieces.texts
    assert Pieces.from_tensor(Pieces().tensor()).texts == Pieces().texts
