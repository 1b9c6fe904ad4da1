"""Opens a dataset as a stream: nothing is copied, and of parquet only named columns are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from duck_and_cover.data.load import DRAWN, find_parts
from duck_and_cover.data.schema import SPLITS
from duck_and_cover.data.splits import by_split_name
from duck_and_cover.errors import DuckAndCoverError, UsageError

_TOGETHER = 100  # rows read at a time


class Opening:
    """A dataset as streams, one a part.

    Args:
        data: a Hub id or parquet files, as `load_covers` takes them.

    Attributes:
        fingerprint: of the files: their names, and their commit or times of change; "" before
            `parts` was asked for.
    """

    def __init__(self, data: str) -> None:
        self.data, self.fingerprint = data, ""

    def parts(self, columns: Sequence[str] | None = None) -> dict[str, Any]:
        """IterableDatasets by the names that the data has for them.

        Args:
            columns: those to read; None for all.

        Raises:
            UsageError: there is no such data, or it cannot be streamed.
            DuckAndCoverError: it cannot be reached.
        """
        from datasets import IterableDataset

        def load(*named: Any, **files: Any) -> Any:
            return self._load(columns, *named, **files)

        advice = "stream: give a Hub id or parquet files"
        if self.data in DRAWN:
            raise UsageError(f"{advice}; '{self.data}' covers are drawn on this machine")
        with one_line_errors(self.data):
            parts = find_parts(self.data, load)
        if not all(isinstance(part, IterableDataset) for part in parts.values()):
            raise UsageError(f"{advice}; '{self.data}' is read from this disk without --stream")
        return parts

    def _load(self, columns: Sequence[str] | None, *named: Any, **files: Any) -> Any:
        from datasets import load_dataset_builder

        if columns is not None:
            try:
                builder = load_dataset_builder(*named, columns=list(columns), **files)
            except (TypeError, ValueError):  # of formats whose columns are not stored apart
                builder = load_dataset_builder(*named, **files)
        else:
            builder = load_dataset_builder(*named, **files)
        described = [
            (split, [PurePath(str(path)).name for path in paths], paths.origin_metadata)
            for split, paths in (builder.config.data_files or {}).items()
        ]
        self.fingerprint = hashlib.sha256(repr(described).encode()).hexdigest()[:20]
        parts = builder.as_streaming_dataset()
        if columns is None:
            return parts
        return {name: part.select_columns(list(columns)) for name, part in parts.items()}


def training_parts(parts: dict[str, Any]) -> tuple[list[Any], frozenset[str]]:
    """The parts to train on, and the splits whose artists have to be left out of them.

    As `split_covers` divides: splits that the data has are kept, others are taken out of `train`.
    """
    named = by_split_name(parts)
    return named["train"], frozenset(SPLITS) - set(named)


def opened(part: Any, shard: int) -> Any:
    """One shard of a part."""
    return part.shard(num_shards=part.num_shards, index=shard)


def read_tables(part: Any, together: int = _TOGETHER) -> Iterator[Any]:
    """The rows of a stream as arrow tables, at most `together` in each."""
    yield from part.with_format("arrow").iter(batch_size=min(together, _TOGETHER))


@contextmanager
def one_line_errors(data: str, advice: str = "") -> Iterator[None]:
    """Say in one line what went wrong where a stream is opened or read.

    Raises:
        DuckAndCoverError: in place of whatever else is raised.
    """
    try:
        yield
    except DuckAndCoverError:
        raise
    # Sockets, HTTP, the Hub's client, arrow and `datasets` each have errors of their own.
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DuckAndCoverError(f"data: cannot read '{data}' ({reason}){advice}") from error
