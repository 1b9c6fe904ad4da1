"""Whether covers without labels help where labels are few: as many images shown, one report.

    python -m tests.benchmarks.two_acts --covers 2000 --kimg 80 --seeds 2 --out runs/two_acts

Of drawn covers one in ten keeps its genre and year. The quickstart's networks are trained

- `alone`: on the labelled tenth;
- `two_acts`: a share of the images on all covers without labels, the rest on the tenth;
- `mixed`: on all of them at once, with the labels that there are;

and `evaluate` holds all runs against synthetic covers, these and others, with their labels. Runs
that are there are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from datasets import concatenate_datasets

from duck_and_cover.data.drawn import drawn_covers
from tests.benchmarks.family import compared, markdown, rows, train

SIZE, RESOLUTION = 128, 32  # as drawn, and as trained
LABELLED = 10  # one in so many
UNLABELLED: dict[str, Any] = {"genres": [], "release_year": None, "release_date": ""}
RECIPES = ("alone", "two_acts", "mixed")


def write_datasets(folder: Path, count: int) -> None:
    """Parquet files: all covers, the labelled tenth, and all with the labels that there are."""
    folder.mkdir(parents=True, exist_ok=True)
    covers = drawn_covers(count, SIZE)
    labelled = covers.select(range(0, count, LABELLED))
    others = covers.select([i for i in range(count) if i % LABELLED])
    blank = others.map(lambda row: UNLABELLED, features=others.features)
    for name, dataset in (
        ("all", covers),
        ("tenth", labelled),
        ("mixed", concatenate_datasets([labelled, blank])),
    ):
        dataset.to_parquet(folder / f"{name}.parquet")


def train_recipe(recipe: str, seed: int, run: Path, data: Path, kimg: float, share: float) -> None:
    """Train one recipe from one seed: `kimg` thousand images in all, `share` in the first act."""
    if recipe == "two_acts":
        first, kimg_first = run.with_name(f"first-{seed}"), share * kimg
        unlabelled = [*on(data / "all.parquet", kimg_first), "--data.conditions=[]"]
        train("quickstart", seed, first, unlabelled)
        # Growth goes on at the top, where the first act ended.
        more = [*on(data / "tenth.parquet", kimg - kimg_first), "--init-from", str(first)]
    else:
        name = "tenth" if recipe == "alone" else recipe
        more = on(data / f"{name}.parquet", kimg)
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
    parser.add_argument("--seeds", type=int, default=1, help="runs of each recipe")
    parser.add_argument("--recipes", nargs="*", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--n", type=int, default=2048, help="covers to compare")
    parser.add_argument("--out", type=Path, default=Path("runs/two_acts"))
    wanted = parser.parse_args()
    data = wanted.out / f"data-{wanted.covers}"
    if not (data / "mixed.parquet").is_file():
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
