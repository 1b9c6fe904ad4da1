"""A handful of covers of one colour a genre, and training on them without a loader's machinery."""

from __future__ import annotations

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from duck_and_cover.data.batches import Batch
from duck_and_cover.networks.condition_encoder import ConditionSpec, ConditionTensors
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.building import quiet_libraries
from duck_and_cover.training.run import RunFolder
from tests.training.test_resume import assert_same

MODEL = "--model.init_args"
DATA = ["--data.synthetic_count=128", "--data.synthetic_size=32", "--data.pyramid_max=16"]
# What lets a preset of a network with a fmap_max finish in a second.
SMALL = [
    *DATA,
    "--growth.resolution=16",
    "--growth.kimg=0.2",
    "--growth.batch_size=8",
    *(f"{MODEL}.{network}.init_args.fmap_max=16" for network in ("generator", "discriminator")),
    f"{MODEL}.log_kimg=0.02",
    "--run.eval_kimg=0",
    "--run.sample_kimg=0.1",
    "--run.checkpoint_kimg=0.08",
]
SPEC = ConditionSpec(2)
BATCH = 8
COLOURS = torch.tensor([[220, 40, 40], [40, 40, 220]], dtype=torch.uint8)  # by genre


def conditions(count: int = BATCH) -> ConditionTensors:
    """The two genres in turn, years and all else not given."""
    nothing = ConditionTensors.nothing(count, 2)
    genres, present = nothing.genres.clone(), nothing.present.clone()
    genres[torch.arange(count), torch.arange(count) % 2] = 1
    present[:, 0] = 1
    return nothing._replace(genres=genres, present=present)


def covers(count: int = BATCH, side: int = 16) -> Tensor:
    """(count, 3, side, side) uint8: the genre's colour, and a little noise."""
    colours = COLOURS[torch.arange(count) % 2].float()[:, :, None, None]
    grain = torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))
    return (colours + 12 * grain).clamp(0, 255).to(torch.uint8)


class FewCovers(Dataset[Batch]):
    """The same batch in every step, with the clock going on from where it stands."""

    def __init__(self, steps: int, start: int, batch: int = BATCH) -> None:
        self.steps, self.start, self.batch = steps, start, batch

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Batch:
        shown = self.start + step * self.batch
        return Batch(covers(self.batch), conditions(self.batch), 1.0, shown, self.batch)


def fit(module: GANModule, steps: int, *callbacks: Callback) -> None:
    """So many steps of `module`, from where its clock stands."""
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=list(callbacks),
    )
    data = FewCovers(steps, module.images_shown)
    with quiet_libraries():
        trainer.fit(module, DataLoader(data, batch_size=None))


def redness(module: GANModule, genre: int) -> float:
    """Red less blue, in [-2, 2], of the averaged generator's covers of a genre."""
    random = torch.Generator().manual_seed(2)
    z = torch.rand(16, module.generator.latent, generator=random)
    with torch.no_grad():
        pictures = module.generator_ema(z, conditions(16).with_genre(genre))
    return float((pictures[:, 0] - pictures[:, 2]).mean())


def expect_gradients(network: nn.Module, loss: Tensor, as_it_was: nn.Module) -> None:
    """What a step has left in `network` is the gradient of `loss` in the copy made before."""
    slopes = torch.autograd.grad(loss, list(as_it_was.parameters()), allow_unused=True)
    for (name, parameter), slope in zip(network.named_parameters(), slopes, strict=True):
        if slope is None or parameter.grad is None:
            assert slope is None and parameter.grad is None, name
        else:
            least = 1e-5 * float(slope.abs().max()) + 1e-8
            torch.testing.assert_close(parameter.grad, slope, rtol=1e-3, atol=least)


def same_runs(one: RunFolder, other: RunFolder) -> None:
    """Both have come to the same weights, moments, losses and generator, bit for bit."""
    states = [torch.load(run.last, weights_only=True) for run in (one, other)]
    for part in ("state_dict", "optimizer_states", "images_shown", "latest"):
        assert_same(states[0][part], states[1][part], part)
    assert one.metrics.read_text() == other.metrics.read_text()
    weights = "generator.safetensors"
    assert (one.generator / weights).read_bytes() == (other.generator / weights).read_bytes()
