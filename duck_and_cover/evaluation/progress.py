"""A bar for loops that take more than a moment."""

import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

T = TypeVar("T")


def track(steps: Sequence[T], what: str) -> Iterable[T]:
    """The steps, with a bar on a terminal and one plain line elsewhere."""
    console = Console(file=sys.stderr)
    if console.is_terminal:
        return rich_track(steps, what, console=console, transient=True)
    console.print(f"{what} ...", highlight=False, soft_wrap=True)
    return steps
