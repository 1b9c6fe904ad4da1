"""The discriminator's own class accuracy: what a GAN thinks of its own covers, labelled as that.

It is no measure of quality. Covers of its own generator that a discriminator names far more often
than real ones are a sign that the two agree on signs of genres which real covers do not carry.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import yaml

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.evaluation.verdicts import chance_rate, hit_rate, truth
from duck_and_cover.generation.folder import load_generator
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.networks.progan import ProGANDiscriminator

log = logging.getLogger(__name__)

BATCH = 64
MOST = 1000  # covers
# Where a training leaves them in the folder of a run.
CONFIG, CHECKPOINTS, GENERATOR = "config.yaml", ("last.ckpt", "previous.ckpt"), "generator"
CLASS = f"{ProGANDiscriminator.__module__}.{ProGANDiscriminator.__qualname__}"
DAMAGE = (OSError, RuntimeError, LookupError, TypeError, ValueError, EOFError)


def discriminator_accuracy(
    run: Path,
    real: Pictures,
    generated: Pictures,
    genres: Sequence[Sequence[str]],
    years: npt.NDArray[np.int32],
) -> dict[str, float] | None:
    """How often a cover fits one of its own genres best, in the eyes of the run's discriminator.

    Args:
        run: A run folder.
        real: Held-out covers (N, R, R, 3).
        generated: As many, made for the genres and years of the real ones.
        genres, years: Of the real ones.

    Returns:
        Shares `real` and `generated`, and `chance`, which is what guessing would give on the
        generated ones; None where there is no conditional discriminator to ask, or no genre.
    """
    found = load_discriminator(run)
    if found is None:
        return None
    network, vocabulary, resolution, alpha = found
    hot = truth(genres, vocabulary)[:MOST]
    if not hot.any() or resolution > real.shape[1]:
        return None
    fits = [
        class_fits(network, shrunk(covers[:MOST], resolution), vocabulary, years[:MOST], alpha)
        for covers in (real, generated)
    ]
    return {
        "real": hit_rate(fits[0], hot),
        "generated": hit_rate(fits[1], hot),
        "chance": chance_rate(fits[1], hot),
    }


@torch.no_grad()
def class_fits(
    network: ProGANDiscriminator,
    pictures: Pictures,
    vocabulary: Vocabulary,
    years: npt.NDArray[np.int32],
    alpha: float = 1.0,
) -> npt.NDArray[np.float32]:
    """The scores (N, G) of covers (N, R, R, 3) under each genre alone, with their own year.

    With the year, since few covers are shown without it in training. What a score says of
    realism is the same for all genres of a cover.
    """
    first, last = vocabulary.first_year, vocabulary.last_year
    asked = [int(year) if last and first <= year <= last else None for year in years]
    parts = []
    for start in range(0, len(pictures), BATCH):
        images = torch.from_numpy(pictures[start : start + BATCH]).permute(0, 3, 1, 2)
        h = network.features(images.float() / 127.5 - 1, alpha)
        columns = []
        for genre in vocabulary.genres:
            wishes = [Condition((genre,), year) for year in asked[start : start + BATCH]]
            columns.append(network.scores(h, vocabulary.encode(wishes)))
        parts.append(torch.stack(columns, dim=1).numpy())
    return np.concatenate(parts)


def shrunk(pictures: Pictures, resolution: int) -> Pictures:
    """Covers at the resolution that a growing discriminator has reached, by means."""
    n, side = pictures.shape[:2]
    step = side // resolution
    grid = pictures.reshape(n, resolution, step, resolution, step, 3)
    means: Pictures = grid.mean(axis=(2, 4)).round().astype(np.uint8)
    return means


def load_discriminator(run: Path) -> tuple[ProGANDiscriminator, Vocabulary, int, float] | None:
    """A run's discriminator on the CPU, its vocabulary, resolution and alpha.

    None where the folder is no run, or its discriminator is of another class or unconditional; a
    checkpoint that cannot be read is passed over with a warning.
    """
    if not (run / CONFIG).is_file() or not (run / GENERATOR).is_dir():
        return None
    _, config, vocabulary = load_generator(run / GENERATOR)
    for path in (run / "checkpoints" / name for name in CHECKPOINTS):
        if not path.is_file():
            continue
        try:
            settings = _settings(run / CONFIG)
            if settings is None or not vocabulary.genres:
                return None
            size = int(config.generator["resolution"])
            network = ProGANDiscriminator(size, len(vocabulary.genres), **settings)
            network.load_state_dict(_weights(path))
        except (*DAMAGE, pickle.UnpicklingError, yaml.YAMLError) as error:
            log.warning("no discriminator in %s: %s", path, " ".join(str(error).split())[:200])
            continue
        if network.encoder is None:
            return None
        network = network.eval().requires_grad_(False)
        return network, vocabulary, config.resolution, config.alpha
    return None


def _settings(config: Path) -> dict[str, Any] | None:
    """The constructor's arguments in a run's configuration, without what follows from the data."""
    whole = yaml.safe_load(config.read_text(encoding="utf-8"))
    asked = whole["model"]["init_args"]["discriminator"]
    if asked["class_path"] != CLASS:
        return None
    settings = dict(asked.get("init_args") or {})
    return {k: v for k, v in settings.items() if k not in ("resolution", "n_genres")}


def _weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    """The discriminator's part of a checkpoint, which is read as tensors and plain values alone."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")["state_dict"]
    prefix = "discriminator."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
