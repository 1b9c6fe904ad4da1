"""How long to wait before a service is asked again, and when to stop instead.

A short wait is waited for, visibly; a long one ends the run in a state that can be resumed. Nothing
sleeps anywhere else, so that an interruption always takes effect at once.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from duck_and_cover.errors import StoppedEarly

log = logging.getLogger(__name__)

LONGEST_BACKOFF = 10.0  # times the first: what doubling ends at
A_YEAR = 366 * 86_400.0  # more than this is as good as for ever, and no date can be told for it


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds that a `Retry-After` header asks for, given as seconds or as a date; None without."""
    text = (headers or {}).get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            then = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        # Without a zone, or with the -0000 of old mail, it is Greenwich's time.
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        seconds = (then - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), A_YEAR)


class Patience:
    """Waits between tries, up to a limit, until somebody interrupts.

    Args:
        max_wait: the longest single wait in seconds that a service may ask for.
        backoff: seconds before the second try; doubled before each further one, up to tenfold.
        command: how to go on after a stop; named in the message.
    """

    def __init__(self, max_wait: float = 60.0, backoff: float = 1.0, command: str = "") -> None:
        self.max_wait = max_wait
        self.backoff = backoff
        self.command = command or "the same command"
        self.stop = threading.Event()

    def before_try(self, number: int, asked: float | None = None) -> float:
        """Seconds to wait before try `number` (2, 3, ...): our own, or what is asked if longer.

        A service that asks for no wait at all ("Retry-After: 0") still gets our own, which never
        is one that ends the run.
        """
        growth = min(2.0 ** (number - 2), LONGEST_BACKOFF) * random.uniform(0.75, 1.25)
        return max(min(self.backoff * growth, self.max_wait), asked or 0.0)

    def check(self, seconds: float, why: str) -> None:
        """Raise StoppedEarly if a wait is longer than we wait; the message says when to go on."""
        if seconds > self.max_wait:
            # A second is added so that the time that is printed is never too early.
            then = datetime.now().astimezone() + timedelta(seconds=seconds + 1)
            raise StoppedEarly(
                f"{why}: asked to wait {duration(seconds)}, longer than --max-wait; all is saved, "
                f"go on at {then:%Y-%m-%d %H:%M:%S} with: {self.command}"
            )

    def wait(self, seconds: float, why: str = "") -> None:
        """Wait, with a line in the log for what a person would notice.

        Raises:
            StoppedEarly: the wait is longer than `max_wait`, or the run was interrupted.
        """
        self.check(seconds, why)
        if seconds >= 2.0:
            log.info("%s: waiting %s", why, duration(seconds))
        self.pause(seconds)

    def pause(self, seconds: float) -> None:
        """Wait for a moment of our own choosing, however long: nobody asked for it.

        Raises:
            StoppedEarly: the run was interrupted.
        """
        if self.stop.wait(seconds):
            raise self.interrupted()

    def interrupted(self) -> StoppedEarly:
        """What to raise after a signal."""
        return StoppedEarly(f"interrupted; all is saved, go on with: {self.command}")

    def down(self, what: str, why: str) -> StoppedEarly:
        """What to raise when a service has failed too often in a row."""
        return StoppedEarly(f"{what} cannot be used now ({why}); go on later with: {self.command}")


def duration(seconds: float) -> str:
    """`45 s`, `12 min` or `13 h 35 min`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
