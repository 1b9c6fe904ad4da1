"""Runs that end early say how to go on, lose nothing, and tell no secret."""

from __future__ import annotations

import logging
import re
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data_collection.rows import METADATA
from tests.data_collection.services import CLIENT_SECRET, Catalogue, Options, Services, serve
from tests.data_collection.typed import (
    AT_ONCE,
    COLLECT,
    WHOLE,
    Done,
    everything,
    in_a_process,
    is_whole,
    rows_of,
    started,
    typed,
)

SPOTIFY = ("--source", "spotify", "--accept-spotify-terms")
ALWAYS = {"fault_rate": 1.0, "fault_hits": 1_000_000}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.invent(seed=1, albums=200)


@pytest.fixture(scope="module")
def running(catalogue: Catalogue) -> Iterator[Services]:
    with serve(catalogue) as services:
        yield services


@pytest.fixture
def services(
    running: Services, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    """The services in the environment as if they had just started, and a list of all genres."""
    restore(running)
    monkeypatch.chdir(tmp_path)
    for name, value in everything(running).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "genres.txt").write_text("\n".join(catalogue.genres), encoding="utf-8")
    level = logging.getLogger("data_collection").level
    yield running
    logging.getLogger("data_collection").setLevel(level)


def restore(services: Services) -> None:
    defaults = Options()
    services.set(**{name: getattr(defaults, name) for name in Options.__dataclass_fields__})
    services.clear()


def words(*more: str) -> list[str]:
    return ["--genres", "genres.txt", "--out", "covers", *WHOLE, *AT_ONCE, *more]


def collected(*more: str) -> Done:
    return typed(COLLECT, *words(*more))


def wait_for(services: Services, reached: Callable[[dict[str, int]], bool]) -> None:
    """Return once the services were asked for so much."""
    while not reached(services.counts()):
        time.sleep(0.01)


def gone_on(done: Done) -> Done:
    """Type what the last line says."""
    command = re.search(r"go on (?:at [-\d]+ [:\d]+ |later )?with: (.*)$", done.err)
    assert command, done.err
    return typed(*shlex.split(command[1]))


def test_a_used_up_quota_leaves_a_folder_that_trains(
    services: Services, catalogue: Catalogue, tmp_path: Path
) -> None:
    services.set(quota=40)
    done = collected(*SPOTIFY)
    assert done.code == 75 and "quota of calls is used up: asked to wait 13 h 35 min" in done.err
    some = len(rows_of(tmp_path / "covers"))
    assert 0 < some == done.table["covers there"] == done.table["of these new"]
    assert "still to download" not in done.table
    # While it lasts, what is known and not there yet can be had all the same.
    lost = next((tmp_path / "covers").glob("images/*/*.jpg"))
    lost.unlink()
    assert collected(*SPOTIFY).code == 75 and lost.exists()
    services.clear()
    services.set(quota=None)
    whole = gone_on(done)
    assert whole.code == 0 and whole.table["of these new"] == whole.table["covers there"] - some
    assert is_whole(tmp_path / "covers", catalogue, "spotify")


@pytest.mark.parametrize(
    ("sign", "path"), [(signal.SIGINT, "/ws"), (signal.SIGTERM, "/ia"), (signal.SIGINT, "/v1")]
)
def test_signals_stop_between_two_items(
    services: Services, catalogue: Catalogue, tmp_path: Path, sign: signal.Signals, path: str
) -> None:
    services.set(latency_s=0.02)
    spotify = path == "/v1"
    more = [*(SPOTIFY if spotify else ()), "--concurrency", "4"]
    with started(tmp_path, everything(services), COLLECT, *words(*more)) as process:
        wait_for(services, lambda counts: counts.get(path, 0) >= 8)
        process.send_signal(sign)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 75 and "Traceback" not in err and not out
    told = f"interrupted; all is saved, go on with: {COLLECT} --genres genres.txt --out covers "
    assert told in err.splitlines()[-1]
    services.set(latency_s=0)
    assert gone_on(Done(75, out, err.rstrip())).code == 0
    assert is_whole(tmp_path / "covers", catalogue, "spotify" if spotify else "musicbrainz")
    # At most the one in hand was asked for twice, but for Spotify's probe of what it allows.
    asked = {target: n for target, n in services.hits().items() if target.startswith("/ws/")}
    assert sum(asked.values()) <= len(asked) + 1


@pytest.mark.parametrize(
    ("prefix", "complaint"),
    [("/ws", "MusicBrainz cannot be used now"), ("/caa", r"127.0.0.1:\d+ cannot be used now")],
)
def test_a_service_that_is_down(
    services: Services, catalogue: Catalogue, tmp_path: Path, prefix: str, complaint: str
) -> None:
    services.set(**ALWAYS, fault_prefixes=[prefix], faults=["error"])
    done = collected()
    assert done.code == 75 and re.search(complaint, done.err), done.err
    assert (tmp_path / "covers" / METADATA).exists() and not done.table["covers there"]
    restore(services)
    assert gone_on(done).code == 0
    assert is_whole(tmp_path / "covers", catalogue, "musicbrainz")


def test_a_wait_that_is_too_long(services: Services, catalogue: Catalogue, tmp_path: Path) -> None:
    services.set(**ALWAYS, faults=["retry-1"])
    done = collected("--max-wait", "0.5")
    assert done.code == 75
    assert re.search(r"asked to wait 1 s, longer than --max-wait; all is saved, go on at", done.err)
    restore(services)
    assert gone_on(done).code == 0
    assert is_whole(tmp_path / "covers", catalogue, "musicbrainz")


def test_a_request_that_fails_is_made_by_the_next_run(services: Services, tmp_path: Path) -> None:
    (tmp_path / "genres.txt").write_text("rock", encoding="utf-8")
    services.set(**ALWAYS, fault_prefixes=["/ws"], faults=["error"])
    done = collected()
    assert done.code == 75
    assert re.search(r"1 request failed; try again with: collect-artist-data ", done.err)
    restore(services)
    done = collected()
    assert done.code == 0 and done.table["covers there"] > 0


def test_the_second_run_asks_for_nothing_again(
    services: Services, catalogue: Catalogue, tmp_path: Path
) -> None:
    first = collected("--tracks").table
    assert first["covers there"] == first["of these new"] == len(rows_of(tmp_path / "covers"))
    truth = catalogue.expected("musicbrainz").values()
    assert first["artists found"] >= len({album.artist_id for album in truth})
    assert first["albums found"] >= sum(len(album.ids) for album in truth)
    assert {"left out: too small", "left out: compilation, mix or speech"} < set(first)
    assert [row for row in first if "(tried again next time)" in row]
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "covers").rglob("*.jpg")}
    services.clear()
    assert collected("--tracks").table == {**first, "of these new": 0}
    assert written == {path: path.stat().st_mtime_ns for path in written}
    asked = " ".join(services.hits())
    assert "/caa" in asked and "/ws" not in asked
    # Where only what never comes is left, one that is there tells whether the archive is up.
    assert sum(row["album_id"] in asked for row in rows_of(tmp_path / "covers")) <= 1


def test_nothing_found_is_said(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from duck_and_cover.data.load import load_covers
    from duck_and_cover.errors import DuckAndCoverError

    (tmp_path / "genres.txt").write_text("sea shanties for cats", encoding="utf-8")
    done = collected()
    assert done.code == 0 and set(done.table.values()) == {0}
    assert "no cover is there: no album was found" in caplog.text
    with pytest.raises(DuckAndCoverError, match="no pictures and no parquet files"):
        load_covers(str(tmp_path / "covers"))


def test_no_secret_is_in_any_file_or_line(services: Services, tmp_path: Path) -> None:
    services.set(extended=True, fault_rate=0.2, latency_s=0.005)
    debug = words(*SPOTIFY, "--tracks", "--debug")
    with started(tmp_path, everything(services), COLLECT, *debug) as process:
        wait_for(services, lambda counts: counts.get("/v1", 0) >= 30)
        process.kill()
        killed = "".join(process.communicate(timeout=60))
    assert (tmp_path / "covers" / "collection.sqlite-wal").stat().st_size
    told = [killed.encode(), *contents(tmp_path)]
    assert b"; try 1 of" in told[0], "the log tells of what it may"
    services.set(quota=0)
    stopped = in_a_process(tmp_path, everything(services), COLLECT, *debug)
    assert "Traceback" in stopped.err and "StoppedEarly" in stopped.err
    mine = {"SPOTIPY_CLIENT_ID": "my-own-id", "SPOTIPY_CLIENT_SECRET": "my-own-secret"}
    refused = in_a_process(tmp_path, {**everything(services), **mine}, COLLECT, *debug)
    assert "Traceback" in refused.err and "does not know these SPOTIPY_CLIENT_ID" in refused.err
    told += [text.encode() for done in (stopped, refused) for text in (done.out, done.err)]
    told += contents(tmp_path)
    sent = {entry["headers"].get("authorization", "") for entry in services.log()} - {""}
    assert {header.split()[0] for header in sent} == {"Basic", "Bearer"}
    secrets = [*mine.values(), CLIENT_SECRET, *(header.split()[1] for header in sent)]
    assert not [secret for secret in secrets for text in told if secret.encode() in text]


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
