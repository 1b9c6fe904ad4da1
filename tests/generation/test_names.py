"""What of a name is set: without control characters, not too long, in whole clusters."""

from __future__ import annotations

from duck_and_cover.generation.names import LONGEST, capitals, clean, clusters, right_to_left


def test_names_are_cleaned() -> None:
    assert clean(" A\x00B\n\tC\u202e\u200b ") == "A B C"
    assert clean("Zoe\u0308") == "Zoë"
    assert clean("❤\ufe0f👍🏽") == "❤👍"
    assert clean("\x07\u2066\ud800") == ""
    # Joiners shape the letters beside them.
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


def test_long_names_end_in_an_ellipsis() -> None:
    assert clean("x" * LONGEST) == "x" * LONGEST
    cut = clean("e\u0301" * 200 + "q\u0301" * 200)
    assert len(clusters(cut)) == LONGEST and cut.endswith("q\u0301…")


def test_capitals_of_other_alphabets() -> None:
    assert capitals("Straße ölçü") == "STRASSE ÖLÇÜ"
    assert capitals("Μίκης, Μαΐου") == "ΜΙΚΗΣ, ΜΑΪΟΥ"
    assert capitals("თბილისი") == "თბილისი"


def test_clusters_are_not_parted() -> None:
    assert clusters("e\u0301a") == ["e\u0301", "a"]
    assert clusters("क्षि") == ["क्षि"]
    assert clusters("👩\u200d🚀!") == ["👩\u200d🚀", "!"]


def test_the_first_letter_says_which_way_a_name_is_read() -> None:
    assert right_to_left("(שלום) a") and not right_to_left("1979 Live שלום")
