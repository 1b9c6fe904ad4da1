"""All models side by side: equal time, the same covers, one report.

    python -m tests.benchmarks.family --minutes 10 --out runs/family

Each model of the family is trained on the synthetic covers by the command that anyone would use,
one after the other; then one `evaluate` holds all of them against the held-out covers. Runs that
are there are kept, so that a table can be made again, or with one model more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MODELS = ("dcgan", "wgan_gp", "logan", "acgan", "progan", "quickstart")
COLUMNS = (
    ("genre accuracy", "genre_accuracy"),
    ("year error", "year_error"),
    ("KID", "kid"),
    ("FID", "fid"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("diversity", "diversity"),
)
COMMAND = (sys.executable, "-m", "duck_and_cover")


def train(model: str, out: Path, minutes: float, resolution: int, more: list[str]) -> None:
    """Train one model for so long, unless its run is there and finished."""
    run = out / model
    if (run / "seconds.json").is_file():
        return
    began = time.monotonic()
    size = ["--data", "synthetic", "--resolution", str(resolution), "--minutes", f"{minutes:g}"]
    quiet = ["--eval-every", "0", "--milestones", "0", "--out", str(run)]
    subprocess.run([*COMMAND, "train", "--config", model, *size, *quiet, *more], check=True)
    seconds = time.monotonic() - began
    (run / "seconds.json").write_text(json.dumps(seconds) + "\n", encoding="utf-8")


def images_a_second(run: Path) -> float:
    """Covers shown over all the time that training took, its start included."""
    config = json.loads((run / "generator" / "config.json").read_text(encoding="utf-8"))
    seconds = json.loads((run / "seconds.json").read_text(encoding="utf-8"))
    return 1000 * float(config["kimg"]) / float(seconds)


def table(out: Path, models: list[str]) -> str:
    """The report's figures that compare, a line a model, in Markdown."""
    report = json.loads((out / "report" / "report.json").read_text(encoding="utf-8"))
    found = {Path(each["name"]).name: each["figures"] for each in report["models"]}
    lines = [["model", *(name for name, _ in COLUMNS), "images/s"], ["---"] * (len(COLUMNS) + 2)]
    for model in models:
        values = [shown(found[model], start, "value") for _, start in COLUMNS]
        lines.append([model, *values, f"{images_a_second(out / model):.0f}"])
    real = [shown(found[models[0]], start, "real", "floor") for _, start in COLUMNS]
    lines.append(["real covers", *real, ""])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(figures: list[dict[str, Any]], start: str, *kinds: str) -> str:
    """The first of the kinds of number that a figure has, whose name begins so."""
    figure = next(each for each in figures if str(each["name"]).startswith(start))
    values = [figure[kind] for kind in kinds if figure[kind] is not None]
    return f"{values[0]:.3f}" if values else ""


def main() -> None:
    """Train what is missing, evaluate, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="for each model")
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--out", type=Path, default=Path("runs/family"))
    wanted, more = parser.parse_known_args()
    for model in wanted.models:
        train(model, wanted.out, wanted.minutes, wanted.resolution, more)
    runs = [str(wanted.out / model) for model in wanted.models]
    against = ["--split", "held-out", "--out", str(wanted.out / "report")]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run([*COMMAND, "evaluate", *runs, *against], check=True, env=environment)
    print(table(wanted.out, wanted.models))


if __name__ == "__main__":
    main()
