"""Small real covers and datasets, and cache folders of their own for the tests of data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Our cache folder; the one of `datasets` is moved out of the user's home as well."""
    import datasets

    own = tmp_path / "caches" / "ours"
    monkeypatch.setenv("DUCK_AND_COVER_CACHE", str(own))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "caches" / "hf"))
    datasets.disable_progress_bars()
    yield own
    datasets.enable_progress_bars()


@pytest.fixture(scope="session")
def encoded_cover() -> Callable[..., bytes]:
    """`encoded_cover(number, side=16, kind="PNG")`: a file of noise, different for each number."""

    def encode(number: int, side: int = 16, kind: str = "PNG") -> bytes:
        pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)
        file = BytesIO()
        Image.fromarray(pixels).save(file, kind)
        return file.getvalue()

    return encode


@pytest.fixture
def make_covers(encoded_cover: Callable[..., bytes]) -> Callable[..., Any]:
    """`make_covers(count, side=16, **columns)`: a Dataset of pictures and the columns given."""

    def make(count: int, side: int = 16, **columns: Any) -> Any:
        import datasets

        images = [{"bytes": encoded_cover(i, side), "path": None} for i in range(count)]
        covers = datasets.Dataset.from_dict({"image": images, **columns})
        return covers.cast_column("image", datasets.Image())

    return make
