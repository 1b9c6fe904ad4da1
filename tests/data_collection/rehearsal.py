"""The README's way from nothing to a dataset on the Hub, walked on loopback services.

    python -m tests.data_collection.rehearsal

The commands are the README's own. They find invented albums at the services and a Hub that keeps
what it is sent in memory, and print what the README shows.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.data_collection.hub import Hub, serve_hub
from tests.data_collection.services import Catalogue, serve

ROOT = Path(__file__).parents[2]
ALBUMS = 400
# Nobody waits for a loopback service: all that is added to the README's words.
AT_ONCE = {"collect-artist-data": ["--requests-per-second", "1000", "--backoff", "0.01"]}
AT_ONCE["collect-example-albums"] = AT_ONCE["collect-artist-data"]


@dataclass(frozen=True)
class Place:
    """An empty working folder, and what a command there finds around it."""

    folder: Path
    environment: dict[str, str]
    catalogue: Catalogue
    hub: Hub

    def run(self, line: str) -> str:
        """A command line's output, both streams as they come; it must succeed."""
        program, *words = shlex.split(line)
        done = subprocess.run(
            [str(Path(sys.executable).with_name(program)), *words, *AT_ONCE.get(program, [])],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        return done.stdout


@contextmanager
def newcomers_place() -> Iterator[Place]:
    """A folder with a list of genres and an album to keep out; no album has been asked for."""
    catalogue = Catalogue.invent(seed=1, albums=ALBUMS)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(catalogue) as services,
        serve_hub() as hub,
    ):
        place = Path(folder)
        (place / "data").mkdir()
        (place / "data" / "genres.txt").write_text("\n".join(catalogue.genres), encoding="utf-8")
        (place / "favourites.txt").write_text(catalogue.albums[0].id, encoding="utf-8")
        around = {**services.environment(), **hub.environment(), "HF_HOME": str(place / "hub")}
        yield Place(place, {**os.environ, **around}, catalogue, hub)


def readme_commands() -> list[str]:
    """The lines of the README that gather and publish."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```bash\n(.*?)```", readme, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if re.match("collect-|add-caption", line)]


def main() -> None:
    """Print each command and what it says."""
    with newcomers_place() as place:
        for line in readme_commands():
            sys.stdout.write(f"$ {line}\n{place.run(line)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
