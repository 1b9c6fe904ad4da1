"""How far two sets of covers are apart, and how different the covers of one set are.

Arrays in, numbers out; nothing here knows where the features come from. All sums are in float64,
and tables of pairs are made block by block, so that 10,000 covers need little memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.floating]  # (N, D)
Points = npt.NDArray[np.float64]  # (N, D)

BLOCK = 1000  # rows of a table of pairs held at once
PAIRS_AT_ONCE = 16  # of pictures


def frechet(real: Features, fake: Features) -> float:
    """Frechet distance of the normal distributions fitted to both (Heusel et al. 2017, section 3).

    With the roots `R'R` of the covariances, the trace of the matrix square root is the sum of the
    singular values of `R_real R_fake'`. That needs no square root of a covariance that fewer covers
    than features leave singular, and loses no digits to one.

    Args:
        real, fake: (N, D) and (M, D), at least two rows each.
    """
    import torch

    gap = real.mean(axis=0, dtype=np.float64) - fake.mean(axis=0, dtype=np.float64)
    root_real, root_fake = _covariance_root(real), _covariance_root(fake)
    shared = torch.linalg.svdvals(torch.from_numpy(root_real @ root_fake.T)).sum().item()
    variances = (root_real**2).sum() + (root_fake**2).sum()
    return float(gap @ gap + variances - 2 * shared)


def _covariance_root(x: Features) -> Points:
    """R (r, D) of which `R'R` is the covariance of (N, D), r the lesser of N and D."""
    import torch

    centred = x.astype(np.float64)
    centred -= centred.mean(axis=0)
    centred /= np.sqrt(len(x) - 1)
    if len(x) <= x.shape[1]:
        return centred
    root: Points = torch.linalg.qr(torch.from_numpy(centred), mode="r").R.numpy()
    return root


def kernel(x: Features, y: Features) -> Points:
    """The kernel `(x.y / D + 1)^3` of Binkowski et al. 2018: (N, D), (M, D) -> (N, M)."""
    products: Points = (x.astype(np.float64) @ y.T.astype(np.float64) / x.shape[1] + 1) ** 3
    return products


def kid(real: Features, fake: Features) -> float:
    """Kernel distance: the unbiased squared MMD of Binkowski et al. 2018, equation 4.

    Args:
        real, fake: (N, D) and (M, D), at least two rows each.
    """
    x, y = real.astype(np.float64), fake.astype(np.float64)
    between = _kernel_sum(x, y) / (len(x) * len(y))
    return float(_mean_of_others(x) + _mean_of_others(y) - 2 * between)


def _mean_of_others(x: Points) -> float:
    """Mean of the kernel over all pairs of two different rows."""
    own = (((x**2).sum(axis=1) / x.shape[1] + 1) ** 3).sum()
    return float((_kernel_sum(x, x) - own) / (len(x) * (len(x) - 1)))


def _kernel_sum(x: Points, y: Points) -> float:
    total = 0.0
    for rows in _blocks(x):
        pairs = rows @ y.T
        pairs /= x.shape[1]
        pairs += 1
        total += float(np.vdot(pairs * pairs, pairs))  # the sum of the cubes in two passes
    return total


def _blocks(x: Points) -> Iterator[Points]:
    return (x[start : start + BLOCK] for start in range(0, len(x), BLOCK))


def kid_over_subsets(
    real: Features, fake: Features, subsets: int = 100, size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Mean and standard deviation of `kid` over random subsets of both.

    The subsets are those that torch-fidelity takes with the generated covers as its first input
    and `seed` as its `rng_seed`.

    Args:
        real, fake: (N, D) and (M, D), at least four rows each.
        subsets: how many of each.
        size: rows of one; where there are not as many, half of the rows, so that subsets differ.
    """
    fewest = min(len(real), len(fake))
    size = size if size <= fewest else fewest // 2
    random = np.random.RandomState(seed)
    found = []
    for _ in range(subsets):
        some_fake = fake[random.choice(len(fake), size, replace=False)]
        some_real = real[random.choice(len(real), size, replace=False)]
        found.append(kid(some_real, some_fake))
    return float(np.mean(found)), float(np.std(found))


def mean_pairwise_distance(points: Features) -> float:
    """Mean Euclidean distance of all pairs of (N, D), N at least 2."""
    x = points.astype(np.float64)
    x -= x.mean(axis=0)  # far from the origin, differences of squares lose their digits
    squares = (x**2).sum(axis=1)
    n, total = len(x), 0.0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        gaps = squares[start:stop, None] + squares - 2 * x[start:stop] @ x.T
        gaps[np.arange(stop - start), np.arange(start, stop)] = 0  # each to itself
        total += np.sqrt(np.maximum(gaps, 0, out=gaps), out=gaps).sum()
    return float(total / (n * (n - 1)))


def mean_structural_similarity(pictures: npt.NDArray[np.uint8], pairs: int, seed: int) -> float:
    """Mean MS-SSIM of random pairs of covers (N, R, R, 3): 1 where all are the same.

    N is at least 2. Scales as many as a 7x7 window fits, with the weights of Wang et al. 2003
    scaled to sum to 1; nan where it fits none, at 4x4.
    """
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ssim

    side = pictures.shape[1]
    scales = min(5, (side // 8).bit_length())
    if not scales:
        return float("nan")
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])[:scales]
    random = np.random.default_rng(seed)
    left = random.integers(0, len(pictures), pairs)
    right = (left + random.integers(1, len(pictures), pairs)) % len(pictures)  # never itself
    total = 0.0
    for start in range(0, pairs, PAIRS_AT_ONCE):
        chosen = (rows[start : start + PAIRS_AT_ONCE] for rows in (left, right))
        x, y = (torch.from_numpy(pictures[rows].transpose(0, 3, 1, 2)) / 255 for rows in chosen)
        value = ssim(
            x.contiguous(),
            y.contiguous(),
            gaussian_kernel=False,
            kernel_size=7,
            data_range=1.0,
            betas=tuple(weights / weights.sum()),
            normalize="relu",
        )
        total += float(value) * len(x)
    return total / pairs
