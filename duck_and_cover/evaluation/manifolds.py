"""Quality apart from variety: are generated covers among the real ones, and the real among them?

A single distance cannot tell a generator of few good covers from one of many bad ones; precision
and recall, density and coverage, and the curve of both over all trades between them can.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from duck_and_cover.evaluation.distances import Features
from duck_and_cover.evaluation.report.contents import PrCurve

BLOCK = 250  # rows of a table of pairs held at once
ROUNDING = 1e-12  # of the largest squared norm: what two ways to the same distance may differ by
CLUSTERINGS = 10  # that a curve is the mean of, as in the paper's own code


@dataclass(frozen=True)
class Manifold:
    """Shares of covers that lie in balls around covers of the other set."""

    precision: float  # generated ones within any real ball: quality
    recall: float  # real ones within any generated ball: variety
    density: float  # real balls around a generated one, as a share of k; near 1 is good
    coverage: float  # real balls that hold any generated one: variety, unmoved by outliers


def manifold(real: Features, fake: Features, k: int = 3) -> Manifold:
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).

    A cover's ball reaches to the k-th nearest of its own set, itself left out, and is closed. All
    four are nan where a set has not more than k covers.

    Args:
        real, fake: (N, D) and (M, D).
    """
    if min(len(real), len(fake)) <= k:
        return Manifold(*[float("nan")] * 4)
    x, y = (torch.from_numpy(np.array(part, dtype=np.float64)) for part in (real, fake))
    middle = x.mean(dim=0)  # far from the origin, differences of squares lose their digits
    x, y = x - middle, y - middle
    x2, y2 = (x**2).sum(dim=1), (y**2).sum(dim=1)
    slack = ROUNDING * float(torch.maximum(x2.max(), y2.max()))
    reach_x, reach_y = _reaches(x, x2, k) + slack, _reaches(y, y2, k) + slack
    around = torch.zeros(len(y), dtype=torch.int64)  # real balls that hold each generated cover
    covered, recalled = 0, 0
    for rows in _blocks(len(x)):
        gaps = torch.addmm(y2, x[rows], y.T, alpha=-2) + x2[rows, None]  # (rows, M), squared
        inside = gaps <= reach_x[rows, None]
        around += inside.sum(dim=0)
        covered += int(inside.any(dim=1).sum())
        recalled += int((gaps <= reach_y).any(dim=1).sum())
    return Manifold(
        precision=(around > 0).double().mean().item(),
        recall=recalled / len(x),
        density=around.sum().item() / (k * len(y)),
        coverage=covered / len(x),
    )


def _reaches(x: Tensor, squares: Tensor, k: int) -> Tensor:
    """Squared distance (N,) from each row of (N, D) to the k-th nearest other row."""
    found = []
    for rows in _blocks(len(x)):
        gaps = torch.addmm(squares, x[rows], x.T, alpha=-2) + squares[rows, None]
        gaps[torch.arange(len(rows)), rows] = torch.inf  # each to itself
        found.append(gaps.topk(k, largest=False).values[:, -1])
    return torch.cat(found).clamp(min=0)


def _blocks(count: int) -> Iterator[Tensor]:
    return (torch.arange(i, min(i + BLOCK, count)) for i in range(0, count, BLOCK))


def pr_curve(
    real: Features, fake: Features, clusters: int = 20, angles: int = 101, seed: int = 0
) -> PrCurve:
    """Precision against recall of two distributions over clusters of both (Sajjadi et al. 2018).

    From precision 0 at the best recall to recall 0 at the best precision, the mean over several
    clusterings. The larger set is thinned to the size of the smaller, which the paper asks for.

    Args:
        real, fake: (N, D) and (M, D), together at least `clusters` rows.
        clusters: of each clustering.
        angles: points of the curve.
    """
    random = np.random.default_rng(seed)
    count = min(len(real), len(fake))
    parts = [x[random.permutation(len(x))[:count]] for x in (real, fake)]
    points = np.concatenate(parts).astype(np.float32)
    clusters = min(clusters, len(np.unique(points, axis=0)))  # copies are one point
    slopes = np.tan(np.linspace(1e-10, np.pi / 2 - 1e-10, angles))[:, None]
    precision = np.zeros(angles)
    recall = np.zeros(angles)
    for _ in range(CLUSTERINGS):
        labels = _clustered(points, clusters, random)
        p, q = (np.bincount(part, minlength=clusters) / count for part in np.split(labels, 2))
        common = np.minimum(p * slopes, q).sum(axis=1)
        precision += common.clip(0, 1) / CLUSTERINGS
        recall += (common / slopes[:, 0]).clip(0, 1) / CLUSTERINGS
    return PrCurve(precision.tolist(), recall.tolist())


def _clustered(
    points: npt.NDArray[np.float32], clusters: int, random: np.random.Generator
) -> npt.NDArray[np.int32]:
    """The cluster (N,) of each row of (N, D), by k-means."""
    from scipy.cluster.vq import kmeans2

    with warnings.catch_warnings():
        # An empty cluster adds nothing to either histogram.
        warnings.filterwarnings("ignore", message="One of the clusters is empty")
        labels: npt.NDArray[np.int32] = kmeans2(points, clusters, minit="++", rng=random)[1]
    return labels
