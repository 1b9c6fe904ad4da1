"""Covers for training: any dataset a user may name, as batches that know their stage."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, Dataset, Sampler

from duck_and_cover.conditions import Vocabulary, families_of
from duck_and_cover.data.balance import (
    check_balance,
    check_labelled_share,
    genre_weights,
    labelled_weights,
)
from duck_and_cover.data.batches import Batch, CoverBatches, StreamBatches, as_it_is
from duck_and_cover.data.guesses import lacks, with_guesses
from duck_and_cover.data.labels import check_conditions, read_families
from duck_and_cover.data.large import AheadSampler, threads_for
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.pyramid import PYRAMID_MAX, CoverPyramid
from duck_and_cover.data.sampler import Draw, StageBatchSampler, Weights
from duck_and_cover.data.schema import SPLITS
from duck_and_cover.data.stream import SHUFFLE_BUFFER, CoverStream
from duck_and_cover.data.stream_batches import (
    BEGINNING,
    ShownCovers,
    StreamSampler,
    standing_of,
    state_of,
)
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.labels import Labels

if TYPE_CHECKING:
    from datasets import DatasetDict


class CoverDataModule(LightningDataModule):
    """One dataset for one training.

    Args:
        covers: Hub id, folder, parquet files or `synthetic`, as `load_covers` takes them.
        growth: The plan; its top resolution is the pyramid's.
        columns: Our column names to the dataset's own, where they are not understood by themselves.
        synthetic_count: How many covers to draw for `synthetic`.
        synthetic_size: Pixels of a side at which they are drawn.
        conditions: What the model is told of a cover: some of genres, year, audio, artist, album.
        genres, years: The genres, and the first and last year; None asks the training split.
        families: A file of lines `genre<tab>family`, that rare ones learn from; None: last words.
        sentences: A frozen sentence model that reads artist and album; None learns their letters.
        vocabulary: All of that as a run has found it; None looks at the training split.
        pyramid_max: The highest resolution that is stored as pixels, a power of two; above it
            covers are decoded from their files at every step, which takes no disk.
        balance: How far rare genres are shown more often: 0 not at all, 1 as often as any other.
        guess: Whether the genres and years that training covers lack are guessed from the others.
        labelled_share: How much of what is shown are covers that lack neither; None as they come.
        stream: Whether covers are read as they are shown, without a copy of one's own.
        shuffle_buffer: Covers of a stream shuffled together, undecoded; as many are read ahead.
        workers: Loader processes; 0 is mostly the fastest, for there are memory maps and threads.
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
        conditions: Sequence[str] = ("genres", "year"),
        genres: list[str] | None = None,
        years: tuple[int, int] | None = None,
        families: Path | None = None,
        sentences: str | None = None,
        vocabulary: dict[str, Any] | None = None,
        pyramid_max: int = PYRAMID_MAX,
        balance: float = 0.0,
        guess: bool = False,
        labelled_share: float | None = None,
        stream: bool = False,
        shuffle_buffer: int = SHUFFLE_BUFFER,
        workers: int = 0,
        seed: int = 0,
        cache: Path | None = None,
    ) -> None:
        super().__init__()
        self.covers, self.columns = covers, columns
        self.growth = growth or Growth()
        self.synthetic_count, self.synthetic_size = synthetic_count, synthetic_size
        self.conditions, self.genres, self.years = tuple(conditions), genres, years
        self.families, self.sentences = families, sentences or ""
        self._vocabulary = Vocabulary.from_settings(vocabulary) if vocabulary else None
        check_conditions(self.conditions)
        check_balance(balance)
        check_labelled_share(labelled_share)
        if guess and not {"genres", "year"} & set(conditions):
            raise UsageError("guess: conditions name neither genres nor year")
        if stream and (balance or guess or labelled_share or workers):
            raise UsageError(
                "stream goes with none of balance, guess, labelled_share and workers: it knows the "
                "genres of what it has read alone, and reads in threads; leave them out"
            )
        self.pyramid_max, self.balance = pyramid_max, balance
        self.guess, self.labelled_share = guess, labelled_share
        self.stream, self.shuffle_buffer = stream, shuffle_buffer
        self.workers, self.seed, self.cache = workers, seed, cache
        self._pyramids: dict[str, CoverPyramid] = {}
        self._splits: DatasetDict | None = None
        self._covers: CoverStream | None = None
        self._shown: ShownCovers | None = None
        self._state: dict[str, Any] = {}

    def pyramid(self, split: str) -> CoverPyramid:
        """The pyramid of `train`, `validation` or `test`, made on first use."""
        if self.stream:
            raise UsageError("stream: this needs covers on the disk; leave out --stream for it")
        if split not in self._pyramids:
            self._pyramids[split] = CoverPyramid.open_or_build(
                self._rows()[split],
                self.growth.resolution,
                limit=self.pyramid_max,
                cache=self.cache,
            )
        return self._pyramids[split]

    def _rows(self) -> "DatasetDict":
        if self._splits is None:
            self._splits = load_covers(
                self.covers,
                columns=self.columns,
                synthetic_count=self.synthetic_count,
                synthetic_size=self.synthetic_size,
                seed=self.seed,
            )
        return self._splits

    def let_go(self) -> None:
        """Open every split, and free the rows, of which the pyramids have what is needed."""
        for split in SPLITS:
            self.pyramid(split)
        self._splits = None
        pa.default_memory_pool().release_unused()

    @property
    def streamed(self) -> CoverStream:
        """The training covers where they are streamed, opened on first use."""
        if self._covers is None:
            self._covers = CoverStream(self.covers, self.columns, self.seed, self.shuffle_buffer)
        return self._covers

    @property
    def fingerprint(self) -> str:
        """Of the data that is trained on."""
        if self.stream:
            return self.streamed.fingerprint
        return self.pyramid("train").fingerprint

    @property
    def vocabulary(self) -> Vocabulary:
        """What the covers are conditioned on: as given, else as the training split has it."""
        if self._vocabulary is None:
            self._vocabulary = self.vocabulary_of(self.conditions)
        return self._vocabulary

    def vocabulary_of(self, parts: Sequence[str]) -> Vocabulary:
        """What the training covers say of some parts of a condition."""
        families = read_families(self.families)
        given = {"genres": self.genres, "year": self.years}
        asked = [part for part in parts if given.get(part) is None]
        found = Vocabulary((), 0, 0)
        if asked:
            found = Vocabulary.of(self._labels(), asked, families, self.sentences)
        if self.genres is not None and "genres" in parts:
            named = families_of(self.genres, families)
            found = replace(found, genres=tuple(self.genres), families=named)
        if self.years is not None and "year" in parts:
            found = replace(found, first_year=self.years[0], last_year=self.years[1])
        return found

    def _labels(self) -> Labels:
        return self.streamed.some_labels() if self.stream else self.pyramid("train").labels

    @cached_property
    def shown_labels(self) -> Labels:
        """What the networks are told of the training covers: the data's labels, and guesses."""
        train = self.pyramid("train")
        if not self.guess:
            return train.labels
        held_out = self.pyramid("validation") if self._rows()["validation"] else None
        return with_guesses(train, held_out, self.vocabulary)

    def prepare_data(self) -> None:
        """Draw, download, decode and guess, on one process of each machine."""
        if not self.stream:
            _ = self.shown_labels

    def _weights(self) -> Weights | None:
        """Of the training covers; None, which is not the same order as weights of 1, for none."""
        if not self.balance and self.labelled_share is None:
            return None
        weights = genre_weights(self.shown_labels.genres, self.vocabulary.genres, self.balance)
        if self.labelled_share is not None:
            no_genre, no_year = lacks(self.pyramid("train").labels, self.vocabulary)
            weights = labelled_weights(weights, ~(no_genre | no_year), self.labelled_share)
        return weights

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches from where the model's clock stands to the end of the plan."""
        assert self.trainer is not None
        if self.stream:
            return self._stream_dataloader()
        pyramid = self.pyramid("train")
        conditions = self.vocabulary.tensors(self.shown_labels)
        draws: Sampler[Draw] = StageBatchSampler(
            self.growth,
            len(pyramid),
            self.seed,
            start=self._clock(),
            rank=self.trainer.global_rank,
            world=self.trainer.world_size,
            weights=self._weights(),
        )
        if pyramid.large is not None:
            pyramid.warn_of_enlarged(self.growth.resolution)
            if not self.workers:  # worker processes are ahead by themselves
                threads = threads_for(self.trainer.num_devices)
                draws = AheadSampler(draws, pyramid.large, pyramid.resolutions[-1], threads)
        return self._loader(CoverBatches(pyramid, conditions), draws)

    def _stream_dataloader(self) -> DataLoader[Batch]:
        assert self.trainer is not None
        stream, now = self.streamed, self._clock()
        rank, world = self.trainer.global_rank, self.trainer.world_size
        start = standing_of(self._state, stream.fingerprint, rank, world) or BEGINNING
        self._shown = ShownCovers(stream, start, rank, world)
        draws = StreamSampler(self.growth, self._shown, now)
        ahead = AheadSampler(draws, self._shown, 0, threads_for(self.trainer.num_devices))
        return self._loader(StreamBatches(self._shown, self.vocabulary), ahead)

    def _loader(self, batches: Dataset[Batch], draws: Sampler[Draw]) -> DataLoader[Batch]:
        return DataLoader(
            batches,
            batch_sampler=draws,  # type: ignore[arg-type]  # draws, not lists: see __getitems__
            collate_fn=as_it_is,  # type: ignore[arg-type]
            num_workers=self.workers,
            pin_memory=torch.cuda.is_available(),
        )

    def _clock(self) -> int:
        assert self.trainer is not None
        return int(getattr(self.trainer.lightning_module, "images_shown", 0))

    def state_dict(self) -> dict[str, Any]:
        """Where each rank stands in the stream; all of them ask at the same time."""
        if self._shown is None:
            return {}
        assert self.trainer is not None
        now, strategy = self._clock(), self.trainer.strategy
        own = torch.tensor(self._shown.standing_at(now).numbers(), device=strategy.root_device)
        ranks = strategy.all_gather(own).reshape(-1, len(own)).tolist()
        return state_of(self.streamed.fingerprint, now, ranks)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self._state = state_dict
