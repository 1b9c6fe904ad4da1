"""Whether covers without labels help where labels are few: as many images shown, one report.

    python -m tests.benchmarks.two_acts --covers 2000 --kimg 80 --seeds 3 --out runs/two_acts

Of drawn covers one in ten keeps its genre and year. The quickstart's networks are trained

- `alone`: on the labelled tenth;
- `alone_ada`: the same, with ADA, as few covers ask for;
- `two_acts`: a share of the images on all covers without labels, the rest on the tenth, with ADA;

and `evaluate` holds all runs against synthetic covers, these and others, with their labels. Runs
that are there are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from duck_and_cover.data.drawn import drawn_covers
from tests.benchmarks.family import compared, markdown, rows, train

SIZE, RESOLUTION = 128, 32  # as drawn, and as trained
LABELLED = 10  # one in so many
RECIPES = ("alone", "alone_ada", "two_acts")
ADA = {
    "class_path": "duck_and_cover.augment.ADA",
    "init_args.policy": "translation,cutout",  # not colour: genres here have their own
    "init_args.kimg": "20",  # a quarter of the 80 kimg
}


def write_datasets(folder: Path, count: int) -> None:
    """Parquet files: all covers, and the tenth whose labels are known."""
    folder.mkdir(parents=True, exist_ok=True)
    covers = drawn_covers(count, SIZE)
    covers.to_parquet(folder / "all.parquet")
    covers.select(range(0, count, LABELLED)).to_parquet(folder / "tenth.parquet")


def train_recipe(recipe: str, seed: int, run: Path, data: Path, kimg: float, share: float) -> None:
    """Train one recipe from one seed: `kimg` thousand images in all, `share` in the first act."""
    more = []
    if recipe == "two_acts":
        first, kimg_first = run.with_name(f"first-{seed}"), share * kimg
        unlabelled = [*on(data / "all.parquet", kimg_first), "--data.conditions=[]"]
        train("quickstart", seed, first, unlabelled)
        # Growth goes on at the top, where the first act ended.
        more, kimg = ["--init-from", str(first)], kimg - kimg_first
    if recipe != "alone":
        more += [f"--model.init_args.augment.{name}={value}" for name, value in ADA.items()]
    train("quickstart", seed, run, [*on(data / "tenth.parquet", kimg), *more])


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
    parser.add_argument("--seeds", type=int, default=1, help="runs of each recipe")
    parser.add_argument("--recipes", nargs="*", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--n", type=int, default=2048, help="covers to compare")
    parser.add_argument("--out", type=Path, default=Path("runs/two_acts"))
    wanted = parser.parse_args()
    data = wanted.out / f"data-{wanted.covers}"
    if not (data / "tenth.parquet").is_file():
        write_datasets(data, wanted.covers)
    runs: dict[str, list[Path]] = {}
    for recipe in wanted.recipes:
        for seed in range(wanted.seeds):
            run = wanted.out / f"{recipe}-{seed}"
            train_recipe(recipe, seed, run, data, wanted.kimg, wanted.share)
            runs.setdefault(recipe, []).append(run)
    more = ["--data", "synthetic", "--split", "all", "--n", str(wanted.n)]
    print(markdown(rows(compared(runs, wanted.out / "report", more), runs)))


if __name__ == "__main__":
    main()
