"""Generator folders: whole, replaced at once, and never trusted further than they can be read."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from duck_and_cover import __version__
from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.generation import folder as module
from duck_and_cover.generation.folder import (
    FORMAT,
    GeneratorConfig,
    architecture_of,
    load_generator,
    save_generator,
)
from duck_and_cover.networks.base import Generator
from duck_and_cover.networks.progan import ProGANGenerator
from tests.given import spec


def draw(network: Generator, words: Vocabulary) -> torch.Tensor:
    z = torch.randn(2, network.latent, generator=torch.Generator().manual_seed(0))
    pictures: torch.Tensor = network(z, words.encode([Condition(("jazz",), 1962), Condition()]))
    return pictures


def test_a_folder_gives_the_same_pictures_back(
    folder: Path, network: Generator, config: GeneratorConfig
) -> None:
    found, its_config, words = load_generator(folder)
    assert its_config == config
    assert words == Vocabulary(("acid jazz", "ambient", "jazz"), 1950, 2020)
    assert torch.equal(draw(found, words), draw(network, words))
    assert not found.training and not any(p.requires_grad for p in found.parameters())


def test_a_folder_holds_weights_description_and_card(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"generator.safetensors", "config.json", "README.md"}
    assert [path.name for path in folder.parent.iterdir()] == ["generator"]
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (values["format"], values["version"]) == (FORMAT, __version__)
    assert values["generator"]["resolution"] == 16 and values["vocabulary"]["first_year"] == 1950
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlibrary_name: duck-and-cover\n")
    for fact in (
        "16 x 16",
        "12.5 kimg",
        "`synthetic`",
        "ambient",
        "1950 to 2020",
        "| kid | 0.01235 | 0.001 |",
    ):
        assert fact in card


def test_a_card_of_a_model_that_knows_nothing(
    tmp_path: Path, network: Generator, config: GeneratorConfig
) -> None:
    bare = replace(config, vocabulary=Vocabulary((), 0, 0).settings(), data={}, metrics={})
    save_generator(tmp_path / "bare", network, bare)
    card = (tmp_path / "bare" / "README.md").read_text(encoding="utf-8")
    for fact in ("genres: none", "years: not known", "`unknown`", "none measured"):
        assert fact in card


def test_a_folder_is_replaced_as_a_whole(
    folder: Path, network: Generator, config: GeneratorConfig
) -> None:
    (folder / "stray.txt").write_text("from before")
    nn.init.zeros_(network.get_parameter("to_rgb.16.weight"))
    save_generator(folder, network, replace(config, kimg=99.0))
    found, its_config, words = load_generator(folder)
    assert its_config.kimg == 99.0 and not draw(found, words).any()
    assert not (folder / "stray.txt").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["generator"]


def test_a_failed_save_leaves_the_old_folder(
    folder: Path,
    network: Generator,
    config: GeneratorConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(module, "save_file", full)
    with pytest.raises(OSError, match="no space left"):
        save_generator(folder, network, replace(config, kimg=99.0))
    assert load_generator(folder)[1] == config
    assert [path.name for path in folder.parent.iterdir()] == ["generator"]


def test_a_folder_is_there_at_every_instant_of_a_save(
    folder: Path,
    network: Generator,
    config: GeneratorConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rename, calls = Path.rename, []

    def stopped_at_the_second(path: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stopped_at_the_second)
    try:
        save_generator(folder, network, replace(config, kimg=99.0))
    except KeyboardInterrupt:
        pass
    assert load_generator(folder)[1].kimg in (config.kimg, 99.0)


@pytest.mark.parametrize("name", ["config.json", "generator.safetensors"])
def test_a_folder_without_a_generator(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UsageError, match=r"no generator in .*: config.json and generator"):
        load_generator(folder)
    with pytest.raises(UsageError, match="no generator"):
        load_generator(folder / "nowhere")


def damaged(folder: Path) -> DuckAndCoverError:
    """What loading a damaged folder says: one line, and no blame on the user."""
    with pytest.raises(DuckAndCoverError) as caught:
        load_generator(folder)
    assert type(caught.value) is DuckAndCoverError
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)
    assert len(str(caught.value)) < len(str(folder)) + 300
    return caught.value


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_truncated_weights(folder: Path, share: float) -> None:
    weights = folder / "generator.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: int(len(whole) * share)])
    assert "is damaged" in str(damaged(folder))


@pytest.mark.parametrize("content", [b"not tensors at all", b"\x80\x04K\x01.", b"\xff" * 64])
def test_weights_of_another_kind(folder: Path, content: bytes) -> None:
    (folder / "generator.safetensors").write_bytes(content)
    assert "is damaged" in str(damaged(folder))


def test_weights_of_another_network(folder: Path, network: Generator) -> None:
    smaller = ProGANGenerator(**network.settings | {"fmap_max": 4, "spec": spec(3)})
    other = folder.parent / "other"
    save_generator(
        other,
        smaller,
        GeneratorConfig(
            "progan", smaller.settings, {"genres": []} | {"first_year": 0, "last_year": 0}, 16
        ),
    )
    (other / "generator.safetensors").replace(folder / "generator.safetensors")
    assert "base.bias is (4,), not (8,)" in str(damaged(folder))


def test_a_truncated_description(folder: Path) -> None:
    path = folder / "config.json"
    text = path.read_text(encoding="utf-8")
    for length in (0, 1, len(text) // 2, len(text) - 3):
        path.write_text(text[:length], encoding="utf-8")
        assert "config.json is damaged" in str(damaged(folder))
    path.write_bytes(b"\xff\xfe\x00")
    assert "config.json is damaged" in str(damaged(folder))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": FORMAT + 1}, f"format {FORMAT + 1}; this version reads {FORMAT}: upgrade"),
        ({"format": "new"}, "is damaged"),
        ({"architecture": "stylegan"}, "'stylegan' is none of acgan, dcgan, progan, wgan_gp"),
        ({"architecture": "os.system"}, "is none of acgan, dcgan, progan, wgan_gp"),
        ({"surprise": 1}, "surprise"),
        ({"generator": {"spec": {}, "surprise": 1}}, "surprise"),
        ({"generator": {"resolution": 48}}, "is damaged"),
        ({"generator": {"resolution": "16"}}, "is damaged"),
        ({"generator": None}, "is damaged"),
        ({"vocabulary": {}}, "genres"),
        ({"vocabulary": None}, "is damaged"),
        ({"vocabulary": {"genres": None, "first_year": 0, "last_year": 0}}, "is damaged"),
        ({"vocabulary": {"genres": [], "first_year": "x", "last_year": 0}}, "is damaged"),
        ({"vocabulary": {"genres": [1, 2], "first_year": 0, "last_year": 0}}, "is damaged"),
    ],
)
def test_descriptions_that_do_not_describe(
    folder: Path, config: GeneratorConfig, change: dict[str, Any], named: str
) -> None:
    (folder / "config.json").write_text(json.dumps(asdict(config) | change), encoding="utf-8")
    assert named in str(damaged(folder))


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": ["progan"]},
        {"generator": {"fmap_base": 1}},
        {"resolution": 32},
        {"resolution": "16"},
        {"alpha": "half"},
        {"vocabulary": {"genres": ["jazz"], "first_year": 0, "last_year": 0}},
    ],
)
def test_descriptions_at_odds_with_themselves(
    folder: Path, config: GeneratorConfig, change: dict[str, Any]
) -> None:
    (folder / "config.json").write_text(json.dumps(asdict(config) | change), encoding="utf-8")
    damaged(folder)


def test_a_description_cannot_ask_for_more_memory_than_its_weights(
    folder: Path, config: GeneratorConfig
) -> None:
    huge = config.generator | {"fmap_base": 2**40, "fmap_max": 2**20}  # weights of 50 TB
    (folder / "config.json").write_text(json.dumps(asdict(config) | {"generator": huge}))
    assert "not (1048576" in str(damaged(folder))


@pytest.mark.parametrize("text", ["null", "[]", "3", '"progan"', "{}"])
def test_descriptions_of_another_kind(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text, encoding="utf-8")
    assert "is damaged" in str(damaged(folder))


def test_architectures_have_names(network: Generator) -> None:
    assert architecture_of(network) == "progan"
    with pytest.raises(StopIteration):
        architecture_of(nn.Linear(1, 1))
