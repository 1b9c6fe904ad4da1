"""`duck-and-cover train --config titles`: from arguments to a finished run of the title model.

config.yaml  metrics.csv  log.txt  checkpoints/last.ckpt, previous.ckpt
samples/epoch003.txt    lists for records that were not learnt from, nothing refused
model/                  the best by validation, as TitleWriter loads it
"""

from __future__ import annotations

from argparse import ArgumentError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from jsonargparse import ArgumentParser, Namespace

from duck_and_cover.errors import UsageError
from duck_and_cover.shell import as_arguments
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.pieces import Pieces
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.run import RunFolder, free_folder
from duck_and_cover.training.title_lists import TitleBatches, load_lists
from duck_and_cover.training.title_module import Learning, TitleModule
from duck_and_cover.training.title_run import fit

MARK = "titles"  # the group of fields by which a YAML file is known as one for titles
TAKEN = {"--data.covers", "--seed_everything"}  # of the flags of `train`


@dataclass(frozen=True)
class TitleData:
    """Where track lists come from.

    Args:
        covers: Hub id, folder, parquet files with a column `tracks`, or synthetic.
        columns: Our column name to the data's own, where it is not understood by itself.
        synthetic_count: How many lists are invented for `synthetic`.
    """

    covers: str = "synthetic"
    columns: dict[str, str] | None = None
    synthetic_count: int = 12000


def asked_for(configs: Sequence[str], resume: Path | None) -> bool:
    """Whether the configuration, or the run that is to go on, is one of a title model."""
    paths = [preset_path(name) for name in configs]
    if resume is not None:
        paths = [RunFolder(resume).config]
    return any(MARK in _fields(path) for path in paths)


def _fields(path: Path) -> Mapping[str, Any]:
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):  # which the other way of training will tell
        return {}
    return fields if isinstance(fields, dict) else {}


def train_by_flags(
    configs: Sequence[str],
    flags: Mapping[str, object],
    extra: Sequence[str],
    out: Path | None,
    resume: Path | None,
    deadline: float | None,
) -> RunFolder:
    """What the command calls: its flags by the field that they stand for, and what follows them.

    Raises:
        UsageError: A flag is given that has no meaning here.
    """
    for name, value in flags.items():
        if value is not None and name not in TAKEN:
            option = name.lstrip("-").rpartition(".")[2].replace("_", "-")
            raise UsageError(
                f"a title model has no --{option}: leave it out; how long it trains is --epochs N"
            )
    words = [*as_arguments(flags), *extra]
    if resume is not None:
        if configs or out:
            raise UsageError(
                "--resume takes its config and folder from the run: leave out --config and --out"
            )
        return train_titles(words, resume, deadline)
    presets = [part for name in configs for part in ("--config", str(preset_path(name)))]
    folder = out or free_folder(Path("runs") / Path(configs[-1]).stem)
    return train_titles([*presets, *words, f"--run.out={folder}"], None, deadline)


def parsed(args: Sequence[str]) -> tuple[Namespace, str]:
    """The parts of a run out of its arguments, and the configuration that makes it again.

    Raises:
        UsageError: An argument that is none, or a value that a part refuses.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--config", action="config")
    parser.add_argument("--seed_everything", type=int, default=0, help="Of all chance.")
    parser.add_argument("--epochs", type=int, default=5, help="How often each list is shown.")
    parser.add_argument("--run.out", type=str, default="runs/titles", help="The run folder.")
    parser.add_class_arguments(TitleData, "data")
    parser.add_class_arguments(TitleNetwork, MARK)
    parser.add_class_arguments(Learning, "learning")
    try:
        config = parser.parse_args(list(args))
        torch.manual_seed(config.seed_everything)  # the network's first weights are made by it
        parts = parser.instantiate(config)
    except (ArgumentError, ValueError) as error:
        raise UsageError(" ".join(str(error).split())[:300]) from error
    if config.epochs < 1:
        raise UsageError(f"--epochs {config.epochs}: take 1 or more")
    whole = config.clone().as_dict()
    whole.pop("config", None)
    return parts, yaml.safe_dump(whole, sort_keys=False)


def train_titles(
    args: Sequence[str], resume: Path | None = None, deadline: float | None = None
) -> RunFolder:
    """Train from arguments, or go on with the run in the folder `resume`.

    Args:
        deadline: When to stop, by `time.monotonic`; None trains to the end.

    Returns:
        The run folder.

    Raises:
        StoppedEarly: By a signal or the deadline; what was trained is saved.
    """
    if resume is not None:
        if not RunFolder(resume).config.is_file():
            raise UsageError(f"--resume {resume}: no run there (config.yaml is missing)")
        args = ["--config", str(RunFolder(resume).config), *args, f"--run.out={resume}"]
    parts, whole_config = parsed(args)
    run, data, seed = RunFolder(Path(parts.run.out)), parts.data, parts.seed_everything
    lists = load_lists(data.covers, data.synthetic_count, seed, data.columns)
    pieces = Pieces.of((one.written() for one in lists["train"]), parts.titles.settings["pieces"])
    learning = parts.learning
    batches = TitleBatches(
        lists["train"], pieces, learning.batch_size, parts.epochs, learning.withheld, seed
    )
    if resume is None:
        run.create()
        run.config.write_text(whole_config, encoding="utf-8")
    fit(TitleModule(parts.titles, batches, learning, seed), run, lists, data.covers, deadline)
    return run
