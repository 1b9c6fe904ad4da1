"""The package's metadata as a fresh installation has it; an editable one keeps that of its day."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


def install_metadata(folder: Path) -> Path:
    """Write it, in the words of poetry-core, into a folder that is to stand first in `sys.path`."""
    place = folder / f"duck_and_cover-{PROJECT['version']}.dist-info"
    (place / "licenses").mkdir(parents=True)
    (place / "METADATA").write_text("\n".join([*_lines(), "", ""]), encoding="utf-8")
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    (place / "licenses" / "LICENSE").write_text(licence, encoding="utf-8")
    return folder


def _lines() -> Iterator[str]:
    yield from ("Metadata-Version: 2.4", "Name: duck-and-cover", f"Version: {PROJECT['version']}")
    for line in PROJECT["dependencies"]:
        yield f"Requires-Dist: {_in_brackets(line)}"
    for extra, lines in PROJECT["optional-dependencies"].items():
        yield f"Provides-Extra: {extra}"
        for line in lines:
            yield f'Requires-Dist: {_in_brackets(line)} ; extra == "{extra}"'


def _in_brackets(requirement: str) -> str:
    return re.sub(r"([<>=!~].*)", r" (\1)", requirement)
