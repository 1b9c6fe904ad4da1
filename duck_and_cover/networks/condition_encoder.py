"""What a cover is made from, as one vector: genres, year, sound, artist and title.

Each of them may be missing. One encoder class serves every generator (beside the latent) and every
discriminator (as the projection of Miyato and Koyama 2018). Unconditional sampling is the same code
with nothing given.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from duck_and_cover.networks.layers import EqualLinear, leaky_relu
from duck_and_cover.networks.text_encoder import (
    TEXT_LENGTH,
    TEXTS,
    MeaningEncoder,
    TextEncoder,
)

YEAR_WAVES = 4  # sine and cosine pairs; the finest has a period of half the range of years
AUDIO = 10  # features
GENRES, YEAR, ARTIST, ALBUM, SOUND = 0, 1, 2, 3, 4  # columns of `present`; SOUND begins ten


class ConditionTensors(NamedTuple):
    """The conditions of B covers. What is not present is zero and marked so."""

    genres: Tensor  # (B, G) multi-hot over the vocabulary
    year: Tensor  # (B,) scaled to [-1, 1] over the vocabulary's range
    audio: Tensor  # (B, 10) with mean 0 and deviation 1 over the training covers
    # Of artist and album (B, 2, TEXT_LENGTH) code points, int32, 0 after the end; or (B, 2, D) what
    # a sentence model made of them, 0 where there is no name.
    texts: Tensor
    present: Tensor  # (B, 14) 1 where given: genres, year, artist, album, each audio feature

    @classmethod
    def nothing(cls, count: int, n_genres: int) -> "ConditionTensors":
        """Nothing given, `count` times; names would come as letters."""
        return cls(
            torch.zeros(count, n_genres),
            torch.zeros(count),
            torch.zeros(count, AUDIO),
            torch.zeros(count, TEXTS, TEXT_LENGTH, dtype=torch.int32),
            torch.zeros(count, SOUND + AUDIO),
        )

    def to(self, device: torch.device | str) -> "ConditionTensors":
        """The same conditions on another device."""
        return ConditionTensors(*(tensor.to(device) for tensor in self))

    def repeat(self, times: int) -> "ConditionTensors":
        """The batch `times` times over: (times * B, ...)."""
        return ConditionTensors(*(torch.cat([tensor] * times) for tensor in self))

    def rows(self, which: slice | Tensor) -> "ConditionTensors":
        """Some of them."""
        return ConditionTensors(*(tensor[which] for tensor in self))

    def with_genre(self, genre: int) -> "ConditionTensors":
        """The same covers, all of one genre alone."""
        genres, present = torch.zeros_like(self.genres), self.present.clone()
        genres[:, genre] = 1
        present[:, GENRES] = 1
        return self._replace(genres=genres, present=present)


def drop_conditions(
    condition: ConditionTensors, probability: float, generator: torch.Generator | None = None
) -> ConditionTensors:
    """Forget each part of each condition with `probability`, so that models learn to go without.

    Parts are forgotten together more often than by chance: people give a genre alone, or a genre
    and a year, or one audio feature out of ten. Some covers forget, and these forget genres, year,
    artist, album and sound by the toss of a coin; of a sound that is left, a random share.

    The draws are made on the generator's device and moved: a seed means the same everywhere.
    """
    present, device = condition.present, condition.present.device
    coin = max(probability, 0.5)
    draws = torch.rand(
        len(present),
        2 + SOUND + 1 + AUDIO,
        generator=generator,
        device=generator.device if generator is not None else device,
    ).to(device)
    forgets, share = draws[:, :1] * coin < probability, draws[:, 1:2]
    kept = draws[:, 2 : 3 + SOUND] >= coin  # genres, year, artist, album, and sound as a whole
    heard = kept[:, SOUND:] & (draws[:, 3 + SOUND :] < share)
    present = present * (torch.cat([kept[:, :SOUND], heard], dim=1) | ~forgets)
    return ConditionTensors(
        condition.genres * present[:, GENRES, None],
        condition.year * present[:, YEAR],
        condition.audio * present[:, SOUND:],
        condition.texts * present[:, ARTIST : ALBUM + 1, None].to(condition.texts.dtype),
        present,
    )


def year_features(year: Tensor) -> Tensor:
    """A year (B,) in [-1, 1] as (B, 1 + 2 * YEAR_WAVES): itself and waves of it."""
    angles = year[:, None] * math.pi * torch.arange(1, YEAR_WAVES + 1, device=year.device) / 2
    return torch.cat([year[:, None], angles.sin(), angles.cos()], dim=1)


@dataclass(frozen=True)
class ConditionSpec:
    """What a vocabulary asks of its encoders.

    Args:
        n_genres: How many genres there are.
        families: The family of each genre, counted from 0; empty where each is its own.
        audio: Whether covers come with audio features.
        texts: Whether they come with artist and album.
        sentence_width: Of the vectors that names come as; 0 where they come as letters.
    """

    n_genres: int = 0
    families: tuple[int, ...] = ()
    audio: bool = False
    texts: bool = False
    sentence_width: int = 0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "ConditionSpec":
        """From what JSON has kept of it.

        Raises:
            ValueError: The families are not those of the genres.
        """
        spec = cls(**{**settings, "families": tuple(settings.get("families", ()))})
        if spec.families and len(spec.families) != spec.n_genres:
            raise ValueError(f"{len(spec.families)} families for {spec.n_genres} genres")
        return spec

    def settings(self) -> dict[str, Any]:
        """What `of` takes, as JSON can hold it."""
        return {**asdict(self), "families": list(self.families)}


class GenreEmbedding(nn.Module):
    """The mean embedding of the genres given: each is its family's, and what it adds to that.

    A genre that shares its family begins as its family, so that rare ones are what the family is
    until they have been seen often enough; one that is alone is its family.
    """

    def __init__(self, spec: ConditionSpec, width: int) -> None:
        super().__init__()
        count = len(set(spec.families)) or spec.n_genres
        self.families = EqualLinear(count, width, gain=math.sqrt(count))
        self.own = None
        members = torch.zeros(spec.n_genres, count if count < spec.n_genres else 0)
        if count < spec.n_genres:
            self.own = EqualLinear(spec.n_genres, width, math.sqrt(spec.n_genres), bias=False)
            nn.init.zeros_(self.own.weight)
            members[range(spec.n_genres), list(spec.families)] = 1
        self.members: Tensor
        self.register_buffer("members", members, persistent=False)

    def forward(self, genres: Tensor) -> Tensor:
        """(B, G) multi-hot -> (B, width)."""
        shares = genres / genres.sum(dim=1, keepdim=True).clamp(min=1)
        if self.own is None:
            alone: Tensor = self.families(shares)
            return alone
        both: Tensor = self.families(shares @ self.members) + self.own(shares)
        return both


class ConditionEncoder(nn.Module):
    """The sum of what is given, each in an embedding of its own, through two layers."""

    def __init__(self, spec: ConditionSpec, width: int = 128) -> None:
        super().__init__()
        self.genres = GenreEmbedding(spec, width) if spec.n_genres else None
        self.year = EqualLinear(1 + 2 * YEAR_WAVES, width, gain=1.0)
        self.absent = nn.Parameter(torch.randn(2, width))
        # Each feature comes with its mark of presence, which stands in for an embedding of absence.
        self.audio = EqualLinear(2 * AUDIO, width, gain=1.0) if spec.audio else None
        self.texts: TextEncoder | MeaningEncoder | None = None
        if spec.texts:
            inputs = spec.sentence_width
            self.texts = MeaningEncoder(inputs, width) if inputs else TextEncoder(width)
        self.mix = EqualLinear(width, width)
        self.out = EqualLinear(width, width, gain=1.0)

    def forward(self, condition: ConditionTensors) -> Tensor:
        """Conditions of B covers -> (B, width), unbounded."""
        present = condition.present
        total = self.year(year_features(condition.year)) * present[:, YEAR, None]
        if self.genres is not None:
            total = total + self.genres(condition.genres) * present[:, GENRES, None]
        total = total + (1 - present[:, : YEAR + 1]) @ self.absent
        if self.audio is not None:
            total = total + self.audio(torch.cat([condition.audio, present[:, SOUND:]], dim=1))
        if self.texts is not None:
            total = total + self.texts(condition.texts)
        mixed: Tensor = self.out(leaky_relu(self.mix(total)))
        return mixed
