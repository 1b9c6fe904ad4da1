"""From nothing to judged covers in minutes on two laptop cores.

Draw the covers, train the judge, measure the machine, train as long as the minutes allow, compare.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.evaluation.judge import judge_for
from duck_and_cover.evaluation.real_covers import held_out
from duck_and_cover.evaluation.scores import compare
from duck_and_cover.evaluation.table import comparison_table
from duck_and_cover.generation.cover import save_covers
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.shell import as_arguments
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.building import build, preset_path, quiet_libraries, trainer_settings
from duck_and_cover.training.fit import train
from duck_and_cover.training.pace import kimg_within, seconds_a_kimg
from duck_and_cover.training.plan import seconds_a_step
from duck_and_cover.training.progress import clock
from duck_and_cover.training.run import RunFolder, free_folder

AFTERWARDS = 20.0  # seconds kept for judging and drawing


def quickstart(minutes: float, out: Path, seed: int = 0, fields: Sequence[str] = ()) -> RunFolder:
    """All of it, in at most `minutes`; what it makes lands in `out`, or beside it if that is taken.

    The longer it may take, the longer it trains; everything else stays the same.

    Args:
        fields: LightningCLI arguments on top of the preset.
    """
    began = time.monotonic()
    console = Console(file=sys.stderr)
    out = free_folder(out)

    def say(what: str) -> None:
        console.print(
            f"[{clock(time.monotonic() - began):>6}] {what}", highlight=False, markup=False
        )

    preset = ["--config", str(preset_path("quickstart"))]
    chosen = [*fields, *as_arguments({"--seed_everything": seed, "--run.out": out})]
    say("drawing covers")
    cli = build([*preset, *chosen])
    data: CoverDataModule = cli.datamodule
    train_covers = data.pyramid("train")
    genres = len(data.vocabulary.genres)
    say(f"{len(train_covers)} covers of {genres} genres to learn from; training the judge on them")
    judge = judge_for(data)
    say("measuring this machine")
    settings = trainer_settings(cli)
    settings["precision"] = faster_precision(cli.model, settings)
    chosen += as_arguments({"--trainer.precision": settings["precision"]})
    pace = seconds_a_kimg(cli, settings["precision"])
    kimg = kimg_within(minutes * 60 - (time.monotonic() - began) - AFTERWARDS, pace)
    say(f"training for {kimg:g} kimg, about {clock(kimg * pace)}")
    start = time.monotonic()
    run = train([*preset, *chosen, *as_arguments({"--growth.kimg": kimg})])
    seconds = time.monotonic() - start

    say("judging")
    generator = CoverGenerator.from_pretrained(run.path)
    found, made = compare(generator, judge, held_out(data))
    genres_in_turn = data.vocabulary.genres
    covers = [
        cover
        for i, genre in enumerate(genres_in_turn)
        for cover in generator.generate(genre, 1955 + 5 * (i % 15), seeds=range(4))
    ]
    save_covers(covers, run.path / "covers", columns=4)
    rate = kimg * 1000 / seconds
    scores = {"real": found.__dict__, "generated": made.__dict__, "images_per_s": rate}
    (run.path / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    say("done")
    Console().print(comparison_table(found, made, {"images/s in training": f"{rate:.0f}"}))
    for what, path in (
        ("growth", run.gif),
        ("covers", run.path / "covers" / "sheet.png"),
        ("generator", run.generator),
    ):
        Console().print(f"{what:<10}{path}", highlight=False)
    return run


def faster_precision(module: GANModule, settings: dict[str, Any]) -> str:
    """bfloat16 where the processor has it in hardware, else float32: whichever steps faster."""
    growth = module.growth
    seconds: dict[str, float] = {}
    for precision in ("32-true", "bf16-mixed"):
        with quiet_libraries():
            seconds[precision] = seconds_a_step(
                module,
                growth.resolution,
                growth.batch_at(growth.resolution),
                {**settings, "precision": precision},
                module.penalty_every,
            )
    return min(seconds, key=lambda precision: seconds[precision])
