"""A report as an evaluation could have found it: one model is fair, one collapsed, one copies."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from duck_and_cover.evaluation.report.contents import (
    REPORT_VERSION,
    Conditioning,
    Confusion,
    Curve,
    Figure,
    Flag,
    GenreRow,
    Memorisation,
    ModelReport,
    PrCurve,
    Report,
    Years,
)

GENRES = [
    "ambient", "blues", "classical", "country", "disco", "drum and bass", "folk", "hip hop",
    "jazz", "k-pop", "psychedelic rock", "punk", "reggae", "synthwave", "techno", "thrash metal",
]  # fmt: skip
FLOOR_KID = 0.0004


def made_up_report(names: tuple[str, ...] = ("progan-64", "acgan-64", "wgan-gp-64")) -> Report:
    """The whole of a report; its pictures are made by `make_pictures`."""
    return Report(
        version=REPORT_VERSION,
        made="2024-11-21T14:03:11Z",
        command="duck-and-cover evaluate runs/a runs/b runs/c --data synthetic --n 10000",
        data={
            "name": "synthetic",
            "split": "test",
            "fingerprint": "8d9c0f1e55aa",
            "real covers": 10_000,
            "genres": len(GENRES),
        },
        settings={
            "features": "judge",
            "n": 10_000,
            "seed": 0,
            "judge": {"accuracy on held-out covers": 0.64, "resolution": 64},
            "noise": {"kid_10k": 0.31, "fid_10k": 402.0},
        },
        versions={"duck_and_cover": "0.1.0", "torch": "2.11.0", "python": "3.12.4"},
        models=[made_up_model(name, place) for place, name in enumerate(names)],
    )


def made_up_model(name: str, place: int) -> ModelReport:
    """The more one the later its place: fair, collapsed, copying."""
    random = Random(place)
    worse = 1 + 2.4 * place
    shown = [0, 50, 100, 200, 300, 400, 500, 600]
    rows = [_genre_row(genre, place, random) for genre in GENRES]
    return ModelReport(
        name=name,
        kind="run",
        kimg=600.0,
        resolution=64,
        count=10_000,
        figures=[
            Figure("kid_10k", 0.0121 * worse, FLOOR_KID, 0.0009, "lower", None),
            Figure("fid_10k", 24.3 * worse, 3.12, None, "lower", None),
            Figure("precision_10k", 0.71 - 0.1 * place, 0.79, None, "higher", None),
            Figure("recall_10k", 0.52 / worse, 0.78, None, "higher", None),
            Figure("density_10k", 0.83 / worse, 1.01, None, "higher", None),
            Figure("coverage_10k", 0.79 / worse, 0.93, None, "higher", None),
            Figure("swd_16_10k", 4.1 * worse, 1.4, None, "lower", None),
            Figure("swd_64_10k", 9.6 * worse, 1.6, None, "lower", None),
            Figure("genre_accuracy_10k", 0.58 + 0.18 * place, None, None, "near", 0.641),
            Figure("year_error_10k", 8.1 + 3 * place, None, None, "near", 6.9),
            Figure("ms_ssim_10k", 0.13 + 0.16 * place, None, None, "near", 0.118),
        ],
        genres=rows,
        confusion=Confusion(GENRES, _confusion(0.55 + 0.17 * place, place), _confusion(0.62, 9)),
        years=_years(random, place),
        pr_curve=_pr_curve(0.9 - 0.25 * place),
        memorisation=[
            Memorisation("judge", 0.49 - 0.2 * (place > 1), (0.41, 0.2, 1e-9)[place % 3],
                         0.82, 0.81, 90_000, 1000),
            Memorisation("pixels", 0.51, 0.63, 11.2, 11.3, 90_000, 1000),
        ],
        conditioning=Conditioning(
            0.55 + 0.1 * place,
            0.86 / worse,
            {"genre": 0.71, "year": 0.33 / worse, "text": 0.02, "z": 0.64 / worse},
        ),
        discriminator={"generated": 0.93, "real": 0.41},
        flags=_flags(place),
        curves=[
            Curve("kid_1k", [float(k) for k in shown],
                  [0.3 * math.exp(-k / 160 / worse) + 0.012 * worse for k in shown]),
            Curve("val/genre_accuracy", [float(k) for k in shown],
                  [0.06 + (0.5 + 0.18 * place) * (1 - math.exp(-k / 200)) for k in shown]),
        ],
        pictures={"samples": f"model-{place}-samples.png", "nearest": f"model-{place}-nearest.png"},
    )  # fmt: skip


def _flags(place: int) -> list[Flag]:
    if place == 1:
        alike = "MS-SSIM within a genre is 0.29; no genre of real covers is above 0.19."
        known = "The judge names the genre of 76 % of its covers, of 64 % of real ones."
        return [Flag("collapsed", alike), Flag("stereotyped", known)]
    near = "Generated covers stand nearer to training covers than held-out ones (p < 0.001)."
    return [Flag("copies", near)] if place == 2 else []


def _genre_row(genre: str, place: int, random: Random) -> GenreRow:
    real = random.uniform(0.5, 0.75)
    return GenreRow(
        genre,
        10_000 // len(GENRES),
        min(1.0, real + random.uniform(-0.15, 0.08) + 0.15 * place),
        real,
        math.nan if genre == "k-pop" else random.uniform(6, 11),
        random.uniform(5, 8),
        random.uniform(0.1, 0.16) + 0.12 * place,
        random.uniform(0.08, 0.18),
    )


def _confusion(right: float, seed: int) -> list[list[float]]:
    random = Random(seed)
    rows = []
    for i in range(len(GENRES)):
        rest = [random.random() ** 4 if j != i else 0.0 for j in range(len(GENRES))]
        rows.append([right if j == i else (1 - right) * v / sum(rest) for j, v in enumerate(rest)])
    return rows


def _years(random: Random, place: int) -> Years:
    asked = [float(random.randint(1955, 2024)) for _ in range(300)]
    slope = 1 / (1 + place)
    return Years(
        asked,
        [1990 + slope * (year - 1990) + random.gauss(0, 6 + 2 * place) for year in asked],
        asked,
        [year + random.gauss(0, 6) for year in asked],
    )


def _pr_curve(best: float) -> PrCurve:
    angles = [math.pi / 2 * i / 60 for i in range(61)]
    bend = 0.35
    return PrCurve(
        [best * math.sin(a) ** bend for a in angles], [best * math.cos(a) ** bend for a in angles]
    )


def make_pictures(report: Report, folder: Path, side: int = 16) -> None:
    """Every model's pictures beside the report: plain colours, a hue a genre."""
    import numpy as np

    from duck_and_cover.generation.sheet import contact_sheet

    folder.mkdir(parents=True, exist_ok=True)
    hues = np.random.default_rng(0).integers(0, 256, (len(GENRES) * 8, 1, 1, 3), dtype=np.uint8)
    covers = np.broadcast_to(hues, (len(hues), side, side, 3))
    for model in report.models:
        for name in model.pictures.values():
            contact_sheet(covers, 8, GENRES).save(folder / name)
