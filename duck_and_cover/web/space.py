"""A Hugging Face Space of the studio: a folder that has all that its page needs to run there.

    README.md           the Space's settings, and what it is
    Dockerfile          how it is built
    requirements.txt    what is installed for it
    app.py              what it runs
    generator/          the model
    duck_and_cover/     this package, which is on no index: the version that wrote the folder

Writing it needs no web server installed.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.resources import as_file, files
from pathlib import Path

from duck_and_cover import __version__
from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.generation.hub import is_hub_id, push_folder, short_name

PACKAGE, EXTRA = "duck-and-cover", "web"
LICENCE = "licenses/LICENSE"  # where an installed distribution keeps it

# Spaces run as the user 1000, and hand their variables to the build as arguments.
DOCKERFILE = """FROM python:3.12-slim

# Pillow sets Arabic and Hebrew with the system's libfribidi.
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends libfribidi0 \\
    && rm -rf /var/lib/apt/lists/* \\
    && useradd --create-home --uid 1000 user

ARG PIP_EXTRA_INDEX_URL
COPY requirements.txt /tmp/
RUN pip install --no-cache-dir --requirement /tmp/requirements.txt

USER user
ENV HOME=/home/user
WORKDIR /home/user/app
COPY --chown=user . .

EXPOSE 7860
CMD ["python", "app.py"]
"""

APP = '''"""Serves the studio, with the generator beside this file, until it is told to stop."""

import os
from pathlib import Path

import torch

from duck_and_cover.generation.allocator import keep_freed_memory
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.titles.writer import TitleWriter
from duck_and_cover.web.serving import serve
from duck_and_cover.web.settings import Settings

MODEL = {model!r}  # what its covers say that they were made with


def say(line: str) -> None:
    """Print the address without the token: a log may have more readers than the page."""
    print(line.partition("?")[0], flush=True)


def main() -> None:
    """Listen at $PORT, or 7860; whoever comes must know $DUCK_TOKEN where it is set."""
    keep_freed_memory()
    torch.set_num_threads(1)  # the other processors finish pictures meanwhile
    generator = CoverGenerator.from_pretrained(Path(__file__).parent / "generator")
    generator.name = MODEL
    serve(
        {{MODEL.rpartition("/")[2]: generator}},
        "0.0.0.0",
        int(os.environ.get("PORT", "7860")),
        Settings(token=os.environ.get("DUCK_TOKEN")),
        TitleWriter.from_pretrained(None),
        say,
    )


if __name__ == "__main__":
    main()
'''

README = """---
title: Album covers
emoji: 💿
colorFrom: indigo
colorTo: pink
sdk: docker
app_port: 7860
license: mit
short_description: Album covers from a genre, a year and a name
tags: [gan, album-covers]
{models}---
# Album covers

![Samples](generator/samples.png)

The studio of duck_and_cover {version} with the generator `{model}`: `generator/README.md` says what
it has learnt from and how good it is. Programs ask the API, described at `/openapi.json`:

    curl --json '{{"genres": [], "seed": 7}}' --header 'Accept: image/png' ADDRESS/v1/covers > 7.png

- A secret `DUCK_TOKEN` of this Space keeps out whoever does not know it. Open the Space at its own
  address then: browsers keep no cookies for the frame that the Hub shows it in.
- A variable `PIP_EXTRA_INDEX_URL` of this Space, the address of PyTorch's builds for CPUs, spares
  its image CUDA, which is most of it; build it again then.
- Here, `pip install -r requirements.txt` and `python app.py` show the same page at port 7860.

The code is MIT (`LICENSE`); the generator's weights may be used as the licences of the covers that
it was trained on allow. Made by `duck-and-cover push --space`, which replaces these files.
"""


def write_space(folder: Path, generator: CoverGenerator) -> Path:
    """Write a Space that shows the page with a generator.

    Args:
        folder: A new one, or an empty one.

    Returns:
        The folder.

    Raises:
        UsageError: There is something in the folder.
        DuckAndCoverError: What the package needs is not known here, see `requirements`.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty: name a new folder for the Space")
    reading = ["sentences"] if generator.vocabulary.sentences else []
    needed, model = requirements(*reading), known_as(generator.name)
    folder.mkdir(parents=True, exist_ok=True)
    generator.save_pretrained(folder / "generator")
    with as_file(files("duck_and_cover")) as package:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package, folder / "duck_and_cover", ignore=ignored)
    models = f"models: [{json.dumps(model)}]\n" if is_hub_id(model) else ""
    texts = {
        "README.md": README.format(models=models, version=__version__, model=model),
        "Dockerfile": DOCKERFILE,
        "app.py": APP.format(model=model),
        "requirements.txt": "".join(f"{line}\n" for line in needed),
        "LICENSE": _installed().read_text(LICENCE),
    }
    for name, text in texts.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def push_space(
    generator: CoverGenerator, repo: str, private: bool = True, token: str | None = None
) -> str:
    """Upload a generator with the page as a Space, see `hub.push_folder`; returns its address."""
    with tempfile.TemporaryDirectory() as place:
        folder = write_space(Path(place) / "space", generator)
        return push_folder(folder, repo, private, token, space_sdk="docker")


def requirements(*extras: str) -> list[str]:
    """What the package and its page need installed, as pip reads it.

    Args:
        extras: What else of the package's extras is needed; the others are left out.

    Raises:
        DuckAndCoverError: The package is not installed here, or was when it had no page.
    """
    installed = _installed()
    if EXTRA not in installed.metadata.get_all("Provides-Extra", ()):
        raise DuckAndCoverError(
            f"the installed {PACKAGE} knows no extra {EXTRA!r}, as its code does: install it anew"
        )
    found = []
    for line in installed.requires or ():
        needed, _, marker = line.partition(";")
        extra = re.fullmatch(r"""\s*extra\s*==\s*["']([\w-]+)["']\s*""", marker)
        plain = re.sub(r"\s*\(([^)]*)\)", r"\1", needed.strip())
        if extra is None or extra[1] in (EXTRA, *extras):
            found.append(f"{plain};{marker}" if marker and extra is None else plain)
    return found


def known_as(name: str) -> str:
    """What callers are told of a model: its Hub id, or its folder's name without the way there."""
    short = name if is_hub_id(name) else short_name(name)
    return "covers" if short == "generator" else short


def _installed() -> Distribution:
    try:
        return distribution(PACKAGE)
    except PackageNotFoundError as error:
        raise DuckAndCoverError(
            f"{PACKAGE} is not installed here: what a Space needs is read there"
        ) from error
