"""Whether covers without labels help where labels are few: three trainings, as many images shown.

python -m tests.benchmarks.two_acts [KIMG [SEEDS [SHARE]]]

Of drawn covers one in ten keeps its genre and year. A small progressive GAN of 32x32 is trained on
the labelled tenth alone; in two acts, a SHARE of the images (half) on all covers without labels and
the rest on the tenth; and on all of them with the labels that there are. The judge has learnt from
the same covers with all labels, and looks at genres and years of held-out ones.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import concatenate_datasets, disable_progress_bars
from rich.console import Console
from rich.table import Table

from duck_and_cover.data.drawn import drawn_covers
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.judge import Judge, judge_for
from duck_and_cover.evaluation.real_covers import RealCovers, held_out
from duck_and_cover.evaluation.scores import compare
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.growth import Growth
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train

COVERS, SIZE, RESOLUTION = 4000, 64, 32
LABELLED = 10  # one in so many
KIMG, SEEDS, SHARE = 60.0, 1, 0.5
UNLABELLED: dict[str, Any] = {"genres": [], "release_year": None, "release_date": ""}

Yardstick = tuple[Judge, RealCovers]


@dataclass(frozen=True)
class Found:
    """What the judge says of a recipe, and how long it took."""

    genre_accuracy: float
    year_error: float
    diversity: float
    kid: float
    seconds: float


def main() -> None:
    """Train each recipe with each seed, and print the means."""
    logging.disable(logging.WARNING)
    disable_progress_bars()
    kimg = float(sys.argv[1]) if len(sys.argv) > 1 else KIMG
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else SEEDS
    share = float(sys.argv[3]) if len(sys.argv) > 3 else SHARE
    with tempfile.TemporaryDirectory() as folder:
        few, all_of_them = datasets(Path(folder))
        whole = CoverDataModule(
            "synthetic", Growth(RESOLUTION), synthetic_count=COVERS, synthetic_size=SIZE
        )
        yardstick = judge_for(whole), held_out(whole)
        found: dict[str, list[Found]] = {}
        for seed in range(seeds):
            work = Work(Path(folder) / str(seed), seed, yardstick)
            found.setdefault("labelled tenth alone", []).append(work.one_act(kimg, few))
            found.setdefault("two acts", []).append(work.two_acts(kimg, share, all_of_them, few))
            found.setdefault("all, labels missing", []).append(work.one_act(kimg, all_of_them))
            Console().print(table(found, kimg))


def datasets(folder: Path) -> tuple[Path, Path]:
    """Parquet files of the labelled tenth, and of all covers with the labels that there are."""
    covers = drawn_covers(COVERS, SIZE)
    labelled = covers.select(range(0, COVERS, LABELLED))
    others = covers.select([i for i in range(COVERS) if i % LABELLED])
    blank = others.map(lambda row: UNLABELLED, features=others.features)
    few, all_of_them = folder / "few.parquet", folder / "all.parquet"
    labelled.to_parquet(few)
    concatenate_datasets([labelled, blank]).to_parquet(all_of_them)
    return few, all_of_them


class Work:
    """The trainings of one seed, in a folder of their own."""

    def __init__(self, folder: Path, seed: int, yardstick: Yardstick) -> None:
        self.folder, self.seed, self.yardstick = folder, seed, yardstick

    def one_act(self, kimg: float, data: Path) -> Found:
        """Train on one dataset."""
        began = time.monotonic()
        return self.judged(self.train(f"{data.stem}-alone", kimg, data), began)

    def two_acts(self, kimg: float, share: float, unlabelled: Path, labelled: Path) -> Found:
        """Train without any label, and go on with labels alone."""
        began = time.monotonic()
        first = self.train("first", share * kimg, unlabelled, "--data.conditions=[]")
        # All resolutions are trained by now: growing from 4x4 again would only take time.
        more = f"--run.init_from={first}", "--growth.start_resolution=16"
        second = self.train("second", (1 - share) * kimg, labelled, *more)
        return self.judged(second, began)

    def train(self, name: str, kimg: float, data: Path, *more: str) -> Path:
        """The quickstart's recipe on some data; the run's folder."""
        fields: dict[str, Any] = {
            "seed_everything": self.seed,
            "data.covers": data,
            "growth.kimg": kimg,
            "growth.resolution": RESOLUTION,
            "run.milestones": 0,
            "run.sample_kimg": kimg,
            "run.out": self.folder / name,
        }
        words = [f"--{field}={value}" for field, value in fields.items()]
        return train(["--config", str(preset_path("quickstart")), *words, *more]).path

    def judged(self, run: Path, began: float) -> Found:
        """What the judge makes of a run that has just ended."""
        seconds = time.monotonic() - began
        real, made = compare(CoverGenerator.from_pretrained(run), *self.yardstick)
        variety = made.diversity / real.diversity
        return Found(made.genre_accuracy, made.year_error, variety, made.kid, seconds)


def table(found: dict[str, list[Found]], kimg: float) -> Table:
    """A row a recipe, the mean over seeds."""
    seeds = len(next(iter(found.values())))
    shown = Table(title=f"{kimg:g} kimg at {RESOLUTION}x{RESOLUTION}, mean of {seeds} seeds")
    for name in ("", "genres", "year error", "diversity", "judge KID", "seconds"):
        shown.add_column(name, justify="right" if name else "left", no_wrap=True)
    for recipe, results in found.items():
        genre, year, variety, kid, seconds = np.mean([astuple(r) for r in results], axis=0)
        figures = f"{genre:.1%}", f"{year:.1f}", f"{variety:.1%}", f"{kid:.3f}", f"{seconds:.0f}"
        shown.add_row(recipe, *figures)
    return shown


if __name__ == "__main__":
    main()
