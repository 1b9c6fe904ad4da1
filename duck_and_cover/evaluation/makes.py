"""What evaluation asks of a generator, and the covers that it makes for given conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.generation.generator import Pictures


class HasResolution(Protocol):
    """A description that says how large the covers are."""

    @property
    def resolution(self) -> int:
        """Pixels of a side."""


class Makes(Protocol):
    """Anything that makes covers for conditions; `CoverGenerator` does.

    The seed decides everything that the condition does not: the same seed under another condition
    is the same z.
    """

    @property
    def name(self) -> str:
        """As reports call it."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The genres and years that may be asked for."""

    @property
    def config(self) -> HasResolution:
        """Its description."""

    def stream(self, conditions: Sequence[Condition], first_seed: int = 0) -> Iterator[Pictures]:
        """Covers (B, R, R, 3) batch by batch, with the seeds from `first_seed` on."""


def made(
    maker: Makes, conditions: Sequence[Condition], resolution: int, first_seed: int = 0
) -> Pictures:
    """Covers (N, R, R, 3) of N conditions, R at least `resolution`.

    Those of a generator that is still growing are enlarged by repeating their pixels.
    """
    pictures, done = np.empty((0, resolution, resolution, 3), np.uint8), 0
    for batch in maker.stream(conditions, first_seed):
        times = max(resolution // batch.shape[1], 1)
        batch = batch.repeat(times, axis=1).repeat(times, axis=2)
        if not done:
            pictures = np.empty((len(conditions), *batch.shape[1:]), np.uint8)
        pictures[done : done + len(batch)] = batch
        done += len(batch)
    return pictures
