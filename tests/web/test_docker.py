"""The image's description: what it copies is there, what it runs is understood and answers.

No image is built here; the lines that can be run without one are run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import typer.main
from fastapi import FastAPI

from duck_and_cover.cli import app as command_line
from duck_and_cover.web.space import DOCKERFILE
from tests.installed import PROJECT, ROOT

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions(text: str, name: str) -> list[str]:
    """The arguments of every instruction of a name, on one line each."""
    code = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "")
    return re.findall(rf"^{name}\s+(.*)$", code, re.MULTILINE)


def only(text: str, name: str) -> str:
    (found,) = instructions(text, name)
    return found


def sent(path: str) -> bool:
    """Whether .dockerignore lets a path through to the builder; its last word on it counts."""
    allowed = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        whole = PurePosixPath(path)
        if line and line[0] != "#" and any(p.match(pattern) for p in (whole, *whole.parents)):
            allowed = line.startswith("!")
    return allowed


def serve_of(words: list[str]) -> dict[str, Any]:
    """What the image's command understands of the words after its name."""
    entry = json.loads(only(TEXT, "ENTRYPOINT"))
    assert entry[0] in PROJECT["scripts"]
    group = typer.main.get_command(command_line)
    with group.make_context(entry[0], [*entry[1:], *words]) as context:
        command = group.get_command(context, words[0])  # type: ignore[attr-defined]
        with command.make_context(words[0], words[1:], parent=context) as inner:
            return dict(inner.params)


def test_all_that_is_copied_is_there_and_sent() -> None:
    sources = [part for line in instructions(TEXT, "COPY") for part in line.split()[:-1]]
    assert {"pyproject.toml", PROJECT["readme"], "data_collection", "duck_and_cover"} < {*sources}
    for source in sources:
        assert (ROOT / source).exists() and sent(source), source
    assert sent("duck_and_cover/web/static/index.html")
    for path in (".git/config", ".venv/bin/python", "runs/a/config.yaml", ".env", "tests/given.py"):
        assert not sent(path), path
    assert not sent("duck_and_cover/web/__pycache__/page.pyc")


def test_its_requirements_are_the_packages() -> None:
    (line,) = (run for run in instructions(TEXT, "RUN") if "tomllib" in run)
    command = line.partition(" > requirements.txt")[0]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    printed = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["web"]]
    assert printed.stdout.splitlines() == wanted


def test_it_serves_to_callers_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in re.findall(r"(DUCK_\w+)=(\S+)", only(TEXT, "ENV")):
        monkeypatch.setenv(name, value)
    shipped = serve_of(json.loads(instructions(TEXT, "CMD")[-1]))
    assert (shipped["host"], shipped["port"]) == ("0.0.0.0", int(only(TEXT, "EXPOSE")))
    assert not shipped["models"]
    other = serve_of(["serve", "you/model"])
    assert (other["host"], list(other["models"])) == ("0.0.0.0", ["you/model"])


def test_its_health_is_asked_of_the_server(
    app: FastAPI, running: Callable[[FastAPI], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # the question must not go that way
    program, *words = json.loads(only(TEXT, "HEALTHCHECK").partition("CMD ")[2])
    assert program == "python"
    own, served = f"127.0.0.1:{only(TEXT, 'EXPOSE')}", running(app).removeprefix("http://")
    assert own in words[-1]
    for address, healthy in ((served, True), ("127.0.0.1:9", False)):
        asked = [sys.executable, *(word.replace(own, address) for word in words)]
        assert (subprocess.run(asked, capture_output=True).returncode == 0) is healthy


@pytest.mark.parametrize("text", [TEXT, DOCKERFILE])
def test_it_is_nobodys_root_and_names_no_index(text: str) -> None:
    assert only(text, "FROM") == only(TEXT, "FROM")
    assert instructions(text, "RUN")[0] == instructions(TEXT, "RUN")[0]
    assert "useradd --create-home --uid 1000 user" in instructions(text, "RUN")[0]
    assert only(text, "USER") == "user"
    assert only(text, "ARG") == "PIP_EXTRA_INDEX_URL"
    assert set(re.findall(r"://([\w.]+)", text)) <= {"127.0.0.1"}
