"""Covers larger than the pyramid's levels: decoded whenever they are shown, ahead of their step.

At 256x256 a cover is 200 kB of pixels and perhaps 20 kB of JPEG, and a step takes far longer than
decoding its covers. So they stay JPEGs, which are decoded at a reduced scale by threads (Pillow and
torch free the interpreter meanwhile) while earlier steps are computed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import interpolate
from torch.utils.data import Sampler

from duck_and_cover.data.pictures import UnreadablePicture, decode_at_least
from duck_and_cover.data.sampler import Draw
from duck_and_cover.data.workers import cpu_count
from duck_and_cover.errors import DuckAndCoverError

if TYPE_CHECKING:
    import datasets

STEPS_AHEAD = 4
MOST_THREADS = 8  # more would wait for the interpreter's lock, and make the training wait for it
_TOGETHER = 4  # covers fetched at a time: fetching costs as much for one as for several

Pixels = npt.NDArray[np.uint8]


class Fills(Protocol):
    """Covers that are decoded by number."""

    def fill(self, pixels: Pixels, indices: npt.NDArray[np.integer[Any]]) -> None:
        """Decode the covers `indices` (B,) into `pixels` (B, R, R, 3)."""


class LargeCovers:
    """The pictures of a dataset, decoded as they are asked for.

    Args:
        dataset: covers in the schema.
        rows: (N,) the dataset's rows that are the covers 0..N-1.
    """

    def __init__(self, dataset: datasets.Dataset, rows: npt.NDArray[np.int64]) -> None:
        self.images = dataset.select_columns(["image"]).with_format("arrow")
        self.rows = rows

    def read(self, indices: npt.NDArray[np.integer[Any]], resolution: int) -> Pixels:
        """Covers by number: (B,) -> (B, R, R, 3) uint8.

        Raises:
            DuckAndCoverError: a picture that could be shown can no longer be read.
        """
        pixels = np.empty((len(indices), resolution, resolution, 3), np.uint8)
        self.fill(pixels, indices)
        return pixels

    def fill(self, pixels: Pixels, indices: npt.NDArray[np.integer[Any]]) -> None:
        """Decode the covers `indices` (B,) into `pixels` (B, R, R, 3)."""
        images = self.images[self.rows[indices]]["image"].to_pylist()
        for place, image in enumerate(images):
            source = image["bytes"] if image["bytes"] is not None else image["path"]
            try:
                pixels[place] = decode_to(source, pixels.shape[1])
            except UnreadablePicture as error:
                name = image["path"] or f"row {self.rows[indices[place]]}"
                raise DuckAndCoverError(
                    f"cannot read the cover {name} again ({error.reason}); "
                    "resume once the dataset is as it was, or start anew without it"
                ) from error


def decode_to(source: bytes | str, size: int) -> Pixels:
    """A picture's file as (size, size, 3) uint8, resized with the antialiased bicubic filter.

    torch's gives Pillow's pixels, but for roundings, in a third of its time; Lanczos, which makes
    the pyramid's levels, it has only lately.
    """
    square = np.array(decode_at_least(source, size))
    if len(square) == size:
        return square
    channels_first = torch.from_numpy(square).permute(2, 0, 1)[None]
    resized = interpolate(channels_first, size=(size, size), mode="bicubic", antialias=True)
    pixels: Pixels = resized[0].permute(1, 2, 0).numpy()
    return pixels


@dataclass(frozen=True)
class DrawAhead(Draw):
    """A draw whose covers are being decoded into `pixels` (B, R, R, 3)."""

    pixels: Pixels
    parts: tuple[Future[None], ...]

    def wait(self) -> Pixels:
        """The pixels, all of them there.

        Raises:
            DuckAndCoverError: a cover cannot be read.
        """
        for part in self.parts:
            part.result()
        return self.pixels


class AheadSampler(Sampler[Draw]):
    """The same draws, those above the stored levels begun some steps before they are asked for.

    Args:
        draws: one rank's.
        covers: the pictures.
        stored: the highest resolution that needs no decoding.
        threads: how many to decode with.
    """

    def __init__(self, draws: Iterable[Draw], covers: Fills, stored: int, threads: int) -> None:
        self.draws, self.covers, self.stored, self.threads = draws, covers, stored, threads

    def __iter__(self) -> Iterator[Draw]:
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="covers")
        waiting: deque[Draw] = deque()
        try:
            for draw in self.draws:
                large = draw.stage.resolution > self.stored
                waiting.append(self._begin(draw, pool) if large else draw)
                if len(waiting) > STEPS_AHEAD:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            # Draws are left waiting only where training stops before its end.
            pool.shutdown(wait=False, cancel_futures=bool(waiting))

    def _begin(self, draw: Draw, pool: ThreadPoolExecutor) -> DrawAhead:
        side, count = draw.stage.resolution, len(draw.indices)
        pixels = np.empty((count, side, side, 3), np.uint8)
        parts = tuple(
            pool.submit(
                self.covers.fill,
                pixels[start : start + _TOGETHER],
                draw.indices[start : start + _TOGETHER],
            )
            for start in range(0, count, _TOGETHER)
        )
        return DrawAhead(draw.images_shown, draw.stage, draw.indices, pixels, parts)


def threads_for(ranks: int) -> int:
    """Threads for each of the ranks that share this machine."""
    return max(1, min(MOST_THREADS, cpu_count() // ranks))
