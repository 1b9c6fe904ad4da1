"""Picture files as parts of a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duck_and_cover.evaluation.report.contents import ModelReport

_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True)
class Picture:
    """A picture within the page."""

    model: str
    source: str  # data URI
    width: int
    height: int


def pictures(models: Sequence[ModelReport], kind: str, folder: Path) -> list[Picture]:
    """Every model's picture of a kind, as far as it stands in the folder."""
    found = []
    for model in models:
        if kind in model.pictures:
            path = (folder / model.pictures[kind]).resolve()
            if path.is_relative_to(folder.resolve()) and path.is_file():
                found.append(inlined(path.read_bytes(), model.name))
    return found


def inlined(content: bytes, model: str) -> Picture:
    """The bytes of a picture file, to be part of a page."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as opened:
        size, kind = opened.size, _FORMATS[opened.format or ""]
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return Picture(model, source, *size)
