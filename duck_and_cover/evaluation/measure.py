"""One contestant held against the ground: every figure of it, and its pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from duck_and_cover.evaluation import structure
from duck_and_cover.evaluation.conditioning import conditioning
from duck_and_cover.evaluation.contestants import Contestant
from duck_and_cover.evaluation.discriminator import discriminator_accuracy
from duck_and_cover.evaluation.evidence import Evidence, gather
from duck_and_cover.evaluation.flags import flags
from duck_and_cover.evaluation.ground import Distances, Ground
from duck_and_cover.evaluation.makes import Makes, made
from duck_and_cover.evaluation.manifolds import pr_curve
from duck_and_cover.evaluation.memorisation import memorisation
from duck_and_cover.evaluation.names import distance_name
from duck_and_cover.evaluation.real_covers import RealCovers, Rows
from duck_and_cover.evaluation.report.comparison import curves_of
from duck_and_cover.evaluation.report.contents import Curve, Figure, ModelReport
from duck_and_cover.evaluation.report.meanings import direction
from duck_and_cover.evaluation.scores import Scores, genre_rows, score_of
from duck_and_cover.evaluation.verdicts import Verdicts, confusion, years_seen
from duck_and_cover.generation.allocator import give_back_freed_memory
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.generation.sheet import COLUMNS, ROWS, contact_sheet, sheet_conditions


def measure(
    who: Contestant, ground: Ground, folder: RealCovers | None, out: Path, stem: str
) -> ModelReport:
    """Everything about one contestant.

    Args:
        folder: The covers of a folder of pictures; None where the contestant makes covers.
        out: Where its pictures are written.
        stem: What their names begin with.
    """
    pictures, parts = _shown(who, ground, folder)
    seen = ground.judge.look(pictures)
    give_back_freed_memory()
    features = ground.features_of(pictures, seen, f"the covers of {who.name}")
    found = ground.distances(features, pictures, parts)
    give_back_freed_memory()
    copies, pairs = memorisation(
        lambda part: ground.judge.look(part).features,
        pictures,
        ground.unseen,
        ground.data.pyramid("train"),
    )
    give_back_freed_memory()
    sheets = {"samples": _samples(who.maker, pictures, ground.data.growth.resolution)}
    if pairs is not None:
        sheets["nearest"] = pairs
    for name, sheet in sheets.items():
        sheet.save(out / f"{stem}-{name}.png")
    report = ModelReport(
        name=who.name,
        kind=who.kind,
        kimg=who.kimg,
        resolution=who.resolution,
        count=len(pictures),
        figures=_distance_figures(ground, found),
        genres=[],
        pr_curve=pr_curve(ground.features[ground.cuts[0].reference], features[parts[0]]),
        memorisation=copies,
        flags=[*ground.doubts, *flags(Evidence(ground.count, ground.count, memorisation=copies))],
        curves=_scores_of(who.path) if who.kind == "run" else [],
        pictures={name: f"{stem}-{name}.png" for name in sheets},
    )
    return report if who.maker is None else _judged(report, who, ground, (pictures, seen), found)


def _shown(
    who: Contestant, ground: Ground, folder: RealCovers | None
) -> tuple[Pictures, list[Rows]]:
    """Covers (M, R, R, 3), and which of them are held against each reference."""
    if folder is not None:
        random = np.random.default_rng(ground.seed)
        some = [random.permutation(len(folder.genres))[: ground.count] for _ in ground.cuts]
        return folder.pictures, some
    assert who.maker is not None
    wishes = who.maker.vocabulary.conditions(ground.asked.labels)
    return made(who.maker, wishes, ground.data.growth.resolution, ground.seed), ground.parts


def _judged(
    report: ModelReport,
    who: Contestant,
    ground: Ground,
    generated: tuple[Pictures, Verdicts],
    found: Distances,
) -> ModelReport:
    """The report with what the judge says of covers that were made as they were asked for."""
    assert who.maker is not None
    asked, words, (pictures, seen) = ground.asked, ground.judge.vocabulary, generated
    real_seen = ground.verdicts.rows(ground.asked_rows)
    reference = ground.verdicts.features[ground.cuts[0].reference]
    own = score_of(seen, pictures, asked, reference, words)
    real = score_of(real_seen, asked.pictures, asked, reference, words)
    rows = genre_rows((pictures, seen), (asked, real_seen), words)
    changes = conditioning(who.maker, ground.judge, asked, ground.seed)
    floors = ground.floors
    evidence = gather(
        (own, seen),
        (real, real_seen),
        asked,
        words,
        rows,
        report.memorisation,
        changes,
        _share(found["precision"].mean, floors["precision"].mean),
        _share(found["recall"].mean, floors["recall"].mean),
    )
    return replace(
        report,
        figures=[*report.figures, *_judge_figures(own, real)],
        genres=rows,
        confusion=confusion(seen, real_seen, asked.genres, words) if words.genres else None,
        years=years_seen(seen, real_seen, asked.years),
        conditioning=changes,
        discriminator=discriminator_accuracy(who.path, asked.pictures, pictures, asked.labels),
        flags=[*ground.doubts, *flags(evidence)],
    )


def _distance_figures(ground: Ground, found: Distances) -> list[Figure]:
    return [
        Figure(
            distance_name(name, ground.extractor.name, _covers(name, ground)),
            value.mean,
            ground.floors[name].mean,
            value.std,
            direction(name),
            None,
        )
        for name, value in found.items()
    ]


def _covers(name: str, ground: Ground) -> int:
    """On each side, of a distance."""
    return min(ground.count, structure.MOST) if name.startswith("swd") else ground.count


def _scores_of(run: Path) -> list[Curve]:
    """What the judge said while the run was trained; losses say nothing of quality."""
    if not (run / "metrics.csv").is_file():  # too short to log anything
        return []
    return [curve for curve in curves_of(run) if curve.name.startswith("val/")]


def _judge_figures(own: Scores, real: Scores) -> list[Figure]:
    names = ("genre_accuracy", "average_precision", "year_error", "diversity", "ms_ssim")
    pairs = ((name, getattr(own, name), getattr(real, name)) for name in names)
    return [
        Figure(name, value, None, None, "near", beside)
        for name, value, beside in pairs
        if np.isfinite(beside)
    ]


def _share(value: float, floor: float) -> float:
    return value / floor if floor else float("nan")


def _samples(maker: Makes | None, pictures: Pictures, resolution: int) -> Image.Image:
    """One genre a row, years from first to last; of a folder, its first covers."""
    if maker is None:
        return contact_sheet(pictures[: ROWS // 2 * COLUMNS], COLUMNS)
    wishes, names = sheet_conditions(maker.vocabulary)
    return contact_sheet(made(maker, wishes, resolution), COLUMNS, names)
