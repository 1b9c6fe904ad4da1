"""The folder for what can be made again (drawn covers, pyramids), and how to write into it safely.

Whatever lands there appears whole or not at all: it is written beside its place and renamed.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

_UNFINISHED = ".unfinished"
_ABANDONED_AFTER = 24 * 3600.0  # seconds; nothing here takes that long to write


def cache_folder() -> Path:
    """`$DUCK_AND_COVER_CACHE`, else `duck_and_cover` in the user's cache folder."""
    if own := os.environ.get("DUCK_AND_COVER_CACHE"):
        return Path(own).expanduser()
    users = os.environ.get("XDG_CACHE_HOME")
    return (Path(users) if users else Path.home() / ".cache") / "duck_and_cover"


@contextmanager
def appearing_folder(place: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; it becomes `place` in one rename when the block ends well.

    Two processes may fill the same place at once. The first to finish wins, and what the other
    wrote is dropped, so only what follows from the folder's name alone may go into it.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    _drop_abandoned(place.parent)
    temporary = _beside(place)
    temporary.mkdir()
    try:
        yield temporary
        try:
            temporary.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def one_at_a_time(place: Path) -> Iterator[None]:
    """Let one process of those that want to make `place` begin; the others wait until it ends.

    The system frees the lock of a process that dies. Where the file system knows no locks, all
    begin at once, which costs time and harms nothing: see `appearing_folder`.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place.with_name(f".{place.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        log.info("waiting for another process that is making %s", place)
        lock.acquire()
    except (NotImplementedError, OSError) as error:
        log.debug("no lock for %s: %s", place, error)
    try:
        yield
    finally:
        lock.release()


def remove_folder(place: Path) -> None:
    """Remove a folder so that nobody meets it half-removed; one already gone is fine."""
    doomed = _beside(place)
    try:
        place.rename(doomed)
    except FileNotFoundError:
        return
    shutil.rmtree(doomed, ignore_errors=True)


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name}.{uuid.uuid4().hex}{_UNFINISHED}")


def _drop_abandoned(folder: Path) -> None:
    """Free the disk of what processes killed while writing have left behind."""
    for left in folder.glob(f".*{_UNFINISHED}"):
        try:
            age = time.time() - left.stat().st_mtime
        except FileNotFoundError:  # its owner has just finished
            continue
        if age > _ABANDONED_AFTER:
            shutil.rmtree(left, ignore_errors=True)
