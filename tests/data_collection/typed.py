"""The collecting commands as a person types them: their words in, their exit code and lines out."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data_collection.rows import METADATA
from tests.data_collection.services import CLIENT_ID, CLIENT_SECRET, Catalogue, Services

ROOT = Path(__file__).parents[2]
SCRIPTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]["scripts"]
COLLECT, EXAMPLES = "collect-artist-data", "collect-example-albums"
PUBLISH = "add-caption-and-upload-to-hf"
# All albums of the invented catalogues, and no waiting for a service that is our own.
WHOLE = ("--years", "1860-2027", "--per-genre", "1000")
AT_ONCE = ("--requests-per-second", "10000", "--backoff", "0.001")
CREDENTIALS = {"SPOTIPY_CLIENT_ID": CLIENT_ID, "SPOTIPY_CLIENT_SECRET": CLIENT_SECRET}


@dataclass(frozen=True)
class Done:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def table(self) -> dict[str, int]:
        """The closing table."""
        rows = (line.rsplit(maxsplit=1) for line in self.out.splitlines()[1:])
        return {name.strip(): int(number.replace(",", "")) for name, number in rows}


def typed(program: str, *words: str) -> Done:
    """Run a command in this process, in the present folder, by the entry point of its name."""
    module, _, function = SCRIPTS[program].partition(":")
    out, err, before, code = io.StringIO(), io.StringIO(), sys.argv, 0
    sys.argv = [program, *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            getattr(importlib.import_module(module), function)()
    except SystemExit as leave:
        code = int(leave.code or 0)
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def started(
    folder: Path, around: Mapping[str, str], program: str, *words: str
) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, which is dead at the end of the block."""
    module = SCRIPTS[program].partition(":")[0]
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env={**clean_environment(), "PYTHONPATH": str(ROOT), **around},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def in_a_process(folder: Path, around: Mapping[str, str], program: str, *words: str) -> Done:
    """Run a command in a process of its own."""
    with started(folder, around, program, *words) as process:
        out, err = process.communicate(timeout=120)
        return Done(process.returncode, out, err)


def clean_environment() -> dict[str, str]:
    """The environment without what the commands read from it."""
    ours = ("SPOTI", "MUSICBRAINZ_", "COVER_ART_", "COLLECT_", "HF_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def everything(services: Services) -> dict[str, str]:
    """What a command that may ask every service finds in its environment."""
    return {**services.environment(), **CREDENTIALS}


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The rows that train."""
    rows: list[dict[str, Any]] = pq.read_table(folder / METADATA).to_pylist()
    return rows


def is_whole(folder: Path, catalogue: Catalogue, source: str) -> bool:
    """Whether every picture that can be shown is there, and nothing but what a whole run leaves."""
    found = {row["album_id"] for row in rows_of(folder)}
    pictures = {album.art for album in catalogue.expected(source).values() if album.cover}
    art = {each: a.art for a in catalogue.albums for each in (a.id, a.spotify_id)}
    files = {path.name for path in folder.iterdir()}
    images = [path for path in folder.glob("images/*/*")]
    return (
        pictures <= {art[album_id] for album_id in found}
        and files == {".lock", "collection.sqlite", "images", METADATA}
        and len(images) == len(found)
    )
