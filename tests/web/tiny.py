"""A generator that was never trained, a title writer that makes them up, and a server of both.

    python -m tests.web.tiny [TOKEN]

prints its address and serves until it is told to stop.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.generation.folder import GeneratorConfig
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.networks.progan import ProGANGenerator
from duck_and_cover.web.serving import serve
from duck_and_cover.web.settings import Settings

WORDS = Vocabulary(("acid jazz", "ambient", "jazz"), 1950, 2020)


def tiny_generator(
    name: str = "tiny", words: Vocabulary = WORDS, resolution: int = 16
) -> CoverGenerator:
    """A progressive GAN of a few weights."""
    torch.manual_seed(0)
    network = ProGANGenerator(
        resolution, words.spec, latent=8, fmap_base=64, fmap_max=8, condition_width=8
    )
    config = GeneratorConfig("progan", network.settings, words.settings(), resolution)
    return CoverGenerator(network.eval().requires_grad_(False), config, words, name)


class Writer:
    """Writes the same titles for the same words."""

    def titles(
        self,
        genres: Sequence[str] = (),
        year: int | None = None,
        artist: str = "",
        album: str = "",
        count: int | None = None,
        seed: int = 0,
        clean: bool = False,
    ) -> list[str]:
        """`count` titles, or nine."""
        style = "+".join(genres) or "any"
        return [f"{style} no. {i + 1} of {seed}" for i in range(count or 9)]


def main() -> None:
    """Serve a tiny generator on a free port."""
    torch.set_num_threads(1)
    token = sys.argv[1] if len(sys.argv) > 1 else None
    serve(
        {"tiny": tiny_generator()},
        port=0,
        settings=Settings(token=token),
        titles=Writer(),
        say=lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main()
