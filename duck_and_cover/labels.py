"""What is known of many covers, column by column: what conditions are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Labels:
    """What is known of N covers.

    Args:
        genres: Of each, as the dataset has them.
        years: (N,), 0 where not known.
        audio: (N, 10) in the order of `AUDIO_FEATURES`, nan where not known; None for all.
        artists, albums: Names, "" where not known; None for all.
    """

    genres: Sequence[Sequence[str]]
    years: npt.NDArray[np.int32]
    audio: npt.NDArray[np.float32] | None = None
    artists: Sequence[str] | None = None
    albums: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.genres)

    @classmethod
    def together(cls, parts: Sequence["Labels"]) -> "Labels":
        """Of the covers of all parts, one after the other; each part knows the same kinds."""
        audio = [part.audio for part in parts if part.audio is not None]
        artists = [part.artists for part in parts if part.artists is not None]
        albums = [part.albums for part in parts if part.albums is not None]
        return cls(
            [names for part in parts for names in part.genres],
            np.concatenate([part.years for part in parts]),
            np.concatenate(audio) if audio else None,
            [name for names in artists for name in names] if artists else None,
            [name for names in albums for name in names] if albums else None,
        )

    def at(self, rows: npt.NDArray[np.intp]) -> "Labels":
        """Of some of the covers."""

        def picked(names: Sequence[str] | None) -> list[str] | None:
            return None if names is None else [names[i] for i in rows]

        return Labels(
            [self.genres[i] for i in rows],
            self.years[rows],
            None if self.audio is None else self.audio[rows],
            picked(self.artists),
            picked(self.albums),
        )
