"""Precision, recall, density, coverage and their curve: formulas by plain loops, known sets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from duck_and_cover.evaluation.manifolds import Manifold, manifold, pr_curve

Points = npt.NDArray[np.float64]


def normal(count: int, width: int = 5, seed: int = 0) -> Points:
    return np.random.default_rng(seed).normal(size=(count, width))


def radius(points: Points, i: int, k: int) -> float:
    others = [float(np.linalg.norm(points[i] - p)) for j, p in enumerate(points) if j != i]
    return sorted(others)[k - 1]


def by_loops(real: Points, fake: Points, k: int) -> Manifold:
    """The formulas of the papers, one pair at a time."""
    real_radius = [radius(real, i, k) for i in range(len(real))]
    fake_radius = [radius(fake, j, k) for j in range(len(fake))]
    inside = np.zeros((len(real), len(fake)), dtype=bool)
    recalled = [False] * len(real)
    for i, x in enumerate(real):
        for j, y in enumerate(fake):
            gap = np.linalg.norm(x - y)
            inside[i, j] = gap <= real_radius[i]
            recalled[i] |= bool(gap <= fake_radius[j])
    return Manifold(
        precision=float(np.mean([inside[:, j].any() for j in range(len(fake))])),
        recall=float(np.mean(recalled)),
        density=float(inside.sum() / (k * len(fake))),
        coverage=float(np.mean([inside[i].any() for i in range(len(real))])),
    )


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("away", [0.0, 1000.0])
def test_formulas_by_plain_loops(k: int, away: float) -> None:
    real, fake = normal(60) + away, normal(45, seed=1) * 0.8 + 0.4 + away
    found = manifold(real, fake, k)
    assert vars(found) == pytest.approx(vars(by_loops(real, fake, k)), rel=1e-9)
    assert 0 < found.recall < 1 and 0 < found.precision <= 1 and 0 < found.coverage < 1


def test_precision_and_recall_are_torch_fidelitys() -> None:
    metric = pytest.importorskip("torch_fidelity.metric_prc")
    import torch

    real, fake = normal(400, 16), normal(350, 16, seed=1) * 0.9 + 0.2
    for lean in (True, False):
        theirs = metric.prc_features_to_metric(
            torch.from_numpy(fake),
            torch.from_numpy(real),
            prc_neighborhood=3,
            prc_batch_size=128,
            save_cpu_ram=lean,
            verbose=False,
        )
        found = manifold(real, fake)
        assert found.precision == pytest.approx(theirs[metric.KEY_METRIC_PRECISION], rel=1e-6)
        assert found.recall == pytest.approx(theirs[metric.KEY_METRIC_RECALL], rel=1e-6)


def test_a_set_and_itself() -> None:
    """Every closed ball holds its centre and k more."""
    x = normal(1300)
    found = manifold(x, x[::-1])
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(4 / 3, rel=1e-12)


def test_two_draws_of_one_distribution() -> None:
    found = manifold(normal(1500, 4), normal(1500, 4, seed=1))
    assert found.density == pytest.approx(1, abs=0.1)  # expected 1, whatever the distribution
    assert found.coverage == pytest.approx(1 - 0.5**3, abs=0.05)  # Naeem et al., lemma 2


def test_sets_that_do_not_meet() -> None:
    assert manifold(normal(50), normal(50, seed=1) + 100) == Manifold(0, 0, 0, 0)


def test_a_collapsed_set_has_precision_alone() -> None:
    real = normal(200)
    copies = np.repeat(real[:1], 200, axis=0)
    found = manifold(real, copies)
    assert found.precision == 1
    assert found.recall == 1 / 200  # the one that was copied
    assert found.coverage < 0.1


def test_too_few_to_have_neighbours() -> None:
    assert all(np.isnan(value) for value in vars(manifold(normal(3), normal(50))).values())


def test_the_curve_of_equal_and_of_unlike_sets() -> None:
    x = normal(300)
    same = pr_curve(x, x)
    assert max(np.minimum(same.precision, same.recall)) == pytest.approx(1)
    apart = pr_curve(x, normal(250, seed=1) + 100)
    assert max(apart.precision) == max(apart.recall) == 0
    assert len(same.precision) == len(same.recall) == 101


def test_the_curve_tells_quality_from_variety() -> None:
    """Of two real kinds one is made; or a kind that no real cover is of is made besides."""
    left, right = normal(400), normal(400, seed=1) + 50
    real = np.concatenate([left, right])
    one_kind = pr_curve(real, normal(800, seed=2), clusters=2)
    assert max(one_kind.precision) == pytest.approx(1)
    assert max(one_kind.recall) == pytest.approx(0.5, abs=0.02)
    more = pr_curve(left, np.concatenate([normal(200, seed=3), right[:200]]), clusters=2)
    assert max(more.precision) == pytest.approx(0.5, abs=0.02)
    assert max(more.recall) == pytest.approx(1)


@pytest.mark.parametrize("kinds", [1, 2, 25])
def test_the_curve_of_copies(kinds: int) -> None:
    copies = np.tile(normal(kinds), (40, 1))
    curve = pr_curve(copies, copies)
    assert max(np.minimum(curve.precision, curve.recall)) == pytest.approx(1)


def test_a_curve_follows_from_its_seed() -> None:
    x, y = normal(100), normal(100, seed=1) + 0.5
    assert pr_curve(x, y, seed=3) == pr_curve(x, y, seed=3) != pr_curve(x, y, seed=4)
