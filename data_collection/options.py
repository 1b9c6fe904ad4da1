"""The options that the collecting commands share, and what each of them stands for."""

from __future__ import annotations

import importlib
import io
import logging
import pkgutil
import re
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from dotenv import find_dotenv, load_dotenv

from data_collection import sources
from data_collection.genres import read_genres
from data_collection.screen import LogLines
from data_collection.sources.base import Source, Wanted
from data_collection.store import Store
from data_collection.waiting import Patience
from duck_and_cover.data.schema import FIRST_YEAR, last_year
from duck_and_cover.errors import UsageError

SourceName = Annotated[
    str, typer.Option("--source", help="The service: musicbrainz (no key needed) or spotify.")
]
Size = Annotated[int, typer.Option(help="Pixels of a cover's side, at most.", min=64, max=3000)]
Tracks = Annotated[bool, typer.Option("--tracks", help="Track titles too: a request an album.")]
PerSecond = Annotated[
    float,
    typer.Option(help="Requests a second to MusicBrainz; more than 1 to a mirror only.", min=0.01),
]
Concurrency = Annotated[int, typer.Option(help="Covers downloaded at a time.", min=1, max=256)]
MaxWait = Annotated[
    float, typer.Option(help="Seconds; a service that asks for a longer wait ends the run.", min=0)
]
Backoff = Annotated[
    float, typer.Option(help="Seconds before a second try; doubled for each further one.", min=0)
]
AcceptTerms = Annotated[
    bool,
    typer.Option("--accept-spotify-terms", help="You have read what Spotify forbids. Once."),
]
Examples = Annotated[
    Path, typer.Option(help="Albums and artists in this folder are left out, if it is there.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and every retry.")]

CONCURRENCY = 32  # covers downloaded at a time


def new_app() -> typer.Typer:
    """A command of its own, in the manner of all of them."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def prepare(debug: bool) -> None:
    """Read `.env` of this folder or the ones above, and set up the log.

    Raises:
        UsageError: `.env` cannot be read.
    """
    if path := find_dotenv(usecwd=True):
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: {why(error)}") from error
        load_dotenv(stream=io.StringIO(text))
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[LogLines()])
    logging.getLogger("data_collection").setLevel(logging.DEBUG if debug else logging.INFO)
    # At their talkative levels these write whole requests, with the token, into the log.
    for library in ("spotipy", "urllib3", "requests", "httpx", "httpx2", "httpcore", "filelock"):
        logging.getLogger(library).setLevel(logging.WARNING)


def patience_of(command: str, max_wait: float, backoff: float) -> Patience:
    """How long to wait; `command` and its present arguments are what to type to go on."""
    return Patience(max_wait, backoff, shlex.join([command, *sys.argv[1:]]))


def parse_years(text: str) -> tuple[int, int]:
    """`1950-2026` or `1988` as first and last year.

    Raises:
        UsageError: it is neither, or the years are not possible ones in this order.
    """
    found = re.fullmatch(r"\s*(\d{4})\s*(?:-\s*(\d{4})\s*)?", text)
    if found:
        first, last = int(found[1]), int(found[2] or found[1])
        if FIRST_YEAR <= first <= last <= last_year():
            return first, last
    raise UsageError(
        f"--years '{text}': give FIRST-LAST between {FIRST_YEAR} and {last_year()}, as 1950-2026"
    )


def read_genre_list(path: Path) -> dict[str, str]:
    """The list that --genres names; see `read_genres`."""
    try:
        return read_genres(path)
    except UsageError as error:
        raise UsageError(f"--genres {error}") from error


def why(error: OSError | UnicodeDecodeError) -> str:
    """A few words for a text file that cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 text (byte {error.start + 1})"
    return f"cannot be read: {error.strerror}"


def source_names() -> list[str]:
    """The sources that there are: the files in `sources/` with a function `open_source`."""
    names = [module.name for module in pkgutil.iter_modules(sources.__path__)]
    return [name for name in names if hasattr(_module(name), "open_source")]


def find_source(name: str) -> Any:
    """The file of a source.

    Raises:
        UsageError: there is no such source.
    """
    known = source_names()
    if name not in known:
        raise UsageError(f"--source '{name}': give {' or '.join(known)}")
    return _module(name)


def open_source(
    module: Any, wanted: Wanted, patience: Patience, per_second: float, store: Store, accepted: bool
) -> Source:
    """A source that may be used for a folder; it has not been started.

    Args:
        module: of `find_source`.
        store: remembers that the source's terms were accepted.
        accepted: whether they are accepted on this command line.

    Raises:
        UsageError: the folder is another source's, or of another size; or the terms are not
            accepted.
    """
    source: Source = module.open_source(wanted, patience, per_second)
    store.check_setting("source", source.name)
    store.check_setting("size", str(wanted.size))
    if module.TERMS:
        setting, option = f"{source.name}-terms", f"--accept-{source.name}-terms"
        if not accepted and store.setting(setting) != "accepted":
            raise UsageError(f"--source {source.name}: {module.TERMS} If you accept that: {option}")
        store.keep_setting(setting, "accepted")
    return source


def _module(name: str) -> Any:
    return importlib.import_module(f"{sources.__name__}.{name}")
