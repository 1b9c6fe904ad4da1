"""What the title model is trained on: track lists with what they are for, and the order of batches.

The order follows from (seed, step) alone, so that a run stopped anywhere goes on exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import NamedTuple

from torch import Tensor
from torch.utils.data import IterableDataset

from duck_and_cover.data.load import DRAWN, load_covers
from duck_and_cover.data.schema import SPLITS
from duck_and_cover.data.splits import album_key, split_rows
from duck_and_cover.data.synthetic.covers import describe_cover
from duck_and_cover.errors import UsageError
from duck_and_cover.titles.network import padded
from duck_and_cover.titles.pieces import Pieces
from duck_and_cover.titles.text import END, NEXT, TitleRequest, list_bytes
from duck_and_cover.training.invented_titles import invented_titles

LONGEST_LIST = 640  # bytes that are learnt of a list; ten usual titles take 170
ALIKE = 16  # batches among which lists are sorted by length, to be padded little
_COLUMNS = ("tracks", "genres", "release_year", "artist_name", "album_name")


@dataclass(frozen=True)
class TitleList:
    """One record's track list.

    Args:
        request: What it is for.
        titles: As given.
    """

    request: TitleRequest
    titles: tuple[str, ...]

    def written(self) -> bytes:
        """The list as the model writes it; a very long one is cut after a title, and has no END."""
        whole = list_bytes(self.titles)
        return (
            whole if len(whole) <= LONGEST_LIST else whole[: whole.rfind(NEXT, 0, LONGEST_LIST) + 1]
        )


class TitleBatch(NamedTuple):
    """Prefixes (B, P) in bytes, lists (B, T) in pieces, PAD behind both.

    `characters` are those of all lists, line ends included; `step` is the one it belongs to.
    """

    prefix: Tensor
    written: Tensor
    characters: int
    step: int

    @classmethod
    def of(
        cls, requests: Sequence[TitleRequest], lists: Sequence[bytes], pieces: Pieces, step: int = 0
    ) -> TitleBatch:
        """Lists as they are written, each with what it is for."""
        first = [byte & 0b1100_0000 != 0b1000_0000 for text in lists for byte in text]
        return cls(
            padded([request.prefix() for request in requests]),
            padded([pieces.split(text) for text in lists]),
            sum(first),
            step,
        )


def load_lists(
    covers: str, count: int, seed: int = 0, columns: Mapping[str, str] | None = None
) -> dict[str, list[TitleList]]:
    """The track lists of a dataset by split; records without one are left out.

    Args:
        covers: As `load_covers` takes it; drawn covers have invented lists, and none is drawn.
        count: How many lists to invent.
        seed: Which invented lists.
        columns: As for `load_covers`.

    Raises:
        UsageError: There are no lists to train on, or none to validate with.
    """
    found = _invented(count, seed) if covers in DRAWN else _loaded(covers, columns)
    lists = {
        split: [one for one in found[split] if one.written() != bytes([END])] for split in SPLITS
    }
    for split in ("train", "validation"):
        if not lists[split]:
            raise UsageError(
                f"data: '{covers}' has no track titles in its {split} split; the column `tracks` "
                "is empty or has another name (--data.columns '{tracks: NAME}')"
            )
    return lists


def _invented(count: int, seed: int) -> dict[str, list[TitleList]]:
    infos = [describe_cover(index, seed) for index in range(count)]
    keys = [album_key(info.artist_id, info.artist_name, info.album_name) for info in infos]
    made = []
    for info in infos:
        genres, titles = invented_titles(info, seed)
        request = TitleRequest(genres, info.year, info.artist_name, info.album_name)
        made.append(TitleList(request, titles))
    return {split: [made[row] for row in rows] for split, rows in split_rows(keys).items()}


def _loaded(covers: str, columns: Mapping[str, str] | None) -> dict[str, list[TitleList]]:
    loaded = load_covers(covers, columns=columns)
    return {
        split: [
            TitleList(
                TitleRequest(
                    tuple(row["genres"]),
                    row["release_year"],
                    row["artist_name"] or "",
                    row["album_name"] or "",
                ),
                tuple(row["tracks"]),
            )
            for row in loaded[split].select_columns(list(_COLUMNS))
        ]
        for split in SPLITS
    }


class TitleBatches(IterableDataset[TitleBatch]):
    """The batches from a step on to the last.

    Args:
        lists: To learn from.
        pieces: What they are split into.
        batch_size: Lists a step.
        epochs: How often each is shown.
        drop: The chance of each part of what a list is for to be withheld.
        seed: Of the order and of what is withheld.
    """

    def __init__(
        self,
        lists: Sequence[TitleList],
        pieces: Pieces,
        batch_size: int,
        epochs: int,
        drop: float,
        seed: int,
    ) -> None:
        self.lists, self.pieces = lists, pieces
        self.batch_size, self.drop, self.seed = batch_size, drop, seed
        self.written = [one.written() for one in lists]
        self.steps_an_epoch = -(-len(lists) // batch_size)
        self.steps = self.steps_an_epoch * epochs
        self.start = 0
        self._order = lru_cache(maxsize=1)(self._epoch_order)

    def __iter__(self) -> Iterator[TitleBatch]:
        for step in range(self.start, self.steps):
            yield self.at(step)

    def at(self, step: int) -> TitleBatch:
        """The batch of a step."""
        epoch, place = divmod(step, self.steps_an_epoch)
        rows = self._order(epoch)[place]
        rng = Random(f"withheld {self.seed} {step}")
        requests = [withheld(self.lists[row].request, self.drop, rng) for row in rows]
        return TitleBatch.of(requests, [self.written[row] for row in rows], self.pieces, step)

    def _epoch_order(self, epoch: int) -> list[list[int]]:
        rng = Random(f"order {self.seed} {epoch}")
        rows = list(range(len(self.lists)))
        rng.shuffle(rows)
        pool = ALIKE * self.batch_size
        batches = []
        for start in range(0, len(rows), pool):
            near = sorted(rows[start : start + pool], key=lambda row: len(self.written[row]))
            batches += [near[i : i + self.batch_size] for i in range(0, len(near), self.batch_size)]
        rng.shuffle(batches)
        return batches


def withheld(request: TitleRequest, drop: float, rng: Random) -> TitleRequest:
    """The request without some of its parts, each left out with the same chance."""
    gone = [rng.random() < drop for _ in range(4)]
    return replace(
        request,
        genres=() if gone[0] else request.genres,
        year=None if gone[1] else request.year,
        artist="" if gone[2] else request.artist,
        album="" if gone[3] else request.album,
    )


def whole_batches(
    lists: Sequence[TitleList], pieces: Pieces, batch_size: int
) -> Iterator[TitleBatch]:
    """All lists once, with nothing withheld, for validation."""
    ordered = sorted(lists, key=lambda one: len(one.written()))
    for start in range(0, len(ordered), batch_size):
        part = ordered[start : start + batch_size]
        written = [one.written() for one in part]
        yield TitleBatch.of([one.request for one in part], written, pieces)
