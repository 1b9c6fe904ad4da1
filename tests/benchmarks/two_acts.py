"""Whether covers without labels help where labels are few: as many images shown, one report.

    python -m tests.benchmarks.two_acts --covers 2000 --kimg 80 --seeds 1 2 3 --out runs/two_acts

Of drawn covers one in ten keeps its genre and year. The quickstart's networks are trained

- `alone`: on the labelled tenth;
- `alone_ada`: the same, with ADA, as few covers ask for;
- `two_acts`: a share of the images on all covers, the labels that are missing guessed from the
  tenth, and from there the rest, half of it on covers of the tenth;
- `unlabelled`: a share on all covers without any labels, and from there the rest on the tenth, with
  ADA;

and `evaluate` holds all runs against synthetic covers, these and others, with their labels. Runs
that are there are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from duck_and_cover.data.drawn import drawn_covers
from tests.benchmarks.family import compared, markdown, rows, train

SIZE, RESOLUTION = 128, 32  # as drawn, and as trained
LABELLED = 10  # one in so many
RECIPES = ("alone", "alone_ada", "two_acts", "unlabelled")
ADA = {
    "class_path": "duck_and_cover.augment.ADA",
    "init_args.policy": "translation,cutout",  # not colour: genres here have their own
    "init_args.kimg": "20",  # a quarter of the 80 kimg
}


def write_datasets(folder: Path, count: int) -> None:
    """Parquet files: all covers, of which one in ten has its labels, and that tenth."""
    folder.mkdir(parents=True, exist_ok=True)
    covers = drawn_covers(count, SIZE)
    none: dict[str, Any] = {"genres": [], "release_date": "", "release_year": None}
    partly = covers.map(
        lambda _, row: none if row % LABELLED else {}, with_indices=True, features=covers.features
    )
    partly.to_parquet(folder / "all.parquet")
    covers.select(range(0, count, LABELLED)).to_parquet(folder / "tenth.parquet")


def train_recipe(recipe: str, seed: int, run: Path, data: Path, kimg: float, share: float) -> None:
    """Train one recipe from one seed: `kimg` thousand images in all, `share` in the first act."""
    everything, tenth = data / "all.parquet", data / "tenth.parquet"
    ada = [f"--model.init_args.augment.{name}={value}" for name, value in ADA.items()]
    if recipe.startswith("alone"):
        train("quickstart", seed, run, [*on(tenth, kimg), *(ada if recipe == "alone_ada" else [])])
        return
    guess, unlabelled = ["--data.guess=true"], ["--data.conditions=[]"]
    more = guess if recipe == "two_acts" else unlabelled
    first = run.with_name(f"{run.name}-first")
    train("quickstart", seed, first, [*on(everything, share * kimg), *more])
    # Growth goes on at the top, where the first act ended.
    more = ["--init-from", str(first)]
    if recipe == "two_acts":
        more += [*on(everything, (1 - share) * kimg), *guess, "--data.labelled_share=0.5"]
    else:
        more += [*on(tenth, (1 - share) * kimg), *ada]
    train("quickstart", seed, run, more)


def on(data: Path, kimg: float) -> list[str]:
    """What `train` is told of data and length."""
    return ["--data", str(data), "--resolution", str(RESOLUTION), "--kimg", f"{kimg:g}"]


def main() -> None:
    """Train what is missing, evaluate, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--covers", type=int, default=2000, help="one in ten has labels")
    parser.add_argument("--kimg", type=float, default=80, help="thousands of images, each")
    parser.add_argument("--share", type=float, default=0.5, help="of them in the first act")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="a run of each recipe")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES[:3]))
    parser.add_argument("--n", type=int, default=2048, help="covers to compare")
    parser.add_argument("--out", type=Path, default=Path("runs/two_acts"))
    wanted = parser.parse_args()
    data = wanted.out / f"data-{wanted.covers}"
    if not (data / "tenth.parquet").is_file():
        write_datasets(data, wanted.covers)
    runs: dict[str, list[Path]] = {}
    for recipe in wanted.recipes:
        for seed in wanted.seeds:
            run = wanted.out / f"{recipe}-{seed}"
            train_recipe(recipe, seed, run, data, wanted.kimg, wanted.share)
            runs.setdefault(recipe, []).append(run)
    more = ["--data", "synthetic", "--split", "all", "--n", str(wanted.n)]
    print(markdown(rows(compared(runs, wanted.out / "report", more), runs)))


if __name__ == "__main__":
    main()
