"""A title model's folder: written, read again, and refused in one line where it is hostile."""

import json
import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.titles.folder import load_titles, save_titles
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.pieces import Pieces
from duck_and_cover.titles.writer import TitleWriter
from tests.titles.conftest import learnt


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "model"
    network = TitleNetwork(width=8, memory=4, letters=4, pieces=3)
    known = learnt(["One Long Title"], 7, 0.25, Pieces([(97, 98), (256, 99)]))
    save_titles(place, network, known, {"name": "x"}, {"val/loss": 2.0})
    return place


def test_it_is_read_as_it_was_written(folder: Path) -> None:
    network, known, config = load_titles(folder)
    sizes = {"width": 8, "memory": 4, "letters": 4, "pieces": 3}
    assert network.settings == {**sizes, "dropout": 0.1}
    assert "one long title" in known.copies and "Another Long Title" not in known.copies
    assert known.words.know("Ash Kettle") and not known.words.know("Ashen Kettle")
    assert known.pieces.texts[256:] == [b"ab", b"abc"]
    assert known.habits.lengths == {"": {7: 1}} and known.habits.title_tracks == 0.25
    assert config["metrics"] == {"val/loss": 2.0} and not network.training
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "config.json"}


def test_a_runs_folder_will_do(folder: Path) -> None:
    assert TitleWriter.from_pretrained(folder.parent).config["data"] == {"name": "x"}


def test_no_model_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no title model in .*--config titles"):
        TitleWriter.from_pretrained(tmp_path)


class Bomb:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return (Path.touch, (self.place,))


def weights(folder: Path) -> Path:
    return folder / "model.safetensors"


def reconfigure(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def change(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    tensors = load_file(weights(folder))
    tensors.pop(name)
    save_file(tensors | ({name: tensor} if tensor is not None else {}), weights(folder))


def pairs(rows: list[list[int]]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.int32)


def huge_header(folder: Path) -> None:
    weights(folder).write_bytes(struct.pack("<Q", 2**40) + b"{}" * 100)


def deep_header(folder: Path) -> None:
    header = b'{"a":' + b"[" * 50_000
    weights(folder).write_bytes(struct.pack("<Q", len(header)) + header)


DAMAGES: list[Callable[[Path], object]] = [
    huge_header,
    deep_header,
    lambda f: weights(f).write_bytes(b""),
    lambda f: weights(f).write_bytes(weights(f).read_bytes()[:-9]),
    lambda f: weights(f).write_bytes(pickle.dumps(Bomb(f / "went-off"))),
    lambda f: torch.save(Bomb(f / "went-off"), weights(f)),
    lambda f: change(f, "out.weight", torch.zeros(259, 99)),
    lambda f: change(f, "out.weight", None),
    lambda f: change(f, "out.weight", torch.full((259, 12), float("nan"))),
    lambda f: change(f, "copies", None),
    lambda f: change(f, "copies", torch.zeros(0, dtype=torch.uint8)),
    lambda f: change(f, "words", None),
    lambda f: change(f, "words", torch.zeros(0, dtype=torch.uint8)),
    lambda f: change(f, "pieces", None),
    lambda f: change(f, "pieces", pairs([[97, 98]] * 2)),
    lambda f: change(f, "pieces", pairs([[97, 256]])),
    lambda f: change(f, "pieces", pairs([[-1, 97]])),
    lambda f: change(f, "pieces", pairs([[256 + i - 1, 256 + i - 1] for i in range(1, 60)])),
    lambda f: change(f, "pieces", pairs([[97, byte] for byte in range(4)])),
    lambda f: change(f, "pieces", torch.zeros(2, 3, dtype=torch.int32)),
    lambda f: change(f, "pieces", torch.zeros(0, dtype=torch.int32)),
    lambda f: change(f, "pieces", torch.zeros(2, 2)),
    lambda f: reconfigure(f, habits={}),
    lambda f: reconfigure(f, habits=[]),
    lambda f: reconfigure(f, habits={"lengths": {"": {}}, "title_tracks": 0}),
    lambda f: reconfigure(f, habits={"lengths": {"": {"99": 1}}, "title_tracks": 0}),
    lambda f: reconfigure(f, habits={"lengths": {"": {"9": 10**400}}, "title_tracks": 0}),
    lambda f: reconfigure(f, habits={"lengths": {"": {"9": 1}}, "title_tracks": float("nan")}),
    lambda f: reconfigure(f, habits={"lengths": {"jazz": {"9": 1}}, "title_tracks": 0}),
    lambda f: reconfigure(f, habits={"lengths": {"": [9]}, "title_tracks": 0}),
    lambda f: reconfigure(f, network={"width": 10**9}),
    lambda f: reconfigure(f, network={"width": "8"}),
    lambda f: reconfigure(f, network={"depth": 8}),
    lambda f: reconfigure(f, network=None),
    lambda f: reconfigure(f, kind="covers"),
    lambda f: reconfigure(f, execute="rm"),
    lambda f: (f / "config.json").write_text("[" * 100_000),
    lambda f: (f / "config.json").write_text("[1, 2]"),
    lambda f: (f / "config.json").write_bytes(b"\xff\xfe"),
    lambda f: (f / "config.json").write_text(" " * 200_000),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_model_is_one_line(folder: Path, damage: Callable[[Path], object]) -> None:
    damage(folder)
    with pytest.raises(
        DuckAndCoverError, match=r"\Athe title model in .* is damaged: .+\Z"
    ) as told:
        load_titles(folder)
    assert told.value.exit_code == 1 and not (folder / "went-off").exists()


@pytest.mark.parametrize(("other", "fix"), [(1, "train"), (99, "upgrade"), ([], "upgrade")])
def test_another_format_says_so(folder: Path, other: object, fix: str) -> None:
    reconfigure(folder, format=other, anything="new")
    with pytest.raises(
        DuckAndCoverError, match=rf"{re.escape(str(other))}; this version reads 2: {fix}"
    ):
        load_titles(folder)
