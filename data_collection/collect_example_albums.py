"""Gathers named albums, to hold generated covers against; they are kept out of training."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from data_collection import options
from data_collection.collecting import collect, stopping_on_signals
from data_collection.genres import fold
from data_collection.rows import iter_rows
from data_collection.sources.base import Wanted
from data_collection.store import Store, open_store
from duck_and_cover.errors import UsageError
from duck_and_cover.shell import run

log = logging.getLogger(__name__)

NAME = "collect-example-albums"
app = options.new_app()


@app.command()
def collect_example_albums(
    ids: Annotated[Path, typer.Option(help="An album's id or address a line; # for comments.")],
    source: options.SourceName = "musicbrainz",
    out: Annotated[Path, typer.Option(help="The folder of the examples.")] = Path("data/examples"),
    genres: Annotated[
        Path, typer.Option(help="Genres that are not in this list are named, if it is there.")
    ] = Path("data/genres.txt"),
    size: options.Size = 500,
    tracks: options.Tracks = False,
    requests_per_second: options.PerSecond = 1.0,
    concurrency: options.Concurrency = options.CONCURRENCY,
    max_wait: options.MaxWait = 60.0,
    backoff: options.Backoff = 1.0,
    accept_spotify_terms: options.AcceptTerms = False,
    debug: options.Debug = False,
) -> None:
    """Gather named albums for comparing; the other commands keep them and their artists out.

    Example: collect-example-albums --ids my-favourites.txt --out data/examples
    """
    options.prepare(debug)
    kind = options.find_source(source)
    album_ids = read_ids(ids)
    known = options.read_genre_list(genres) if genres.exists() else None
    patience = options.patience_of(NAME, max_wait, backoff)
    with open_store(out) as store, stopping_on_signals(patience):
        wanted = Wanted(size=size, tracks=tracks)
        service = options.open_source(
            kind, wanted, patience, requests_per_second, store, accept_spotify_terms
        )
        try:
            tasks = service.tasks_for(album_ids)
        except UsageError as error:
            raise UsageError(f"--ids {ids}: {error}") from error
        collect(store, service, tasks, patience, size, concurrency)
        if known is not None:
            name_unknown_genres(store, known, genres)


def read_ids(path: Path) -> list[str]:
    """The ids in a file: one a line, the rest of a line after white space or # is a comment.

    Raises:
        UsageError: the file cannot be read, or holds no ids.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--ids {path}: {options.why(error)}") from error
    ids = [line.split()[0] for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not ids:
        raise UsageError(f"--ids {path}: no ids in it; give an album's id or address a line")
    return list(dict.fromkeys(ids))


def name_unknown_genres(store: Store, names: Iterable[str], path: Path) -> None:
    """Say which genres of the examples a model trained on a list's genres cannot know."""
    known = {fold(name) for name in names}
    unknown = {g for row in iter_rows(store) for g in row["genres"] if fold(g) not in known}
    if unknown:
        log.info("genres that are not in %s: %s", path, ", ".join(sorted(unknown)))


def main() -> None:
    """Run the command."""
    run(app, NAME)


if __name__ == "__main__":
    main()
