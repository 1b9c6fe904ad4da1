"""Upscalers from files: what they may be, and where their work ends and Lanczos begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from duck_and_cover.errors import UsageError
from duck_and_cover.generation.finish import enlarge
from duck_and_cover.generation.upscale import load_upscaler


def compact(path: Path, scale: int = 2, brighter: float = 0.0, colours: int = 3) -> Path:
    """A "compact" network of zeros: what it adds to the pixels is its last bias."""
    last = colours * scale**2
    weights = {
        "body.0.weight": torch.zeros(4, colours, 3, 3),
        "body.0.bias": torch.zeros(4),
        "body.1.weight": torch.zeros(4),
        "body.2.weight": torch.zeros(last, 4, 3, 3),
        "body.2.bias": torch.full((last,), brighter),
    }
    save_file(weights, path)
    return path


@pytest.fixture
def small() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 200, (16, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def test_a_network_enlarges_by_its_scale(tmp_path: Path, small: Image.Image) -> None:
    upscaler = load_upscaler(compact(tmp_path / "x4.safetensors", 4, 10 / 255))
    found = upscaler(small)
    blocks = np.asarray(small.resize((64, 64), Image.Resampling.NEAREST)).astype(int)
    assert upscaler.scale == 4
    assert (np.asarray(found).astype(int) == blocks + 10).all()


def test_it_goes_as_far_as_there_is_room_and_lanczos_the_rest(
    tmp_path: Path, small: Image.Image
) -> None:
    upscaler = load_upscaler(compact(tmp_path / "x4.safetensors", 4, 10 / 255))
    once = np.asarray(enlarge(small, 100, upscaler)).astype(int).mean()
    twice = np.asarray(enlarge(small, 256, upscaler)).astype(int).mean()
    never = np.asarray(enlarge(small, 60, upscaler)).astype(int).mean()
    assert once - never == pytest.approx(10, abs=1)
    assert twice - never == pytest.approx(20, abs=1)
    assert enlarge(small, 100, upscaler).size == (100, 100)


def test_what_is_no_upscaler_is_a_line(tmp_path: Path) -> None:
    pickled = tmp_path / "model.pth"
    torch.save({}, pickled)
    noise, other = tmp_path / "noise.safetensors", tmp_path / "other.safetensors"
    noise.write_bytes(b"\xff" * 64)
    save_file({"weight": torch.zeros(3)}, other)
    grey = compact(tmp_path / "grey.safetensors", colours=1)
    same = compact(tmp_path / "same.safetensors", scale=1)
    for file in (pickled, tmp_path / "none.safetensors", noise, other, grey, same):
        with pytest.raises(UsageError, match="--upscaler"):
            load_upscaler(file)
