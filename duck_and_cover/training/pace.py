"""How much training fits into a time: the machine is measured, and the plan cut to it."""

from __future__ import annotations

import logging

from duck_and_cover.errors import UsageError
from duck_and_cover.training.building import TrainCLI, quiet_libraries, trainer_settings
from duck_and_cover.training.plan import plan
from duck_and_cover.training.progress import clock

log = logging.getLogger(__name__)

MARGIN = 0.92  # of the time goes into the plan: steps are slower than the few that were tried
LEAST_KIMG = 1.0


def seconds_a_kimg(cli: TrainCLI, precision: str | None = None) -> float:
    """Wall time of a thousand covers, over all of the plan's resolutions; a few steps are tried.

    Args:
        precision: In the place of the trainer's own.
    """
    settings = trainer_settings(cli) | ({"precision": precision} if precision else {})
    with quiet_libraries():
        parts = plan(cli.model, settings, cli.trainer.world_size)
    kimg: float = cli.model.growth.kimg
    return sum(part.seconds for part in parts) / kimg


def kimg_within(seconds: float, pace: float) -> float:
    """Thousands of covers that `seconds` allow at so many seconds a thousand."""
    return max(round(MARGIN * seconds / pace, 1), LEAST_KIMG)


def kimg_in_minutes(cli: TrainCLI, minutes: float) -> float:
    """The `growth.kimg` that `--minutes` stands for on this machine.

    Raises:
        UsageError: The time is no time.
    """
    if not minutes > 0:
        raise UsageError(f"--minutes {minutes:g}: take more than 0")
    pace = seconds_a_kimg(cli)
    kimg = kimg_within(60 * minutes, pace)
    log.info("%g minutes: %g kimg, about %s", minutes, kimg, clock(kimg * pace))
    return kimg
