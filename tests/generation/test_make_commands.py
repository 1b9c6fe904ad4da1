"""The commands that make covers: what they write, and what they say of wrong wishes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops
from typer.testing import CliRunner

from duck_and_cover.cli import app
from duck_and_cover.errors import UsageError


def run(*words: str | Path) -> list[Path]:
    """The paths that a command prints."""
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return [Path(line) for line in done.output.splitlines()]


def refused(*words: str | Path) -> str:
    with pytest.raises(UsageError) as caught:
        CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return str(caught.value)


def test_generate_takes_weights_and_names(folder: Path, tmp_path: Path) -> None:
    wishes = ("--genre", "jazz=0.7", "--genre", "ambient=0.3", "--artist", "Ann", "--album", "Été")
    *covers, sheet = run("generate", folder, *wishes, "--n", "2", "--out", tmp_path)
    assert len(covers) == 2 and sheet.name == "sheet.png"
    with Image.open(covers[0]) as cover:
        assert cover.info["Genres"] == "jazz=0.7, ambient=0.3"
        assert cover.info["Artist"] == "Ann" and cover.info["Album"] == "Été"
    (only,) = run("generate", folder, "--grid", "--n", "3", "--out", tmp_path / "grid")
    assert [path.name for path in (tmp_path / "grid").iterdir()] == [only.name] == ["sheet.png"]


def test_finished_covers_are_large_and_bear_their_names(folder: Path, tmp_path: Path) -> None:
    names = ("--artist", "Ann", "--album", "Été", "--typeset")
    cover, _ = run("generate", folder, *names, "--size", "600", "--n", "1", "--out", tmp_path)
    bare, _ = run("generate", folder, "--size", "600", "--jpeg", "--n", "1", "--out", tmp_path)
    assert cover.suffix == ".png" and bare.suffix == ".jpg"
    with Image.open(cover) as one, Image.open(bare) as other:
        assert one.size == other.size == (600, 600) and other.format == "JPEG"
        assert one.info["Album"] == "Été" and "icc_profile" in other.info
        apart = ImageChops.difference(one.convert("L"), other.convert("L"))
        assert sum(apart.histogram()[60:]) > 100  # letters
    assert "give --artist, --album" in refused("generate", folder, "--typeset")
    assert "size 20" in refused("generate", folder, "--size", "20", "--out", tmp_path)


def test_variations_are_named_after_their_seed(folder: Path, tmp_path: Path) -> None:
    *covers, _ = run("variations", folder, "--seed", "7", "--n", "3", "--out", tmp_path)
    assert [path.name for path in covers] == [f"any-any-0007-000{i}.png" for i in (8, 9)] + [
        "any-any-0007-0010.png"
    ]


def test_variations_are_finished_like_any_cover(folder: Path, tmp_path: Path) -> None:
    names = ("--artist", "Ann", "--typeset", "--size", "400", "--jpeg")
    cover, _ = run("variations", folder, *names, "--n", "1", "--out", tmp_path)
    with Image.open(cover) as one:
        assert one.size == (400, 400) and one.format == "JPEG"
    assert "give --artist, --album" in refused("variations", folder, "--typeset")


def test_track_lists_lie_beside_their_covers(folder: Path, tmp_path: Path) -> None:
    asked = ("--genre", "jazz", "--artist", "Ann Lee", "--seed", "3", "--tracks", "--n", "2")
    one, other, _, first, second = run("generate", folder, *asked, "--out", tmp_path)
    assert (first, second) == (one.with_suffix(".txt"), other.with_suffix(".txt"))
    listed = first.read_text(encoding="utf-8").splitlines()
    words = ("titles", "--genre", "jazz", "--artist", "Ann Lee", "--seed", "3")
    written = CliRunner().invoke(app, list(words), catch_exceptions=False).output.splitlines()
    assert listed and listed == written != second.read_text(encoding="utf-8").splitlines()


def test_walks_stop_where_options_say(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "walk.gif"
    stops = ("--genre", "jazz", "--genre", "ambient", "--year", "1960")
    assert run("interpolate", folder, *stops, "--frames", "6", "--out", out) == [out]
    with Image.open(out) as walk:
        assert getattr(walk, "n_frames", 1) == 6 and walk.width >= 256


def test_a_track_list_is_its_seeds() -> None:
    words = ("titles", "--genre", "jazz", "--artist", "Ann Lee", "--n", "5")
    one, again, other = (run(*words, "--seed", seed) for seed in ("3", "3", "4"))
    assert one == again != other and 0 < len(one) <= 5


def test_wrong_wishes_are_a_line(folder: Path, tmp_path: Path) -> None:
    assert "needs two stops" in refused("interpolate", folder, "--genre", "jazz")
    assert "ends in .webp" in refused(
        "interpolate", folder, "--seed", "1", "--seed", "2", "--out", tmp_path / "walk.avi"
    )
    assert "--genre jazz=x: write a name" in refused("generate", folder, "--genre", "jazz=x")
    assert "--audio energy: write" in refused("generate", folder, "--audio", "energy")
    assert "without audio" in refused("generate", folder, "--audio", "energy=0.9")
    assert "strength 2" in refused("variations", folder, "--strength", "2")
