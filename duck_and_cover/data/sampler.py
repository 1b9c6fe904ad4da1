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
Weights = npt.NDArray[np.float64]

GOLDEN = (5**0.5 - 1) / 2  # its multiples fill the unit interval more evenly than any other's


@dataclass(frozen=True)
class Draw:
    """One rank's share of one step."""

    images_shown: int  # before the step, in all ranks together
    stage: Stage
    indices: Indices  # (B,) rows of the dataset


class CoverOrder:
    """An endless order of `count` covers: pass after pass, each shuffled by (seed, pass).

    A pass is `count` draws: every cover once, or with weights as often as `WeightedPasses` says.
    """

    def __init__(self, count: int, seed: int, weights: Weights | None = None) -> None:
        assert count > 0
        self.count, self.seed = count, seed
        self.weighted = None if weights is None else WeightedPasses(weights, seed)
        self._shuffled: tuple[int, Indices] | None = None

    def _pass(self, number: int) -> Indices:
        if self._shuffled is None or self._shuffled[0] != number:
            order = np.random.default_rng((self.seed, number)).permutation(self.count)
            if self.weighted is not None:
                order = self.weighted.rows(number)[order]
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


class WeightedPasses:
    """Which covers a weighted pass holds, by systematic sampling (Madow 1949).

    The weights laid end to end are a line as long as a pass; a comb with teeth at distance 1 is put
    on it, and each tooth draws the cover under it. So a cover of weight 2.3 is drawn two or three
    times a pass, and as weights that are alike lie together, a genre's draws hardly vary. From pass
    to pass the comb moves by the golden ratio, so that a cover of weight 0.2 is in nearly every
    fifth pass rather than in some by chance.

    Args:
        weights: (N,) positive; only their ratios count.
        seed: where the comb begins.
    """

    def __init__(self, weights: Weights, seed: int) -> None:
        self.sorted = np.argsort(weights, kind="stable")
        ends = np.cumsum(weights[self.sorted])
        self.ends = ends * (len(weights) / ends[-1])
        self.ends[-1] = len(weights)  # whatever rounding says: a pass has N draws
        self.start = np.random.default_rng((seed, 0, 1)).random()

    def rows(self, number: int) -> Indices:
        """(N,) rows of a pass, not shuffled."""
        teeth = np.floor(self.ends + (self.start + number * GOLDEN) % 1)
        times = np.diff(teeth, prepend=0).astype(np.int64)
        return np.repeat(self.sorted, times)


def check_even(growth: Growth, world: int) -> None:
    """Raise a UsageError unless `world` ranks can share every batch evenly."""
    for size in {growth.batch_size, *growth.batch_sizes.values()}:
        if size % world:
            raise UsageError(f"batch_size {size} cannot be shared by {world} devices evenly")


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
        weights: Weights | None = None,
    ) -> None:
        check_even(growth, world)
        self.growth, self.order = growth, CoverOrder(count, seed, weights)
        self.start, self.rank, self.world = start, rank, world

    def __iter__(self) -> Iterator[Draw]:
        shown = self.start
        while shown < self.growth.images:
            stage = self.growth.stage_at(shown)
            each = stage.batch_size // self.world
            yield Draw(shown, stage, self.order.at(shown + self.rank * each, each))
            shown += stage.batch_size
