"""Covers for training: any dataset a user may name, as batches that know their stage."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.balance import check_balance, genre_weights
from duck_and_cover.data.large import AheadSampler, DrawAhead, threads_for
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.pyramid import PYRAMID_MAX, CoverPyramid
from duck_and_cover.data.sampler import Draw, StageBatchSampler, Weights
from duck_and_cover.growth import Growth
from duck_and_cover.networks.condition_encoder import ConditionTensors

if TYPE_CHECKING:
    from datasets import DatasetDict


class Batch(NamedTuple):
    """What one step trains on."""

    images: Tensor  # (B, 3, R, R) uint8
    condition: ConditionTensors
    alpha: float
    images_shown: int  # before the step, in all ranks together
    shown_now: int  # by the step, in all ranks together


class CoverBatches(Dataset[Batch]):
    """A pyramid and its conditions, read one whole draw at a time."""

    def __init__(self, pyramid: CoverPyramid, vocabulary: Vocabulary) -> None:
        self.pyramid = pyramid
        self.conditions = vocabulary.tensors(pyramid.genres, pyramid.years.tolist())

    def __getitems__(self, draw: Draw) -> Batch:
        """One rank's batch; PyTorch's fetcher hands the sampler's draw over as it is."""
        rows = torch.from_numpy(draw.indices)
        if isinstance(draw, DrawAhead):
            pixels = draw.wait()
        else:
            pixels = self.pyramid.read(draw.indices, draw.stage.resolution)
        images = torch.from_numpy(pixels)
        return Batch(
            images.permute(0, 3, 1, 2),  # channels last in memory, which convolutions like
            ConditionTensors(*(column[rows] for column in self.conditions)),
            draw.stage.alpha,
            draw.images_shown,
            draw.stage.batch_size,
        )


def _as_it_is(batch: Batch) -> Batch:
    return batch


class CoverDataModule(LightningDataModule):
    """One dataset for one training.

    Args:
        covers: Hub id, folder, parquet files or `synthetic`, as `load_covers` takes them.
        growth: The plan; its top resolution is the pyramid's.
        columns: Our column names to the dataset's own, where they are not understood by themselves.
        synthetic_count: How many covers to draw for `synthetic`.
        synthetic_size: Pixels of a side at which they are drawn.
        genres: The vocabulary; None takes every genre of the training split.
        years: First and last year; None takes them from the training split.
        pyramid_max: The highest resolution that is stored as pixels, a power of two; above it
            covers are decoded from their files at every step, which takes no disk.
        balance: How far rare genres are shown more often: 0 not at all, 1 as often as any other.
        workers: Loader processes. What is stored is memory-mapped, and what is not is decoded by
            threads, so 0 is the fastest on most machines.
        seed: Of the order of covers and of the synthetic drawings.
        cache: Folder of the pyramids; None takes the user's cache folder.
    """

    def __init__(
        self,
        covers: str = "synthetic",
        growth: Growth | None = None,
        columns: dict[str, str] | None = None,
        synthetic_count: int = 6000,
        synthetic_size: int = 128,
        genres: list[str] | None = None,
        years: tuple[int, int] | None = None,
        pyramid_max: int = PYRAMID_MAX,
        balance: float = 0.0,
        workers: int = 0,
        seed: int = 0,
        cache: Path | None = None,
    ) -> None:
        super().__init__()
        self.covers, self.columns = covers, columns
        self.growth = growth or Growth()
        self.synthetic_count, self.synthetic_size = synthetic_count, synthetic_size
        self.genres, self.years = genres, years
        check_balance(balance)
        self.pyramid_max, self.balance = pyramid_max, balance
        self.workers, self.seed, self.cache = workers, seed, cache
        self._pyramids: dict[str, CoverPyramid] = {}
        self._splits: DatasetDict | None = None

    def pyramid(self, split: str) -> CoverPyramid:
        """The pyramid of `train`, `validation` or `test`, made on first use."""
        if self._splits is None:
            self._splits = load_covers(
                self.covers,
                columns=self.columns,
                synthetic_count=self.synthetic_count,
                synthetic_size=self.synthetic_size,
                seed=self.seed,
            )
        if split not in self._pyramids:
            self._pyramids[split] = CoverPyramid.open_or_build(
                self._splits[split],
                self.growth.resolution,
                limit=self.pyramid_max,
                cache=self.cache,
            )
        return self._pyramids[split]

    @property
    def vocabulary(self) -> Vocabulary:
        """What the covers are conditioned on: as given, else as the training split has it."""
        if self.genres is None or self.years is None:
            train = self.pyramid("train")
            found = Vocabulary.of(train.genres, train.years)
            self.genres = list(found.genres) if self.genres is None else self.genres
            self.years = (found.first_year, found.last_year) if self.years is None else self.years
        return Vocabulary(tuple(self.genres), *self.years)

    def prepare_data(self) -> None:
        """Draw, download and decode, on one process of each machine."""
        self.pyramid("train")

    def _weights(self) -> Weights | None:
        """Of the training covers; None, which is not the same order as weights of 1, for none."""
        if not self.balance:
            return None
        return genre_weights(self.pyramid("train").genres, self.vocabulary.genres, self.balance)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches from where the model's clock stands to the end of the plan."""
        assert self.trainer is not None
        pyramid = self.pyramid("train")
        draws: Sampler[Draw] = StageBatchSampler(
            self.growth,
            len(pyramid),
            self.seed,
            start=int(getattr(self.trainer.lightning_module, "images_shown", 0)),
            rank=self.trainer.global_rank,
            world=self.trainer.world_size,
            weights=self._weights(),
        )
        if pyramid.large is not None:
            pyramid.warn_of_enlarged(self.growth.resolution)
            if not self.workers:  # worker processes are ahead by themselves
                threads = threads_for(self.trainer.num_devices)
                draws = AheadSampler(draws, pyramid.large, pyramid.resolutions[-1], threads)
        return DataLoader(
            CoverBatches(pyramid, self.vocabulary),
            batch_sampler=draws,  # type: ignore[arg-type]  # draws, not lists: see __getitems__
            collate_fn=_as_it_is,  # type: ignore[arg-type]
            num_workers=self.workers,
            pin_memory=torch.cuda.is_available(),
        )
