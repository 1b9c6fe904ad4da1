"""CoverGenerator: the one engine under the shell, the web page and Python."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.errors import UsageError
from duck_and_cover.generation import SHIPPED
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.folder import GeneratorConfig, load_generator, save_generator
from duck_and_cover.generation.hub import find_generator, push_folder
from duck_and_cover.generation.sheet import COLUMNS, contact_sheet, sheet_conditions
from duck_and_cover.generation.walk import between, near, places
from duck_and_cover.networks.base import Generator, Given

Pictures = npt.NDArray[np.uint8]  # (N, R, R, 3)


def latents(seeds: Sequence[int], network: Generator) -> torch.Tensor:
    """The network's latents (N, Z), each from its own seed: alone or in a batch, the same."""
    for seed in seeds:
        if not 0 <= seed < 2**63:
            raise UsageError(f"seed {seed}: take a whole number from 0 to {2**63 - 1}")
    randoms = [torch.Generator().manual_seed(seed) for seed in seeds]
    if network.uniform:
        return torch.stack([2 * torch.rand(network.latent, generator=r) - 1 for r in randoms])
    return torch.stack([torch.randn(network.latent, generator=r) for r in randoms])


def to_uint8(images: torch.Tensor) -> Pictures:
    """Pictures (N, 3, R, R) about [-1, 1] -> (N, R, R, 3) uint8, clipped."""
    scaled = (images.float() + 1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(scaled.permute(0, 2, 3, 1).cpu().numpy())


@torch.no_grad()
def draw(
    network: Generator,
    z: torch.Tensor,
    condition: Given,
    resolution: int,
    alpha: float = 1.0,
    truncation: float = 1.0,
    batch_size: int = 64,
) -> Pictures:
    """Latents (N, Z) and their conditions -> covers (N, R, R, 3), batch by batch."""
    device = next(network.parameters()).device
    parts: list[Pictures] = []
    for start in range(0, len(z), batch_size):
        rows = slice(start, start + batch_size)
        part = condition[rows] if isinstance(condition, torch.Tensor) else condition.rows(rows)
        images = network(z[rows].to(device), part.to(device), resolution, alpha, truncation)
        parts.append(to_uint8(images))
    return np.concatenate(parts)


def wish(
    genres: str | Sequence[str] | Mapping[str, float] = (),
    year: int | None = None,
    artist: str = "",
    album: str = "",
    audio: Mapping[str, float] | None = None,
) -> Condition:
    """A condition in loose words: one genre or several, in any case, with weights or without."""
    names = (genres,) if isinstance(genres, str) else tuple(genres)
    weights = tuple(genres.values()) if isinstance(genres, Mapping) else ()
    lower = tuple(name.strip().lower() for name in names)
    return Condition(lower, year, audio or {}, artist, album, weights)


def check_share(name: str, value: float) -> None:
    """Refuse what is no share.

    Raises:
        UsageError: It is not from 0 to 1.
    """
    if not 0 <= value <= 1:
        raise UsageError(f"{name} {value:g}: take a number from 0 to 1")


class CoverGenerator:
    """A trained generator, ready to draw."""

    def __init__(
        self, network: Generator, config: GeneratorConfig, vocabulary: Vocabulary, name: str
    ) -> None:
        self.network, self.config, self.vocabulary, self.name = network, config, vocabulary, name

    @classmethod
    def from_pretrained(cls, model: str | Path = SHIPPED, device: str = "cpu") -> "CoverGenerator":
        """Load a generator folder, a run folder that holds one, or a Hub id (`owner/name`).

        `pretrained` is the generator that comes with the package.
        """
        folder = find_generator(model)
        network, config, vocabulary = load_generator(folder)
        return cls(network.to(device), config, vocabulary, str(model))

    def generate(
        self,
        genres: str | Sequence[str] | Mapping[str, float] = (),
        year: int | None = None,
        artist: str = "",
        album: str = "",
        seeds: Sequence[int] = (0,),
        truncation: float = 1.0,
        audio: Mapping[str, float] | None = None,
    ) -> list[Cover]:
        """One cover a seed.

        Args:
            genres: One name, several, or names with weights; none leaves the choice to the model.
            year: Within the model's range, or None.
            artist, album: Written into the cover's record; they shape its picture where the model
                was trained to read them.
            seeds: The same seed and condition give the same cover, to rounding, in any company.
            truncation: From 0 (each condition's typical cover) to 1 (all the variety learnt).
            audio: Some of the ten audio features by name, such as {"energy": 0.9}.

        Raises:
            UsageError: An unknown genre, a year out of range, a bad seed or truncation.
        """
        return self.make(wish(genres, year, artist, album, audio), seeds, truncation)

    def make(
        self, condition: Condition, seeds: Sequence[int] = (0,), truncation: float = 1.0
    ) -> list[Cover]:
        """As `generate`, of a condition in the vocabulary's own words."""
        check_share("truncation", truncation)
        tensors = self.vocabulary.encode([condition] * len(seeds))
        if not seeds:
            return []
        pictures = self._draw(latents(seeds, self.network), tensors, truncation)
        return [
            Cover(Image.fromarray(picture), condition, seed, truncation, self.name)
            for picture, seed in zip(pictures, seeds, strict=True)
        ]

    def variations(
        self,
        condition: Condition,
        seed: int = 0,
        n: int = 8,
        strength: float = 0.3,
        truncation: float = 1.0,
    ) -> list[Cover]:
        """Covers near that of a seed, the first ones the same for any number of them.

        Args:
            condition: Of all of them.
            strength: From 0 (the same cover) to 1 (others altogether).

        Raises:
            UsageError: As in `generate`, or a bad strength.
        """
        check_share("strength", strength)
        check_share("truncation", truncation)
        tensors = self.vocabulary.encode([condition] * n)
        others = [(seed + 1 + i) % 2**63 for i in range(n)]
        (own,), noise = latents([seed], self.network), latents(others, self.network)
        z = near(own, noise, strength, self.network.uniform)
        return [
            Cover(Image.fromarray(p), condition, seed, truncation, self.name, (other, strength))
            for p, other in zip(self._draw(z, tensors, truncation), others, strict=True)
        ]

    def interpolate(
        self,
        stops: Sequence[tuple[Condition, int]],
        frames: int = 60,
        truncation: float = 1.0,
        closed: bool = False,
    ) -> Iterator[Image.Image]:
        """A walk from cover to cover: over the sphere of latents, straight through conditions.

        Args:
            stops: Conditions and seeds on the way.
            frames: In all, see `walk.places`.
            closed: Whether the walk leads back to the first stop, to be shown in a loop.

        Raises:
            UsageError: As in `generate`, or no stop at all.
        """
        check_share("truncation", truncation)
        if not stops:
            raise UsageError("a walk needs a stop, or more")
        z = latents([seed for _, seed in stops], self.network)
        tensors = self.vocabulary.encode([condition for condition, _ in stops])
        with torch.no_grad():
            known = self.network.encoder is not None
            encoded = self.network.encoded(tensors.to(self.device)).cpu() if known else z[:, :0]
        for place in places(len(stops), frames, closed):
            one = between(z, place, not self.network.uniform)[None]
            given = between(encoded, place, False)[None]
            yield Image.fromarray(self._draw(one, given, truncation)[0])

    def save_pretrained(self, folder: str | Path) -> Path:
        """Write the generator's folder, with a model card and a sheet of samples."""
        conditions, names = sheet_conditions(self.vocabulary)
        pictures = np.concatenate(list(self.stream(conditions)))
        samples = contact_sheet(pictures, COLUMNS, names)
        save_generator(Path(folder), self.network, self.config, samples)
        return Path(folder)

    def push_to_hub(self, repo: str, private: bool = True, token: str | None = None) -> str:
        """Upload the generator to the Hub, see `hub.push_folder`; returns its address."""
        with tempfile.TemporaryDirectory() as place:
            return push_folder(
                self.save_pretrained(Path(place) / "generator"), repo, private, token
            )

    @property
    def device(self) -> torch.device:
        """Where it draws."""
        return next(self.network.parameters()).device

    def _draw(self, z: torch.Tensor, condition: Given, truncation: float) -> Pictures:
        size = self.config.resolution, self.config.alpha
        return draw(self.network, z, condition, *size, truncation)

    def stream(
        self, conditions: Sequence[Condition], first_seed: int = 0, batch_size: int = 64
    ) -> Iterator[Pictures]:
        """Covers (B, R, R, 3) of many conditions, with the seeds from `first_seed` on."""
        for start in range(0, len(conditions), batch_size):
            part = conditions[start : start + batch_size]
            seeds = range(first_seed + start, first_seed + start + len(part))
            z = latents(seeds, self.network)
            tensors = self.vocabulary.encode(part)
            yield draw(self.network, z, tensors, self.config.resolution, self.config.alpha)
