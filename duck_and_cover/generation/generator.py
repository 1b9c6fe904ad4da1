"""CoverGenerator: the one engine under the shell, the web page and Python."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.folder import CONFIG, GeneratorConfig, load_generator, standing
from duck_and_cover.generation.sheet import contact_sheet
from duck_and_cover.networks.base import Generator
from duck_and_cover.networks.condition_encoder import ConditionTensors

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
    condition: ConditionTensors,
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
        part = condition.rows(rows).to(device)
        images = network(z[rows].to(device), part, resolution, alpha, truncation)
        parts.append(to_uint8(images))
    return np.concatenate(parts)


@dataclass(frozen=True)
class Cover:
    """One finished cover and what it was made from."""

    picture: Image.Image
    condition: Condition
    seed: int
    truncation: float
    model: str

    @property
    def name(self) -> str:
        """A file name without ending: genres, year and seed, such as `jazz-1962-0001`."""
        genres = "+".join(self.condition.genres) or "any"
        safe = "".join(c if c.isalnum() or c in "+-" else "-" for c in genres)
        return f"{safe}-{self.condition.year or 'any'}-{self.seed:04d}"

    def save(self, path: Path) -> None:
        """Write a PNG whose text chunks say how to make it again."""
        text = PngInfo()
        text.add_text("Software", "duck_and_cover")
        text.add_text("Model", self.model)
        text.add_text("Seed", str(self.seed))
        text.add_text("Truncation", f"{self.truncation:g}")
        text.add_itxt("Genres", ", ".join(self.condition.genres))
        text.add_text("Year", str(self.condition.year or ""))
        for key, value in (("Artist", self.condition.artist), ("Album", self.condition.album)):
            if value:
                text.add_itxt(key, value)
        if self.condition.audio:
            features = (f"{name}={value:g}" for name, value in self.condition.audio.items())
            text.add_text("Audio", ", ".join(features))
        self.picture.save(path, pnginfo=text)


class CoverGenerator:
    """A trained generator, ready to draw."""

    def __init__(
        self, network: Generator, config: GeneratorConfig, vocabulary: Vocabulary, name: str
    ) -> None:
        self.network, self.config, self.vocabulary, self.name = network, config, vocabulary, name

    @classmethod
    def from_pretrained(cls, model: str | Path, device: str = "cpu") -> "CoverGenerator":
        """Load a generator folder, a run folder that holds one, or a Hub id (`owner/name`)."""
        folder = find_generator(model)
        network, config, vocabulary = load_generator(folder)
        return cls(network.to(device), config, vocabulary, str(model))

    def generate(
        self,
        genres: str | Sequence[str] = (),
        year: int | None = None,
        artist: str = "",
        album: str = "",
        seeds: Sequence[int] = (0,),
        truncation: float = 1.0,
        audio: Mapping[str, float] | None = None,
    ) -> list[Cover]:
        """One cover a seed.

        Args:
            genres: One name or several; none leaves the choice to the model.
            year: Within the model's range, or None.
            artist, album: Written into the cover's record; they shape its picture where the model
                was trained to read them.
            seeds: The same seed and condition give the same cover, to rounding, in any company.
            truncation: From 0 (each condition's typical cover) to 1 (all the variety learnt).
            audio: Some of the ten audio features by name, such as {"energy": 0.9}.

        Raises:
            UsageError: An unknown genre, a year out of range, a bad seed or truncation.
        """
        if not 0 <= truncation <= 1:
            raise UsageError(f"truncation {truncation:g}: take a number from 0 to 1")
        if not seeds:
            return []
        names = (genres,) if isinstance(genres, str) else tuple(genres)
        condition = Condition(
            tuple(name.strip().lower() for name in names), year, audio or {}, artist, album
        )
        tensors = self.vocabulary.encode([condition] * len(seeds))
        pictures = draw(
            self.network,
            latents(seeds, self.network),
            tensors,
            self.config.resolution,
            self.config.alpha,
            truncation,
        )
        return [
            Cover(Image.fromarray(picture), condition, seed, truncation, self.name)
            for picture, seed in zip(pictures, seeds, strict=True)
        ]

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


def save_covers(covers: Sequence[Cover], folder: Path, columns: int | None = None) -> list[Path]:
    """Write each cover as a PNG, and `sheet.png` with all of them; a file that is there is kept.

    Args:
        columns: Of the sheet; by default it is about square.

    Returns:
        The paths, the sheet's last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for cover in covers:
        paths.append(_free(folder / f"{cover.name}.png"))
        cover.save(paths[-1])
    pictures = np.stack([np.asarray(cover.picture) for cover in covers])
    paths.append(_free(folder / "sheet.png"))
    contact_sheet(pictures, columns or math.ceil(math.sqrt(len(covers)))).save(paths[-1])
    return paths


def _free(path: Path) -> Path:
    """The path, or with -2, -3, ... before its ending where something is there."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def find_generator(model: str | Path) -> Path:
    """The generator folder that a person means: it, the run around it, or a Hub id."""
    path = Path(model)
    for folder in (path, path / "generator"):
        if (standing(folder) / CONFIG).is_file():
            return folder
    if path.exists():
        raise UsageError(f"no generator in {path}: name a run or generator folder, or a Hub id")
    if isinstance(model, Path) or str(model).count("/") != 1 or str(model).startswith((".", "~")):
        raise UsageError(f"no such model: {model}")
    return _download(str(model))


def _download(repo: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(repo, allow_patterns=["config.json", "generator.safetensors"])
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"no such model: {repo} is no folder, and on the Hub: {reason}") from error
