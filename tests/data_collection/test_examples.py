"""Example albums and their artists stay out of what is trained on and of what is published."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_collection.rows import METADATA
from tests.data_collection.services import Album, Artist, Catalogue, Services, serve
from tests.data_collection.typed import (
    AT_ONCE,
    COLLECT,
    EXAMPLES,
    PUBLISH,
    WHOLE,
    Done,
    everything,
    rows_of,
    typed,
)

DUO, BAND, CHOIR = (Artist(name, ("rock",)) for name in ("Duo", "Band", "Choir"))
ALBUMS = [
    Album(f"{artist.name} {number}", artist, (("rock", 2), ("zydeco", 1)), f"19{80 + number}")
    for artist in (DUO, BAND, CHOIR)
    for number in range(4)
]
NAMED = (ALBUMS[0], ALBUMS[5])  # of the Duo and of the Band
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def running() -> Iterator[Services]:
    with serve(Catalogue(ALBUMS, ("rock", "zydeco"))) as services:
        yield services


@pytest.fixture
def services(
    running: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Services]:
    """The services, in a folder with a list of genres, and examples by id and by address."""
    running.clear()
    monkeypatch.chdir(tmp_path)
    for name, value in everything(running).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "genres.txt").write_text("rock\n", encoding="utf-8")
    page = f"https://musicbrainz.org/release-group/{NAMED[1].id}"
    ids = f"# mine\n{NAMED[0].id} the first\n\n{page}\n{UNKNOWN}\n"
    (tmp_path / "ids.txt").write_text(ids, encoding="utf-8")
    level = logging.getLogger("data_collection").level
    yield running
    logging.getLogger("data_collection").setLevel(level)


def examples() -> Done:
    return whole(EXAMPLES, "--ids", "ids.txt", "--out", "mine", "--genres", "genres.txt")


def collect() -> Done:
    words = ("--genres", "genres.txt", "--out", "covers", "--examples", "mine")
    return whole(COLLECT, *words, *WHOLE)


def publish(folder: str, examples: str = "mine") -> set[str]:
    """The artists in the files that are written."""
    out = Path(f"{folder}-published")
    done = typed(PUBLISH, "--from", folder, "--to-disk", str(out), "--examples", examples)
    assert done.code == 0, done
    assert done.out == f"written: {out}\n" + (
        f"train with: duck-and-cover train --config progan --data {out}\n"
    )
    tables = [pq.read_table(path, columns=["artist_name"]) for path in out.glob("full/*")]
    return {name for table in tables for name in table["artist_name"].to_pylist()}


def whole(program: str, *words: str) -> Done:
    done = typed(program, *words, *AT_ONCE)
    assert done.code == 0, done
    return done


def artists(folder: Path) -> set[str]:
    return {row["artist_name"] for row in rows_of(folder)}


def test_examples_come_first(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = examples().table
    assert {row["album_id"] for row in rows_of(tmp_path / "mine")} == {each.id for each in NAMED}
    assert table["covers there"] == 2 and table["not known to the service"] == 1
    assert f"lookup {UNKNOWN}: MusicBrainz: not there (HTTP 404)" in caplog.text
    assert "genres that are not in genres.txt: zydeco" in caplog.text
    table = collect().table
    assert artists(tmp_path / "covers") == {"Choir"}
    assert table["covers there"] == table["of these new"] == 4
    assert table["left out: kept out as example"] == 8
    assert not [target for target in services.hits() if NAMED[0].id in target and "/caa" in target][
        1:
    ], "the picture of an example is downloaded for the examples alone"
    assert "8 albums are kept out: they or their artists are in mine" in caplog.text
    assert publish("covers") == {"Choir"}
    for folder in ("mine", "covers"):
        left = {path.name for path in (tmp_path / folder).iterdir()}
        assert left == {".lock", "collection.sqlite", "images", METADATA}


def test_examples_come_later(services: Services, tmp_path: Path) -> None:
    assert collect().table["covers there"] == 12
    examples()
    assert publish("covers") == {"Choir"}, "even before a second run"
    table = collect().table
    assert table["covers there"] == 4 and table["of these new"] == 0
    assert artists(tmp_path / "covers") == {"Choir"}
    assert len(list((tmp_path / "covers").glob("images/*/*"))) == 4
    # They may be taken back, and their artists come in again.
    (tmp_path / "mine").rename(tmp_path / "others")
    table = collect().table
    assert table["covers there"] == 12 and table["of these new"] == 8


def test_examples_can_be_published_themselves(services: Services, tmp_path: Path) -> None:
    examples()
    assert publish("mine") == {"Band", "Duo"}
    assert len(list((tmp_path / "mine").glob("images/*/*"))) == 2


def test_examples_of_another_source_are_told(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = f"spotify:album:{NAMED[0].spotify_id}\nhttps://open.spotify.com/album/{NAMED[1].spotify_id}?si=x"
    (tmp_path / "ids.txt").write_text(ids, encoding="utf-8")
    terms = ("--source", "spotify", "--accept-spotify-terms")
    whole(EXAMPLES, "--ids", "ids.txt", "--out", "mine", *terms)
    assert {row["album_name"] for row in rows_of(tmp_path / "mine")} == {"Duo 0", "Band 1"}
    assert collect().table["covers there"] == 12
    assert caplog.text.count("mine is of spotify: musicbrainz has other ids") == 1


def test_examples_that_cannot_be_read_are_told_before_anything_is_asked(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "collection.sqlite").write_bytes(b"no database" * 100)
    done = typed(COLLECT, "--genres", "genres.txt", "--out", "covers", "--examples", "mine")
    assert done.code == 2
    assert done.err == f"{COLLECT}: --examples mine: file is not a database\n"
    assert not services.hits()
