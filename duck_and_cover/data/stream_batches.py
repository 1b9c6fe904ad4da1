"""From a stream's blocks to batches, in an order that is a function of seed, clock and ranks.

While a block is shown the next one is read, by a thread; covers are decoded some steps before they
are asked for, by others (`large.py`).
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

from duck_and_cover.data.block import Block, Cover, Place
from duck_and_cover.data.large import Pixels
from duck_and_cover.data.sampler import Draw, check_even
from duck_and_cover.data.stream import CoverStream
from duck_and_cover.growth import Growth


class Standing(NamedTuple):
    """A place in a stream, and the clock's time at which its block is begun."""

    images_shown: int  # in all ranks together
    place: Place

    def numbers(self) -> list[int]:
        """As a checkpoint holds it."""
        return [self.images_shown, *self.place]

    @classmethod
    def of(cls, numbers: list[int]) -> Standing:
        """What `numbers` gave."""
        return cls(numbers[0], Place(*numbers[1:]))


BEGINNING = Standing(0, Place(0, 0, 0))


class ShownCovers:
    """One rank's covers of a stream by number: how many it has shown since `start`.

    Blocks are fetched when draws reach them, and dropped when all of their covers were shown.

    Args:
        stream: the dataset.
        start: where to begin.
        rank, world: which of how many ranks.
    """

    def __init__(self, stream: CoverStream, start: Standing, rank: int, world: int) -> None:
        self.stream, self.start, self.rank, self.world = stream, start, rank, world
        self.standings: list[Standing] = []  # of all blocks reached so far
        self._blocks: tuple[tuple[int, Block], ...] = ()  # with their first covers' numbers
        self._reached = 0
        self._stop = threading.Event()
        self._coming: Generator[Block, None, None] | None = None

    def number_at(self, images_shown: int) -> int:
        """The number of this rank's first cover in the step at that time."""
        return (images_shown - self.start.images_shown) // self.world

    def reach(self, number: int) -> None:
        """Have the covers before `number` at hand, waiting for their blocks.

        Raises:
            DuckAndCoverError: the stream cannot be read.
        """
        if self._coming is None:
            blocks = self.stream.blocks(self.start.place, self.rank, self.world, self._stop)
            self._coming = _one_ahead(blocks)
        while self._reached < number:
            block = next(self._coming)
            clock = self.start.images_shown + self._reached * self.world
            self.standings.append(Standing(clock, block.place))
            self._blocks = (*self._blocks, (self._reached, block))
            self._reached += len(block)

    def fill(self, pixels: Pixels, indices: npt.NDArray[np.integer[Any]]) -> None:
        """Decode the covers `indices` (B,) into `pixels` (B, R, R, 3)."""
        for place, number in enumerate(indices.tolist()):
            first, block = self._block_of(number)
            pixels[place] = block.decode(number - first, pixels.shape[1])

    def take(self, indices: npt.NDArray[np.integer[Any]]) -> list[Cover]:
        """The covers (B,) that `fill` has decoded; those before them are not needed any more."""
        found = []
        for number in indices.tolist():
            first, block = self._block_of(number)
            found.append(block.shown(number - first))
        self._blocks = tuple(
            (first, block) for first, block in self._blocks if first + len(block) > indices[0]
        )
        return found

    def standing_at(self, images_shown: int) -> Standing:
        """Where to begin in order to go on at `images_shown`."""
        passed = bisect_right(self.standings, images_shown, key=lambda s: s.images_shown)
        return self.standings[passed - 1] if passed else self.start

    def close(self) -> None:
        """Read no further."""
        self._stop.set()
        if self._coming is not None:
            self._coming.close()

    def _block_of(self, number: int) -> tuple[int, Block]:
        blocks = self._blocks  # replaced by another thread, never changed
        return blocks[bisect_right(blocks, number, key=lambda pair: pair[0]) - 1]


def _one_ahead(blocks: Iterator[Block]) -> Generator[Block, None, None]:
    """The same blocks; each is being read while the one before it is used."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="stream")
    try:
        coming = pool.submit(next, blocks)
        while True:
            block = coming.result()
            coming = pool.submit(next, blocks)
            yield block
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class StreamSampler(Sampler[Draw]):
    """The draws of one rank from `start` images on to the end of the plan.

    Args:
        growth: the plan.
        covers: this rank's.
        start: images shown before.
    """

    def __init__(self, growth: Growth, covers: ShownCovers, start: int) -> None:
        check_even(growth, covers.world)
        self.growth, self.covers, self.start = growth, covers, start

    def __iter__(self) -> Iterator[Draw]:
        shown = self.start
        try:
            while shown < self.growth.images:
                stage = self.growth.stage_at(shown)
                each = stage.batch_size // self.covers.world
                first = self.covers.number_at(shown)
                self.covers.reach(first + each)
                yield Draw(shown, stage, np.arange(first, first + each))
                shown += stage.batch_size
        finally:
            self.covers.close()


def standing_of(state: dict[str, Any], fingerprint: str, rank: int, world: int) -> Standing | None:
    """Where a rank goes on by a checkpoint's state; None where it cannot be told from that.

    With another number of ranks, or other data, an epoch is begun that none had begun before.

    Args:
        state: as `state_of` gives it.
        fingerprint: of the stream.
    """
    standings = [Standing.of(numbers) for numbers in state.get("ranks", [])]
    if not standings:
        return None
    if len(standings) == world and state["fingerprint"] == fingerprint:
        return standings[rank]
    epoch = 1 + max(standing.place.epoch for standing in standings)
    return Standing(int(state["images_shown"]), Place(epoch, 0, 0))


def state_of(fingerprint: str, images_shown: int, ranks: list[list[int]]) -> dict[str, Any]:
    """What a checkpoint holds of a stream: plain numbers and text.

    Args:
        ranks: each rank's `Standing.numbers`.
    """
    return {"fingerprint": fingerprint, "images_shown": images_shown, "ranks": ranks}
