"""`duck-and-cover evaluate`: from models and data to a report."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from duck_and_cover import __version__
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.contestants import Contestant, contestant, data_of
from duck_and_cover.evaluation.ground import Ground, lay_ground
from duck_and_cover.evaluation.measure import measure
from duck_and_cover.evaluation.report.contents import REPORT_VERSION, Report
from duck_and_cover.evaluation.report.page import write_report
from duck_and_cover.growth import Growth

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "torchmetrics", "datasets")


@dataclass(frozen=True)
class Wanted:
    """What a person asks to be measured.

    Args:
        data: As `load_covers` takes it; None takes what the first run was trained on.
        split: train, validation, test, held-out (both) or all.
        n: The most generated covers to compare; at most half of the split's real ones are.
        features: judge, inception, FILE.pt or module:callable.
        inception_weights: For `inception` without a download.
        seed: Of the first generated cover, of halves and of subsets.
    """

    data: str | None = None
    split: str = "test"
    n: int = 10_000
    features: str = "judge"
    inception_weights: Path | None = None
    seed: int = 0


def evaluate(
    models: Sequence[str], wanted: Wanted, out: Path, command: str = ""
) -> tuple[Report, Path]:
    """Hold models against real covers that they have not seen, and write the report.

    Args:
        models: Run or generator folders, Hub ids, folders of pictures.
        out: The folder of the report; files of an older one are replaced.
        command: What was typed, for the report.

    Returns:
        The report and its page.

    Raises:
        UsageError: A model, the data or a setting is not what can be evaluated.
        DuckAndCoverError: The features are not fit to measure with.
    """
    who = [contestant(model) for model in models]
    growth = Growth(resolution=min(each.resolution for each in who))
    data = CoverDataModule(wanted.data, growth) if wanted.data else _own_data(who, growth)
    folders = [None if each.maker else each.pictures(growth.resolution) for each in who]
    n = min([wanted.n, *(len(folder.genres) for folder in folders if folder)])
    ground = lay_ground(
        data, wanted.split, n, wanted.features, wanted.inception_weights, wanted.seed
    )
    out.mkdir(parents=True, exist_ok=True)
    models_found = [
        measure(each, ground, folder, out, f"model-{place}")
        for place, (each, folder) in enumerate(zip(who, folders, strict=True), start=1)
    ]
    report = Report(
        version=REPORT_VERSION,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        data=_about_data(ground),
        settings=_settings(ground, wanted),
        versions=_versions(),
        models=models_found,
    )
    return report, write_report(report, out)


def _own_data(who: Sequence[Contestant], growth: Growth) -> CoverDataModule:
    run = next((each.path for each in who if each.kind == "run"), who[0].path)
    return data_of(run, growth)


def _about_data(ground: Ground) -> dict[str, object]:
    vocabulary = ground.judge.vocabulary
    return {
        "name": ground.data.covers,
        "split": ground.split,
        "covers": len(ground.covers.genres),
        "covers of a half": ground.count,
        "resolution": ground.data.growth.resolution,
        "genres": len(vocabulary.genres),
        "years": f"{vocabulary.first_year} to {vocabulary.last_year}",
        "training covers": len(ground.data.pyramid("train")),
        "fingerprint": ground.data.fingerprint,
    }


def _settings(ground: Ground, wanted: Wanted) -> dict[str, object]:
    return {
        "features": ground.extractor.name,
        "dimensions": ground.features.shape[1],
        "n": wanted.n,
        "halvings": len(ground.cuts),
        "seed": wanted.seed,
        "noise": ground.noise,
    }


def _versions() -> dict[str, str]:
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"duck_and_cover": __version__, "python": platform.python_version(), **found}
