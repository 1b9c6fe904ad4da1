"""A Space: complete, of the version that wrote it, and running from its own folder."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from PIL import Image

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.space import known_as, requirements, write_space
from tests.installed import PROJECT, ROOT, install_metadata
from tests.web.tiny import tiny_generator

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}  # that Spaces know
LAYOUT = {"README.md", "Dockerfile", "requirements.txt", "app.py", "LICENSE"}
TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Space of a model that came from the Hub."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(install_metadata(tmp_path_factory.mktemp("installed")))
        yield write_space(tmp_path_factory.mktemp("space"), tiny_generator("you/gan"))


@pytest.fixture
def process(space: Path) -> Iterator[subprocess.Popen[str]]:
    """The Space, run as its Dockerfile does, on a free port."""
    environment = {**os.environ, "PORT": "0", "DUCK_TOKEN": "secret", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=space, env=environment, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def front_matter(folder: Path) -> dict[str, Any]:
    """The settings of a Space."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def below(folder: Path) -> dict[str, bytes]:
    """All files of a folder but compiled ones."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_has_all_that_it_names(space: Path) -> None:
    assert {path.name for path in space.iterdir()} == LAYOUT | {"generator", "duck_and_cover"}
    settings = front_matter(space)
    docker = (space / "Dockerfile").read_text(encoding="utf-8")
    assert settings["sdk"] == "docker"
    assert f"EXPOSE {settings['app_port']}" in docker
    assert {settings["colorFrom"], settings["colorTo"]} <= COLOURS
    assert len(settings["short_description"]) <= 60  # the Hub takes no more
    assert settings["models"] == ["you/gan"]
    copied = re.findall(r"^COPY (?:--\S+ )?(\S+)", docker, re.MULTILINE)
    readme = (space / "README.md").read_text(encoding="utf-8")
    for name in (*copied, *re.findall(r"!\[\w+\]\((.*)\)", readme)):
        assert (space / name).exists(), name
    assert (space / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    for name in LAYOUT:
        assert "://" not in (space / name).read_text(encoding="utf-8"), name


def test_the_package_in_it_is_this_one(space: Path) -> None:
    assert below(space / "duck_and_cover") == below(ROOT / "duck_and_cover")


def test_its_requirements_are_the_packages_and_its_pages(space: Path) -> None:
    lines = (space / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["web"]]
    assert [str(Requirement(line)) for line in lines] == [str(Requirement(w)) for w in wanted]


def test_markers_stay_and_other_extras_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = [
        "Metadata-Version: 2.4",
        "Name: duck-and-cover",
        "Version: 9",
        "Provides-Extra: web",
        'Requires-Dist: one[a] (>=1,<2) ; python_version < "3.12"',
        'Requires-Dist: two>=2; extra == "web"',
        "Requires-Dist: three ; extra == 'video'",
    ]
    (tmp_path / "duck_and_cover-9.dist-info").mkdir()
    record = tmp_path / "duck_and_cover-9.dist-info" / "METADATA"
    record.write_text("\n".join(metadata), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert requirements() == ['one[a]>=1,<2; python_version < "3.12"', "two>=2"]
    assert requirements("video")[2:] == ["three"]


def test_what_is_not_known_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(DuckAndCoverError, match="duck-and-cover is not installed here"):
        requirements()
    old = tmp_path / "duck_and_cover-0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.4\nName: duck-and-cover\nVersion: 0\n")
    with pytest.raises(DuckAndCoverError, match="no extra 'web', as its code does: install it"):
        requirements()
    with pytest.raises(UsageError, match="is not empty: name a new folder"):
        write_space(tmp_path, tiny_generator())


def test_models_are_named_without_the_way_to_them(tmp_path: Path) -> None:
    names = {
        "you/gan": "you/gan",
        "pretrained": "pretrained",
        "./runs": "runs",
        str(tmp_path / "jazz" / "generator"): "jazz",
        "generator": "covers",
    }
    assert {name: known_as(name) for name in names} == names


def test_a_model_of_this_machine_is_no_model_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install_metadata(tmp_path / "installed"))
    folder = write_space(tmp_path / "space", tiny_generator(str(tmp_path / "ja'zz")))
    assert "models" not in front_matter(folder)
    app, readme = ((folder / name).read_text(encoding="utf-8") for name in ("app.py", "README.md"))
    assert 'MODEL = "ja\'zz"' in app and "the generator `ja'zz`" in readme
    assert str(tmp_path) not in app + readme
    assert not list(folder.rglob("__pycache__"))


def test_writing_it_needs_no_web_server() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['fastapi', 'starlette', 'uvicorn']));"
        "import duck_and_cover.web.space"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_it_runs_from_its_own_folder(space: Path) -> None:
    code = (
        "import app, sys, json; print(json.dumps([m.__file__ for n, m in sys.modules.items() "
        + ("if n.split('.')[0] == 'duck_and_cover' and m.__file__]))")
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=space, capture_output=True, text=True, check=True
    )
    loaded = [Path(file) for file in json.loads(done.stdout)]
    assert len(loaded) > 20
    assert all(file.is_relative_to(space) for file in loaded)


def test_it_draws_for_those_who_know_the_token(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "secret" not in line
    connection = HTTPConnection(line.split("http://")[1].strip().rstrip("/"), timeout=30)

    def ask(way: str, path: str, headers: dict[str, str], body: str | None = None) -> Any:
        connection.request(way, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    assert ask("GET", "/healthz", {})[0] == 200
    assert ask("GET", "/", {})[0] == 401
    status, page = ask("GET", "/", TOKEN)
    assert status == 200 and b"<title>" in page
    wish = json.dumps({"genres": ["jazz"], "year": 1959, "seed": 7})
    status, made = ask("POST", "/v1/covers", {**TOKEN, "Content-Type": "application/json"}, wish)
    assert status == 200
    answer = json.loads(made)
    assert answer["model"] == "gan"
    (cover,) = answer["covers"]
    assert cover["command"].startswith("duck-and-cover generate you/gan --genre jazz ")
    with Image.open(io.BytesIO(base64.b64decode(cover["image"]))) as picture:
        own = drawn(tiny_generator())
        assert abs(np.asarray(picture).astype(int) - np.asarray(own)).max() <= 1
    connection.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def drawn(generator: CoverGenerator) -> Image.Image:
    """The cover that the Space is asked for."""
    (cover,) = generator.generate("jazz", 1959, seeds=[7])
    return cover.picture
