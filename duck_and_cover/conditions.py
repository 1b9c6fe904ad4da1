"""What a cover is made from: a person's words for it, the vocabulary, and the tensors of both."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from duck_and_cover.errors import UsageError
from duck_and_cover.networks.condition_encoder import ConditionTensors


@dataclass(frozen=True)
class Condition:
    """One cover's wish. Empty genres and a year of None leave the choice to the model."""

    genres: tuple[str, ...] = ()
    year: int | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The genres and years that a model knows; stored with it.

    Args:
        genres: Names, lower-case, in the order of the multi-hot vector.
        first_year, last_year: The range that is scaled to [-1, 1]; both 0 where no year is known.
    """

    genres: tuple[str, ...]
    first_year: int
    last_year: int

    @classmethod
    def of(cls, genres: Iterable[Sequence[str]], years: Iterable[int]) -> "Vocabulary":
        """The vocabulary of a dataset's genre lists and years (0 where missing)."""
        names = sorted({name for names in genres for name in names})
        known = [int(year) for year in years if year]
        return cls(tuple(names), min(known, default=0), max(known, default=0))

    def check(self, condition: Condition) -> None:
        """Raise a UsageError that names what would do, where the vocabulary has no such thing."""
        for genre in condition.genres:
            if genre not in self.genres:
                raise UsageError(self._unknown(genre))
        year = condition.year
        if year is not None and not self.last_year:
            raise UsageError("year: this model was trained without years; leave it out")
        if year is not None and not self.first_year <= year <= self.last_year:
            raise UsageError(
                f"year {year} is out of range: take {self.first_year} to {self.last_year}"
            )

    def _unknown(self, genre: str) -> str:
        if not self.genres:
            return f"genre {genre!r}: this model was trained without genres; leave it out"
        near = difflib.get_close_matches(genre.lower(), self.genres, n=3, cutoff=0.5)
        few = near or list(self.genres[:8])
        more = "" if near or len(self.genres) <= 8 else f", ... ({len(self.genres)} in all)"
        lead = "did you mean" if near else "this model knows"
        return f"unknown genre {genre!r}: {lead} {', '.join(few)}{more}"

    def scale(self, years: torch.Tensor) -> torch.Tensor:
        """Years to [-1, 1] over the range."""
        half = max(self.last_year - self.first_year, 1) / 2
        return (years - self.first_year) / half - 1

    def encode(self, conditions: Sequence[Condition]) -> ConditionTensors:
        """Conditions of B covers as tensors: genres (B, G), year (B,), present (B, 2)."""
        for condition in conditions:
            self.check(condition)
        return self.tensors(
            [condition.genres for condition in conditions],
            [condition.year or 0 for condition in conditions],
        )

    def tensors(self, genres: Sequence[Sequence[str]], years: Sequence[int]) -> ConditionTensors:
        """Genre lists and years (0 where missing) of B covers as tensors.

        Unlike `encode` it passes over genres outside the vocabulary, which a dataset may hold.
        """
        index = {name: i for i, name in enumerate(self.genres)}
        hot = torch.zeros(len(genres), len(self.genres))
        for row, names in enumerate(genres):
            for name in names:
                if name in index:
                    hot[row, index[name]] = 1.0
        year = torch.tensor([float(y) for y in years])
        given = ((year >= self.first_year) & (year <= self.last_year) & (year > 0)).float()
        present = torch.stack([hot.amax(dim=1) if self.genres else given * 0, given], dim=1)
        return ConditionTensors(hot, self.scale(year) * given, present)

    def settings(self) -> dict[str, Any]:
        """What rebuilds this vocabulary, as JSON can hold it."""
        return {
            "genres": list(self.genres),
            "first_year": self.first_year,
            "last_year": self.last_year,
        }
