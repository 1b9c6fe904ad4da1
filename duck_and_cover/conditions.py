"""What a cover is made from: a person's words for it, the vocabulary, and the tensors of both."""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.errors import UsageError
from duck_and_cover.labels import Labels
from duck_and_cover.names import letters, meaning_width, meanings
from duck_and_cover.networks.condition_encoder import AUDIO, ConditionSpec, ConditionTensors

PARTS = ("genres", "year", "audio", "artist", "album")  # what a model may be conditioned on
FAR = 4.0  # deviations of an audio feature that count


@dataclass(frozen=True)
class Condition:
    """One cover's wish. What is empty or None is left to the model.

    Args:
        genres: Names of the vocabulary.
        year: Of release.
        audio: Audio features by name, on the scales of the training covers.
        artist, album: Names, in any script.
        weights: Of the genres, positive; empty for equal ones.
    """

    genres: tuple[str, ...] = ()
    year: int | None = None
    audio: Mapping[str, float] = field(default_factory=dict, hash=False)
    artist: str = ""
    album: str = ""
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """What a model knows of genres, years, sound and names; stored with it.

    Args:
        genres: Names, lower-case, in the order of the multi-hot vector.
        first_year, last_year: The range that is scaled to [-1, 1]; both 0 where no year is known.
        families: The family of each genre, counted from 0; empty where genres stand alone.
        audio_means, audio_deviations: Of the ten features over the training covers, by which they
            are scaled; empty where the model does not hear.
        texts: Which of artist and album the model reads.
        sentences, sentence_width: The frozen sentence model that reads them, a folder or Hub id,
            and the width of its vectors; empty where their letters are learnt.
    """

    genres: tuple[str, ...]
    first_year: int
    last_year: int
    families: tuple[int, ...] = ()
    audio_means: tuple[float, ...] = ()
    audio_deviations: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    sentences: str = ""
    sentence_width: int = 0

    @classmethod
    def of(
        cls,
        labels: Labels,
        parts: Sequence[str] = PARTS,
        families: Mapping[str, str] | None = None,
        sentences: str = "",
    ) -> "Vocabulary":
        """The vocabulary of a dataset.

        Args:
            parts: Which of `PARTS` count; what the dataset does not have is left out anyhow.
            families: As in `families_of`.
            sentences: The sentence model that reads names, where there are any.

        Raises:
            UsageError: There is no such sentence model.
        """
        names = sorted({name for names in labels.genres for name in names})
        known = labels.years[labels.years > 0].tolist()
        means, deviations = _scales(labels.audio) if "audio" in parts else ((), ())
        given = {"artist": labels.artists, "album": labels.albums}
        texts = tuple(part for part, names in given.items() if part in parts and any(names or ()))
        return cls(
            genres=tuple(names) if "genres" in parts else (),
            families=families_of(names, families) if "genres" in parts else (),
            first_year=min(known, default=0) if "year" in parts else 0,
            last_year=max(known, default=0) if "year" in parts else 0,
            audio_means=means,
            audio_deviations=deviations,
            texts=texts,
            sentences=sentences if texts else "",
            sentence_width=meaning_width(sentences) if texts and sentences else 0,
        )

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Vocabulary":
        """What `settings` gave, as JSON has kept it.

        Raises:
            TypeError, ValueError, AttributeError: It is not that.
        """
        lists: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in settings.items()
        }
        vocabulary = cls(**lists)
        if not all(isinstance(name, str) for name in (*vocabulary.genres, *vocabulary.texts)):
            raise ValueError("genres and texts: names are needed")
        years = vocabulary.first_year, vocabulary.last_year
        if not all(isinstance(number, int) for number in (*years, *vocabulary.families)):
            raise ValueError("years and families: whole numbers are needed")
        model, width = vocabulary.sentences, vocabulary.sentence_width
        if (type(model), type(width)) != (str, int) or width < 0 or bool(model) != bool(width):
            raise ValueError(f"sentences: {model!r} with vectors of {width!r}")
        ConditionSpec.of(vocabulary.spec.settings())
        if {len(vocabulary.audio_means), len(vocabulary.audio_deviations)} not in ({0}, {AUDIO}):
            raise ValueError(f"audio: {AUDIO} means and deviations are needed, or none")
        return vocabulary

    def settings(self) -> dict[str, Any]:
        """What rebuilds this vocabulary, as JSON can hold it."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @property
    def spec(self) -> ConditionSpec:
        """What encoders have to be built for."""
        heard, read = bool(self.audio_means), bool(self.texts)
        return ConditionSpec(len(self.genres), self.families, heard, read, self.sentence_width)

    def check(self, condition: Condition) -> None:
        """Raise a UsageError that names what would do, where the vocabulary has no such thing.

        Names of artists and albums are no error where the model does not read them: they are what
        a cover is for, whether or not they shape it.
        """
        for genre in condition.genres:
            if genre not in self.genres:
                raise UsageError(self._unknown(genre))
        weights = condition.weights
        if weights and len(weights) != len(condition.genres):
            raise UsageError(f"genres: {len(weights)} weights for {len(condition.genres)} genres")
        if not all(0 < weight < math.inf for weight in weights):
            raise UsageError("genres: weights are numbers above 0, as in jazz=0.7")
        year = condition.year
        if year is not None and not self.last_year:
            raise UsageError("year: this model was trained without years; leave it out")
        if year is not None and not self.first_year <= year <= self.last_year:
            raise UsageError(
                f"year {year} is out of range: take {self.first_year} to {self.last_year}"
            )
        for name, value in condition.audio.items():
            if not self.audio_means:
                raise UsageError("audio: this model was trained without audio features")
            if name not in AUDIO_FEATURES:
                raise UsageError(f"audio {name!r} is none of {', '.join(AUDIO_FEATURES)}")
            if not math.isfinite(value):
                raise UsageError(f"audio {name} {value}: take a number")

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

    def conditions(self, labels: Labels) -> list[Condition]:
        """What is known of covers, in the words of a person who asks for such covers.

        What the vocabulary does not know is left out.
        """
        genres, first, last = set(self.genres), self.first_year, self.last_year
        nothing = [""] * len(labels)
        artists = labels.artists if "artist" in self.texts else None
        albums = labels.albums if "album" in self.texts else None
        heard = labels.audio if self.audio_means else None
        return [
            Condition(
                tuple(name for name in names if name in genres),
                int(year) if last and first <= year <= last else None,
                {} if heard is None else _named(heard[row]),
                artist,
                album,
            )
            for row, (names, year, artist, album) in enumerate(
                zip(labels.genres, labels.years, artists or nothing, albums or nothing, strict=True)
            )
        ]

    def encode(self, conditions: Sequence[Condition]) -> ConditionTensors:
        """Conditions of B covers as tensors."""
        for condition in conditions:
            self.check(condition)
        nan = float("nan")
        audio = [[c.audio.get(name, nan) for name in AUDIO_FEATURES] for c in conditions]
        labels = Labels(
            [condition.genres for condition in conditions],
            np.array([condition.year or 0 for condition in conditions], np.int32),
            np.array(audio, np.float32).reshape(-1, AUDIO),
            [condition.artist for condition in conditions],
            [condition.album for condition in conditions],
        )
        tensors = self.tensors(labels)
        for row, condition in enumerate(conditions):
            # Encoders take the mean of the genres given: their shares must add up to 1.
            for genre, weight in zip(condition.genres, condition.weights, strict=False):
                share = weight / sum(condition.weights)
                tensors.genres[row, self.genres.index(genre)] = share
        return tensors

    def tensors(self, labels: Labels) -> ConditionTensors:
        """What is known of B covers as tensors.

        Unlike `encode` it passes over what is outside the vocabulary, which a dataset may hold.
        """
        count = len(labels)
        year = torch.from_numpy(labels.years.astype(np.float32))
        dated = ((year >= self.first_year) & (year <= self.last_year) & (year > 0)).float()
        hot, audio, texts = self._hot(labels), self._audio(labels), self._texts(labels)
        tagged = hot.amax(dim=1) if self.genres else torch.zeros(count)
        named = (texts != 0).any(dim=2).float()
        present = torch.cat([tagged[:, None], dated[:, None], named, audio.isfinite()], dim=1)
        return ConditionTensors(
            hot, self.scale(year) * dated, audio.nan_to_num(), texts, present.float()
        )

    def _hot(self, labels: Labels) -> torch.Tensor:
        index = {name: i for i, name in enumerate(self.genres)}
        hot = torch.zeros(len(labels), len(self.genres))
        for row, names in enumerate(labels.genres):
            for name in names:
                if name in index:
                    hot[row, index[name]] = 1.0
        return hot

    def _audio(self, labels: Labels) -> torch.Tensor:
        """(B, 10) in deviations, nan where not known."""
        if labels.audio is None or not self.audio_means:
            return torch.full((len(labels), AUDIO), float("nan"))
        means = np.array(self.audio_means, np.float32)
        scaled = (labels.audio - means) / np.array(self.audio_deviations, np.float32)
        return torch.from_numpy(scaled.astype(np.float32)).clamp(-FAR, FAR)

    def _texts(self, labels: Labels) -> torch.Tensor:
        """(B, 2, ...), 0 where not known."""
        kinds = (("artist", labels.artists), ("album", labels.albums))
        read = [names if part in self.texts else None for part, names in kinds]
        if self.sentences:
            return meanings(read, len(labels), self.sentences, self.sentence_width)
        return letters(read, len(labels))


def _named(features: npt.NDArray[np.float32]) -> dict[str, float]:
    """Those of ten features that are known, by name."""
    pairs = zip(AUDIO_FEATURES, features.tolist(), strict=True)
    return {name: value for name, value in pairs if math.isfinite(value)}


def _scales(
    audio: npt.NDArray[np.float32] | None,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Means and deviations of the features, 0 and 1 for those that are never known."""
    known = np.isfinite(audio) if audio is not None else np.zeros((0, AUDIO), bool)
    if audio is None or not known.any():
        return (), ()
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, audio, 0).astype(np.float64)
    means = filled.sum(axis=0) / count
    deviations = np.sqrt(np.where(known, (filled - means) ** 2, 0).sum(axis=0) / count)
    spread = np.where(deviations > 0, deviations, 1.0)
    return tuple(float(m) for m in means), tuple(float(d) for d in spread)


def families_of(genres: Iterable[str], known: Mapping[str, str] | None = None) -> tuple[int, ...]:
    """The family of each genre, counted from 0: rare ones learn from their relatives.

    Args:
        known: Families by genre's name; a genre that is missing there belongs to those that end
            in the same word, as thrash metal and death metal do.

    Returns:
        One number a genre; empty where no two share a family.
    """
    names = [(known or {}).get(genre) or genre.split()[-1] for genre in genres]
    order = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return tuple(order[name] for name in names) if len(order) < len(names) else ()
