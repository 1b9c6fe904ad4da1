"""Every known way to a wrong figure is refused, and good features pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duck_and_cover.data.classifier import CoverClassifier
from duck_and_cover.errors import DuckAndCoverError
from duck_and_cover.evaluation import guards
from duck_and_cover.evaluation.features import Extractor, as_tensor
from duck_and_cover.evaluation.guards import check_features

Pictures = npt.NDArray[np.uint8]
SIDE = 16


@pytest.fixture(scope="module")
def covers() -> Pictures:
    """Flat colours with a frame and a disc of others: nothing like noise."""
    random = np.random.default_rng(0)
    ground, disc = random.integers(0, 256, (2, 200, 1, 1, 3))
    y, x = np.mgrid[:SIDE, :SIDE]
    middle = random.integers(4, 12, (200, 2, 1, 1))
    within = (y - middle[:, 0]) ** 2 + (x - middle[:, 1]) ** 2 < random.integers(4, 30, (200, 1, 1))
    pictures: Pictures = np.where(within[..., None], disc, ground).astype(np.uint8)
    return pictures


def network(width: int = 32, train: bool = False) -> nn.Module:
    """A small network with batch norm whose statistics are those of its proper input."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = nn.Sequential(
            nn.Conv2d(3, 24, 3, stride=2),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, stride=2),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(48, width),
        )
        for _ in range(20):
            layers(F.interpolate(torch.rand(64, 3, 4, 4), SIDE, mode="bilinear"))
    return layers.train(train)


def extractor(name: str, look: Callable[[Tensor], Any]) -> Extractor:
    return Extractor(name, f"test-{name}", lambda pictures: look(as_tensor(pictures)))


def check(subject: Extractor, covers: Pictures) -> guards.Guarded:
    return check_features(subject, covers, subject(covers))


NETWORK, JUDGE = network(), CoverClassifier(SIDE, 5).eval()
GOOD: dict[str, Callable[[Tensor], Any]] = {
    "network": lambda x: NETWORK(x / 255),
    "rectified": lambda x: NETWORK(x / 255).relu(),
    "far-from-zero": lambda x: NETWORK(x / 255) + 2,
    "judge": lambda x: JUDGE.features(x / 127.5 - 1),
    "pixels": lambda x: F.avg_pool2d(x.float(), 4).flatten(1),
    "colours": lambda x: torch.stack([torch.histc(c, 16, 0, 256) for c in x.float()[:, 0]]),
}


@pytest.mark.parametrize("count", [16, 40, 200])
@pytest.mark.parametrize("name", GOOD)
def test_good_features_pass(name: str, count: int, covers: Pictures) -> None:
    found = check(extractor(name, GOOD[name]), covers[:count])
    assert found.flags == []
    assert count < 40 or found.fid_real_noise > found.fid_real_real


TRAINING = network(train=True)
BAD: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "constant": (lambda x: torch.ones(len(x), 8), "look alike"),
    "nearly-constant": (lambda x: 1 + 1e-4 * GOOD["pixels"](x), "look alike"),
    "squashed": (lambda x: NETWORK(x / 255 / 255), "look alike"),
    "training": (lambda x: TRAINING(x / 255), "training mode"),
    "dropout": (lambda x: F.dropout(NETWORK(x / 255), 0.5), "training mode"),
    "chance": (lambda x: torch.randn(len(x), 16), "training mode"),
    "blind": (lambda x: (x[:, 0, :2, :4].flatten(1) * 37 % 64).float(), "covers from noise"),
    "logits": (lambda x: NETWORK(x / 255) @ torch.ones(32, 1000), "class scores"),
    "logits-of-tensorflow": (lambda x: NETWORK(x / 255) @ torch.ones(32, 1008), "class scores"),
}


@pytest.mark.parametrize("count", [16, 200])
@pytest.mark.parametrize("name", set(BAD) - {"blind"})
def test_broken_features_are_refused(name: str, count: int, covers: Pictures) -> None:
    look, reason = BAD[name]
    with pytest.raises(DuckAndCoverError, match=f"--features {name}: no figures, .*{reason}"):
        check(extractor(name, look), covers[:count])


def test_features_that_do_not_see_are_refused() -> None:
    look, reason = BAD["blind"]
    noise = np.random.default_rng(9).integers(0, 256, (200, SIDE, SIDE, 3), dtype=np.uint8)
    with pytest.raises(DuckAndCoverError, match=reason):
        check(extractor("blind", look), noise)


def test_input_that_is_far_too_large_is_told(covers: Pictures) -> None:
    """It is no refusal: the figures may be meant."""
    found = check(extractor("unscaled", lambda x: NETWORK(x.float() * 255)), covers)
    (flag,) = found.flags
    assert flag.kind == "suspect-features"
    assert "unscaled" in flag.text


def test_covers_that_stand_by_colour_do_no_harm(covers: Pictures) -> None:
    """Halves are every second cover, not the first and the last."""
    bright = covers[np.argsort(covers.mean(axis=(1, 2, 3)))]
    found = [check(extractor("pixels", GOOD["pixels"]), x).fid_real_real for x in (covers, bright)]
    assert found[1] < 2 * found[0]


def test_inception_is_held_to_what_it_is_known_for(
    covers: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its width, its sign, and how far noise is from covers."""
    random = torch.randn(48, 2048, generator=torch.Generator().manual_seed(0))

    def inception(scale: float, offset: float = 0.0) -> Extractor:
        def look(x: Tensor) -> Tensor:
            return (F.avg_pool2d(x / 255, 4).flatten(1) @ random).relu() * scale + offset

        return Extractor("inception", f"inception-{scale}-{offset}", lambda p: look(as_tensor(p)))

    with pytest.raises(DuckAndCoverError, match="last pooling"):
        check(inception(1.0, -0.5), covers)
    with pytest.raises(DuckAndCoverError, match="last pooling"):
        check(Extractor("inception", "narrow", lambda p: GOOD["pixels"](as_tensor(p))), covers)
    far = check(inception(1.0), covers).fid_real_noise  # with few covers the range is not held to
    monkeypatch.setattr(guards, "FEW_COVERS", 200)
    check(inception((400 / far) ** 0.5), covers)
    for wrong in (1360, 100):
        with pytest.raises(DuckAndCoverError, match="not within 250 to 550"):
            check(inception((wrong / far) ** 0.5), covers)
