"""The house of modules: no file imports from a floor above, and the door stays light.

6  cli, train_command, make_commands, studio_commands
5  quickstart, judge_callback
4  data_collection, training, evaluation, web
3  data, generation
2  conditions, names
1  networks, labels, titles, losses, augment, growth, configs
0  the ground: typography, audio_features, shell, errors
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import duck_and_cover

ROOT = Path(__file__).parents[1]
FLOORS = {
    "duck_and_cover.__main__": 6,
    "duck_and_cover.cli": 6,
    "duck_and_cover.train_command": 6,
    "duck_and_cover.make_commands": 6,
    "duck_and_cover.studio_commands": 6,
    "duck_and_cover.quickstart": 5,
    "duck_and_cover.judge_callback": 5,
    "data_collection": 4,
    "duck_and_cover.training": 4,
    "duck_and_cover.evaluation": 4,
    "duck_and_cover.web": 4,
    "duck_and_cover.data": 3,
    "duck_and_cover.generation": 3,
    "duck_and_cover.conditions": 2,
    "duck_and_cover.names": 2,
    "duck_and_cover.labels": 1,
    "duck_and_cover.networks": 1,
    "duck_and_cover.titles": 1,
    "duck_and_cover.losses": 1,
    "duck_and_cover.augment": 1,
    "duck_and_cover.growth": 1,
    "duck_and_cover.configs": 1,
    "duck_and_cover.typography": 0,  # the ground that floor 1 stands on
    "duck_and_cover.audio_features": 0,
    "duck_and_cover.shell": 0,
    "duck_and_cover.errors": 0,
}
FILES = sorted(
    path.relative_to(ROOT)
    for package in ("duck_and_cover", "data_collection")
    for path in (ROOT / package).rglob("*.py")
)
MODULES = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
DOOR = "duck_and_cover"  # the package itself: it hands out names when they are asked for


def room(module: str) -> str:
    """The entry of FLOORS that a module belongs to."""
    return ".".join(module.split(".")[: 1 if module.startswith("data_collection") else 2])


def imports(module: str) -> Iterator[str]:
    """Every module that a file names in an import, at its top or within a function."""
    path = MODULES[module]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.parent.parts[: len(path.parent.parts) - node.level + 1]
            base = ".".join([*(package if node.level else ()), *filter(None, [node.module])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole in MODULES else base


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name.split(".")[0] in (DOOR, "data_collection")}


def outside(module: str) -> set[str]:
    """Third-party packages that a file names."""
    names = {name.split(".")[0] for name in imports(module)}
    return names - set(sys.stdlib_module_names) - {DOOR, "data_collection"}


def test_every_file_has_a_floor() -> None:
    assert len(MODULES) > 30
    assert {room(module) for module in MODULES} - {DOOR} <= set(FLOORS)


@pytest.mark.parametrize("module", sorted(set(MODULES) - {DOOR}))
def test_files_import_from_their_own_folder_and_from_below(module: str) -> None:
    own, folder = room(module), MODULES[module].parent.parts[:2]
    for name in ours(module) - {DOOR}:
        there = room(name)
        beside = FLOORS[there] == FLOORS[own] and MODULES[name].parent.parts[:2] == folder
        assert there == own or beside or FLOORS[there] < FLOORS[own], f"{module} imports {name}"


def test_only_the_version_is_taken_from_the_door() -> None:
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            taken: set[str] = set()
            if isinstance(node, ast.ImportFrom) and node.module == DOOR:
                taken = {a.name for a in node.names if f"{DOOR}.{a.name}" not in MODULES}
            elif isinstance(node, ast.Import):
                taken = {alias.name for alias in node.names if alias.name == DOOR}
            assert taken <= {"__version__"}, module


def test_networks_know_torch_alone() -> None:
    networks = [module for module in MODULES if room(module) == "duck_and_cover.networks"]
    assert len(networks) > 3
    for module in networks:
        assert outside(module) <= {"torch"}, module
        assert {room(name) for name in ours(module)} <= {"duck_and_cover.networks"}, module
    assert outside("duck_and_cover.losses") == {"torch"}
    assert not ours("duck_and_cover.losses")


def test_the_ground_imports_nothing_of_ours() -> None:
    for module in (f"{DOOR}.{name}" for name in ("audio_features", "typography", "errors")):
        assert not ours(module)
    assert ours("duck_and_cover.shell") == {"duck_and_cover.errors"}


def test_no_lightning_below_training_but_in_the_data_module() -> None:
    for module in set(MODULES) - {DOOR, "duck_and_cover.data.module"}:
        if FLOORS[room(module)] <= 3:
            assert not outside(module) & {"lightning", "pytorch_lightning"}, module


def test_collecting_touches_the_dataset_contract_alone() -> None:
    for module in MODULES:
        if module.startswith("data_collection"):
            touched = {name for name in ours(module) if name.startswith(DOOR)}
            # What makes the dataset one: its columns, its splits, what counts as a picture.
            contract = {f"duck_and_cover.data.{name}" for name in ("schema", "splits", "pictures")}
            ground = {DOOR} | {f"{DOOR}.{name}" for name in ("audio_features", "errors", "shell")}
            assert touched <= contract | ground, module
        else:
            assert not any(name.startswith("data_collection") for name in ours(module)), module


def loaded_by(code: str) -> set[str]:
    """The top-level modules of a fresh interpreter after `code`."""
    tail = "; import json, sys; print(json.dumps([m.split('.')[0] for m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code + tail], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return set(json.loads(done.stdout))


def test_importing_the_package_is_light() -> None:
    loaded = loaded_by("import duck_and_cover; duck_and_cover.__version__")
    assert "duck_and_cover" in loaded
    assert not loaded & {"torch", "numpy", "PIL", "lightning", "spotipy", "wandb", "gradio"}


def test_generating_needs_no_training() -> None:
    loaded = loaded_by("import duck_and_cover.generation.generator")
    assert {"torch", "safetensors", "PIL"} <= loaded
    heavy = {"lightning", "pytorch_lightning", "datasets", "torchmetrics", "jsonargparse"}
    assert not loaded & (heavy | {"spotipy", "wandb", "gradio"})


def test_exported_names() -> None:
    from duck_and_cover.conditions import Condition
    from duck_and_cover.generation.generator import CoverGenerator

    assert duck_and_cover.__all__ == ["Condition", "CoverGenerator", "__version__"]
    assert duck_and_cover.CoverGenerator is CoverGenerator
    assert duck_and_cover.Condition is Condition
    with pytest.raises(AttributeError, match="has no attribute 'CoverMaker'"):
        duck_and_cover.CoverMaker  # noqa: B018
    found: dict[str, object] = {}
    exec("from duck_and_cover import *", found)
    assert set(duck_and_cover.__all__) <= set(found)


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert duck_and_cover.__version__ == project["version"]
