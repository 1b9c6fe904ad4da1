"""Is a number worth printing? What is asked of features each time, before any distance.

Known ways to a wrong figure, and what stops each here: class scores in place of features (their
count), a network in training mode (a cover's features change with its company), inputs squashed
to nothing or features that do not look at the cover (all alike, or noise no further than covers),
the wrong weights (noise outside the range that the Inception is known for). How few covers are too
few is `flags` to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from duck_and_cover.errors import DuckAndCoverError
from duck_and_cover.evaluation.distances import frechet
from duck_and_cover.evaluation.feature_cache import Origin, remembered_features
from duck_and_cover.evaluation.features import Extractor, Features, Pictures
from duck_and_cover.evaluation.flags import FEW_COVERS
from duck_and_cover.evaluation.report.contents import Flag

CLASS_SCORES = (1000, 1001, 1008)  # of ImageNet, as its networks count them
INCEPTION_FEATURES = 2048
INCEPTION_NOISE = (250.0, 550.0)  # FID of real covers to noise, with enough of both
COMPANY = 8  # covers looked at more than once
UNSTEADY = 0.05  # of the deviation among covers
ALIKE = 0.03  # deviation among covers as a share of the features' size; trained networks have 0.3
# FID to noise over FID of the halves. Features that see nothing have 0.5 with any count of covers,
# since halves are half as many; networks, colours and bare pixels have 2 with a hundred covers.
APART, FAR_APART = 0.75, 2.0  # the second with enough covers
PROPORTIONAL = 0.05  # what features may be off from following brightness exactly


@dataclass(frozen=True)
class Guarded:
    """What the guards measured."""

    fid_real_real: float  # one half of the real covers to the other
    fid_real_noise: float  # real covers to pictures of noise
    flags: list[Flag]  # what is suspicious and may yet be meant


def check_features(extractor: Extractor, pictures: Pictures, features: Features) -> Guarded:
    """Refuse features that would make any figure nonsense.

    Args:
        extractor: What made the features.
        pictures: Real covers (N, R, R, 3), at least sixteen.
        features: The extractor's features (N, D) of them, in any order.

    Raises:
        DuckAndCoverError: What is wrong with the extractor, in one line.
    """
    count = len(pictures)
    _check_kind(extractor, features)
    _check_company(extractor, pictures)
    noise = _noise_features(extractor, min(count, FEW_COVERS), pictures.shape[1])
    near = frechet(features[::2], features[1::2])  # halves alike where covers stand by genre
    far = frechet(features, noise)
    _check_range(extractor, near, far, count)
    return Guarded(near, far, _suspicions(extractor, pictures))


def _check_kind(extractor: Extractor, features: Features) -> None:
    width = features.shape[1]
    if width in CLASS_SCORES:
        raise _refusal(
            extractor, f"{width} numbers a cover are class scores: stop before the last layer"
        )
    if extractor.name == "inception" and (width != INCEPTION_FEATURES or features.min() < 0):
        raise _refusal(extractor, "its features are not those of the last pooling")
    x = features.astype(np.float64)
    if np.sqrt(((x - x.mean(axis=0)) ** 2).sum()) <= ALIKE * np.sqrt((x**2).sum()):
        raise _refusal(
            extractor,
            "all covers look alike to it: its input, uint8 from 0 to 255, may be scaled to nothing",
        )


def _check_company(extractor: Extractor, pictures: Pictures) -> None:
    """A cover's features must not depend on the other pictures of its batch, nor on chance."""
    covers = _some(pictures)
    alone = extractor.batch(covers).astype(np.float64)
    strangers = _noise(COMPANY, covers.shape[1])
    among = extractor.batch(np.concatenate([covers, strangers]))[:COMPANY]
    deviation = np.linalg.norm(alone - alone.mean(axis=0))
    if np.linalg.norm(alone - among) > UNSTEADY * deviation:
        raise _refusal(
            extractor,
            "a cover's features change with the other pictures of its batch: "
            "its network is in training mode, call .eval()",
        )


def _check_range(extractor: Extractor, near: float, far: float, count: int) -> None:
    if far <= (FAR_APART if count >= FEW_COVERS else APART) * near:
        raise _refusal(
            extractor,
            f"it hardly tells covers from noise: FID of one half of the real covers to the other "
            f"is {near:.4g}, to noise {far:.4g}",
        )
    low, high = INCEPTION_NOISE
    if extractor.name == "inception" and count >= FEW_COVERS and not low <= far <= high:
        raise _refusal(
            extractor,
            f"FID of real covers to noise is {far:.4g}, not within {low:.0f} to {high:.0f}: "
            "the weights are not the Inception's, or its input is wrong",
        )


def _suspicions(extractor: Extractor, pictures: Pictures) -> list[Flag]:
    """A network that is fed 0 to 255 in place of 0 to 1 drowns its own biases.

    Its features then follow brightness in proportion without being sums over pixels. Features by
    hand may do the same and be meant to, so that this is no refusal.
    """
    covers = _some(pictures)
    darker = covers // 2
    whole, dark, mixed = (
        extractor.batch(x).astype(np.float64)
        for x in (covers, darker, darker + np.roll(darker, 1, axis=0))
    )
    proportional = np.linalg.norm(dark - whole / 2) < PROPORTIONAL * np.linalg.norm(dark)
    mean = (whole + np.roll(whole, 1, axis=0)) / 2
    additive = np.linalg.norm(mixed - mean) < PROPORTIONAL * np.linalg.norm(mixed)
    if not proportional or additive:
        return []
    text = (
        f"The features of {extractor.name} double where brightness does, as those of a network do "
        "whose input is far too large: make sure that it scales 0 to 255 to what it was trained on."
    )
    return [Flag("suspect-features", text)]


def _some(pictures: Pictures) -> Pictures:
    chosen: Pictures = pictures[np.linspace(0, len(pictures) - 1, COMPANY).astype(int)]
    return chosen


def _noise_features(extractor: Extractor, count: int, side: int) -> Features:
    origin = Origin("noise", "", range(count))
    return remembered_features(extractor, _noise(count, side), origin, "noise")


def _noise(count: int, side: int) -> Pictures:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def _refusal(extractor: Extractor, what: str) -> DuckAndCoverError:
    return DuckAndCoverError(f"--features {extractor.name}: no figures, for {what}")
