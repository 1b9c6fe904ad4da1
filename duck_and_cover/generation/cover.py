"""A finished cover, and how to make it again: in its file, and by its name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from duck_and_cover.conditions import Condition
from duck_and_cover.generation.sheet import contact_sheet


@dataclass(frozen=True)
class Cover:
    """One cover and what it was made from.

    Args:
        picture: R x R pixels, RGB.
        condition, seed, truncation: As `CoverGenerator.generate` took them.
        model: The generator's name.
        variation: The seed of what was mixed in, and how strongly; None where nothing was.
    """

    picture: Image.Image
    condition: Condition
    seed: int
    truncation: float
    model: str
    variation: tuple[int, float] | None = None

    @property
    def name(self) -> str:
        """A file name without ending: genres, year and seed, such as `jazz-1962-0001`."""
        genres = "+".join(self.condition.genres) or "any"
        safe = "".join(c if c.isalnum() or c in "+-" else "-" for c in genres)
        own = f"{safe}-{self.condition.year or 'any'}-{self.seed:04d}"
        return f"{own}-{self.variation[0]:04d}" if self.variation else own

    @property
    def settings(self) -> dict[str, str]:
        """All that it takes to make this cover again, for a file's metadata."""
        wish = self.condition
        weights = wish.weights or (None,) * len(wish.genres)
        genres = zip(wish.genres, weights, strict=True)
        found = {
            "Software": "duck_and_cover",
            "Model": self.model,
            "Seed": str(self.seed),
            "Truncation": f"{self.truncation:g}",
            "Genres": ", ".join(n if w is None else f"{n}={w:g}" for n, w in genres),
            "Year": str(wish.year or ""),
            "Artist": wish.artist,
            "Album": wish.album,
            "Audio": ", ".join(f"{name}={value:g}" for name, value in wish.audio.items()),
        }
        if self.variation:
            found["Variation"] = f"{self.variation[0]} at {self.variation[1]:g}"
        always = ("Genres", "Year")
        return {name: value for name, value in found.items() if value or name in always}

    def save(self, path: Path) -> None:
        """Write a PNG whose text chunks are the settings."""
        self.picture.save(path, pnginfo=self.text_chunks())

    def text_chunks(self) -> PngInfo:
        """The settings as a PNG holds them."""
        text = PngInfo()
        for name, value in self.settings.items():
            text.add_itxt(name, value)
        return text


def save_covers(
    covers: Sequence[Cover],
    folder: Path,
    columns: int | None = None,
    grid: bool = False,
    ending: str = ".png",
    write: Callable[[Cover, Path], None] = Cover.save,
) -> list[Path]:
    """Write each cover by itself, and `sheet.png` with all of them; a file that is there is kept.

    Args:
        columns: Of the sheet; by default it is about square.
        grid: Whether the sheet is enough.
        ending: Of the covers' files.
        write: Writes one.

    Returns:
        The paths, the sheet's last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for cover in () if grid else covers:
        paths.append(free_path(folder / f"{cover.name}{ending}"))
        write(cover, paths[-1])
    pictures = np.stack([np.asarray(cover.picture) for cover in covers])
    paths.append(free_path(folder / "sheet.png"))
    contact_sheet(pictures, columns or math.ceil(math.sqrt(len(covers)))).save(paths[-1])
    return paths


def free_path(path: Path) -> Path:
    """The path, or with -2, -3, ... before its ending where something is there."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
