"""Synthetic covers are drawn once, in any number of processes, and mended when damaged."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import datasets
import pytest

from duck_and_cover.data import drawn
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.schema import SPLITS, features
from duck_and_cover.errors import UsageError

pytestmark = pytest.mark.usefixtures("caches")


def rows(covers: datasets.DatasetDict) -> list[dict[str, Any]]:
    """All covers of all splits, after checking that these are as promised."""
    assert list(covers) == list(SPLITS)
    for part in covers.values():
        assert part.features == features()
    return [row for part in covers.values() for row in part]


def test_drawn_covers_are_drawn_once(
    caches: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = load_covers("synthetic", synthetic_count=60, synthetic_size=32, processes=1)
    found = rows(first)
    assert len(found) == 60 and all(len(first[name]) for name in SPLITS)
    assert {row["source"] for row in found} == {"synthetic"}
    assert all(row["genres"] and row["artist_name"] and row["release_year"] for row in found)
    assert all(row["image"]["bytes"].startswith(b"\x89PNG") for row in found)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("drawn again")

    draw = drawn._draw
    monkeypatch.setattr(drawn, "_draw", refuse)
    again = load_covers("synthetic", synthetic_count=60, synthetic_size=32, processes=1)
    assert rows(again) == found
    with pytest.raises(AssertionError, match="drawn again"):
        load_covers("synthetic", synthetic_count=60, synthetic_size=32, seed=1)

    monkeypatch.setattr(drawn, "_draw", draw)
    (file,) = caches.glob("synthetic/*/covers.arrow")
    file.write_bytes(file.read_bytes()[:1000])
    mended = load_covers("synthetic", synthetic_count=60, synthetic_size=32, processes=1)
    assert rows(mended) == found
    assert "is damaged" in caplog.text


def test_processes_draw_the_same_covers(caches: Path) -> None:
    alone = drawn.drawn_covers(120, 32, processes=1)
    pictures_alone = alone["image"][:]
    shutil.rmtree(caches)
    assert drawn.drawn_covers(120, 32, processes=2)["image"][:] == pictures_alone


def test_covers_without_letters_are_kept_beside_the_others(caches: Path) -> None:
    lettered = load_covers("synthetic", synthetic_count=60, synthetic_size=32, processes=1)
    bare = load_covers("synthetic-unlettered", synthetic_count=60, synthetic_size=32, processes=1)
    for split in SPLITS:
        assert bare[split].remove_columns("image")[:] == lettered[split].remove_columns("image")[:]
    assert bare["train"]["image"][:] != lettered["train"]["image"][:]


def test_synthetic_options_are_checked() -> None:
    with pytest.raises(UsageError, match="synthetic_count: 0"):
        load_covers("synthetic", synthetic_count=0)
    with pytest.raises(UsageError, match="synthetic_size: not 2; give 32 to 1024"):
        load_covers("synthetic", synthetic_size=2)
