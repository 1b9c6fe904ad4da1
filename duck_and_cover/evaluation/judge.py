"""The judge: a classifier of genre and year that has only ever seen real covers.

It is independent of every GAN here: its own network, trained on the training split alone. Its
accuracy on held-out real covers stands beside every figure that it gives of generated ones.
"""

from __future__ import annotations

import hashlib
import json
import logging

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.cache import cache_folder
from duck_and_cover.data.classifier import (
    CoverClassifier,
    Pictures,
    as_images,
    train_classifier,
    years_of,
)
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.verdicts import Verdicts
from duck_and_cover.growth import Growth

log = logging.getLogger(__name__)

JUDGE_VERSION = 3
TOP = 64  # pixels; larger covers are judged at this size
PASSES, MOST_IMAGES = 10, 80_000  # of training, whichever is less
STAND_IN_COVERS = 2000


class Judge:
    """A trained judge and the vocabulary that it speaks."""

    def __init__(self, network: CoverClassifier, vocabulary: Vocabulary, resolution: int) -> None:
        self.network = network.eval().requires_grad_(False)
        self.vocabulary, self.resolution = vocabulary, resolution

    @torch.no_grad()
    def look(self, pictures: Pictures, batch_size: int = 32) -> Verdicts:
        """Judge covers (N, R, R, 3) of any power of two from the judge's resolution on."""
        features, genres, years = [], [], []
        for start in range(0, len(pictures), batch_size):
            images = as_images(pictures[start : start + batch_size], self.resolution)
            h = self.network.features(images)
            features.append(h.numpy())
            genres.append(self.network.genres(h).numpy())
            years.append(self.network.year(h).squeeze(1).numpy())
        return Verdicts(
            np.concatenate(features),
            np.concatenate(genres),
            years_of(np.concatenate(years), self.vocabulary),
        )


def judge_for(data: CoverDataModule) -> Judge:
    """The judge of a dataset's training split, from the cache or trained now.

    Covers without any genre or year teach nothing to tell apart: their judge, which then only
    measures distances, has learnt from the synthetic covers.
    """
    resolution = min(data.growth.resolution, TOP)
    vocabulary = data.vocabulary_of(("genres", "year"))  # whatever the model is told
    if not vocabulary.genres and not vocabulary.last_year:
        plan = Growth(resolution=data.growth.resolution)
        return judge_for(CoverDataModule("synthetic", plan, synthetic_count=STAND_IN_COVERS))
    pyramid = data.pyramid("train")
    folder = cache_folder() / "judges"
    words = hashlib.sha256(json.dumps(vocabulary.settings()).encode()).hexdigest()[:8]
    path = folder / f"{pyramid.fingerprint}-{words}-{resolution}px-v{JUDGE_VERSION}.safetensors"
    if path.exists():
        try:
            network = CoverClassifier(resolution, len(vocabulary.genres))
            network.load_state_dict(load_file(path))
            return Judge(network, vocabulary, resolution)
        except (SafetensorError, RuntimeError) as error:
            log.warning("%s is damaged (%s); training the judge anew", path, error)
    images = min(PASSES * len(pyramid), MOST_IMAGES)
    network = train_classifier(pyramid, vocabulary, resolution, images, "training the judge")
    judge = Judge(network, vocabulary, resolution)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    save_file({k: v.contiguous() for k, v in judge.network.state_dict().items()}, fresh)
    fresh.replace(path)
    return judge
