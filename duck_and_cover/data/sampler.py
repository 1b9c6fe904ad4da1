"""Which covers a step sees: a pure function of (seed, images_shown, rank, world size).

Nothing here remembers anything, so a run stopped anywhere goes on exactly, with any number of
workers and any number of ranks whose batches add up to the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth, Stage

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Draw:
    """One rank's share of one step."""

    images_shown: int  # before the step, in all ranks together
    stage: Stage
    indices: Indices  # (B,) rows of the dataset


class CoverOrder:
    """An endless order of `count` covers: pass after pass, each shuffled by (seed, pass)."""

    def __init__(self, count: int, seed: int) -> None:
        assert count > 0
        self.count, self.seed = count, seed
        self._shuffled: tuple[int, Indices] | None = None

    def _pass(self, number: int) -> Indices:
        if self._shuffled is None or self._shuffled[0] != number:
            order = np.random.default_rng((self.seed, number)).permutation(self.count)
            self._shuffled = number, order
        return self._shuffled[1]

    def at(self, position: int, n: int) -> Indices:
        """The `n` rows from `position` on."""
        parts: list[Indices] = []
        while n > 0:
            number, offset = divmod(position, self.count)
            part = self._pass(number)[offset : offset + n]
            parts.append(part)
            position, n = position + len(part), n - len(part)
        return np.concatenate(parts)


class StageBatchSampler(Sampler[Draw]):
    """The draws of one rank from `start` images on to the end of the plan.

    It has no length on purpose: Lightning would count the steps before a resume against it.
    """

    def __init__(
        self,
        growth: Growth,
        count: int,
        seed: int = 0,
        start: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        for size in {growth.batch_size, *growth.batch_sizes.values()}:
            if size % world:
                raise UsageError(f"batch_size {size} cannot be shared by {world} devices evenly")
        self.growth, self.order = growth, CoverOrder(count, seed)
        self.start, self.rank, self.world = start, rank, world

    def __iter__(self) -> Iterator[Draw]:
        shown = self.start
        while shown < self.growth.images:
            stage = self.growth.stage_at(shown)
            each = stage.batch_size // self.world
            yield Draw(shown, stage, self.order.at(shown + self.rank * each, each))
            shown += stage.batch_size
