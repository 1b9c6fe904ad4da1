"""Features are kept under all that they depend on, and a damaged file is made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from duck_and_cover.evaluation.feature_cache import Origin, remembered_features
from duck_and_cover.evaluation.features import Extractor, as_tensor

Pictures = npt.NDArray[np.uint8]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUCK_AND_COVER_CACHE", str(tmp_path))
    return tmp_path / "features"


class Counting:
    """Means of the channels, and how often they were asked for."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, pictures: Pictures) -> torch.Tensor:
        self.calls += 1
        return as_tensor(pictures).float().mean(dim=(2, 3))


def covers(side: int = 8) -> Pictures:
    return np.random.default_rng(side).integers(0, 256, (9, side, side, 3), dtype=np.uint8)


def test_a_second_time_nobody_looks(cache: Path) -> None:
    look = Counting()
    origin = Origin("data", "test", np.arange(9))
    first = remembered_features(Extractor("x", "x1", look), covers(), origin)
    again = remembered_features(
        Extractor("x", "x1", look), covers(), Origin("data", "test", [*range(9)])
    )
    assert look.calls == 1
    assert np.array_equal(first, again) and again.dtype == np.float32
    assert [path.suffix for path in cache.iterdir()] == [".safetensors"]


def test_everything_else_is_another_key(cache: Path) -> None:
    look = Counting()
    origins = [
        Origin("data", "test", range(9)),
        Origin("other", "test", range(9)),
        Origin("data", "train", range(9)),
        Origin("data", "test", range(1, 10)),
    ]
    for origin in origins:
        remembered_features(Extractor("x", "x1", look), covers(), origin)
    remembered_features(Extractor("x", "x2", look), covers(), origins[0])
    remembered_features(Extractor("x", "x1", look), covers(16), origins[0])
    assert look.calls == len(list(cache.iterdir())) == 6


@pytest.mark.parametrize("damage", ["short", "empty", "flipped", "foreign", "fewer"])
def test_a_damaged_file_is_made_again(
    damage: str, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from safetensors.numpy import save_file

    look, origin = Counting(), Origin("data", "test", range(9))
    extractor = Extractor("x", "x1", look)
    first = remembered_features(extractor, covers(), origin)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    match damage:
        case "short":
            path.write_bytes(whole[:-20])
        case "empty":
            path.write_bytes(b"")
        case "flipped":
            path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        case "foreign":
            save_file({"weights": np.zeros(3, np.float32)}, path)
        case "fewer":
            save_file({"features": first[:5]}, path)
    assert np.array_equal(remembered_features(extractor, covers(), origin), first)
    assert look.calls == 2
    (record,) = caplog.records
    assert "is damaged" in record.message and "\n" not in record.message
    assert np.array_equal(remembered_features(extractor, covers(), origin), first)
    assert look.calls == 2


def test_a_cache_that_cannot_be_written_costs_only_time(
    cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.write_text("a file stands where the folder should")
    look, origin = Counting(), Origin("data", "test", range(9))
    for _ in range(2):
        remembered_features(Extractor("x", "x1", look), covers(), origin)
    assert look.calls == 2
    assert "not kept for next time" in caplog.text
