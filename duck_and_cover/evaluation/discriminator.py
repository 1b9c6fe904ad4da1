"""The discriminator's own class accuracy: what a GAN thinks of its own covers, labelled as that.

It is no measure of quality. Covers of its own generator that a discriminator names far more often
than real ones are a sign that the two agree on signs of genres which real covers do not carry.
"""

from __future__ import annotations

import logging
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import yaml

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.evaluation.verdicts import chance_rate, hit_rate, truth
from duck_and_cover.generation.folder import load_generator
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.labels import Labels
from duck_and_cover.networks.acgan import ACGANDiscriminator
from duck_and_cover.networks.base import Discriminator
from duck_and_cover.networks.dcgan import DCGANDiscriminator
from duck_and_cover.networks.progan import ProGANDiscriminator
from duck_and_cover.networks.wgan import WGANDiscriminator

log = logging.getLogger(__name__)

BATCH = 64
MOST = 1000  # covers
# Where a training leaves them in the folder of a run.
CONFIG, CHECKPOINTS, GENERATOR = "config.yaml", ("last.ckpt", "previous.ckpt"), "generator"
CLASSES: dict[str, type[Discriminator]] = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for kind in (ACGANDiscriminator, DCGANDiscriminator, ProGANDiscriminator, WGANDiscriminator)
}
DAMAGE = (OSError, RuntimeError, LookupError, TypeError, ValueError, EOFError)


def discriminator_accuracy(
    run: Path,
    real: Pictures,
    generated: Pictures,
    labels: Labels,
) -> dict[str, float] | None:
    """How often a cover fits one of its own genres best, in the eyes of the run's discriminator.

    Args:
        run: A run folder.
        real: Held-out covers (N, R, R, 3).
        generated: As many, made for what is known of the real ones.
        labels: What is known of the real ones.

    Returns:
        Shares `real` and `generated`, and `chance`, which is what guessing would give on the
        generated ones; None where there is no conditional discriminator to ask, or no genre.
    """
    found = load_discriminator(run)
    if found is None:
        return None
    network, vocabulary, resolution, alpha = found
    labels = labels.at(np.arange(min(len(labels), MOST)))
    hot = truth(labels.genres, vocabulary)
    if not hot.any() or resolution > real.shape[1]:
        return None
    fits = [
        class_fits(network, shrunk(covers[:MOST], resolution), vocabulary, labels, alpha)
        for covers in (real, generated)
    ]
    return {
        "real": hit_rate(fits[0], hot),
        "generated": hit_rate(fits[1], hot),
        "chance": chance_rate(fits[1], hot),
    }


@torch.no_grad()
def class_fits(
    network: Discriminator,
    pictures: Pictures,
    vocabulary: Vocabulary,
    labels: Labels,
    alpha: float = 1.0,
) -> npt.NDArray[np.float32]:
    """How well each genre alone fits covers (N, R, R, 3), with all else that is known: (N, G).

    With the rest, since few covers are shown without it in training. What a score says of
    realism is the same for all genres of a cover.
    """
    condition = vocabulary.tensors(labels)
    parts = []
    for start in range(0, len(pictures), BATCH):
        rows = slice(start, start + BATCH)
        images = torch.from_numpy(pictures[rows]).permute(0, 3, 1, 2).float() / 127.5 - 1
        parts.append(network.genre_fits(images, condition.rows(rows), alpha).float().numpy())
    return np.concatenate(parts)


def shrunk(pictures: Pictures, resolution: int) -> Pictures:
    """Covers at the resolution that a growing discriminator has reached, by means."""
    n, side = pictures.shape[:2]
    step = side // resolution
    grid = pictures.reshape(n, resolution, step, resolution, step, 3)
    means: Pictures = grid.mean(axis=(2, 4)).round().astype(np.uint8)
    return means


def load_discriminator(run: Path) -> tuple[Discriminator, Vocabulary, int, float] | None:
    """A run's discriminator on the CPU, its vocabulary, resolution and alpha.

    None where the folder is no run, or its discriminator is not one of ours or cannot tell genres;
    a checkpoint that cannot be read is passed over with a warning.
    """
    if not (run / CONFIG).is_file() or not (run / GENERATOR).is_dir():
        return None
    _, config, vocabulary = load_generator(run / GENERATOR)
    for path in (run / "checkpoints" / name for name in CHECKPOINTS):
        if not path.is_file():
            continue
        try:
            found = _asked_for(run / CONFIG)
            if found is None or not vocabulary.genres:
                return None
            kind, settings = found
            size = {"resolution": config.generator["resolution"], "spec": vocabulary.spec}
            network = kind(**{**settings, **size})
            network.load_state_dict(_weights(path))
        except (*DAMAGE, pickle.UnpicklingError, yaml.YAMLError) as error:
            log.warning("no discriminator in %s: %s", path, " ".join(str(error).split())[:200])
            continue
        if not network.tells_genres:
            return None
        network = network.eval().requires_grad_(False)
        return network, vocabulary, config.resolution, config.alpha
    return None


def _asked_for(config: Path) -> tuple[type[Discriminator], dict[str, Any]] | None:
    """The class and the constructor's arguments in a run's configuration."""
    whole = yaml.safe_load(config.read_text(encoding="utf-8"))
    asked = whole["model"]["init_args"]["discriminator"]
    if asked["class_path"] not in CLASSES:
        return None
    return CLASSES[asked["class_path"]], dict(asked.get("init_args") or {})


def _weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    """The discriminator's part of a checkpoint, which is read as tensors and plain values alone."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")["state_dict"]
    prefix = "discriminator."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
