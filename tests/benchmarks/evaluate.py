"""How long 10,000 covers against 10,000 take, part by part, and the most memory.

python -m tests.benchmarks.evaluate [COVERS]

Covers are made up here, at 64x64; the judge has learnt nothing, which changes no time. Seconds of
the processors count what other work on the machine hardly touches.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.classifier import CoverClassifier
from duck_and_cover.data.workers import cpu_count
from duck_and_cover.evaluation.distances import (
    frechet,
    kid,
    kid_over_subsets,
    mean_structural_similarity,
)
from duck_and_cover.evaluation.feature_cache import Origin, remembered_features
from duck_and_cover.evaluation.features import Pictures, extractor_for
from duck_and_cover.evaluation.guards import check_features
from duck_and_cover.evaluation.judge import Judge
from duck_and_cover.evaluation.manifolds import manifold, pr_curve
from duck_and_cover.evaluation.structure import sliced_wasserstein

T = TypeVar("T")

COVERS = 10_000
SIDE = 64
SHAPES = 6


def main() -> None:
    """Print seconds and memory of each part, then of all."""
    logging.disable(logging.WARNING)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COVERS
    say(f"{cpu_count()} processors, {torch.get_num_threads()} threads, {count} against {count}")
    real, fake = made_up(count, seed=0), made_up(count, seed=1)
    begin, processors = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DUCK_AND_COVER_CACHE"] = folder
        measure_all(real, fake)
    spent, used = time.perf_counter() - begin, time.process_time() - processors
    say(f"{'all':28} {spent:6.1f} s {used:6.1f} s of processors, {peak():.0f} MiB at most")


def measure_all(real: Pictures, fake: Pictures) -> None:
    """Features of both sets and every distance between them."""
    torch.manual_seed(0)
    judge = Judge(
        CoverClassifier(SIDE, 16), Vocabulary(tuple("abcdefghijklmnop"), 1950, 2020), SIDE
    )
    extractor = extractor_for("judge", judge)
    origin = Origin("made up", "test", range(len(real)))
    x = timed("features of the real", lambda: remembered_features(extractor, real, origin))
    timed("the same, from the cache", lambda: remembered_features(extractor, real, origin))
    y = timed("features of the generated", lambda: extractor(fake, "generated covers"))
    timed("guards", lambda: check_features(extractor, real, x))
    timed("FID", lambda: frechet(x, y))
    timed("KID", lambda: kid(x, y))
    timed("KID over subsets", lambda: kid_over_subsets(x, y))
    timed("precision ... coverage", lambda: manifold(x, y))
    timed("PR curve", lambda: pr_curve(x, y))
    timed("sliced Wasserstein", lambda: sliced_wasserstein(real, fake))
    timed("MS-SSIM of 2,000 pairs", lambda: mean_structural_similarity(fake, 2000, 0))


def made_up(count: int, seed: int) -> Pictures:
    """Covers (N, 64, 64, 3) of a ground, some grain and a few boxes and discs."""
    random = np.random.default_rng(seed)
    pictures: Pictures = np.empty((count, SIDE, SIDE, 3), np.uint8)
    y, x = np.mgrid[:SIDE, :SIDE]
    for picture in pictures:
        picture[:] = random.integers(40, 216, 3)
        for _ in range(SHAPES):
            middle, reach = random.integers(0, SIDE, 2), random.integers(3, SIDE // 3)
            gaps = np.abs(y - middle[0]), np.abs(x - middle[1])
            disc = random.random() < 0.5
            within = np.hypot(*gaps) < reach if disc else np.maximum(*gaps) < reach
            picture[within] = random.integers(0, 256, 3)
        picture += random.integers(0, 16, (SIDE, SIDE, 1), dtype=np.uint8)
    return pictures


def timed(what: str, part: Callable[[], T]) -> T:
    """Run a part and print what it took."""
    begin, processors = time.perf_counter(), time.process_time()
    result = part()
    spent, used = time.perf_counter() - begin, time.process_time() - processors
    say(f"{what:28} {spent:6.1f} s {used:6.1f} s of processors, {peak():.0f} MiB so far")
    return result


def peak() -> float:
    """The most memory held by this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
