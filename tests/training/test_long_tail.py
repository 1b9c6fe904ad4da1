"""Genres on a long tail: two hundred in ten families, most of them on one or two covers."""

from __future__ import annotations

import colorsys
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from lightning.pytorch import Trainer
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from duck_and_cover.data.batches import Batch
from duck_and_cover.growth import Growth
from duck_and_cover.networks.condition_encoder import GENRES, ConditionSpec, ConditionTensors
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.building import quiet_libraries
from duck_and_cover.training.progan import ProGANModule

COUNT, FAMILIES, BATCH = 200, 10, 32
FAMILY = torch.arange(COUNT) % FAMILIES  # each has common genres and rare ones
SHIFT = (torch.rand(COUNT, generator=torch.Generator().manual_seed(0)) - 0.5) * 0.04
HUE = FAMILY / FAMILIES + SHIFT  # of each genre: its family's, and a little of its own
COVERS = (170 / torch.arange(1, COUNT + 1)).ceil().long()  # Zipf: of 1000, 115 genres have <= 2


def of(genres: Tensor) -> ConditionTensors:
    """Covers of one genre each (B,), and nothing else."""
    blank = ConditionTensors.nothing(len(genres), COUNT)
    blank.present[:, GENRES] = 1
    return blank._replace(genres=F.one_hot(genres, COUNT).float())


class Squares(Dataset[Batch]):
    """Batches of squares of 4x4 in their genre's hue, light or dark."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Batch:
        random = torch.Generator().manual_seed(step)
        genres = torch.multinomial(COVERS.float(), BATCH, replacement=True, generator=random)
        light = torch.rand(BATCH, generator=random) * 0.4 + 0.6
        pairs = zip(HUE[genres].tolist(), light.tolist(), strict=True)
        colours = torch.tensor([colorsys.hsv_to_rgb(hue % 1, 1.0, value) for hue, value in pairs])
        images = (colours * 255).to(torch.uint8)[:, :, None, None].expand(-1, -1, 4, 4).contiguous()
        return Batch(images, of(genres), 1.0, step * BATCH, BATCH)


def trained(families: tuple[int, ...], steps: int) -> ProGANGenerator:
    """The averaged generator of a small run."""
    torch.manual_seed(0)
    spec = ConditionSpec(COUNT, families)
    generator = ProGANGenerator(4, spec, 8, fmap_base=64, fmap_max=32, condition_width=32)
    discriminator = ProGANDiscriminator(4, spec, fmap_base=64, fmap_max=32)
    growth = Growth(4, kimg=steps * BATCH / 1000, batch_size=BATCH)
    settings: dict[str, Any] = dict(matching=0.2, penalty_every=4, condition_dropout=0.0)
    module = ProGANModule(generator, discriminator, growth, lr=0.01, ema_kimg=2.0, **settings)
    quiet: dict[str, Any] = dict(logger=False, enable_checkpointing=False, accelerator="cpu")
    quiet |= dict(enable_progress_bar=False, enable_model_summary=False, max_epochs=1)
    with quiet_libraries():
        Trainer(**quiet).fit(module, DataLoader(Squares(steps), batch_size=None))
    averaged = module.generator_ema
    assert isinstance(averaged, ProGANGenerator)
    return averaged


def hue_errors(generator: ProGANGenerator, genres: Tensor) -> Tensor:
    """How far covers of each genre (N,) are from its hue, of 0 to 0.5: the mean of eight."""
    z = torch.randn(8, generator.latent, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        pictures = generator(z.repeat(len(genres), 1), of(genres.repeat_interleave(8)))
    colours = (pictures.mean(dim=(2, 3)).clamp(-1, 1) + 1) / 2
    hues = torch.tensor([colorsys.rgb_to_hsv(*colour)[0] for colour in colours.tolist()])
    away = (hues.view(-1, 8) - HUE[genres][:, None] + 0.5) % 1 - 0.5
    return away.abs().mean(dim=1)


@pytest.mark.parametrize("steps", [100, pytest.param(400, marks=pytest.mark.slow)])
def test_rare_genres_take_after_their_family(steps: int) -> None:
    rare = (COVERS <= 2).nonzero().flatten()
    assert len(rare) > COUNT / 2
    shared = hue_errors(trained(tuple(FAMILY.tolist()), steps), rare)
    alone = hue_errors(trained((), steps), rare)
    assert shared.mean() < 0.03  # the families are 0.1 apart
    assert shared.mean() < 0.5 * alone.mean()
