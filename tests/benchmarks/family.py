"""All models side by side: equal time, the same covers, one report.

    python -m tests.benchmarks.family --minutes 10 --seeds 3 --out runs/family

Each model of the family is trained on the synthetic covers by the command that anyone would use,
one after the other, once from each seed; then one `evaluate` holds all of them against real covers.
Figures are means over the seeds, with their standard deviation. Runs that are there are kept, so
that a table can be made again, or with one model more.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
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


def train(
    model: str, seed: int, run: Path, minutes: float, resolution: int, more: list[str]
) -> None:
    """Train one model for so long, unless its run is there and finished."""
    if (run / "seconds.json").is_file():
        return
    began = time.monotonic()
    quiet = ["--eval-every", "0", "--milestones", "0", "--out", str(run)]
    size = ["--data", "synthetic", "--resolution", str(resolution), "--minutes", f"{minutes:g}"]
    chosen = [*size, f"--seed_everything={seed}", *quiet, *more]
    subprocess.run([*COMMAND, "train", "--config", model, *chosen], check=True)
    seconds = time.monotonic() - began
    (run / "seconds.json").write_text(json.dumps(seconds) + "\n", encoding="utf-8")


def images_a_second(run: Path) -> float:
    """Covers shown over all the time that training took, its start included."""
    config = json.loads((run / "generator" / "config.json").read_text(encoding="utf-8"))
    seconds = json.loads((run / "seconds.json").read_text(encoding="utf-8"))
    return 1000 * float(config["kimg"]) / float(seconds)


def table(report: dict[str, Any], models: dict[str, list[Path]]) -> str:
    """The report's figures that compare, a line a model, in Markdown."""
    found = {Path(each["name"]).name: each["figures"] for each in report["models"]}
    lines = [["model", *(name for name, _ in COLUMNS), "images/s"], ["---"] * (len(COLUMNS) + 2)]
    for model, runs in models.items():
        values = [[figure(found[run.name], start)["value"] for run in runs] for _, start in COLUMNS]
        pace = f"{statistics.mean(map(images_a_second, runs)):.0f}"
        lines.append([model, *map(shown, values), pace])
    real = [figure(report["models"][0]["figures"], start) for _, start in COLUMNS]
    known = [each["floor"] if each["real"] is None else each["real"] for each in real]
    lines.append(["real covers", *("" if each is None else f"{each:.3f}" for each in known), ""])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(figures: list[dict[str, Any]], start: str) -> dict[str, Any]:
    """The first figure whose name begins so."""
    return next(each for each in figures if str(each["name"]).startswith(start))


def shown(values: list[float]) -> str:
    """The mean, and the standard deviation where there are several."""
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"


def main() -> None:
    """Train what is missing, evaluate, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="for each model and seed")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each model")
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--split", default="held-out", help="real covers to compare with")
    parser.add_argument("--n", type=int, help="covers to compare; as many as there are real ones")
    parser.add_argument("--out", type=Path, default=Path("runs/family"))
    wanted, more = parser.parse_known_args()
    models = {
        model: [wanted.out / f"{model}-{seed}" for seed in range(wanted.seeds)]
        for model in wanted.models
    }
    for model, runs in models.items():
        for seed, run in enumerate(runs):
            train(model, seed, run, wanted.minutes, wanted.resolution, more)
    report = wanted.out / "report"
    command = ["evaluate", *map(str, sum(models.values(), [])), "--split", wanted.split]
    command += ["--out", str(report), *(["--n", str(wanted.n)] if wanted.n else [])]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run([*COMMAND, *command], check=True, env=environment)
    print(table(json.loads((report / "report.json").read_text(encoding="utf-8")), models))


if __name__ == "__main__":
    main()
