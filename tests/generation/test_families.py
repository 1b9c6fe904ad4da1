"""Designs by genre: every genre has a family, every style lies within the margin."""

from __future__ import annotations

import re

import pytest

from duck_and_cover.data.synthetic.covers import GENRES
from duck_and_cover.generation.families import LONG, STYLES, family_of, styles_for
from duck_and_cover.generation.layouts import SAFE, Style, without
from duck_and_cover.generation.typefaces import FACES

ALL = [style for styles in STYLES.values() for style in styles] + [LONG]


@pytest.mark.parametrize(
    ("genre", "family"),
    [
        ("thrash metal", "metal"),
        ("Acid Jazz", "jazz"),
        ("deep house", "electronic"),
        ("drum and bass", "electronic"),
        ("hip-hop", "hip hop"),
        ("k-pop", "pop"),
        ("psychedelic rock", "psychedelic"),
        ("progressive house", "electronic"),
        ("garage rock", "rock"),
        ("contemporary r&b", "pop"),
        ("synthwave", "night"),
        ("dub", "groove"),
        ("trapeze", "plain"),
        ("", "plain"),
    ],
)
def test_genres_have_families(genre: str, family: str) -> None:
    assert family_of([genre]) == family
    assert family_of(["no such genre", genre]) == family


def test_every_genre_of_the_drawn_covers_has_a_family_of_its_own_kind() -> None:
    assert "plain" not in {family_of([genre]) for genre in GENRES}
    assert len({family_of([genre]) for genre in GENRES}) > 10


@pytest.mark.parametrize("style", ALL)
def test_styles_stand_within_the_safe_margin(style: Style) -> None:
    assert {style.title.role, style.artist.role} <= set(FACES)
    for arrangement in style.arrangements():
        names = [name for stack in arrangement for name in stack.names]
        assert sorted(names) == ["artist", "title"]
        for stack in arrangement:
            left, top, right, bottom = stack.box
            assert SAFE <= left < right <= 1 - SAFE and SAFE <= top < bottom <= 1 - SAFE
            assert stack.mirrored().mirrored().across == stack.across
        kept = without(arrangement, ["artist"])
        assert [name for stack in kept for name in stack.names] == ["title"]


def test_seeds_walk_through_the_styles_and_end_with_the_one_for_long_names() -> None:
    for family, styles in STYLES.items():
        assert len(styles) >= 3
        assert all(re.fullmatch("[a-z ]+", family) for family in STYLES)
    first = [styles_for(["jazz"], seed)[0] for seed in range(len(STYLES["jazz"]))]
    assert set(first) == set(STYLES["jazz"])
    assert styles_for(["jazz"], 3)[-1] is LONG
    assert styles_for(["jazz"], 3) == styles_for(["jazz"], 3)
