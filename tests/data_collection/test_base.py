"""Which dates have a year, and which titles are editions of one album."""

from __future__ import annotations

import unicodedata

import pytest

from data_collection.sources.base import cover_key, normalised_title, parse_year
from duck_and_cover.data.schema import last_year


@pytest.mark.parametrize("date", ["1988", "1988-05", "1988-05-03", " 1988 "])
def test_a_date_of_any_precision_has_its_year(date: str) -> None:
    assert parse_year(date) == 1988


@pytest.mark.parametrize("date", [None, "", "0000", "0000-00-00", "1859", "88", "unknown", "9999"])
def test_what_is_no_year_of_a_release_is_none(date: str | None) -> None:
    assert parse_year(date) is None


def test_years_go_from_the_first_recording_to_the_next_year() -> None:
    assert parse_year("1860") == 1860
    assert parse_year(str(last_year())) == last_year()
    assert parse_year(str(last_year() + 1)) is None


@pytest.mark.parametrize(
    "title",
    [
        "Ascenseur pour l'Échafaud",
        "ascenseur pour l’echafaud",
        "Ascenseur pour l'échafaud (Deluxe Edition)",
        "Ascenseur Pour L'Échafaud [2011 Remaster]",
        "Ascenseur pour l'échafaud (Remastered)",
        "Ascenseur pour l'échafaud - 50th Anniversary Edition",
        "Ascenseur pour l'échafaud (Expanded Edition) [Remastered 2009]",
        unicodedata.normalize("NFD", "Ascenseur pour l'échafaud"),
    ],
)
def test_editions_have_one_title(title: str) -> None:
    assert normalised_title(title) == "ascenseur pour lechafaud"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Led Zeppelin II", "Led Zeppelin III"),
        ("Nevermind", "Nevermind (Live)"),
        ("Special Edition", "Edition"),  # a name, not a mark at the end of one
        ("Peter Gabriel (1977)", "Peter Gabriel (1978)"),
        ("がく", "かく"),  # these marks make another letter
        ("1989", "1999"),
    ],
)
def test_other_albums_have_other_titles(one: str, other: str) -> None:
    assert normalised_title(one) != normalised_title(other)


def test_a_key_joins_the_editions_of_one_artist_at_one_source() -> None:
    key = cover_key("musicbrainz", "artist", "Blue Train", "1")
    assert key == cover_key("musicbrainz", "artist", "Blue Train (Remastered)", "2")
    assert key != cover_key("musicbrainz", "another", "Blue Train", "1")
    assert key != cover_key("spotify", "artist", "Blue Train", "1")
    assert len(key) == 20 and int(key, 16) >= 0


def test_titles_without_letters_are_told_apart_by_their_ids() -> None:
    assert cover_key("musicbrainz", "artist", "...", "1") != cover_key(
        "musicbrainz", "artist", "!!!", "2"
    )
