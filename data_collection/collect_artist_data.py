"""Gathers artists and albums of every genre in a list, then downloads their covers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data_collection import options
from data_collection.collecting import collect, stopping_on_signals
from data_collection.sources.base import Wanted
from data_collection.store import open_store
from duck_and_cover.shell import run

NAME = "collect-artist-data"
app = options.new_app()


@app.command()
def collect_artist_data(
    source: options.SourceName = "musicbrainz",
    genres: Annotated[
        Path, typer.Option(help="A genre a line; what follows a tab is ignored.")
    ] = Path("data/genres.txt"),
    years: Annotated[str, typer.Option(help="First and last release year.")] = "1950-2026",
    per_genre: Annotated[
        int, typer.Option(help="Artists a genre; of each, all albums of these years.", min=1)
    ] = 50,
    size: options.Size = 500,
    out: Annotated[Path, typer.Option(help="The folder of the collection.")] = Path("data/covers"),
    tracks: options.Tracks = False,
    examples: options.Examples = Path("data/examples"),
    requests_per_second: options.PerSecond = 1.0,
    concurrency: options.Concurrency = options.CONCURRENCY,
    max_wait: options.MaxWait = 60.0,
    backoff: options.Backoff = 1.0,
    accept_spotify_terms: options.AcceptTerms = False,
    debug: options.Debug = False,
) -> None:
    """Gather artists and albums of every genre in a list, then download their covers.

    The same command goes on where it was stopped, and takes in what is new.

    Example: collect-artist-data --genres data/genres.txt --years 1980-1989 --out data/covers
    """
    options.prepare(debug)
    kind = options.find_source(source)
    names = tuple(options.read_genre_list(genres))
    wanted = Wanted(names, options.parse_years(years), per_genre, size, tracks)
    patience = options.patience_of(NAME, max_wait, backoff)
    with open_store(out) as store, stopping_on_signals(patience):
        service = options.open_source(
            kind, wanted, patience, requests_per_second, store, accept_spotify_terms
        )
        collect(store, service, service.first_tasks(), patience, size, concurrency, examples)


def main() -> None:
    """Run the command."""
    run(app, NAME)


if __name__ == "__main__":
    main()
