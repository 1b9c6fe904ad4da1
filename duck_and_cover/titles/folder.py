"""The title model's folder: what training exports and what TitleWriter loads.

    model.safetensors   the weights in half precision, the pieces, the filters of copies, words
    config.json         sizes of the network, habits, data, metrics, format, version

Nothing in it is ever unpickled or executed, and nothing is built before its size is known.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from duck_and_cover import __version__
from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.titles.copies import Copies, Words
from duck_and_cover.titles.draft import Learnt
from duck_and_cover.titles.habits import Habits
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.pieces import Pieces

FORMAT = 2  # 1 wrote letter by letter, and decided its length by itself
WEIGHTS, CONFIG = "model.safetensors", "config.json"
COPIES, WORDS, PIECES = "copies", "words", "pieces"
_MOST_WEIGHTS, _MOST_HEADER, _MOST_CONFIG = 100_000_000, 100_000, 100_000  # bytes
_KEYS = {"format", "version", "kind", "network", "habits", "data", "metrics"}
_DAMAGE = (
    SafetensorError,
    RuntimeError,
    TypeError,
    LookupError,
    ValueError,
    AttributeError,
    OSError,
)


def save_titles(
    folder: Path,
    network: TitleNetwork,
    learnt: Learnt,
    data: Mapping[str, str],
    metrics: Mapping[str, float],
) -> None:
    """Write a model's folder; the files of one that is there are replaced whole.

    Args:
        learnt: What it knows of its training set beside its weights.
        data: Name of the training data.
        metrics: By log name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: weights.detach().cpu().half().contiguous()
        for name, weights in network.state_dict().items()
    }
    fresh = folder / f".{WEIGHTS}.tmp"
    tensors[PIECES] = learnt.pieces.tensor()
    tensors |= {COPIES: learnt.copies.tensor(), WORDS: learnt.words.tensor()}
    fresh.write_bytes(save(tensors))
    fresh.replace(folder / WEIGHTS)
    config = {
        "format": FORMAT,
        "version": __version__,
        "kind": "titles",
        "network": network.settings,
        "habits": learnt.habits.json(),
        "data": dict(data),
        "metrics": dict(metrics),
    }
    fresh = folder / f".{CONFIG}.tmp"
    fresh.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    fresh.replace(folder / CONFIG)


def load_titles(folder: Path) -> tuple[TitleNetwork, Learnt, dict[str, Any]]:
    """A title model's network, what else it has learnt, and its config.json.

    Args:
        folder: A model's folder, or a run's.

    Raises:
        UsageError: There is no title model.
        DuckAndCoverError: It is damaged, or of another format.
    """
    inner = folder / "model"
    folder = inner if (inner / CONFIG).is_file() else folder
    if not (folder / CONFIG).is_file() or not (folder / WEIGHTS).is_file():
        raise UsageError(
            f"no title model in {folder}: give a folder with {WEIGHTS} and {CONFIG}, as "
            "duck-and-cover train --config titles leaves it in model/"
        )
    try:
        config = _read_config(folder / CONFIG)
        network = TitleNetwork(**config["network"])
        tensors = _read_weights(folder / WEIGHTS)
        learnt = Learnt(
            Pieces.from_tensor(tensors.pop(PIECES)),
            Copies.from_tensor(tensors.pop(COPIES)),
            Words.from_tensor(tensors.pop(WORDS)),
            Habits.from_json(config["habits"]),
        )
        if len(learnt.pieces) > network.vocabulary:
            raise ValueError("more pieces than the network knows")
        if not all(bool(torch.isfinite(weights).all()) for weights in tensors.values()):
            raise ValueError("weights that are not finite")
        network.load_state_dict({name: weights.float() for name, weights in tensors.items()})
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:200]
        raise DuckAndCoverError(f"the title model in {folder} is damaged: {reason}") from error
    return network.eval().requires_grad_(False), learnt, config


def _read_config(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_CONFIG:
        raise ValueError(f"{path.name} is over {_MOST_CONFIG:,} bytes")
    config = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(config, dict) or config.get("kind") != "titles":
        raise ValueError(f"{path.name} describes no title model")
    if config.get("format") != FORMAT:
        found = config.get("format")
        fix = "train it anew" if found in range(FORMAT) else "upgrade, or train it anew"
        raise DuckAndCoverError(f"{path} is of format {found}; this version reads {FORMAT}: {fix}")
    if set(config) != _KEYS:
        raise ValueError(f"{path.name} has other keys than {', '.join(sorted(_KEYS))}")
    return config


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    if path.stat().st_size > _MOST_WEIGHTS:
        raise ValueError(f"{path.name} is over {_MOST_WEIGHTS:,} bytes")
    with open(path, "rb") as file:
        start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 0 < length <= _MOST_HEADER:
        raise ValueError(f"{path.name} is no safetensors file: a header of {length:,} bytes")
    return load_file(path)
