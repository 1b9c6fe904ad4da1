"""Extractors by every name that a person may give, and one clear line for what goes wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.classifier import CoverClassifier
from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.evaluation.features import BATCH, Extractor, extractor_for
from duck_and_cover.evaluation.judge import Judge

Pictures = npt.NDArray[np.uint8]

MODULE = """
import torch

calls = []

def means(x):
    assert x.dtype == torch.uint8
    calls.append(tuple(x.shape))
    return {expression}

number = 3
"""


@pytest.fixture
def pictures() -> Pictures:
    return np.random.default_rng(0).integers(0, 256, (BATCH + 6, 16, 16, 3), dtype=np.uint8)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # taken back after the test
    return tmp_path


def judge(seed: int = 0) -> Judge:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Judge(CoverClassifier(16, 3), Vocabulary(("a", "b", "c"), 1950, 2020), 16)


def save_script(path: Path, scale: float = 1.0) -> None:
    class Means(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.tensor(scale))

        def forward(self, x: Tensor) -> Tensor:
            return x.float().mean(dim=(2, 3)) * self.scale

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(Means(), torch.zeros(1, 3, 8, 8, dtype=torch.uint8)).save(str(path))  # type: ignore[no-untyped-call]


def test_the_judges_features(pictures: Pictures) -> None:
    extractor = extractor_for("judge", judge())
    found = extractor(pictures)
    assert found.shape == (len(pictures), 128) and found.dtype == np.float32
    np.testing.assert_allclose(found, judge().look(pictures).features, rtol=1e-4, atol=1e-5)
    assert extractor_for("judge", judge()).fingerprint == extractor.fingerprint
    assert extractor_for("judge", judge(seed=1)).fingerprint != extractor.fingerprint


def test_a_torchscript_file(pictures: Pictures, tmp_path: Path) -> None:
    save_script(tmp_path / "means.pt")
    extractor = extractor_for(str(tmp_path / "means.pt"))
    np.testing.assert_allclose(extractor(pictures), pictures.mean(axis=(1, 2)), rtol=1e-5)
    assert extractor.name == "means.pt"
    save_script(tmp_path / "other.pt", scale=2.0)
    assert extractor_for(str(tmp_path / "other.pt")).fingerprint != extractor.fingerprint


def test_a_callable_of_the_current_folder(pictures: Pictures, here: Path) -> None:
    (here / "mine_plain.py").write_text(MODULE.format(expression="x.double().mean(dim=(2, 3))"))
    extractor = extractor_for("mine_plain:means")
    found = extractor(pictures)
    np.testing.assert_allclose(found, pictures.mean(axis=(1, 2)), rtol=1e-6)
    assert found.dtype == np.float32
    import mine_plain  # type: ignore[import-not-found]

    assert mine_plain.calls[-2:] == [(BATCH, 3, 16, 16), (6, 3, 16, 16)]


def test_a_callables_fingerprint_follows_its_source_and_its_doing(here: Path) -> None:
    sources = {
        "mine_a": "x.float().mean(dim=(2, 3))",
        "mine_b": "x.float().mean(dim=(2, 3)) * 2",
        "mine_c": "torch.load('weights.pt') * x.float().mean(dim=(2, 3))",
    }
    for name, expression in sources.items():
        (here / f"{name}.py").write_text(MODULE.format(expression=expression))
    torch.save(torch.ones(3), here / "weights.pt")
    found = [extractor_for(f"{name}:means").fingerprint for name in ("mine_a", "mine_b", "mine_c")]
    assert extractor_for("mine_a:means").fingerprint == found[0]
    torch.save(torch.ones(3) * 2, here / "weights.pt")  # weights that nothing here knows of
    found.append(extractor_for("mine_c:means").fingerprint)
    assert len(set(found)) == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("inceptoin", "take judge, inception, FILE.pt or module:callable"),
        ("nowhere.pt", "there is no such file"),
        ("text.pt", "no TorchScript file"),
        ("no_such_module:f", "no_such_module cannot be imported: No module named"),
        ("mine_broken:f", "mine_broken cannot be imported: it is Monday"),
        ("mine:nothing", "nothing is missing in mine"),
        ("mine:number", "number is not callable in mine"),
        ("mine:", "a name is missing in mine"),
    ],
)
def test_a_name_that_is_none(name: str, message: str, here: Path) -> None:
    (here / "text.pt").write_text("hello")
    (here / "mine.py").write_text(MODULE.format(expression="x"))
    (here / "mine_broken.py").write_text("raise RuntimeError('it is\\nMonday')")
    with pytest.raises(UsageError) as raised:
        extractor_for(name)
    text = str(raised.value)
    assert text.startswith(f"--features {name}: ") and message in text and "\n" not in text


def fails(_: Tensor) -> Tensor:
    raise ValueError("half a\nnetwork")


BROKEN: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "nothing": (lambda x: None, "it gave nothing, no tensor"),
    "list": (lambda x: [1.0], "it gave a list, no tensor"),
    "flat": (lambda x: x.float().flatten(), r"the shape \(\d+,\) for 64 covers, not \(N, D\)"),
    "maps": (lambda x: x.float(), "the shape"),
    "one": (lambda x: x.float().mean(dim=(0, 2, 3))[None], r"the shape \(1, 3\)"),
    "empty": (lambda x: torch.zeros(len(x), 0), "the shape"),
    "whole": (lambda x: x.long().sum(dim=(2, 3)), "it gave int64, not float"),
    "nan": (lambda x: x.float().mean(dim=(2, 3)) / 0 * 0, "nan or infinity"),
    "uneven": (lambda x: torch.ones(len(x), len(x)), "64 features for some covers, 6 for others"),
    "raises": (fails, "ValueError: half a network"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_feature_is_refused(name: str, pictures: Pictures) -> None:
    look, message = BROKEN[name]
    extractor = Extractor(name, name, lambda x: look(torch.from_numpy(x).permute(0, 3, 1, 2)))
    with pytest.raises(DuckAndCoverError, match=message) as raised:
        extractor(pictures)
    assert str(raised.value).startswith(f"--features {name}: ")
    assert "\n" not in str(raised.value)
