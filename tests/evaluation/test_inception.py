"""The Inception by torch-fidelity: its pooled features, and help where its weights are missing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.features import extractor_for
from tests.evaluation.weights import random_inception

inception = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")


@pytest.fixture
def no_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PyTorch's cache empty, and nobody at the address of the weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(inception, "URL_INCEPTION_V3", "http://127.0.0.1:9/weights-6726825d.pth")
    return tmp_path


def test_features_are_torch_fidelitys(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    network = random_inception(path)
    extractor = extractor_for("inception", inception_weights=path)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    found = extractor(pictures)
    assert found.shape == (2, 2048) and found.min() >= 0
    with torch.no_grad():
        theirs = network(torch.from_numpy(pictures).permute(0, 3, 1, 2))[0]
    np.testing.assert_allclose(found, theirs, rtol=1e-4, atol=1e-6)


def test_without_weights_it_says_where_to_get_them(no_download: Path) -> None:
    with pytest.raises(UsageError) as raised:
        extractor_for("inception")
    text = str(raised.value)
    assert "http://127.0.0.1:9/weights-6726825d.pth" in text
    assert "--inception-weights FILE" in text and "\n" not in text


class Trap:
    """What a file that is no weights may do when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("what", ["missing", "text", "empty", "others", "list", "trap"])
def test_a_file_that_is_no_weights(what: str, tmp_path: Path) -> None:
    path, mark = tmp_path / "weights.pth", tmp_path / "sprung"
    match what:
        case "text":
            path.write_text("not here")
        case "empty":
            path.write_bytes(b"")
        case "others":
            torch.save({"fc.weight": torch.zeros(3)}, path)
        case "list":
            torch.save([1, 2], path)
        case "trap":
            torch.save({"fc.weight": Trap(mark)}, path)
    with pytest.raises(UsageError, match=f"--inception-weights {path}: ") as raised:
        extractor_for("inception", inception_weights=path)
    assert "\n" not in str(raised.value)
    assert not mark.exists()
