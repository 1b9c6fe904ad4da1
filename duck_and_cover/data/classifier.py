"""A small classifier of genre and year, trained on covers that have them.

Evaluation has its judge from here, training with few labels what guesses the others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.data.workers import progress
from duck_and_cover.networks.condition_encoder import ConditionTensors

BATCH = 64
LR = 2e-3

Pictures = npt.NDArray[np.uint8]  # (N, R, R, 3)


class CoverClassifier(nn.Module):
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


def as_images(pictures: Pictures, resolution: int) -> Tensor:
    """Covers (N, R, R, 3) as float (N, 3, r, r) in [-1, 1], r at most `resolution`, by means."""
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
    images = images / 127.5 - 1
    if images.shape[-1] > resolution:
        images = F.avg_pool2d(images, images.shape[-1] // resolution)
    return images


def years_of(scaled: npt.NDArray[np.float32], vocabulary: Vocabulary) -> npt.NDArray[np.float32]:
    """Years (N,) of what a classifier gives (N,), about the vocabulary's range."""
    half = max(vocabulary.last_year - vocabulary.first_year, 1) / 2
    return ((scaled + 1) * half + vocabulary.first_year).astype(np.float32)


def train_classifier(
    pyramid: CoverPyramid,
    vocabulary: Vocabulary,
    resolution: int,
    images: int,
    title: str,
    seed: int = 0,
    rows: npt.NDArray[np.intp] | None = None,
) -> CoverClassifier:
    """Train a classifier in random order, the covers shifted by a few pixels.

    Args:
        images: how many to show, some of them many times.
        title: of the progress.
        rows: the covers to learn from; None for all.
    """
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = CoverClassifier(resolution, len(vocabulary.genres))
    network = network.train().to(memory_format=torch.channels_last)
    among = torch.arange(len(pyramid)) if rows is None else torch.from_numpy(rows)
    truth = vocabulary.tensors(pyramid.labels)
    steps = -(-images // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LR, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)
    with progress(title, steps) as advance:
        for _ in range(steps):
            drawn = among[torch.randint(len(among), (BATCH,), generator=random)]
            pictures = as_images(pyramid.read(drawn.numpy(), resolution), resolution)
            logits, years = network(_shifted(pictures, random))
            loss = _loss(logits, years, truth.rows(drawn))
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            advance(1)
    return network.eval().requires_grad_(False)


def _loss(logits: Tensor, years: Tensor, truth: ConditionTensors) -> Tensor:
    """Cross-entropy against the cover's genres in equal shares, plus the year's absolute error."""
    shares = truth.genres / truth.genres.sum(dim=1, keepdim=True).clamp(min=1)
    genre = -(shares * F.log_softmax(logits, dim=1)).sum() / truth.present[:, 0].sum().clamp(min=1)
    off = (years - truth.year).abs() * truth.present[:, 1]
    return genre + 2 * off.sum() / truth.present[:, 1].sum().clamp(min=1)


def _shifted(images: Tensor, random: torch.Generator) -> Tensor:
    """A batch moved by up to a sixteenth of its side, edges repeated: covers bear no more."""
    most = max(images.shape[-1] // 16, 1)
    x, y = torch.randint(0, 2 * most + 1, (2,), generator=random).tolist()
    padded = F.pad(images, (most,) * 4, mode="replicate")
    side = images.shape[-1]
    return padded[:, :, y : y + side, x : x + side]
