"""Walks between covers and covers near a seed: where they begin, end, and how they move."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.WebPImagePlugin import WebPImageFile

from duck_and_cover import Condition, CoverGenerator
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.walk import enlarged, near, padded, places, save_animation, slerp

JAZZ, AMBIENT = Condition(("jazz",), 1960), Condition(("ambient",), 2020)


def pixels(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.int_]]:
    return np.asarray(picture).astype(int)


def test_a_walk_on_the_sphere_stays_on_it() -> None:
    random = torch.Generator().manual_seed(0)
    a, b = torch.nn.functional.normalize(torch.randn(2, 64, generator=random), dim=1)
    whole = math.acos(float(a @ b))
    for share in (0.0, 0.25, 0.5, 1.0):
        point = slerp(a, b, share)
        assert float(point.norm()) == pytest.approx(1, abs=1e-5)
        assert math.acos(min(float(a @ point), 1)) == pytest.approx(share * whole, abs=1e-3)
    torch.testing.assert_close(slerp(a, a, 0.3), a)
    torch.testing.assert_close(slerp(a, -a, 0.5), torch.zeros(64), atol=1e-6, rtol=0)


def test_places_begin_and_end_at_stops_and_move_softly() -> None:
    open_way = places(3, 9)
    assert open_way[0] == (0, 0.0) and open_way[4] == (1, 0.0) and open_way[-1] == (1, 1.0)
    loop = places(3, 9, closed=True)
    assert loop[0] == (0, 0.0) and loop[3] == (1, 0.0) and loop[6] == (2, 0.0) and loop[-1][0] == 2
    along = [leg + share for leg, share in places(2, 101)]
    steps = [b - a for a, b in pairwise(along)]
    assert min(steps) >= 0 and max(steps[:3]) < 0.2 * max(steps)
    assert places(1, 3) == [(0, 0.0)] * 3 and places(4, 1) == [(0, 0.0)]


def test_frames_begin_and_end_as_the_covers_of_the_stops(generator: CoverGenerator) -> None:
    frames = [pixels(f) for f in generator.interpolate([(JAZZ, 3), (AMBIENT, 4)], 9)]
    (first,), (last,) = (generator.make(c, [s]) for c, s in ((JAZZ, 3), (AMBIENT, 4)))
    assert np.abs(frames[0] - pixels(first.picture)).max() <= 1
    assert np.abs(frames[-1] - pixels(last.picture)).max() <= 1
    steps = [np.abs(b - a).mean() for a, b in pairwise(frames)]
    assert max(steps) < 0.6 * np.abs(frames[-1] - frames[0]).mean() and min(steps) > 0


def test_a_walk_says_what_is_wrong(generator: CoverGenerator) -> None:
    with pytest.raises(UsageError, match="needs a stop"):
        list(generator.interpolate([]))
    with pytest.raises(UsageError, match="'polka'"):
        list(generator.interpolate([(Condition(("polka",)), 0)]))


def test_variations_are_the_nearer_the_weaker(generator: CoverGenerator) -> None:
    own = pixels(generator.make(JAZZ, [7])[0].picture)

    def away(strength: float) -> float:
        made = generator.variations(JAZZ, 7, 6, strength)
        return float(np.mean([np.abs(pixels(c.picture) - own).mean() for c in made]))

    assert away(0.0) <= 1 < away(0.3) < away(1.0)
    first, *_ = generator.variations(JAZZ, 7, 1)
    again = generator.variations(JAZZ, 7, 4)[0]
    assert np.abs(pixels(first.picture) - pixels(again.picture)).max() <= 1
    assert again.settings["Variation"] == "8 at 0.3" and again.name == "jazz-1960-0007-0008"
    with pytest.raises(UsageError, match="strength 2: take a number from 0 to 1"):
        generator.variations(JAZZ, strength=2)


def test_latents_near_one_stay_as_long() -> None:
    random = torch.Generator().manual_seed(0)
    z, noise = torch.randn(256, generator=random), torch.randn(40, 256, generator=random)
    for strength in (0.0, 0.4, 1.0):
        spread = near(z, noise, strength, uniform=False).square().mean().item()
        assert spread == pytest.approx(1, abs=0.2)
    flat = near(torch.full((4,), 0.5), torch.full((2, 4), -1.0), 0.5, uniform=True)
    assert torch.equal(flat, torch.full((2, 4), -0.25))


@pytest.mark.parametrize("ending", ["webp", "gif"])
def test_animations_hold_all_frames(tmp_path: Path, ending: str) -> None:
    frames = [Image.new("RGB", (8, 8), (20 * i, 100, 50)) for i in range(10)]
    path = tmp_path / "deep" / f"walk.{ending}"
    save_animation(iter(frames), path, 10)
    with Image.open(path) as found:
        assert isinstance(found, GifImageFile | WebPImageFile)
        assert found.n_frames == 10 and found.info["loop"] == 0
        found.load()  # which tells how long a frame stays
        assert found.info["duration"] == 100
    with pytest.raises(UsageError, match=r"ends in \.webp, \.gif, \.mp4"):
        save_animation(frames, tmp_path / "walk.avi")


def test_films_hold_all_frames(tmp_path: Path) -> None:
    av = pytest.importorskip(
        "av", reason="PyAV is not installed: pip install 'duck-and-cover[video]'"
    )
    frames = [Image.new("RGB", (64, 64), (20 * i, 100, 50)) for i in range(10)]
    save_animation(iter(frames), tmp_path / "walk.mp4", 10)
    with av.open(str(tmp_path / "walk.mp4")) as film:
        found = [frame.to_image() for frame in film.decode(video=0)]
    assert len(found) == 10 and found[0].size == (64, 64)
    for frame, kept in zip(frames, found, strict=True):
        assert np.abs(pixels(frame) - pixels(kept)).mean() < 6


def test_small_frames_grow_by_whole_steps() -> None:
    assert enlarged(Image.new("RGB", (32, 32)), 100).size == (128, 128)
    assert enlarged(Image.new("RGB", (32, 32)), 16).size == (32, 32)
    assert padded([1, 2], 4) == [1, 2, 2, 2]
