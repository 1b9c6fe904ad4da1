"""The command that comes with a cover makes that cover again."""

from __future__ import annotations

import base64
import io
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from duck_and_cover.cli import app as command_line
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.api import create_app
from tests.web.tiny import tiny_generator


def pixels(picture: Image.Image) -> Any:
    """As numbers that can be subtracted."""
    return np.asarray(picture.convert("RGB")).astype(int)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("covers", {"seed": 7}),
        ("covers", {"genres": {"jazz": 1 / 3, "acid jazz": 2}, "year": 1959, "truncation": 0.1}),
        ("covers", {"genres": ["ambient"], "artist": "-n 'Ö'", "album": 'a "b" $c `d`'}),
        ("variations", {"seed": 2**63 - 1, "strength": 0.35, "only": 2, "genres": {"jazz": 1}}),
        ("variations", {"seed": 3, "only": 0, "artist": "Ann", "typeset": True, "size": 400}),
    ],
)
def test_the_command_makes_the_same_cover(
    path: str, asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_generator().save_pretrained(tmp_path / "model")
    with TestClient(create_app({"model": CoverGenerator.from_pretrained(folder)})) as client:
        (cover,) = client.post(f"/v1/{path}", json=asked).json()["covers"]
    program, *words = shlex.split(cover["command"])
    assert program == "duck-and-cover"
    command_line([*words, "--out", str(tmp_path / "made")], standalone_mode=False)
    files = [Path(line) for line in capsys.readouterr().out.split() if "sheet" not in line]
    assert files[-1].stem == cover["name"]
    with Image.open(files[-1]) as again, Image.open(decoded(cover["image"])) as first:
        assert abs(pixels(again) - pixels(first)).max() <= 1


def decoded(image: str) -> io.BytesIO:
    """A file from base64."""
    return io.BytesIO(base64.b64decode(image))
