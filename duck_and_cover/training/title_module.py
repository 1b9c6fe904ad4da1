"""The title model's training: next-piece likelihood, one optimiser, its place in the run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.nn import functional as F

from duck_and_cover.errors import UsageError
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.text import NEXT, PAD
from duck_and_cover.training.title_lists import TitleBatch, TitleBatches, TitleList, whole_batches


@dataclass(frozen=True)
class Learning:
    """How the title model learns.

    Args:
        batch_size: Lists a step.
        lr: AdamW's learning rate at its highest; it falls to nothing as a half cosine.
        weight_decay: AdamW's.
        withheld: The chance of each part of what a list is for to be withheld, so that titles can
            be asked for without it.

    Raises:
        UsageError: A number is outside its range.
    """

    batch_size: int = 32
    lr: float = 0.004
    weight_decay: float = 0.01
    withheld: float = 0.2

    def __post_init__(self) -> None:
        if self.batch_size < 1 or not self.lr > 0 or not self.weight_decay >= 0:
            raise UsageError("learning: batch_size, lr must be above 0, weight_decay 0 or more")
        if not 0 <= self.withheld <= 1:
            raise UsageError(f"learning: withheld {self.withheld:g} is no share from 0 to 1")


WARM_UP = 50  # steps until the learning rate is whole


class TitleModule(LightningModule):
    """The network, its loss and its clock, which counts steps.

    Args:
        network: To be trained.
        batches: What it sees.
        learning: How fast.
        seed: Of dropout.
    """

    def __init__(
        self, network: TitleNetwork, batches: TitleBatches, learning: Learning, seed: int
    ) -> None:
        super().__init__()
        self.network, self.batches = network, batches
        self.learning, self.seed = learning, seed
        self.steps_done = 0
        self.history: list[dict[str, float]] = []  # a row an epoch, as metrics.csv has them
        self.nats, self.characters = 0.0, 0  # of training, since the last row

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW (Loshchilov and Hutter 2019)."""
        rate, decay = self.learning.lr, self.learning.weight_decay
        return torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=decay)

    def on_train_batch_start(self, batch: TitleBatch, batch_idx: int) -> None:
        """The step's learning rate and its chance, both functions of the step alone."""
        done = batch.step / self.batches.steps
        share = (1 + math.cos(math.pi * done)) / 2 * min((batch.step + 1) / WARM_UP, 1)
        optimizer = self.optimizers(use_pl_optimizer=False)
        assert isinstance(optimizer, torch.optim.Optimizer)
        for group in optimizer.param_groups:
            group["lr"] = self.learning.lr * share
        torch.manual_seed(self.seed + batch.step)  # dropout's masks are made by it

    def training_step(self, batch: TitleBatch, batch_idx: int) -> Tensor:
        """Mean nats a character."""
        nats = likelihood(self.network, batch)
        self.nats += nats.item()
        self.characters += batch.characters
        self.steps_done = batch.step + 1
        return nats / batch.characters

    def train_loss(self) -> float:
        """Mean nats a character since it was last asked for."""
        mean = self.nats / max(self.characters, 1)
        self.nats, self.characters = 0.0, 0
        return mean

    @torch.no_grad()
    def validate(self, lists: Sequence[TitleList]) -> float:
        """Mean nats a character of lists that were not learnt from."""
        self.network.eval()
        nats, characters = 0.0, 0
        for batch in whole_batches(lists, self.batches.pieces, self.learning.batch_size):
            on_device = batch._replace(
                prefix=batch.prefix.to(self.device), written=batch.written.to(self.device)
            )
            nats += likelihood(self.network, on_device).item()
            characters += batch.characters
        self.network.train()
        return nats / characters

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The clock and what is logged, as plain numbers."""
        checkpoint["steps_done"], checkpoint["history"] = self.steps_done, self.history
        checkpoint["since_last_row"] = [self.nats, self.characters]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The clock, which the batches go on from."""
        self.steps_done, self.history = int(checkpoint["steps_done"]), list(checkpoint["history"])
        self.nats, self.characters = checkpoint["since_last_row"]
        self.batches.start = self.steps_done
        # Lightning's own count of batches would take a run that is to go on for longer as finished.
        checkpoint["loops"] = None


def likelihood(network: TitleNetwork, batch: TitleBatch) -> Tensor:
    """What lists cost: nats in all, line ends included."""
    memory = network.read(batch.prefix)
    begins = torch.full_like(batch.written[:, :1], NEXT)
    given = torch.cat([begins, batch.written[:, :-1]], 1)
    logits, _ = network(given, memory, network.begin(memory))
    return F.cross_entropy(
        logits.flatten(0, 1), batch.written.flatten(), ignore_index=PAD, reduction="sum"
    )
