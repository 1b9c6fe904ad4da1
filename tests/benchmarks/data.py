"""How fast covers come: building the pyramid, reading batches, decoding above it, and their share.

python -m tests.benchmarks.data

Covers are made up here: JPEGs with the detail and file size of real ones. Each figure is the median
of several measurements with the fastest in brackets, since other work on the machine only slows;
the last column counts processor time alone, which that work hardly touches.
"""

from __future__ import annotations

import logging
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from PIL import Image, ImageFilter
from torch.utils.data import DataLoader

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.batches import Batch, CoverBatches
from duck_and_cover.data.columns import to_schema
from duck_and_cover.data.large import AheadSampler, LargeCovers
from duck_and_cover.data.pyramid import CoverPyramid, find_damage
from duck_and_cover.data.sampler import StageBatchSampler
from duck_and_cover.data.workers import cpu_count
from duck_and_cover.growth import Growth

COVERS = 4000
DRAWN = 100  # different pictures among them
BATCH = 64
REPEATS = 5


def main() -> None:
    """Print covers a second of each part of the data path."""
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)  # what is decoded and enlarged here is known
    say(f"{cpu_count()} processors, {COVERS} covers")
    covers = made_up(300)
    with tempfile.TemporaryDirectory() as folder:
        for top in (64, 128):
            building(covers, top, Path(folder))
        pyramid = CoverPyramid.open_or_build(covers, 256, cache=Path(folder))
        opening = partial(CoverPyramid.open_or_build, covers, 128, cache=Path(folder))
        say_rate("opening", 1, opening, "times/s ")
        checking = partial(find_damage, pyramid.folder, pyramid.resolutions, COVERS)
        say_rate("checking, as part of it", 1, checking, "times/s ")
        for side in (4, 32, 64, 128):
            say_rate(f"batches of {BATCH} at {side}x{side}", COVERS, partial(show, pyramid, side))
    for pixels in (300, 512, 640):
        decoding(made_up(pixels, COVERS // 10), pixels)


def building(covers: datasets.Dataset, top: int, folder: Path) -> None:
    """Pyramids from JPEGs of 300 pixels, each in a folder of its own."""
    places = iter(range(REPEATS + 1))

    def build() -> None:
        place = folder / f"{top}-{next(places)}"
        CoverPyramid.open_or_build(covers, top, cache=place)

    say_rate(f"building from 300 px at {top}x{top}", COVERS, build)


def show(pyramid: CoverPyramid, side: int) -> None:
    """One pass of shuffled batches through the loader that training uses."""
    for _ in loader(pyramid, side):
        pass


def loader(pyramid: CoverPyramid, side: int, threads: int = 1) -> DataLoader[Batch]:
    """The training's loader at one resolution."""
    growth = Growth(resolution=side, start_resolution=side, kimg=COVERS / 1000, batch_size=BATCH)
    draws: Any = StageBatchSampler(growth, len(pyramid))
    if pyramid.large is not None and side > pyramid.resolutions[-1]:
        draws = AheadSampler(draws, pyramid.large, pyramid.resolutions[-1], threads)
    batches = CoverBatches(pyramid, Vocabulary((), 0, 0).tensors(pyramid.labels))
    return DataLoader(batches, batch_sampler=draws, collate_fn=_as_it_is)


def _as_it_is(batch: Any) -> Any:
    return batch


def decoding(covers: datasets.Dataset, pixels: int) -> None:
    """Covers above the pyramid, by one thread."""
    large = LargeCovers(covers, np.arange(len(covers)))
    for side in (256, 512):
        batch = np.arange(BATCH)
        what = f"decoding {pixels} px to {side}x{side}, one core"
        say_rate(what, BATCH, partial(large.read, batch, side))


def made_up(side: int, count: int = COVERS) -> datasets.Dataset:
    """Covers in the schema: `DRAWN` different JPEGs of `side` pixels, again and again."""
    files = list(jpegs(side))
    images = [{"bytes": files[number % DRAWN], "path": None} for number in range(count)]
    covers = datasets.Dataset.from_dict({"image": images})
    return to_schema(covers.cast_column("image", datasets.Image()))


def jpegs(side: int) -> Iterator[bytes]:
    """Coarse shapes, fine grain: about 20 kB at 300 pixels, as shops' covers have."""
    for number in range(DRAWN):
        random = np.random.default_rng(number)
        coarse = random.integers(0, 256, (9, 9, 3), dtype=np.uint8)
        shapes = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        grain = Image.effect_noise((side, side), 40).convert("RGB")
        cover = Image.blend(shapes, grain.filter(ImageFilter.GaussianBlur(0.7)), 0.3)
        file = BytesIO()
        cover.save(file, "JPEG", quality=90)
        yield file.getvalue()


def say_rate(what: str, count: int, work: Callable[[], Any], unit: str = "covers/s") -> None:
    """Do the work several times after a first, and print how many a second."""
    work()
    rates, by_core = [], []
    for _ in range(REPEATS):
        begin, used = time.perf_counter(), core_seconds()
        work()
        rates.append(count / (time.perf_counter() - begin))
        by_core.append(count / (core_seconds() - used))
    a_second = f"{statistics.median(rates):,.0f} ({max(rates):,.0f})"
    say(f"{what:<40} {a_second:>22} {unit}  {statistics.median(by_core):>9,.0f} a core second")


def core_seconds() -> float:
    """Processor time of this process and of those that it has started and that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
