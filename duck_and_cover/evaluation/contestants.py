"""Who can be evaluated: a run, a generator folder, a model on the Hub, or a folder of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from PIL import Image

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.makes import Makes
from duck_and_cover.evaluation.real_covers import RealCovers, covers_of
from duck_and_cover.evaluation.report.contents import Kind
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.growth import Growth

CONFIG = "config.yaml"  # what makes a folder a run
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
ALL = ("train", "validation", "test")


@dataclass(frozen=True)
class Contestant:
    """One that is held against real covers: something that makes covers, or covers already made."""

    name: str
    kind: Kind
    path: Path
    resolution: int
    kimg: float | None = None
    maker: Makes | None = None

    def pictures(self, resolution: int) -> RealCovers:
        """The covers of a folder of pictures, with the genres and years that it gives them."""
        return covers_of(CoverDataModule(str(self.path), Growth(resolution=resolution)), ALL)


def contestant(model: str) -> Contestant:
    """What a person means by a name.

    Raises:
        UsageError: Nothing of the kinds above is there.
    """
    path = Path(model)
    picture = _first_picture(path) if not _holds_generator(path) else None
    if picture is not None:
        return Contestant(_called(model), "pictures", path, _side_of(picture))
    generator = CoverGenerator.from_pretrained(model)
    kind: Kind = "run" if (path / CONFIG).is_file() else "generator"
    config = generator.config
    return Contestant(_called(model), kind, path, config.resolution, config.kimg, generator)


def data_of(run: Path, growth: Growth) -> CoverDataModule:
    """The covers that a run was trained on.

    Raises:
        UsageError: The folder is no run.
    """
    config = run / CONFIG
    if not config.is_file():
        raise UsageError(f"--data: say what to hold {run} against; only a run folder knows its own")
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    seed = int(settings["seed_everything"])
    return CoverDataModule(**{**settings["data"], "growth": growth, "seed": seed})


def _called(model: str) -> str:
    """A path is called by its last two parts, which a heading has room for."""
    return "/".join(Path(model).parts[-2:])


def _holds_generator(path: Path) -> bool:
    return any((folder / "config.json").is_file() for folder in (path, path / "generator"))


def _first_picture(path: Path) -> Path | None:
    if not path.is_dir():
        return None
    found = (p for p in path.rglob("*") if p.suffix.lower() in PICTURES)
    return min(found, default=None)


def _side_of(picture: Path) -> int:
    """The power of two, from 4 on, that its shorter side reaches."""
    with Image.open(picture) as opened:
        side = min(opened.size)
    return max(4, 1 << (side.bit_length() - 1))
