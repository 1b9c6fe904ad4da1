"""Covers from several moments of one training: more variety than its last generator alone has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from duck_and_cover.errors import UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.generator import CoverGenerator

ALL = "all"


def milestones(run: str | Path, which: str = ALL, device: str = "cpu") -> list[CoverGenerator]:
    """The generators that a run has kept along its way, from early to late.

    Those of an earlier growth stage, whose covers are smaller than the run's, are left out.

    Args:
        run: A run folder.
        which: `all`, or how many, such as `3` for the last three.

    Raises:
        UsageError: There are none, or not so many.
    """
    side = CoverGenerator.from_pretrained(run).config.resolution
    folders = sorted(Path(run).glob("milestones/*kimg"))
    kept = [CoverGenerator.from_pretrained(folder, device) for folder in folders]
    kept = [generator for generator in kept if generator.config.resolution == side]
    if not kept:
        raise UsageError(
            f"--from-milestones: none of {side}x{side} in {run}; name the folder of a run that "
            "was trained with --milestones"
        )
    if which == ALL:
        return kept
    if not which.isdecimal() or not 1 <= int(which) <= len(kept):
        raise UsageError(
            f"--from-milestones {which}: take {ALL}, or a number from 1 to {len(kept)}"
        )
    return kept[-int(which) :]


def in_turn(
    generators: Sequence[CoverGenerator],
    seeds: Sequence[int],
    make: Callable[[CoverGenerator, Sequence[int]], list[Cover]],
) -> list[Cover]:
    """One cover a seed, by the generators in turn.

    Which of them draws depends on the seed alone, the remainder of its division by their number:
    a seed means the same cover in any company.

    Args:
        make: Draws one cover a seed with a generator.
    """
    covers: dict[int, Cover] = {}
    for i, generator in enumerate(generators):
        own = [seed for seed in seeds if seed % len(generators) == i]
        covers.update(zip(own, make(generator, own), strict=True))
    return [covers[seed] for seed in seeds]
