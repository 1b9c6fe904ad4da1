"""The nearest training covers, found in blocks, and the test on their distances."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from duck_and_cover.evaluation.memorisation import (
    BLOCK,
    FEWEST,
    PIXELS,
    Nearest,
    memorisation,
    nearest,
    pixel_features,
)
from duck_and_cover.generation.generator import Pictures


class Stored:
    """Training covers in an array, which are read a block at a time."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures, self.most = pictures, 0

    def __len__(self) -> int:
        return len(self.pictures)

    def read(self, indices: npt.NDArray[np.integer[Any]], resolution: int) -> Pictures:
        assert resolution == self.pictures.shape[1]
        self.most = max(self.most, len(indices))
        pictures: Pictures = self.pictures[indices]
        return pictures

    def close(self) -> None:
        """Nothing is held."""


def noise(count: int, side: int = 8, seed: int = 0) -> Pictures:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def brightness(pictures: Pictures) -> npt.NDArray[np.float32]:
    """A second kind of features: the mean colour of each column."""
    means: npt.NDArray[np.float32] = pictures.mean(axis=1, dtype=np.float32)
    return means.reshape(len(pictures), -1)


@pytest.mark.parametrize("side", [4, 8, 16, 64])
def test_pixel_features_are_normalised(side: int) -> None:
    black, white = (
        np.zeros((1, side, side, 3), np.uint8),
        np.full((1, side, side, 3), 255, np.uint8),
    )
    gap = np.linalg.norm(pixel_features(white) - pixel_features(black))
    assert gap == pytest.approx(1, abs=1e-5)


def test_pixel_features_care_more_for_large_things() -> None:
    """The same number of changed pixels, in one corner or all over."""
    plain = np.full((1, 16, 16, 3), 128, np.uint8)
    corner, spread = plain.copy(), plain.copy()
    corner[:, :8, :8] = 255
    spread[:, ::2, ::2] = 255
    far = [np.linalg.norm(pixel_features(x) - pixel_features(plain)) for x in (corner, spread)]
    assert far[0] > 1.2 * far[1]


def test_nearest_is_that_of_all_pairs_and_mirrored() -> None:
    training = Stored(noise(2 * BLOCK + 300, 4))
    generated, held_out = noise(20, 4, seed=1), noise(15, 4, seed=2)
    found = nearest({PIXELS: pixel_features, "b": brightness}, generated, held_out, training)
    assert training.most == BLOCK  # never all at once
    for name, to in ((PIXELS, pixel_features), ("b", brightness)):
        known = to(training.pictures).astype(np.float64)
        for covers, part in ((generated, found[name].generated), (held_out, found[name].held_out)):
            ways = np.stack([to(covers), to(covers[:, :, ::-1])]).astype(np.float64)
            gaps = np.linalg.norm(ways[:, :, None] - known, axis=3).min(axis=0)
            assert np.array_equal(part.rows, gaps.argmin(axis=1))
            np.testing.assert_allclose(part.distances, gaps.min(axis=1), rtol=1e-5)


def test_a_copy_is_at_distance_zero_far_from_the_origin() -> None:
    """Differences of large squares would leave a distance there."""
    block = np.random.default_rng(0).normal(1000, 1, (50, 128)).astype(np.float32)
    found = Nearest.none(5)
    found.look(block[10:15], block, first_row=7)
    assert found.rows.tolist() == [17, 18, 19, 20, 21]
    assert found.distances.max() == 0


def test_copies_are_found_mirrored_too_and_shown() -> None:
    training = Stored(noise(400))
    copies = training.pictures[:100].copy()
    copies[::2] = copies[::2, :, ::-1]
    tests, picture = memorisation(brightness, copies, noise(80, seed=5), training)
    assert [test.features for test in tests] == ["judge", PIXELS]
    for test in tests:
        assert test.p < 1e-9 and test.statistic == 0
        assert test.generated_median == 0 < test.held_out_median
        assert (test.training_covers, test.generated) == (400, 100)
    assert picture is not None and picture.width > picture.height > 100


def test_new_covers_are_no_copies() -> None:
    tests, _ = memorisation(brightness, noise(200, seed=3), noise(200, seed=4), Stored(noise(500)))
    assert min(test.p for test in tests) > 0.01


def test_held_out_covers_that_are_trained_on_are_no_evidence() -> None:
    """Reissues in both sets would make copies look usual."""
    training = Stored(noise(300))
    fresh, reissued = noise(60, seed=6), training.pictures[:60].copy()
    reissued[:, 0, 0] ^= 1  # saved once more
    both = np.stack([fresh, reissued], axis=1).reshape(-1, 8, 8, 3)
    copies = training.pictures[100:200]
    mixed, _ = memorisation(brightness, copies, both, training)
    clean, _ = memorisation(brightness, copies, fresh, training)
    assert mixed == clean
    assert memorisation(brightness, copies, reissued, training) == ([], None)
    few = np.concatenate([reissued, fresh[: FEWEST - 1]])
    assert memorisation(brightness, copies, few, training) == ([], None)


def test_each_training_cover_is_shown_once() -> None:
    training = Stored(noise(200))
    one = training.pictures[:1].repeat(50, axis=0)
    _, picture = memorisation(brightness, one, noise(50, seed=7), training)
    _, many = memorisation(brightness, training.pictures[:50], noise(50, seed=7), training)
    assert picture is not None and many is not None
    assert picture.width < many.width and picture.height < many.height
