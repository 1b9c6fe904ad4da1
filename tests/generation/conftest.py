"""A small generator that was never trained, and a folder of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from duck_and_cover import CoverGenerator
from duck_and_cover.conditions import Vocabulary
from duck_and_cover.generation.folder import GeneratorConfig, save_generator
from duck_and_cover.networks.progan import ProGANGenerator

WORDS = Vocabulary(("acid jazz", "ambient", "jazz"), 1950, 2020)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Networks this small only lose time by sharing their work."""
    torch.set_num_threads(1)


@pytest.fixture
def network() -> ProGANGenerator:
    torch.manual_seed(0)
    small = ProGANGenerator(16, WORDS.spec, latent=8, fmap_base=64, fmap_max=8, condition_width=8)
    return small.eval().requires_grad_(False)


@pytest.fixture
def config(network: ProGANGenerator) -> GeneratorConfig:
    return GeneratorConfig(
        "progan",
        network.settings,
        WORDS.settings(),
        resolution=16,
        kimg=12.5,
        data={"name": "synthetic", "fingerprint": "abc"},
        metrics={"val/kid": 0.0123456, "real/kid": 0.001},
    )


@pytest.fixture
def folder(tmp_path: Path, network: ProGANGenerator, config: GeneratorConfig) -> Path:
    path = tmp_path / "run" / "generator"
    save_generator(path, network, config)
    return path


@pytest.fixture
def generator(folder: Path) -> CoverGenerator:
    return CoverGenerator.from_pretrained(folder)
