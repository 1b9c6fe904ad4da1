"""What is kept in the cache folder appears whole or not at all."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from duck_and_cover.data.cache import appearing_folder, cache_folder, remove_folder


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DUCK_AND_COVER_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("DUCK_AND_COVER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "duck_and_cover"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "duck_and_cover"


def test_folders_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "place"
    with pytest.raises(KeyError), appearing_folder(place) as folder:
        (folder / "half").write_text("")
        raise KeyError
    assert list(place.parent.iterdir()) == []
    for name in (".other.dead.unfinished", ".others"):
        (place.parent / name).mkdir()
        os.utime(place.parent / name, (time.time() - 90_000,) * 2)
    (place.parent / ".other.alive.unfinished").mkdir()
    with appearing_folder(place) as folder:
        (folder / "whole").write_text("")
        assert not place.exists()
    left = {".other.alive.unfinished", ".others"}
    assert {path.name for path in place.parent.iterdir()} == {"place", *left}
    remove_folder(place)
    remove_folder(place)
    assert {path.name for path in place.parent.iterdir()} == left
