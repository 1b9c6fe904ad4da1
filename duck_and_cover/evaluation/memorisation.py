"""Does a generator repeat its training covers? The nearest ones say it.

Every cover is within some distance of a training cover. A generator that has learnt comes as near
to them as real covers do that were held out; one that copies comes nearer (the two-sample test of
Meehan et al. 2020, here over whole sets). Distances are taken in features, the smaller one of the
cover and its mirror image.

A held-out cover that stands among the training covers as well (a reissue, another album with the
same picture) is no evidence of how near honest covers come, and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from duck_and_cover.evaluation.progress import track
from duck_and_cover.evaluation.report.contents import Memorisation
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.generation.sheet import GAP, INK, PAPER

Array = npt.NDArray[np.float32]
FeatureMap = Callable[[Pictures], Array]  # (N, R, R, 3) -> (N, D)

MOST = 1000  # generated covers, and held-out ones
FEWEST = 30  # held-out covers for a test to mean anything
BLOCK = 2048  # training covers at once
SAME = 2 / 255  # root mean square in pixels' features: one picture, saved twice
PAIRS, COLUMNS = 20, 5
PIXELS = "pixels"


class TrainingCovers(Protocol):
    """Covers that are read a few at a time; `CoverPyramid` is one."""

    def __len__(self) -> int: ...

    def read(self, indices: npt.NDArray[np.integer[Any]], resolution: int) -> Pictures:
        """Covers by row number: (B,) -> (B, R, R, 3)."""

    def close(self) -> None:
        """Let go of what was read."""


def pixel_features(pictures: Pictures) -> Array:
    """Mean colours of 16x16, 8x8 and 4x4 cells of covers (N, R, R, 3), R a power of two from 4 on.

    Each level counts alike: the squared distance of two covers is the mean over levels of the mean
    squared difference of colours in [0, 1].
    """
    n, side = pictures.shape[:2]
    levels = [cells for cells in (16, 8, 4) if cells <= side]
    parts = []
    for cells in levels:
        step = side // cells
        grid = pictures.reshape(n, cells, step, cells, step, 3)
        means = grid.mean(axis=(2, 4), dtype=np.float32).reshape(n, -1) / 255
        parts.append(means / np.sqrt(means.shape[1] * len(levels)))
    return np.concatenate(parts, axis=1)


@dataclass
class Nearest:
    """Of Q covers, the distance to the nearest training cover so far, and its row."""

    distances: Array  # (Q,)
    rows: npt.NDArray[np.intp]  # (Q,)

    @classmethod
    def none(cls, count: int) -> Nearest:
        """Nothing looked at yet."""
        return cls(np.full(count, np.inf, np.float32), np.full(count, -1, np.intp))

    def look(self, queries: Array, block: Array, first_row: int) -> None:
        """Take the next training covers (B, D) into account.

        Args:
            queries: (Q, D), or (2 Q, D) with the mirror images behind.
        """
        gaps = (
            np.square(queries).sum(axis=1)[:, None]
            + np.square(block).sum(axis=1)
            - 2 * queries @ block.T
        )
        gaps = gaps.reshape(-1, len(self.rows), len(block)).min(axis=0)
        best = gaps.argmin(axis=1)
        # The short formula loses digits where covers are the same; only the winners need them.
        pairs = queries.reshape(-1, *self.rows.shape, queries.shape[1]) - block[best]
        found = np.sqrt(np.square(pairs).sum(axis=2)).min(axis=0)
        nearer = found < self.distances
        self.distances[nearer] = found[nearer]
        self.rows[nearer] = best[nearer] + first_row


@dataclass(frozen=True)
class Neighbours:
    """The nearest training covers in one kind of features: of generated and of held-out covers."""

    generated: Nearest
    held_out: Nearest

    def test(self, features: str, training_covers: int) -> Memorisation:
        """Mann and Whitney's U: whether generated covers are nearer than held-out ones.

        Args:
            features: Their name in the report.
        """
        from scipy.stats import mannwhitneyu

        near, usual = self.generated.distances, self.held_out.distances
        statistic, p = mannwhitneyu(near, usual, alternative="less")
        return Memorisation(
            features,
            float(statistic),
            float(p),
            float(np.median(near)),
            float(np.median(usual)),
            training_covers,
            len(near),
        )


def memorisation(
    judge_features: FeatureMap, generated: Pictures, held_out: Pictures, training: TrainingCovers
) -> tuple[list[Memorisation], Image.Image | None]:
    """The test in the judge's features and in pixels, and the closest pairs as a picture.

    Args:
        judge_features: What the judge makes of covers.
        generated, held_out: (N, R, R, 3); at most 1,000 of each count, evenly chosen.
        training: Read at R, a block at a time.

    Returns:
        Nothing and None where fewer than 30 held-out covers are left to compare with.
    """
    maps = {"judge": judge_features, PIXELS: pixel_features}
    generated, held_out = (each[:: -(-len(each) // MOST)] for each in (generated, held_out))
    found = nearest(maps, generated, held_out, training)
    fresh = found[PIXELS].held_out.distances > SAME
    if fresh.sum() < FEWEST:
        return [], None
    kept = {name: Neighbours(n.generated, _some(n.held_out, fresh)) for name, n in found.items()}
    tests = [neighbours.test(name, len(training)) for name, neighbours in kept.items()]
    return tests, closest_pairs(generated, training, kept["judge"])


def nearest(
    maps: Mapping[str, FeatureMap],
    generated: Pictures,
    held_out: Pictures,
    training: TrainingCovers,
) -> dict[str, Neighbours]:
    """The nearest training covers in every kind of features, in one pass over them."""
    side = generated.shape[1]
    queries = {name: _both_ways(to, generated, held_out) for name, to in maps.items()}
    found = {name: (Nearest.none(len(generated)), Nearest.none(len(held_out))) for name in maps}
    for start in track(range(0, len(training), BLOCK), "searching the training covers"):
        rows = np.arange(start, min(start + BLOCK, len(training)))
        block = training.read(rows, side)
        training.close()
        for name, to in maps.items():
            features = to(block)
            for nearest_so_far, asked in zip(found[name], queries[name], strict=True):
                nearest_so_far.look(asked, features, start)
    return {name: Neighbours(*pair) for name, pair in found.items()}


def _both_ways(to: FeatureMap, *sets: Pictures) -> list[Array]:
    """Features of each set, its mirror images behind."""
    return [np.concatenate([to(each), to(each[:, :, ::-1])]) for each in sets]


def _some(nearest: Nearest, chosen: npt.NDArray[np.bool_]) -> Nearest:
    return Nearest(nearest.distances[chosen], nearest.rows[chosen])


def closest_pairs(generated: Pictures, training: TrainingCovers, found: Neighbours) -> Image.Image:
    """The 20 closest pairs, generated on the left, each training cover at most once.

    Below each stands its distance, and the share of held-out covers that come as near to a
    training cover of their own.
    """
    side = generated.shape[1]
    cell = side * max(1, -(-64 // side))
    size = max(10, cell // 7)
    font, line = ImageFont.load_default(size), size * 7 // 5
    wide, high = 2 * cell + 3 * GAP, cell + 2 * line + 3 * GAP
    pairs = _distinct(found.generated)
    lines = -(-len(pairs) // COLUMNS)
    sheet = Image.new("RGB", (min(len(pairs), COLUMNS) * wide + GAP, lines * high + GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, pair in enumerate(pairs):
        row, distance = found.generated.rows[pair], found.generated.distances[pair]
        x, y = place % COLUMNS * wide + 2 * GAP, place // COLUMNS * high + GAP
        for picture in (generated[pair], training.read(np.array([row]), side)[0]):
            image = Image.fromarray(picture).resize((cell, cell), Image.Resampling.NEAREST)
            sheet.paste(image, (x, y))
            x += cell
        share = float((found.held_out.distances <= distance).mean())
        left = x - 2 * cell
        draw.text((left, y + cell), f"distance {distance:.3g}", fill=INK, font=font)
        draw.text((left, y + cell + line), f"held-out: {share:.1%}", fill=INK, font=font)
    return sheet


def _distinct(nearest: Nearest) -> list[int]:
    """The generated covers of the closest pairs, closest first, one for each training cover."""
    seen: set[int] = set()
    chosen: list[int] = []
    for place in np.argsort(nearest.distances, kind="stable"):
        row = int(nearest.rows[place])
        if row not in seen:
            seen.add(row)
            chosen.append(int(place))
    return chosen[:PAIRS]
