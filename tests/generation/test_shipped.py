"""The generator that comes with the package: there, small, and of use without another word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from duck_and_cover import CoverGenerator
from duck_and_cover.cli import app
from duck_and_cover.data.synthetic import FIRST_YEAR, GENRES, LAST_YEAR
from duck_and_cover.generation import SHIPPED
from duck_and_cover.generation.hub import find_generator


@pytest.fixture(scope="module")
def shipped() -> CoverGenerator:
    return CoverGenerator.from_pretrained()


def test_it_is_small_and_says_what_it_is(shipped: CoverGenerator) -> None:
    files = {file.name: file for file in find_generator(SHIPPED).iterdir()}
    assert sum(file.stat().st_size for file in files.values()) < 8_000_000
    assert {"README.md", "config.json", "generator.safetensors", "samples.png"} <= set(files)
    assert shipped.vocabulary.genres == GENRES
    span = (shipped.vocabulary.first_year, shipped.vocabulary.last_year)
    assert span == (FIRST_YEAR, LAST_YEAR)
    assert shipped.config.resolution >= 64 and shipped.config.kimg > 0
    assert f"{shipped.config.kimg:g} kimg" in files["README.md"].read_text(encoding="utf-8")


def test_genre_year_and_seed_each_matter(shipped: CoverGenerator) -> None:
    def made(genre: str, year: int, seed: int) -> Any:
        (cover,) = shipped.generate(genre, year, seeds=[seed])
        return np.asarray(cover.picture, dtype=float)

    base = made("jazz", 1962, 1)
    for other in (made("techno", 1962, 1), made("jazz", 2015, 1), made("jazz", 1962, 2)):
        assert abs(other - base).mean() > 8
    genres = np.stack([made(genre, 1990, 0).mean(axis=(0, 1)) for genre in GENRES])
    assert genres.std(axis=0).mean() > 15  # palettes differ


def test_no_model_need_be_named(tmp_path: Path) -> None:
    words = ["generate", "--genre", "jazz", "--year", "1959", "--n", "1", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / "jazz-1959-0000.png").is_file()
