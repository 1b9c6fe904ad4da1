"""Distances between sets of covers, against plain loops and cases whose answer is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from duck_and_cover.evaluation.distances import (
    kernel,
    kid,
    mean_pairwise_distance,
    mean_structural_similarity,
)

Points = npt.NDArray[np.float64]
Pictures = npt.NDArray[np.uint8]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def points(count: int, width: int = 8, shift: float = 0.0, seed: int = 0) -> Points:
    return np.random.default_rng(seed).normal(size=(count, width)) + shift


def noise(count: int, side: int, seed: int = 0) -> Pictures:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def smooth(side: int) -> Pictures:
    """One picture with structure of every size: (R, R, 3)."""
    ramp = np.arange(side) / side
    waves = [np.sin(2 * np.pi * f * ramp) for f in (1, 2, 4)]
    channels = [np.add.outer(wave, wave[::-1]) for wave in waves]
    return (np.stack(channels, axis=2) * 63 + 128).astype(np.uint8)


def test_kid_against_plain_loops() -> None:
    real, fake = points(7, 5), points(6, 5, shift=0.3, seed=1)

    def k(x: Points, y: Points) -> float:
        return float((sum(a * b for a, b in zip(x, y, strict=True)) / 5 + 1) ** 3)

    within = sum(k(x, y) for i, x in enumerate(real) for j, y in enumerate(real) if i != j)
    among = sum(k(x, y) for i, x in enumerate(fake) for j, y in enumerate(fake) if i != j)
    across = sum(k(x, y) for x in real for y in fake)
    expected = within / (7 * 6) + among / (6 * 5) - 2 * across / (7 * 6)
    assert kid(real, fake) == pytest.approx(expected)
    assert kernel(real, fake)[2, 3] == pytest.approx(k(real[2], fake[3]))
    assert kernel(real, fake).shape == (7, 6)


def test_kid_matches_the_trusted_implementation() -> None:
    import torch
    from torchmetrics.image.kid import poly_mmd

    real, fake = points(50), points(50, shift=0.2, seed=1)
    trusted = poly_mmd(torch.from_numpy(real), torch.from_numpy(fake))
    assert kid(real, fake) == pytest.approx(trusted.item())


def test_kid_of_two_halves_is_nothing_on_average() -> None:
    values = [kid(points(50, seed=2 * i), points(50, seed=2 * i + 1)) for i in range(60)]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3 * error
    assert min(values) < 0 < max(values)  # unbiased: it must be able to fall below zero
    shifted = kid(points(50), points(50, shift=1.0, seed=1))
    assert shifted > 10 * max(np.abs(values))


def test_kid_grows_with_the_distance() -> None:
    real = points(200)
    moved = [kid(real, points(200, shift=shift, seed=1)) for shift in (0.0, 0.25, 0.5, 1.0, 2.0)]
    assert moved == sorted(moved)
    assert kid(real, points(200, shift=1.0, seed=1)) == pytest.approx(
        kid(points(200, shift=1.0, seed=1), real)
    )
    # Collapse is seen too, where the mean alone is right.
    assert kid(real, points(200, seed=1) * 0.1) > 5 * abs(moved[0])


def test_kid_is_summed_in_full_precision() -> None:
    real, fake = points(300, shift=30), points(300, shift=30, seed=1)
    in_half = kid(real.astype(np.float32), fake.astype(np.float32))
    assert in_half == pytest.approx(kid(real, fake), rel=1e-2)


def test_mean_pairwise_distance_against_plain_loops() -> None:
    x = points(9, 4)
    gaps = [float(np.linalg.norm(x[i] - x[j])) for i in range(9) for j in range(i)]
    assert mean_pairwise_distance(x) == pytest.approx(np.mean(gaps))
    assert mean_pairwise_distance(x.astype(np.float32)) == pytest.approx(np.mean(gaps), rel=1e-5)


def test_mean_pairwise_distance_of_known_sets() -> None:
    corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert mean_pairwise_distance(corners) == pytest.approx((3 + 4 + 5) / 3)
    assert mean_pairwise_distance(corners + 1000) == pytest.approx(4.0)
    assert mean_pairwise_distance(np.full((5, 3), 0.1)) == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize("side", [16, 32, 64, 128])
def test_the_same_cover_throughout_has_similarity_one(side: int) -> None:
    same = np.stack([smooth(side)] * 4)
    assert mean_structural_similarity(same, 8, seed=0) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("side", [16, 32, 64, 128])
def test_similarity_falls_with_noise(side: int) -> None:
    random = np.random.default_rng(0)
    found = []
    for strength in (2, 20, 80):
        bumps = random.normal(0, strength, (4, side, side, 3))
        pictures = np.clip(smooth(side) + bumps, 0, 255).astype(np.uint8)
        found.append(mean_structural_similarity(pictures, 8, seed=0))
    found.append(mean_structural_similarity(noise(4, side), 8, seed=0))
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.9 and 0 <= found[-1] < 0.3


def test_similarity_of_what_no_window_fits_is_not_known() -> None:
    assert np.isnan(mean_structural_similarity(noise(4, 4), 8, seed=0))
    assert 0 <= mean_structural_similarity(noise(4, 8), 8, seed=0) < 0.5


def test_no_cover_is_compared_with_itself() -> None:
    # Of two unlike covers a pair with itself would lift the mean at once.
    assert mean_structural_similarity(noise(2, 16), 200, seed=0) < 0.2


def test_half_a_set_of_copies_has_half_the_similarity() -> None:
    pictures = np.concatenate([np.stack([smooth(16)] * 20), noise(20, 16)])
    value = mean_structural_similarity(pictures, 400, seed=0)
    assert value == pytest.approx(0.25, abs=0.12)  # both of a pair are copies


def test_a_seed_takes_the_same_pairs() -> None:
    pictures = noise(10, 16)
    one, two, other = (mean_structural_similarity(pictures, 6, seed=s) for s in (1, 1, 2))
    assert one == two != other


def test_pictures_are_left_as_they_were() -> None:
    pictures = noise(3, 16)
    before = pictures.copy()
    pictures.setflags(write=False)
    mean_structural_similarity(pictures[:, ::-1], 2, seed=0)
    assert np.array_equal(pictures, before)
