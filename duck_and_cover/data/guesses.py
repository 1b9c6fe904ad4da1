"""Genres and years that covers lack, guessed from the covers of the same dataset that have them.

    <cache>/guesses/<key>.safetensors     "genres" (N,) int64 places in the vocabulary,
                                          "years" (N,) int32, and how good they are

Few labels hold back a conditional GAN more than few covers: Lucic et al. 2019 (High-Fidelity Image
Generation With Fewer Labels) train on labels that a classifier of the labelled tenth has inferred
for the rest. What is guessed is shown to the networks alone; the data's labels stay as they are,
so that judges and figures rest on true ones.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.cache import cache_folder, one_at_a_time
from duck_and_cover.data.classifier import CoverClassifier, as_images, train_classifier, years_of
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.errors import UsageError
from duck_and_cover.labels import Labels

log = logging.getLogger(__name__)

GUESSES_VERSION = 1
TOP = 32  # pixels; at 64, which takes five times as long, guesses are hardly better
CLASSIFIERS = 4  # whose mean is taken: each errs elsewhere
IMAGES = 64_000  # that each of them is shown

Mask = npt.NDArray[np.bool_]


def lacks(labels: Labels, vocabulary: Vocabulary) -> tuple[Mask, Mask]:
    """Which of N covers have no genre and which have no year, of those that the model is told."""
    no_genre = np.array([not names for names in labels.genres], np.bool_)
    no_year = labels.years <= 0
    return no_genre & bool(vocabulary.genres), no_year & bool(vocabulary.last_year)


def with_guesses(
    train: CoverPyramid, held_out: CoverPyramid | None, vocabulary: Vocabulary
) -> Labels:
    """The labels of the training covers, a genre and a year put in wherever one is missing.

    The guesses are from the cache, or made now, and then held against the labels of the held-out
    covers that have any; the log says how many are right.

    Raises:
        UsageError: No cover has a genre or a year to learn from.
    """
    labels = train.labels
    genre_known, year_known = vocabulary.tensors(labels).present[:, :2].any(dim=0).tolist()
    if not genre_known and not year_known:
        raise UsageError("guess: no cover has a genre or a year to learn from")
    no_genre, no_year = lacks(labels, vocabulary)
    no_genre, no_year = no_genre & genre_known, no_year & year_known
    if not (no_genre | no_year).any():
        log.info("guess: no cover lacks a genre or a year")
        return labels
    genres, years, found = _kept_or_made(train, held_out, vocabulary)
    log.info("guessed %d genres and %d years%s", no_genre.sum(), no_year.sum(), found)
    names = [
        [vocabulary.genres[place]] if missing else own
        for own, place, missing in zip(labels.genres, genres, no_genre, strict=True)
    ]
    return replace(labels, genres=names, years=np.where(no_year, years, labels.years))


def _kept_or_made(
    train: CoverPyramid, held_out: CoverPyramid | None, vocabulary: Vocabulary
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], str]:
    """Places in the vocabulary (N,), years (N,), and how good they are, in words."""
    told = [vocabulary.genres, vocabulary.first_year, vocabulary.last_year]
    words = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]
    resolution = min(train.resolutions[-1], TOP)
    name = f"{train.fingerprint}-{words}-{resolution}px-v{GUESSES_VERSION}.safetensors"
    path = cache_folder() / "guesses" / name
    with one_at_a_time(path):
        if path.exists():
            try:
                with safe_open(path, framework="numpy") as file:
                    found = (file.metadata() or {})["found"]
                    return file.get_tensor("genres"), file.get_tensor("years"), found
            except (SafetensorError, KeyError) as error:
                log.warning("%s is damaged (%s); guessing anew", path, error)
        genres, years, found = _made(train, held_out, vocabulary, resolution)
        fresh = path.with_suffix(".tmp")
        save_file({"genres": genres, "years": years}, fresh, metadata={"found": found})
        fresh.replace(path)
    return genres, years, found


def _made(
    train: CoverPyramid, held_out: CoverPyramid | None, vocabulary: Vocabulary, resolution: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], str]:
    present = vocabulary.tensors(train.labels).present
    rows = present[:, :2].amax(dim=1).nonzero().flatten().numpy()
    networks = [
        train_classifier(
            train,
            vocabulary,
            resolution,
            IMAGES,
            f"learning to guess labels, {seed + 1} of {CLASSIFIERS}",
            seed,
            rows,
        )
        for seed in range(CLASSIFIERS)
    ]
    genres, years = _seen(networks, train, vocabulary)
    return genres, years, _found(networks, held_out, vocabulary)


@torch.no_grad()
def _seen(
    networks: list[CoverClassifier], pyramid: CoverPyramid, vocabulary: Vocabulary
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Places of the likeliest genres (N,) and years (N,) by the mean of the networks."""
    resolution = min(pyramid.resolutions[-1], TOP)
    genres, scaled = [], []
    for start in range(0, len(pyramid), 256):
        rows = np.arange(start, min(start + 256, len(pyramid)))
        images = as_images(pyramid.read(rows, resolution), resolution)
        logits, years = zip(*(network(images) for network in networks), strict=True)
        genres.append(torch.stack(logits).softmax(dim=2).mean(dim=0).argmax(dim=1))
        scaled.append(torch.stack(years).mean(dim=0))
    nearest = years_of(torch.cat(scaled).numpy(), vocabulary).round()
    within = nearest.clip(vocabulary.first_year, vocabulary.last_year)
    return torch.cat(genres).numpy(), within.astype(np.int32)


def _found(
    networks: list[CoverClassifier], held_out: CoverPyramid | None, vocabulary: Vocabulary
) -> str:
    """How often the guesses of covers that nobody learnt from are right, where any has labels."""
    if held_out is None:
        return ""
    truth = vocabulary.tensors(held_out.labels)
    genres, years = _seen(networks, held_out, vocabulary)
    tagged, dated = truth.present[:, 0] > 0, truth.present[:, 1] > 0
    found = []
    if tagged.any():
        hits = truth.genres[tagged].gather(1, torch.from_numpy(genres)[tagged, None])
        commonest = truth.genres[tagged].mean(dim=0).max()  # what guesses have to beat
        right, known = f"{hits.mean():.0%} of {len(hits)}", f"{commonest:.0%} have the commonest"
        found.append(f"{right} genres are right ({known})")
    if dated.any():
        off = np.abs(years - held_out.labels.years)[dated.numpy()]
        found.append(f"{len(off)} years are {off.mean():.1f} off")
    return f"; of held-out covers {', '.join(found)}" if found else ""
