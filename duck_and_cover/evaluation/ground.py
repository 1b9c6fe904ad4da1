"""The ground that models stand on: real covers, cut into halves, and what is seen in them.

Of each cut one half is the reference, and the other half is what a perfect generator would have
made: its distance to the reference is the floor. Generated covers are made for the genres and years
of that other half, and there are as many of them, so that both are measured in the same way. Of
few covers several cuts are taken, and figures are means over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.contestants import ALL
from duck_and_cover.evaluation.distances import frechet, kid, kid_over_subsets
from duck_and_cover.evaluation.feature_cache import Origin, remembered_features
from duck_and_cover.evaluation.features import Extractor, Features, extractor_for
from duck_and_cover.evaluation.flags import FEW_COVERS
from duck_and_cover.evaluation.guards import check_features
from duck_and_cover.evaluation.judge import Judge, judge_for
from duck_and_cover.evaluation.manifolds import manifold
from duck_and_cover.evaluation.names import distance_name
from duck_and_cover.evaluation.real_covers import RealCovers, Rows, count_of, covers_of, evenly
from duck_and_cover.evaluation.report.contents import Flag
from duck_and_cover.evaluation.structure import sliced_wasserstein
from duck_and_cover.evaluation.verdicts import Verdicts
from duck_and_cover.generation.allocator import give_back_freed_memory
from duck_and_cover.generation.generator import Pictures

SPLITS = {
    "train": ("train",),
    "validation": ("validation",),
    "test": ("test",),
    "held-out": ("validation", "test"),
    "all": ALL,
}
JUDGE = "judge"  # the extractor whose features come with the verdicts
FEWEST = 8  # covers of a half
CUTS = 5  # of few covers
MOST_UNSEEN = 1000
MOST_BYTES = 1_200_000_000  # of real pictures in memory


class Cut(NamedTuple):
    """Two halves of the real covers, as rows."""

    reference: Rows
    other: Rows


class Value(NamedTuple):
    """A distance, and its deviation over cuts or subsets where it has one."""

    mean: float
    std: float | None


Distances = dict[str, Value]  # by bare name: kid, fid, precision, ..., swd_16


@dataclass(frozen=True)
class Ground:
    """Real covers and what is seen in them."""

    data: CoverDataModule
    split: str
    covers: RealCovers  # P of them
    judge: Judge
    verdicts: Verdicts  # of the P covers
    extractor: Extractor
    features: Features  # (P, D) by the extractor
    cuts: list[Cut]
    noise: dict[str, float]  # what pictures of noise would get: the far end of the scale
    doubts: list[Flag]  # about the features
    seed: int

    @property
    def count(self) -> int:
        """Covers of a half: the number in the figures' names."""
        return len(self.cuts[0].other)

    @cached_property
    def asked_rows(self) -> Rows:
        """Rows of the covers whose genres and years are asked for: all the other halves."""
        return np.unique(np.concatenate([cut.other for cut in self.cuts]))

    @cached_property
    def asked(self) -> RealCovers:
        """Those covers."""
        return self.covers.at(self.asked_rows)

    @property
    def parts(self) -> list[Rows]:
        """Where each cut's other half stands among the rows that are asked for."""
        return [np.searchsorted(self.asked_rows, cut.other) for cut in self.cuts]

    @cached_property
    def floors(self) -> Distances:
        """Of the other halves to the references."""
        others = [cut.other for cut in self.cuts]
        return self.distances(self.features, self.covers.pictures, others)

    @cached_property
    def unseen(self) -> Pictures:
        """Held-out covers, which no training has seen."""
        splits = SPLITS["held-out"]
        rows = evenly(count_of(self.data, splits), MOST_UNSEEN)
        return covers_of(self.data, splits, rows).pictures

    def features_of(self, pictures: Pictures, verdicts: Verdicts, what: str) -> Features:
        """Of covers that the judge has looked at, as the extractor sees them."""
        return verdicts.features if self.extractor.name == JUDGE else self.extractor(pictures, what)

    def distances(self, features: Features, pictures: Pictures, parts: list[Rows]) -> Distances:
        """Of covers to the references, as means over the cuts.

        Args:
            features, pictures: (M, D) and (M, R, R, 3) of the covers in question.
            parts: Which of the M are held against the reference of each cut.
        """
        found = [
            self._to_reference(cut, features[rows], pictures, rows)
            for cut, rows in zip(self.cuts, parts, strict=True)
        ]
        if len(found) == 1:
            real, other = self.features[self.cuts[0].reference], features[parts[0]]
            spread = {name: Value(value, None) for name, value in found[0].items()}
            return spread | {"kid": Value(*kid_over_subsets(real, other, seed=self.seed))}
        values = {name: [each[name] for each in found] for name in found[0]}
        return {name: Value(float(np.mean(v)), float(np.std(v))) for name, v in values.items()}

    def _to_reference(
        self, cut: Cut, features: Features, pictures: Pictures, rows: Rows
    ) -> dict[str, float]:
        real, own = self.features[cut.reference], self.covers.pictures
        patches = sliced_wasserstein(own, pictures, self.seed, cut.reference, rows)
        return {
            "kid": kid(real, features),
            "fid": frechet(real, features),
            **vars(manifold(real, features)),
            **{f"swd_{side}": value for side, value in patches.items()},
        }


def lay_ground(
    data: CoverDataModule,
    split: str,
    n: int,
    features: str,
    inception_weights: Path | None,
    seed: int,
) -> Ground:
    """Read, judge and cut the real covers of a split.

    Args:
        n: The most covers of a half.

    Raises:
        UsageError: There is no such split, or it has next to no covers.
        DuckAndCoverError: The features are not fit to measure with.
    """
    if split not in SPLITS:
        raise UsageError(f"--split {split}: take one of {', '.join(SPLITS)}")
    count = count_of(data, SPLITS[split])
    rows = _some(count, min(2 * n, _most(data.growth.resolution)), seed)
    half = min(n, len(rows) // 2)
    if half < FEWEST:
        raise UsageError(
            f"--split {split}: {count} covers are too few to compare with; "
            "take --split held-out or all, or more --data"
        )
    data.let_go()
    give_back_freed_memory()  # of opening the data, as much as a half takes
    covers = covers_of(data, SPLITS[split], rows)
    judge = judge_for(data)
    extractor = extractor_for(features, judge, inception_weights)
    origin = Origin("+".join(data.pyramid(s).fingerprint for s in SPLITS[split]), split, rows)
    verdicts = judge.look(covers.pictures)
    give_back_freed_memory()
    if extractor.name == JUDGE:
        points = verdicts.features
    else:
        points = remembered_features(extractor, covers.pictures, origin)
    mixed = np.random.default_rng(seed).permutation(len(rows))
    guarded = check_features(extractor, covers.pictures, points[mixed])
    give_back_freed_memory()
    return Ground(
        data,
        split,
        covers,
        judge,
        verdicts,
        extractor,
        points,
        cuts_of(len(rows), half, seed),
        {distance_name("fid", extractor.name, half): guarded.fid_real_noise},
        guarded.flags,
        seed,
    )


def cuts_of(count: int, half: int, seed: int) -> list[Cut]:
    """Random halves; one cut where halves are large."""
    random = np.random.default_rng([seed, count])
    cuts = []
    for _ in range(1 if half >= FEW_COVERS else CUTS):
        order = random.permutation(count)
        cuts.append(Cut(np.sort(order[:half]), np.sort(order[half : 2 * half])))
    return cuts


def _some(count: int, most: int, seed: int) -> Rows:
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


def _most(resolution: int) -> int:
    return max(MOST_BYTES // (3 * resolution**2), 2 * FEWEST)
