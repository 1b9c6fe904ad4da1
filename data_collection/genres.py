"""Lists of genre names: what to collect, what counts as a genre, and how such a list is kept fresh.

A list is a text file, one genre a line: its name and, after a tab, the family it belongs to.

    blackgaze<TAB>metal
    boom bap<TAB>hip hop

`python -m data_collection.genres FILE`, or `update-genres FILE`, adds what MusicBrainz has and the
file has not.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.shell import run

NAME = "update-genres"
NO_FAMILY = "other"  # where a new genre's name resembles none that is known
SHORTEST_ENDING = 4  # letters; with three, a "polska" would be ska
LONGEST_NAME = 100  # characters; the longest real names have about 40
EXAMPLES = 8

_GAPS = re.compile(r"[\s_\-\u2010-\u2015\u2212]+")  # the two ranges: typographic hyphens, minus
_QUOTES = str.maketrans("\u2018\u2019", "''")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def fold(name: str) -> str:
    """The form in which two spellings of one genre are equal: `Post-Punk` as `post punk`."""
    text = unicodedata.normalize("NFKC", name).casefold().translate(_QUOTES)
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def read_genres(path: Path) -> dict[str, str]:
    """The families of the genres in a file, by name; "" where a line has no family.

    Blank lines and lines that start with `#` are passed over. Names come in lower case, each once;
    of lines that spell the same name the first counts.

    Raises:
        UsageError: the file cannot be read, is not UTF-8, or has no names in it.
    """
    genres: dict[str, str] = {}
    for line in _lines(path):
        name, _, family = line.partition("\t")
        if _tidy(name) and not _is_comment(line):
            genres.setdefault(_tidy(name), _tidy(family))
    if not genres:
        raise UsageError(f"{path}: there are no genres in it; write one a line")
    return genres


def write_genres(path: Path, genres: Mapping[str, str], heading: Sequence[str] = ()) -> None:
    """Write a list, sorted by name, in one step: a reader sees the old file or the new one.

    Args:
        path: where to; its folder must be there.
        genres: families by name.
        heading: lines to put before the first genre.

    Raises:
        UsageError: the file cannot be written.
    """
    lines = [f"{name}\t{family}".rstrip("\t") for name, family in sorted(genres.items())]
    place = path.resolve()  # a link stays a link
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        fresh.write_text("".join(f"{line}\n" for line in [*heading, *lines]), "utf-8", newline="\n")
        os.replace(fresh, place)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):  # gone where all went well; else the first error is the one to tell
            fresh.unlink()


def merge(genres: Mapping[str, str], names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Genres with the new ones among some names, and which these are, in the order given.

    A name is new if no spelling of it is there. Its family is that of the longest known genre or
    family it ends in (`ambient techno`: techno), else of the longest among its words (`metal
    machine`: metal), else of the longest its last word ends in (`neopop`: pop), else `other`.
    """
    merged = dict(genres)
    folded = {fold(name) for name in genres}
    families = {fold(family): family for family in genres.values() if family}
    known = {fold(name): family for name, family in genres.items() if family} | families
    added = []
    for name in map(_tidy, names):
        if not fold(name) or fold(name) in folded:
            continue
        folded.add(fold(name))
        merged[name] = _family(fold(name), known, families)
        added.append(name)
    return merged, added


def _family(name: str, known: Mapping[str, str], families: Mapping[str, str]) -> str:
    """The family of a folded name that is not known itself."""
    words = name.split()
    last = words[-1]
    # A name's end says what a thing is, its beginning of which kind: ambient techno is techno.
    ends = [" ".join(words[start:]) for start in range(len(words))]
    within = [
        " ".join(words[start:end]) for end in range(len(words) - 1, 0, -1) for start in range(end)
    ]
    endings = [last[start:] for start in range(1, len(last))]
    long = [part for part in endings if len(part) >= SHORTEST_ENDING or part in families]
    for parts in (ends, within, long):
        if found := [part for part in parts if part in known]:
            return known[max(found, key=len)]
    return NO_FAMILY


def _lines(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text (byte {error.start + 1})") from error


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _names_in(answer: str) -> list[str]:
    """The names in the service's answer, if it is a list of names and no page of words."""
    names = [name for name in answer.splitlines() if name.strip()]
    if not names or any(
        len(name) > LONGEST_NAME or re.search("[<>{}\ufffd]", name) for name in names
    ):
        raise DuckAndCoverError("MusicBrainz: the answer is no list of genres; nothing was changed")
    return names


@app.command()
def update_genres(
    file: Annotated[Path, typer.Argument(help="The list, as data/genres.txt.")],
    max_wait: Annotated[
        float, typer.Option(help="Seconds; if asked for a longer wait, the run ends.", min=0)
    ] = 60.0,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and retries.")] = False,
) -> None:
    """Add the genres that MusicBrainz has and a list has not.

    The list is sorted; lines that start with # come first.

    Example: update-genres data/genres.txt
    """
    # The sources read lists themselves: imported at the top, this file and they would need
    # each other.
    from data_collection import options
    from data_collection.sources import musicbrainz
    from data_collection.sources.base import Wanted
    from data_collection.sources.http import ApiClient

    options.prepare(debug)
    genres = read_genres(file)
    patience = options.patience_of(NAME, max_wait, backoff=1.0)
    service = musicbrainz.MusicBrainz(Wanted(), patience)
    service.start()
    client = ApiClient(service.base, patience, service.requests_per_second, "MusicBrainz")
    names = _names_in(client.get_text("genre/all", {"fmt": "txt"}))
    merged, added = merge(genres, names)
    if not added:
        typer.echo(f"{file}: has all {len(names):,} genres of MusicBrainz")
        return
    write_genres(file, merged, [line for line in _lines(file) if _is_comment(line)])
    few = ", ".join(added[:EXAMPLES]) + (", ..." if len(added) > EXAMPLES else "")
    typer.echo(f"{file}: {len(added):,} genres added, {len(merged):,} in all: {few}")


def main() -> None:
    """Run the command."""
    run(app, NAME)


if __name__ == "__main__":
    main()
