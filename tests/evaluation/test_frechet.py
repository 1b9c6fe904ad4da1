"""Frechet and kernel distances, against closed forms and against torch-fidelity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from duck_and_cover.evaluation.distances import frechet, kid, kid_over_subsets

Points = npt.NDArray[np.float64]


def normal(count: int, width: int, seed: int = 0) -> Points:
    return np.random.default_rng(seed).normal(size=(count, width))


def with_moments(mean: Points, deviations: Points, count: int, seed: int) -> Points:
    """Rows of exactly this mean and of exactly these deviations, the columns uncorrelated."""
    q, _ = np.linalg.qr(normal(count, len(mean) + 1, seed) + np.eye(count, len(mean) + 1))
    ones = np.ones((count, 1)) / np.sqrt(count)
    q, _ = np.linalg.qr(np.hstack([ones, q[:, : len(mean)]]))
    rows: Points = mean + deviations * q[:, 1:] * np.sqrt(count - 1)
    return rows


@pytest.mark.parametrize("count", [12, 60])
def test_frechet_of_axis_aligned_normals(count: int) -> None:
    """|mean gap|^2 and the squared gaps of deviations: few rows or many, the same."""
    random = np.random.default_rng(1)
    means, deviations = random.normal(size=(2, 8)), random.uniform(0.1, 3, (2, 8))
    x, y = (with_moments(means[i], deviations[i], count, seed=i) for i in range(2))
    truth = ((means[0] - means[1]) ** 2).sum() + ((deviations[0] - deviations[1]) ** 2).sum()
    assert frechet(x, y) == pytest.approx(truth, rel=1e-9)


def test_frechet_of_shifted_and_scaled_copies() -> None:
    x = normal(50, 6)
    shift = np.arange(6.0)
    variance = x.var(axis=0, ddof=1).sum()
    assert frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet(x, x[::-1]) == pytest.approx(0, abs=1e-9)
    assert frechet(x, x + shift) == pytest.approx((shift**2).sum(), rel=1e-9)
    centred = x - x.mean(axis=0)
    assert frechet(centred, 3 * centred) == pytest.approx(4 * variance, rel=1e-9)


def test_frechet_of_fewer_rows_than_features() -> None:
    """The roots differ in shape; the distance does not ask for square ones."""
    x, y = normal(20, 64), normal(90, 64, seed=1) * 2 + 0.5
    by_roots = frechet(x, y)
    x_root, y_root = (np.linalg.cholesky(np.cov(p.T) + 1e-12 * np.eye(64)) for p in (x, y))
    shared = np.linalg.svd(x_root.T @ y_root, compute_uv=False).sum()
    gap = x.mean(axis=0) - y.mean(axis=0)
    truth = gap @ gap + np.trace(np.cov(x.T)) + np.trace(np.cov(y.T)) - 2 * shared
    assert by_roots == pytest.approx(truth, rel=1e-5)
    assert frechet(y, x) == pytest.approx(by_roots, rel=1e-10)


def test_frechet_of_constant_features() -> None:
    x, y = np.full((10, 4), 2.0), np.full((12, 4), 5.0)
    assert frechet(x, y) == pytest.approx(36)
    assert frechet(x, x) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("real", "fake", "width"), [(300, 240, 32), (30, 25, 64), (30, 100, 64)])
def test_fid_is_torch_fidelitys(real: int, fake: int, width: int) -> None:
    fid = pytest.importorskip("torch_fidelity.metric_fid")
    import torch

    mixed = normal(width, width, seed=5)
    x, y = normal(real, width) @ mixed, normal(fake, width, seed=1) @ mixed * 1.3 + 0.2
    theirs = fid.fid_statistics_to_metric(
        *(fid.fid_features_to_statistics(torch.from_numpy(part)) for part in (y, x)), verbose=False
    )
    assert frechet(x, y) == pytest.approx(theirs[fid.KEY_METRIC_FID], rel=1e-6)


def test_kid_is_torch_fidelitys() -> None:
    """Mean and deviation over the very same subsets."""
    metric = pytest.importorskip("torch_fidelity.metric_kid")
    import torch

    x, y = normal(150, 24), normal(120, 24, seed=1) + 0.1
    theirs = metric.kid_features_to_metric(
        torch.from_numpy(y),
        torch.from_numpy(x),
        kid_subsets=20,
        kid_subset_size=50,
        rng_seed=7,
        verbose=False,
    )
    ours = kid_over_subsets(x, y, subsets=20, size=50, seed=7)
    names = (metric.KEY_METRIC_KID_MEAN, metric.KEY_METRIC_KID_STD)
    assert ours == pytest.approx([theirs[name] for name in names], rel=1e-6)
    whole = metric.kid_features_to_metric(
        torch.from_numpy(y[:100]),
        torch.from_numpy(x[:100]),
        kid_subsets=1,
        kid_subset_size=100,
        rng_seed=0,
        verbose=False,
    )
    assert kid(x[:100], y[:100]) == pytest.approx(whole[names[0]], rel=1e-6)


def test_kid_of_more_rows_than_one_block() -> None:
    x, y = normal(1100, 3), normal(2050, 3, seed=1) + 0.2
    kernels = [(a @ b.T / 3 + 1) ** 3 for a, b in ((x, x), (y, y), (x, y))]
    own = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in kernels[:2]]
    assert kid(x, y) == pytest.approx(sum(own) - 2 * kernels[2].mean(), rel=1e-9)


def test_subsets_differ_where_there_are_few_covers() -> None:
    x, y = normal(30, 8), normal(20, 8, seed=1) + 1
    mean, deviation = kid_over_subsets(x, y, subsets=50)
    assert mean == pytest.approx(kid(x, y), rel=0.2)
    assert deviation > 0
    assert kid_over_subsets(x, y, subsets=50) == (mean, deviation)
    assert kid_over_subsets(x, y, subsets=50, seed=1) != (mean, deviation)
