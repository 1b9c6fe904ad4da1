"""The judge: a classifier of genre and year that has only ever seen real covers.

It is independent of every GAN here: its own network, trained on the training split alone. Its
accuracy on held-out real covers stands beside every figure that it gives of generated ones.
"""

from __future__ import annotations

import hashlib
import json
import logging

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.cache import cache_folder
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.evaluation.progress import track
from duck_and_cover.evaluation.verdicts import Verdicts
from duck_and_cover.growth import Growth
from duck_and_cover.networks.condition_encoder import ConditionTensors

log = logging.getLogger(__name__)

JUDGE_VERSION = 3
TOP = 64  # pixels; larger covers are judged at this size
PASSES, MOST_IMAGES = 10, 80_000  # of training, whichever is less
STAND_IN_COVERS = 2000
BATCH = 64
LR = 2e-3

Pictures = npt.NDArray[np.uint8]  # (N, R, R, 3)


class JudgeNetwork(nn.Module):
    """Convolutions down to 4x4, the mean and the maximum of what is left, two heads."""

    def __init__(self, resolution: int, n_genres: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels, wider, side, stride = 3, 24, resolution, 1
        while side > 4 or stride == 1:
            layers += [nn.Conv2d(channels, wider, 3, stride=stride, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(wider), nn.ReLU()]
            channels, wider, side, stride = wider, min(wider * 2, 128), side // stride, 2
        self.body = nn.Sequential(*layers)
        self.mix = nn.Linear(channels * 2, 128)
        self.genres = nn.Linear(128, max(n_genres, 1))
        self.year = nn.Linear(128, 1)

    def features(self, images: Tensor) -> Tensor:
        """Pictures (B, 3, R, R) in [-1, 1] -> (B, 128)."""
        x = self.body(images)
        both = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        return F.relu(self.mix(both))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, R, R) in [-1, 1] -> genre logits (B, G), years (B,) about [-1, 1]."""
        h = self.features(images)
        return self.genres(h), self.year(h).squeeze(1)


class Judge:
    """A trained judge and the vocabulary that it speaks."""

    def __init__(self, network: JudgeNetwork, vocabulary: Vocabulary, resolution: int) -> None:
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
        half = max(self.vocabulary.last_year - self.vocabulary.first_year, 1) / 2
        scaled = np.concatenate(years)
        return Verdicts(
            np.concatenate(features),
            np.concatenate(genres),
            ((scaled + 1) * half + self.vocabulary.first_year).astype(np.float32),
        )


def as_images(pictures: Pictures, resolution: int) -> Tensor:
    """Covers (N, R, R, 3) as float (N, 3, r, r) in [-1, 1], r at most `resolution`, by means."""
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
    images = images / 127.5 - 1
    if images.shape[-1] > resolution:
        images = F.avg_pool2d(images, images.shape[-1] // resolution)
    return images


def train_judge(
    pyramid: CoverPyramid, vocabulary: Vocabulary, resolution: int, seed: int = 0
) -> Judge:
    """Train a judge on real covers, in random order and shifted by a few pixels."""
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = JudgeNetwork(resolution, len(vocabulary.genres))
    network = network.train().to(memory_format=torch.channels_last)
    truth = vocabulary.tensors(pyramid.labels)
    steps = -(-min(PASSES * len(pyramid), MOST_IMAGES) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LR, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)
    for _ in track(range(steps), "training the judge on real covers"):
        rows = torch.randint(len(pyramid), (BATCH,), generator=random)
        images = shifted(as_images(pyramid.read(rows.numpy(), resolution), resolution), random)
        given = truth.rows(rows)
        logits, years = network(images)
        loss = judge_loss(logits, years, given)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return Judge(network, vocabulary, resolution)


def judge_loss(logits: Tensor, years: Tensor, truth: ConditionTensors) -> Tensor:
    """Cross-entropy against the cover's genres in equal shares, plus the year's absolute error."""
    shares = truth.genres / truth.genres.sum(dim=1, keepdim=True).clamp(min=1)
    genre = -(shares * F.log_softmax(logits, dim=1)).sum() / truth.present[:, 0].sum().clamp(min=1)
    off = (years - truth.year).abs() * truth.present[:, 1]
    return genre + 2 * off.sum() / truth.present[:, 1].sum().clamp(min=1)


def shifted(images: Tensor, random: torch.Generator) -> Tensor:
    """A batch moved by up to a sixteenth of its side, edges repeated: covers bear no more."""
    most = max(images.shape[-1] // 16, 1)
    x, y = torch.randint(0, 2 * most + 1, (2,), generator=random).tolist()
    padded = F.pad(images, (most,) * 4, mode="replicate")
    side = images.shape[-1]
    return padded[:, :, y : y + side, x : x + side]


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
            network = JudgeNetwork(resolution, len(vocabulary.genres))
            network.load_state_dict(load_file(path))
            return Judge(network, vocabulary, resolution)
        except (SafetensorError, RuntimeError) as error:
            log.warning("%s is damaged (%s); training the judge anew", path, error)
    judge = train_judge(pyramid, vocabulary, resolution)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    save_file({k: v.contiguous() for k, v in judge.network.state_dict().items()}, fresh)
    fresh.replace(path)
    return judge
