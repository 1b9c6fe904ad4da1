"""The commands as people run them, against services that fail, and through kills."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_collection.rows import METADATA
from tests.data_collection.services import (
    CLIENT_ID,
    CLIENT_SECRET,
    QUICK_FAULTS,
    Catalogue,
    Expected,
    Options,
    Services,
    serve,
)

FAILING = Options(fault_rate=0.25, faults=QUICK_FAULTS, fault_hits=1000)
SOURCES = ("musicbrainz", "spotify")


def genre_file(folder: Path, catalogue: Catalogue) -> Path:
    path = folder / "genres.txt"
    path.write_text("\n".join(catalogue.genres), encoding="utf-8")
    return path


def command(source: str, folder: Path, genres: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "data_collection.collect_artist_data", "--source", source),
        *("--genres", str(genres), "--years", "1860-2027", "--per-genre", "1000"),
        *("--out", str(folder), "--examples", str(folder / "none"), "--size", "500"),
        *("--requests-per-second", "10000", "--backoff", "0.01", "--accept-spotify-terms", *more),
    ]


def environment(services: Services) -> dict[str, str]:
    credentials = {"SPOTIPY_CLIENT_ID": CLIENT_ID, "SPOTIPY_CLIENT_SECRET": CLIENT_SECRET}
    return {**os.environ, **services.environment(), **credentials}


def run(
    words: list[str], services: Services, cwd: Path, code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        words,
        env={**environment(services), "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == code, done.stderr
    return done


def run_and_kill(words: list[str], services: Services, cwd: Path, seconds: float) -> bool:
    """Run and kill after so long; whether it was still at work then."""
    process = subprocess.Popen(
        words,
        env={**environment(services), "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def table(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / METADATA).to_pylist()
    return rows


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the database and its lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("collection.sqlite", ".lock"))
    }


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def check_truth(folder: Path, catalogue: Catalogue, source: str) -> None:
    """Exactly the covers that exist and can be shown are there, none twice, all rightly named."""
    truth: dict[str, list[Expected]] = {}
    art = {id: a.art for a in catalogue.albums for id in (a.id, a.spotify_id)}
    for album in catalogue.expected(source).values():
        if album.cover:
            truth.setdefault(album.art, []).append(album)
            art |= dict.fromkeys(album.ids, album.art)
    rows = {art[row["album_id"]]: row for row in table(folder)}
    assert len(rows) == len(table(folder)), "a picture twice"
    # A frequent genre is searched by decade, which an artist without any dated album is in none of.
    undated = {name for name, albums in truth.items() if not any(each.year for each in albums)}
    assert set(truth) - undated <= set(rows), "covers are missing"
    # Untagged albums of an artist who was found by a genre are no mistake: the row says so.
    assert {rows[art]["genre_provenance"] for art in set(rows) - set(truth)} <= {"query"}
    for name, albums in truth.items():
        row = rows.get(name)
        if row is None:
            continue
        years = [each.year for each in albums if each.year]
        assert row["release_year"] == min(years, default=None) or len(albums) == 1
        assert set(row["genres"]) == {genre for each in albums for genre in each.genres}
        assert row["artist_id"] in {each.artist_id for each in albums}
        assert nfc(row["artist_name"]).startswith(tuple(nfc(each.artist) for each in albums))
        assert row["source"] == source and row["licence_note"] and row["image_url"]
        titles = {tuple(map(nfc, each.tracks)) for each in albums}
        assert tuple(map(nfc, row["tracks"])) in titles or name in undated
    assert len(list(folder.glob("images/*/*"))) == len(rows)


@pytest.mark.parametrize(
    ("albums", "kills"), [(250, 6), pytest.param(2000, 20, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("source", SOURCES)
def test_failing_answers_and_kills_change_nothing(
    source: str, albums: int, kills: int, tmp_path: Path
) -> None:
    catalogue = Catalogue.invent(seed=1, albums=albums)
    genres = genre_file(tmp_path, catalogue)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with serve(catalogue, FAILING) as services:
        started = time.monotonic()
        run(command(source, whole, genres, "--tracks"), services, tmp_path)
        seconds = time.monotonic() - started
        check_truth(whole, catalogue, source)

        moments, hit = random.Random(7), 0
        words = command(source, killed, genres, "--tracks")
        for _ in range(2 * kills):
            # A start takes most of a second; a kill within it would hit nothing.
            after = 0.7 + moments.random() * seconds / kills
            hit += run_and_kill(words, services, tmp_path, after)
            if hit == kills or (killed / METADATA).exists():
                break
        assert hit >= kills / 2, "the kills came too late to test anything"
        run(words, services, tmp_path)
        assert contents(killed) == contents(whole)
