"""Small progressive GANs and conditions for the tests of networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from duck_and_cover.networks.condition_encoder import ConditionTensors
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from tests.given import given, spec

GENRES = 3


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> None:
    """Networks this small only lose time by sharing their work."""
    torch.set_num_threads(1)


@pytest.fixture
def small_generator() -> Callable[..., ProGANGenerator]:
    """`small_generator(resolution=32, **settings)`: z of 8, three genres, 12 channels at most."""

    def build(resolution: int = 32, **settings: Any) -> ProGANGenerator:
        small: dict[str, Any] = dict(spec=spec(GENRES), latent=8, fmap_base=64, fmap_max=12)
        return ProGANGenerator(resolution, **small | settings)

    return build


@pytest.fixture
def small_discriminator() -> Callable[..., ProGANDiscriminator]:
    """`small_discriminator(resolution=32, **settings)`: the generator's match."""

    def build(resolution: int = 32, **settings: Any) -> ProGANDiscriminator:
        small: dict[str, Any] = dict(spec=spec(GENRES), fmap_base=64, fmap_max=12)
        return ProGANDiscriminator(resolution, **small | settings)

    return build


@pytest.fixture(scope="session")
def of() -> Callable[..., ConditionTensors]:
    """`of(genre, year, count=4)`: `count` times one genre's number and one year in [-1, 1]."""

    def make(genre: int | None, year: float | None, count: int = 4) -> ConditionTensors:
        hot = torch.zeros(count, GENRES)
        if genre is not None:
            hot[:, genre] = 1.0
        present = torch.tensor([float(genre is not None), float(year is not None)])
        return given(hot, torch.full((count,), year or 0.0), present.repeat(count, 1))

    return make
