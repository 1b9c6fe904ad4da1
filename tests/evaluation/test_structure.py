"""Sliced Wasserstein distances: the pyramid by scipy, the distance by plain means, known sets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from duck_and_cover.evaluation import structure
from duck_and_cover.evaluation.structure import sliced_wasserstein

Pictures = npt.NDArray[np.uint8]


def noise(count: int, side: int, seed: int = 0) -> Pictures:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def blurred(pictures: Pictures) -> Pictures:
    from scipy.ndimage import uniform_filter

    smooth: Pictures = uniform_filter(pictures, (0, 3, 3, 0))
    return smooth


def test_levels_from_the_resolution_to_sixteen() -> None:
    for side, levels in ((8, []), (16, [16]), (32, [32, 16]), (128, [128, 64, 32, 16])):
        assert list(sliced_wasserstein(noise(3, side), noise(3, side, seed=1))) == levels


def test_the_pyramid_by_scipy() -> None:
    """Burt and Adelson's: the kernel whole, edges mirrored, zeros between pixels on the way up."""
    from scipy.ndimage import convolve

    line = np.array([1, 4, 6, 4, 1]) / 16
    kernel = np.outer(line, line)[None, None]
    pictures = noise(2, 32)
    x = pictures.transpose(0, 3, 1, 2).astype(np.float64)
    small = convolve(x, kernel, mode="mirror")[..., ::2, ::2]
    spread = np.zeros_like(x)
    spread[..., ::2, ::2] = small
    detail = x - convolve(spread, 4 * kernel, mode="mirror")
    np.testing.assert_allclose(structure._laplacian(pictures, 0), detail, atol=1e-3)
    np.testing.assert_allclose(structure._laplacian(pictures, 1), small, atol=1e-3)


def test_patches_are_cut_whole() -> None:
    """Each of the 128 a picture is a 7x7 window of all three channels."""
    images = torch.arange(2 * 3 * 10 * 10).float().view(2, 3, 10, 10)
    patches = structure._cut(images, np.random.default_rng(0)).view(2, 128, 3, 7, 7)
    windows = images.unfold(2, 7, 1).unfold(3, 7, 1).permute(0, 2, 3, 1, 4, 5).flatten(1, 2)
    for patch, window in zip(patches, windows, strict=True):
        places = {int(p[0, 0, 0]): p for p in patch}
        assert len(places) == 16  # 4 x 4 places, all of them met in 128
        assert all(torch.equal(w, places[int(w[0, 0, 0])]) for w in window)


def test_patches_are_normalised_by_channel() -> None:
    pictures = (noise(20, 16) // [1, 2, 4]).astype(np.uint8)
    patches = structure._patches(pictures, np.arange(20), 0, np.random.default_rng(0))
    patches = patches.float().view(-1, 3, 49)
    np.testing.assert_allclose(patches.mean(dim=(0, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(patches.pow(2).mean(dim=(0, 2)), 1, atol=1e-2)


def test_the_distance_by_sorted_projections() -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(400, 147)), random.normal(size=(400, 147)) * 1.2
    lines = np.random.default_rng(5).normal(size=(512, 147))
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    truth = np.abs(np.sort(lines @ a.T, axis=1) - np.sort(lines @ b.T, axis=1)).mean()
    half_a, half_b = (torch.from_numpy(x).half() for x in (a, b))
    found = structure._mean_gap(half_a, half_b, np.random.default_rng(5))
    assert found == pytest.approx(truth, rel=1e-2)


def test_a_set_is_at_no_distance_from_itself() -> None:
    assert sliced_wasserstein(noise(70, 32), noise(70, 32)) == {32: 0, 16: 0}


def test_rows_are_as_good_as_copies() -> None:
    real, fake, random = noise(40, 16), noise(50, 16, seed=1), np.random.default_rng(2)
    some, others = random.permutation(40)[:30], random.permutation(50)[:20]
    copied = sliced_wasserstein(real[some], fake[others])
    assert sliced_wasserstein(real, fake, 0, some, others) == copied


def test_each_level_sees_its_own_scale() -> None:
    """Blur takes the finest level away; a wash of colour is the coarsest's alone."""
    covers, others = noise(60, 32), noise(60, 32, seed=1)
    floor = sliced_wasserstein(covers, others)
    soft = sliced_wasserstein(covers, blurred(others))
    assert soft[32] > 2 * floor[32]
    washed = others // 2
    washed[:, :, 16:] += 100  # the right half bright
    wash = sliced_wasserstein(covers, washed)
    assert wash[16] > 2 * floor[16]


def test_brightness_of_a_whole_set_does_not_count() -> None:
    covers, others = noise(60, 16) // 2, noise(60, 16, seed=1) // 2
    plain, bright = (sliced_wasserstein(covers, x)[16] for x in (others, others + 100))
    assert bright == pytest.approx(plain, rel=1e-2)


def test_sets_of_unlike_size_and_flat_pictures() -> None:
    flat = np.full((10, 16, 16, 3), 7, np.uint8)
    assert sliced_wasserstein(flat, flat) == {16: 0}
    found = sliced_wasserstein(noise(40, 16), flat)
    assert found[16] == pytest.approx(800, rel=0.05)  # E|v| of a normal one, times 1000
    assert found == sliced_wasserstein(noise(40, 16), flat)
