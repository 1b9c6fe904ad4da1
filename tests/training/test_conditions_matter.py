"""Every kind of condition shapes the covers of every model, where the covers depend on it.

The covers are plain: the album title's first letter sets the hue, the energy the contrast of the
two halves, the artist's first letter which half is the darker one.
"""

from __future__ import annotations

import colorsys
import itertools
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train

SIDE, COUNT = 16, 480
HUES = {"a": 0.0, "m": 0.33, "z": 0.67}  # red, green, blue
# Thousands of covers, and what makes each model learn as quickly as it can.
MODELS = {
    "progan": (8, "lr=0.008", "matching=1", "penalty_every=8"),
    "dcgan": (16, "matching=1"),
    "wgan_gp": (24, "matching=1"),
    "acgan": (24, "matching=1", "lr=0.002"),
}


def picture(hue: float, energy: float, dark_left: bool) -> bytes:
    """A cover of two halves, one by `energy` darker than the other."""
    bright, dark = (
        tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.9, value))
        for value in (0.9, 0.9 - 0.7 * energy)
    )
    cover = Image.new("RGB", (SIDE, SIDE), bright)
    cover.paste(dark, (0, 0, SIDE // 2, SIDE) if dark_left else (SIDE // 2, 0, SIDE, SIDE))
    file = BytesIO()
    cover.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def covers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parquet file of such covers; one in ten lacks its energy."""
    import datasets

    random = Random(0)

    def name(first: str) -> str:
        return first + "".join(random.choices("bcdefghijklnop", k=random.randint(3, 9)))

    rows: list[dict[str, Any]] = []
    for _ in range(COUNT):
        letter, left, energy = random.choice("amz"), random.random() < 0.5, random.random()
        rows.append(
            {
                "image": {"bytes": picture(HUES[letter], energy, left), "path": None},
                "album_name": name(letter).title(),
                "artist_name": name("k" if left else "w"),
                "energy": energy if random.random() < 0.9 else None,
            }
        )
    path = tmp_path_factory.mktemp("plain") / "covers.parquet"
    datasets.Dataset.from_list(rows).cast_column("image", datasets.Image()).to_parquet(str(path))
    return path


@pytest.fixture(scope="session")
def trained(
    covers: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], CoverGenerator]:
    """`trained(model)`: a small generator of the model, after some thousands of covers."""
    found: dict[str, CoverGenerator] = {}

    def make(model: str) -> CoverGenerator:
        if model not in found:
            out = tmp_path_factory.mktemp("matter") / model
            kimg, *quickly = MODELS[model]
            settings = [f"--growth.resolution={SIDE}", f"--growth.kimg={kimg}"]
            settings += [f"--model.init_args.{field}" for field in quickly]
            settings += [
                f"--growth.start_resolution={SIDE}",
                "--growth.batch_size=16",
                "--run.eval_kimg=0",
                "--run.milestones=0",
            ]
            settings += [f"--data.covers={covers}", "--data.conditions=[artist,album,audio]"]
            for network in ("generator", "discriminator"):
                settings.append(f"--model.init_args.{network}.init_args.fmap_max=32")
            settings.append("--model.init_args.ema_kimg=1")
            train(["--config", str(preset_path(model)), *settings, f"--run.out={out}"])
            found[model] = CoverGenerator.from_pretrained(out)
        return found[model]

    return make


def drawn(generator: CoverGenerator, **wish: Any) -> npt.NDArray[np.float64]:
    """24 covers (24, R, R, 3) of a wish, in [0, 1]."""
    made = generator.generate(seeds=range(24), **wish)
    return np.stack([np.asarray(cover.picture) for cover in made]) / 255


def leaning(covers: npt.NDArray[np.float64]) -> float:
    """How much brighter the right half is than the left one, on average."""
    halves = covers.max(axis=3).reshape(len(covers), SIDE, 2, SIDE // 2).mean(axis=(1, 3))
    return float((halves[:, 1] - halves[:, 0]).mean())


ARTISTS = {"kale": 1, "wode": -1}  # the first darkens the left half; neither was ever seen


@pytest.mark.parametrize("model", MODELS)
def test_the_first_letter_of_a_title_sets_the_hue(
    trained: Callable[[str], CoverGenerator], model: str
) -> None:
    generator = trained(model)
    for (place, letter), artist in itertools.product(enumerate("amz"), ARTISTS):
        title = f"{letter}cho".title()
        hue = drawn(generator, album=title, artist=artist, audio={"energy": 0.5}).mean((0, 1, 2))
        assert hue.argmax() == place, (title, artist, hue)


@pytest.mark.parametrize("model", MODELS)
def test_the_artist_and_the_energy_set_which_half_is_darker_and_how_much(
    trained: Callable[[str], CoverGenerator], model: str
) -> None:
    generator = trained(model)

    def darker(artist: str, energy: float) -> float:
        wishes = [{"album": f"{letter}cho", "audio": {"energy": energy}} for letter in "amz"]
        found = [leaning(drawn(generator, artist=artist, **wish)) for wish in wishes]
        return ARTISTS[artist] * sum(found) / len(found)

    for artist in ARTISTS:
        calm, wild = darker(artist, 0.1), darker(artist, 0.9)
        assert wild > max(calm + 0.1, 0.2), (artist, calm, wild)


@pytest.mark.parametrize("model", MODELS)
def test_what_is_left_out_is_left_to_the_model(
    trained: Callable[[str], CoverGenerator], model: str
) -> None:
    generator = trained(model)
    whole = {"album": "Acho", "artist": "kale", "audio": {"energy": 0.5}}
    for part in whole:
        free = drawn(generator, **{name: value for name, value in whole.items() if name != part})
        assert 0.2 < free.max(axis=3).mean() < 0.95
    nothing = drawn(generator)
    assert 0.2 < nothing.max(axis=3).mean() < 0.95
    assert np.abs(nothing - drawn(generator, **whole)).mean() > 0.02
