"""A generator on its way to the Hub and back, by the commands, against a Hub on the loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.data_collection.hub import READ_TOKEN, TOKEN, Hub, serve_hub
from tests.installed import install_metadata


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve_hub() as served:
        yield served


def command(
    hub: Hub, place: Path, *words: str, token: str = TOKEN, **more: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which alone can be told of another Hub."""
    environment = {**os.environ, **hub.environment(token), "HF_HOME": str(place / "hf"), **more}
    environment["OMP_NUM_THREADS"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "duck_and_cover", *words],
        env=environment,
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_generator_goes_to_the_hub_and_draws_from_there(
    hub: Hub, folder: Path, tmp_path: Path
) -> None:
    pushed = command(hub, tmp_path, "push", str(folder), "you/gan")
    assert pushed.returncode == 0, pushed.stderr
    assert f"{hub.url}/you/gan" in pushed.stdout
    repo = hub.repos["you/gan"]
    assert repo.private
    names = {"generator.safetensors", "config.json", "README.md", "samples.png"}
    assert names <= set(repo.files)
    assert b"![Samples](samples.png)" in repo.files["README.md"]
    assert repo.files["generator.safetensors"] == (folder / "generator.safetensors").read_bytes()

    here, there = (
        command(hub, tmp_path, "generate", model, "--n", "1", "--genre", "jazz", "--out", out)
        for model, out in ((str(folder), "here"), ("you/gan", "there"))
    )
    assert here.returncode == there.returncode == 0, there.stderr
    (one,), (other,) = ([*(tmp_path / out).glob("jazz-*.png")] for out in ("here", "there"))
    with Image.open(one) as a, Image.open(other) as b:
        assert ImageChops.difference(a, b).getbbox() is None
        assert b.info["Model"] == "you/gan"


def test_the_page_goes_to_the_hub_as_a_space(hub: Hub, folder: Path, tmp_path: Path) -> None:
    metadata = str(install_metadata(tmp_path / "installed"))
    path = os.pathsep.join(filter(None, [metadata, os.environ.get("PYTHONPATH")]))
    pushed = command(hub, tmp_path, "push", str(folder), "you/page", "--space", PYTHONPATH=path)
    assert pushed.returncode == 0, pushed.stderr
    assert f"{hub.url}/spaces/you/page" in pushed.stdout
    assert list(hub.repos) == ["spaces/you/page"]
    repo = hub.repos["spaces/you/page"]
    assert repo.private
    names = {"README.md", "Dockerfile", "app.py", "requirements.txt", "generator/config.json"}
    assert names | {"duck_and_cover/web/static/index.html"} <= set(repo.files)
    weights = (folder / "generator.safetensors").read_bytes()
    assert repo.files["generator/generator.safetensors"] == weights
    assert b"MODEL = 'run'" in repo.files["app.py"]


def test_what_the_hub_refuses_is_a_line(hub: Hub, folder: Path, tmp_path: Path) -> None:
    refused = command(hub, tmp_path, "push", str(folder), "you/gan", token=READ_TOKEN)
    assert refused.returncode == 1 and "cannot push to you/gan" in refused.stderr
    wrong = command(hub, tmp_path, "push", str(folder), "not a name")
    assert wrong.returncode == 2 and "push not a name" in wrong.stderr
    missing = command(hub, tmp_path, "push", str(tmp_path / "nothing"), "you/gan")
    assert missing.returncode == 2 and "no such model" in missing.stderr
    for result in (refused, wrong, missing):
        assert "Traceback" not in result.stderr
