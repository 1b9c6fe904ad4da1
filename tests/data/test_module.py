"""Batches carry the right covers, conditions and stage, stored or decoded, plain or balanced."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from duck_and_cover.data.batches import Batch
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth

GROWTH = Growth(resolution=32, kimg=0.12, start_resolution=16, growing_share=0.5, batch_size=8)


class Collects(LightningModule):
    """Keeps the batches that a training would see."""

    def __init__(self, images_shown: int = 0) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.images_shown = images_shown
        self.batches: list[Batch] = []

    def training_step(self, batch: Batch, batch_index: int) -> None:
        self.batches.append(batch)

    def configure_optimizers(self) -> None:
        return None


def synthetic(growth: Growth = GROWTH, **options: Any) -> CoverDataModule:
    return CoverDataModule(
        "synthetic", growth, synthetic_count=120, synthetic_size=48, seed=1, **options
    )


def batches(data: CoverDataModule, images_shown: int = 0) -> list[Batch]:
    """Those of one run, from where its clock stands."""
    model = Collects(images_shown)
    quiet: dict[str, Any] = dict(logger=False, enable_checkpointing=False)
    quiet |= dict(enable_progress_bar=False, enable_model_summary=False)
    trainer = Trainer(max_epochs=1, accelerator="cpu", **quiet)
    trainer.fit(model, data)
    return model.batches


@pytest.fixture(autouse=True)
def few_warnings(recwarn: pytest.WarningsRecorder) -> None:
    """Lightning advises more loader workers, which is not what is tested here."""
    warnings.filterwarnings("ignore", module="lightning")


def test_batches_follow_the_plan() -> None:
    found = batches(synthetic())
    assert [b.images_shown for b in found] == list(range(0, 120, 8))
    for batch in found:
        stage = GROWTH.stage_at(batch.images_shown)
        side = stage.resolution
        assert batch.images.shape == (8, 3, side, side) and batch.images.dtype == torch.uint8
        assert batch.images.is_contiguous(memory_format=torch.channels_last)
        assert batch.alpha == stage.alpha and len(batch.condition.genres) == 8


@pytest.mark.parametrize("workers", [0, 2])
def test_decoded_stages_show_the_same_covers_as_stored_ones(workers: int) -> None:
    stored = batches(synthetic())
    decoded = batches(synthetic(pyramid_max=16, workers=workers))
    assert {b.images.shape[-1] for b in decoded} == {16, 32}
    for one, other in zip(stored, decoded, strict=True):
        assert one.images_shown == other.images_shown and one.alpha == other.alpha
        assert all(map(torch.equal, one.condition, other.condition))
        assert difference(one.images, other.images) < 6
        assert difference(one.images, other.images.roll(1, 0)) > 12


def test_a_resumed_run_sees_the_rest_of_the_same_batches() -> None:
    whole = batches(synthetic(pyramid_max=16, balance=1.0))
    rest = batches(synthetic(pyramid_max=16, balance=1.0), images_shown=80)
    assert len(rest) == 5
    for one, other in zip(whole[10:], rest, strict=True):
        assert torch.equal(one.images, other.images) and one.alpha == other.alpha
        assert all(map(torch.equal, one.condition, other.condition))


def difference(one: Tensor, other: Tensor) -> float:
    return float((one.float() - other.float()).abs().mean())


def test_balance_shows_rare_genres_more_often() -> None:
    growth = Growth(resolution=4, kimg=2.4, batch_size=8)
    covers = synthetic(growth).pyramid("train")
    names, counts = np.unique([names[0] for names in covers.labels.genres], return_counts=True)
    rarest, commonest = names[counts.argmin()], names[counts.argmax()]
    assert counts.min() < counts.max()

    def shown(balance: float) -> tuple[float, float]:
        data = synthetic(growth, balance=balance)
        hot = torch.cat([batch.condition.genres for batch in batches(data)]).sum(0)
        return tuple(float(hot[data.vocabulary.genres.index(g)]) for g in (rarest, commonest))  # type: ignore[return-value]

    plain, balanced = shown(0.0), shown(1.0)
    assert plain[0] / plain[1] < 0.9
    assert balanced[0] / balanced[1] == pytest.approx(1, abs=0.1)


def test_wrong_options_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="balance 2"):
        synthetic(balance=2)
    with pytest.raises(UsageError, match="pyramid_max: 100"):
        synthetic(pyramid_max=100, cache=tmp_path).pyramid("train")
