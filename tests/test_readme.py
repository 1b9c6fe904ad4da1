"""The README says nothing that does not hold: commands parse, files and log names exist."""

import importlib
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer.main

from duck_and_cover.cli import app
from duck_and_cover.training.building import build, preset_path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
SCRIPTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]["scripts"]
SCRIPTS.pop("duck-and-cover")
COMMANDS = [
    line.partition(" > ")[0]
    for block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line
]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("line", COMMANDS)
def test_command_parses(line: str, tmp_path: Path) -> None:
    program, *words = shlex.split(line)
    if program == "make":
        rules = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[0]}:", rules, re.MULTILINE), f"no such target: {words[0]}"
        assert all(word.split("=")[0] + " ?=" in rules for word in words[1:])
        return
    if program in SCRIPTS:
        module, _, _ = SCRIPTS[program].partition(":")
        command = typer.main.get_command(importlib.import_module(module).app)
        command.make_context(program, words).close()
        return
    assert program == "duck-and-cover"
    group = typer.main.get_command(app)
    with group.make_context(program, list(words)) as context:
        command = group.get_command(context, words[0])  # type: ignore[attr-defined]
        with command.make_context(words[0], words[1:], parent=context) as inner:
            rest = list(inner.args)
            configs = inner.params.get("config") or []
    if rest:  # fields of the YAML: LightningCLI must take them too
        presets = [part for name in configs for part in ("--config", str(preset_path(name)))]
        smoke = ["--config", str(preset_path("smoke"))]
        build([*presets, *smoke, *rest, f"--run.out={tmp_path}"])


def test_every_log_name_is_one_of_the_code() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in ROOT.glob("duck_and_cover/**/*.py"))
    for name in re.findall(r"`(train/\w+)`", README):
        assert f'"{name}"' in code, name


def test_every_file_of_the_map_exists() -> None:
    for name in re.findall(r"`([\w./]+/\w+\.(?:py|txt|yaml))`", README):
        here = ROOT / name
        assert here.exists() or (ROOT / "duck_and_cover" / name).exists(), name
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / picture).is_file(), picture


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 290
