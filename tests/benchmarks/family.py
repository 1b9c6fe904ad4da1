"""All models side by side: equal time, the same covers, one report.

    python -m tests.benchmarks.family --minutes 10 --seeds 0 1 2 --out runs/family

Each model of the family is trained on the synthetic covers by the command that anyone would use,
one after the other, once from each seed; then one `evaluate` holds all of them against real covers.
Figures are means over the seeds, with their standard deviation. Runs that are there are kept, so
that a table can be made again, or with one model more; flags that are not known here go to `train`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
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
    ("coverage", "coverage"),
    ("diversity", "diversity"),
)
COMMAND = (sys.executable, "-m", "duck_and_cover")
TRAINED = "trained.json"  # in a finished run: what it was told, and how long it took

Runs = dict[str, list[Path]]  # of each model, one a seed
Report = dict[str, Any]


def train(model: str, seed: int, run: Path, more: list[str]) -> None:
    """Train one model on what `more` says, unless its run is there and finished.

    Raises:
        SystemExit: The run that is there was told something else.
    """
    told, record = ["--config", model, f"--seed_everything={seed}", *more], run / TRAINED
    if record.is_file():
        was = json.loads(record.read_text(encoding="utf-8"))["told"]
        if was != told:
            sys.exit(f"{run} was trained with {' '.join(was)}: take another --out")
        return
    began = time.monotonic()
    quiet = ["--eval-every", "0", "--milestones", "0", "--out", str(run)]
    subprocess.run([*COMMAND, "train", *told, *quiet], check=True)
    trained = {"told": told, "seconds": time.monotonic() - began}
    record.write_text(json.dumps(trained) + "\n", encoding="utf-8")


def compared(models: Runs, report: Path, more: list[str]) -> Report:
    """What one `evaluate` of all runs finds, with the flags in `more`."""
    command = [*COMMAND, "evaluate", *map(str, sum(models.values(), [])), "--out", str(report)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run([*command, *more], check=True, env=environment)
    found: Report = json.loads((report / "report.json").read_text(encoding="utf-8"))
    return found


def rows(report: Report, models: Runs) -> list[list[str]]:
    """The report's figures that compare: the names, a rule, a row a model, the real covers'."""
    found = {Path(each["name"]).name: each["figures"] for each in report["models"]}
    lines = [["model", *(name for name, _ in COLUMNS)], ["---"] * (len(COLUMNS) + 1)]
    for model, runs in models.items():
        values = [[figure(found[run.name], start)["value"] for run in runs] for _, start in COLUMNS]
        lines.append([model, *map(shown, values)])
    real = [figure(report["models"][0]["figures"], start) for _, start in COLUMNS]
    known = [each["floor"] if each["real"] is None else each["real"] for each in real]
    lines.append(["real covers", *("" if each is None else f"{each:.3f}" for each in known)])
    return lines


def paces(models: Runs) -> list[list[str]]:
    """Columns beside `rows`: covers shown in all the time of training, its start included."""
    lines = [["images/s", "minutes"], ["---", "---"]]
    for runs in models.values():
        seconds = [seconds_of(run) for run in runs]
        pace = statistics.mean(map(images_of, runs)) / statistics.mean(seconds)
        lines.append([f"{pace:.0f}", f"{statistics.mean(seconds) / 60:.1f}"])
    return [*lines, ["", ""]]


def images_of(run: Path) -> float:
    """Covers that a run was shown."""
    config = json.loads((run / "generator" / "config.json").read_text(encoding="utf-8"))
    return 1000 * float(config["kimg"])


def seconds_of(run: Path) -> float:
    """How long a run took."""
    return float(json.loads((run / TRAINED).read_text(encoding="utf-8"))["seconds"])


def markdown(lines: list[list[str]]) -> str:
    """A table."""
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
    # As on Ctrl-C, `subprocess.run` takes what it runs with it: nothing is left to slow the next.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="for each model and seed")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="a run of each model")
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--split", default="held-out", help="real covers to compare with")
    parser.add_argument("--n", type=int, help="covers to compare; as many as there are real ones")
    parser.add_argument("--out", type=Path, default=Path("runs/family"))
    wanted, more = parser.parse_known_args()
    models = {
        model: [wanted.out / f"{model}-{seed}" for seed in wanted.seeds] for model in wanted.models
    }
    task = ["--data", "synthetic", "--resolution", str(wanted.resolution)]
    task += ["--minutes", f"{wanted.minutes:g}", *more]
    for model, runs in models.items():
        for seed, run in zip(wanted.seeds, runs, strict=True):
            train(model, seed, run, task)
    flags = ["--split", wanted.split, *(["--n", str(wanted.n)] if wanted.n else [])]
    found = rows(compared(models, wanted.out / "report", flags), models)
    print(markdown([[*row, *pace] for row, pace in zip(found, paces(models), strict=True)]))


if __name__ == "__main__":
    main()
