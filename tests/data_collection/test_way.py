"""The README's way: from nothing to a dataset on the Hub, and to generators trained on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data_collection.rehearsal import Place, newcomers_place, readme_commands

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SMOKE = "--config progan --config smoke --kimg 0.05 --run.checkpoint_kimg 0.05"


@pytest.fixture(scope="module")
def walked() -> Iterator[tuple[Place, str]]:
    """The place after the README's commands, and all that they said."""
    with newcomers_place() as place:
        yield place, "".join(map(place.run, readme_commands()))


def test_the_readme_shows_what_is_said(walked: tuple[Place, str]) -> None:
    said = walked[1].splitlines()
    start = README.index("```\ndata/covers\n") + 4
    shown = README[start : README.index("```", start)].splitlines()
    assert len(shown) > 6
    assert set(shown) - {"  ..."} <= set(said)


def test_the_dataset_is_private_and_whole(walked: tuple[Place, str]) -> None:
    repo = walked[0].hub.repos["you/covers"]
    assert repo.private
    assert {"README.md", "counts.png"} <= set(repo.files)


@pytest.mark.parametrize("data", ["data/covers", "you/covers/64px"])
def test_folder_and_dataset_train(walked: tuple[Place, str], data: str) -> None:
    place, _ = walked
    place.run(f"duck-and-cover train {SMOKE} --data {data} --out runs/{data}")
    assert (place.folder / "runs" / data / "generator" / "generator.safetensors").is_file()
