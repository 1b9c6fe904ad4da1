"""Typeset covers: always readable, always within the margin, whatever the names and the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from duck_and_cover.data.synthetic.covers import describe_cover, draw_cover
from duck_and_cover.generation import ground
from duck_and_cover.generation.families import STYLES
from duck_and_cover.generation.layouts import SAFE
from duck_and_cover.generation.typeset import Composition, compose, typeset

SIDE = 300
GENRE = {
    "metal": "thrash metal",
    "night": "synthwave",
    "groove": "reggae",
    "electronic": "techno",
    "psychedelic": "psychedelic rock",
    "plain": "",
}
NAMES = (
    ("Hank Lindström", "Round Avenue"),
    ("A", "I"),
    ("", "Untitled"),
    ("The The", ""),
    ("فيروز", "نسم علينا الهوى 1979"),
    ("שלמה ארצי", "חצות (Live)"),
    ("लता मंगेशकर", "आवाज़ दे कहाँ है"),
    ("คาราบาว", "เมดอินไทยแลนด์"),
    ("宇多田ヒカル", "初恋 First Love"),
    ("방탄소년단", "봄날"),
    ("Кино", "Группа крови"),
    ("Μίκης Θεοδωράκης", "Άξιον Εστί"),
    ("Łódź Kolektyw", "Żółć"),
    ("Motörhead 🎸", "♠ \ue000 \U000e0041"),
    ("\x07\x00a\u200b\n", "Z\u0336\u0337\u0338a\u0336lgo\u202e"),
    ("x" * 60, "y" * 200),
    ("Godspeed You! Black Emperor & the Silver Mt. Zion Memorial Orchestra " * 3, "words " * 40),
    ("長" * 100, "寿限無、" * 50),
)


def picture(index: int, side: int = SIDE) -> Image.Image:
    """A drawn cover as soft as a generator's."""
    return draw_cover(describe_cover(index), 64).resize((side, side), Image.Resampling.LANCZOS)


def worst(composition: Composition) -> float:
    """The least contrast of any letter with any pixel behind it."""
    return min(
        ground.behind(composition.ground, part.mask, part.corner).contrast(
            ground.of_colour(part.colour)
        )
        for part in composition.lettering
    )


def check(composition: Composition, side: int = SIDE) -> None:
    assert worst(composition) >= ground.CONTRAST
    for part in composition.lettering:
        box = part.mask.getbbox()
        assert box is not None
        x, y = part.corner
        edges = (x + box[0], y + box[1], side - x - box[2], side - y - box[3])
        assert min(edges) >= SAFE * side - 1


@pytest.mark.parametrize("family", STYLES)
def test_every_design_is_readable_and_within_the_margin(family: str) -> None:
    for seed in range(len(STYLES[family])):
        genre = GENRE.get(family, family)
        composition = compose(picture(7 * seed), "Hank Lindström", "Round Avenue", [genre], seed)
        assert len(composition.lettering) == 2
        check(composition)


@pytest.mark.parametrize(("artist", "album"), NAMES)
def test_any_names_can_be_set(artist: str, album: str) -> None:
    for seed, genre in enumerate(("thrash metal", "techno", "classical")):
        composition = compose(picture(seed), artist, album, [genre], seed)
        assert len(composition.lettering) == bool(artist) + bool(album)
        check(composition)


@pytest.mark.parametrize("colour", [(0, 0, 0), (118, 118, 118), (255, 255, 255), (255, 0, 0)])
def test_any_picture_can_be_set_on(colour: tuple[int, int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    for seed in range(4):
        check(compose(Image.new("RGB", (SIDE, SIDE), colour), "Artist", "Title", ["rock"], seed))
        check(compose(Image.fromarray(noise), "Artist", "Title", ["pop"], seed))


def test_letters_are_really_drawn_in_their_ink() -> None:
    composition = compose(picture(3), "Hank Lindström", "Round Avenue", ["jazz"], 1)
    flat = np.asarray(composition.flat())
    for part in composition.lettering:
        x, y = part.corner
        solid = np.asarray(part.mask) == 255
        height, width = solid.shape
        assert solid.sum() > 50
        assert (flat[y : y + height, x : x + width][solid] == part.colour).all()


def test_the_same_seed_is_the_same_cover_and_the_next_another() -> None:
    sheet = [typeset(picture(3), "Artist", "Title", ["jazz"], seed).tobytes() for seed in range(4)]
    assert len(set(sheet)) == 4
    assert typeset(picture(3), "Artist", "Title", ["jazz"], 2).tobytes() == sheet[2]


def test_calm_parts_are_chosen() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    for calm, upper in ((slice(0, 170), True), (slice(130, SIDE), False)):
        values = noise.copy()
        values[calm] = (230, 220, 200)
        # The first style of folk's stacks may stand on top or at the bottom.
        seed = next(s for s in range(3) if len(_corners(Image.fromarray(values), s)) == 1)
        assert (min(_corners(Image.fromarray(values), seed)) < SIDE / 2) == upper


def _corners(image: Image.Image, seed: int) -> set[int]:
    return {part.corner[1] for part in compose(image, "Artist", "Title", ["folk"], seed).lettering}


def test_nothing_to_set_leaves_the_picture_as_it_is() -> None:
    bare = picture(5)
    assert typeset(bare, " \n", "\u200b", ["jazz"], 0).tobytes() == bare.tobytes()


@pytest.mark.parametrize("size", [(299, 299), (400, 300)])
def test_small_and_oblong_pictures_are_the_callers_mistake(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="square pictures of 300 pixels or more"):
        typeset(Image.new("RGB", size), "A", "B")


@pytest.mark.parametrize("seed", range(4))
def test_other_sizes_have_the_same_design(seed: int) -> None:
    source = draw_cover(describe_cover(3), 64)
    small, large = (
        compose(picture(3, side), "Artist", "A Longer Title", ["jazz"], seed, source=source)
        for side in (SIDE, 900)
    )
    check(large, 900)
    for one, other in zip(small.lettering, large.lettering, strict=True):
        assert one.colour == other.colour
        assert np.allclose(np.array(one.corner) * 3, other.corner, atol=12)
        assert np.allclose(np.array(one.mask.size) * 3, other.mask.size, atol=24)
