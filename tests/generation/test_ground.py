"""What lies behind letters: contrast as WCAG defines it, the calm parts of a picture, and shade."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from duck_and_cover.generation import ground
from duck_and_cover.generation.ground import Look, Range


def noise(side: int = 96) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(values)


def test_contrast_is_that_of_wcag() -> None:
    black, white, grey = (ground.of_colour((v, v, v)) for v in (0, 255, 119))
    assert ground.contrast(black, white) == pytest.approx(21)
    # The known grey that just fails on white.
    assert ground.contrast(grey, white) == pytest.approx(4.48, abs=0.005)
    assert ground.of_colour((255, 0, 0)) == pytest.approx(0.2126)


def test_the_worst_pixel_counts() -> None:
    picture = Image.new("RGB", (60, 60), (0, 0, 0))
    picture.putpixel((30, 30), (255, 255, 255))
    letters = Image.new("L", (20, 20), 255)
    assert ground.behind(picture, letters, (0, 0)) == Range(0.0, 0.0)
    there = ground.behind(picture, letters, (25, 25))
    assert there.high == pytest.approx(1.0) and there.contrast(1.0) == 1.0
    assert there.contrast(0.5) == 1.0  # a grey that lies between
    assert Range(0.0, 0.1).contrast(1.0) == pytest.approx(7.0)
    assert ground.behind(picture, Image.new("L", (20, 20)), (25, 25)) == Range(0.0, 0.0)


def test_calm_parts_are_found() -> None:
    picture = noise()
    picture.paste((200, 180, 160), (0, 48, 96, 96))
    look = Look(picture)
    assert look.unrest((0, 0.5, 1, 1)) < 0.1 < look.unrest((0, 0, 1, 0.5))


def test_inks_come_from_the_picture() -> None:
    palette = Look(Image.new("RGB", (64, 64), (180, 30, 30))).palette
    assert palette.bright[0] > palette.bright[1] and palette.deep[0] > 2 * palette.deep[1]
    assert ground.contrast(ground.of_colour(palette.paper), ground.of_colour(palette.black)) > 12


@pytest.mark.parametrize("ink", [(250, 250, 245), (12, 12, 14)])
def test_shade_makes_letters_readable(ink: tuple[int, int, int]) -> None:
    picture, light = noise(400), ground.of_colour(ink)
    shade = (10, 10, 12) if light > 0.5 else (255, 253, 248)
    there = Range(0.0, 1.0)
    share = ground.shade_needed(there, light, ground.of_colour(shade))
    assert 0.2 < share < 1
    box = (0.2, 0.4, 0.8, 0.6)
    under = ground.shaded(picture, [box], shade, min(1.0, share + 0.05))
    letters = Image.new("L", (240, 80), 255)
    assert ground.behind(under, letters, (80, 160)).contrast(light) >= ground.CONTRAST
    # Far from the letters the picture is as it was.
    assert np.array_equal(np.asarray(under)[:40], np.asarray(picture)[:40])
    assert ground.shade_needed(Range(0.0, 0.01), 0.9, 0.0) == 0


def test_pictures_are_out_of_focus_behind_letters_alone() -> None:
    picture = noise(400)
    soft = np.asarray(ground.calmed(picture, [(0.3, 0.3, 0.7, 0.7)])).astype(float)
    assert soft[140:260, 140:260].std() < 0.3 * soft[:40].std()
    assert np.array_equal(soft[:40], np.asarray(picture).astype(float)[:40])
