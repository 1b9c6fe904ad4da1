"""The collecting commands in a stranger's hands: help, wrong use, and what is around them."""

from __future__ import annotations

import logging
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from data_collection import add_caption_and_upload_to_hf, collect_artist_data
from data_collection import collect_example_albums as collect_examples
from data_collection.store import open_store
from tests.data_collection.filled import album, fill
from tests.data_collection.services import Catalogue, Services, serve
from tests.data_collection.typed import (
    AT_ONCE,
    COLLECT,
    CREDENTIALS,
    EXAMPLES,
    PUBLISH,
    ROOT,
    SCRIPTS,
    everything,
    in_a_process,
    typed,
)

MODULES = (collect_artist_data, collect_examples, add_caption_and_upload_to_hf)
COLLECTED = f"{COLLECT} --genres genres.txt --out covers"
PUBLISHED = f"{PUBLISH} --from full"


@pytest.fixture(scope="module")
def running() -> Iterator[Services]:
    with serve(Catalogue.invent(seed=1, albums=200)) as services:
        yield services


@pytest.fixture
def services(
    running: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    """The services in the environment, and a folder with what a command may be given."""
    running.clear()
    monkeypatch.chdir(tmp_path)
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("COLLECT_CONTACT", "HF_TOKEN", *CREDENTIALS):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "genres.txt").write_text("rock\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("# nothing yet\n", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes("bossa nova, forró".encode("latin-1"))
    (tmp_path / "bad-ids.txt").write_text("not-an-album\n", encoding="utf-8")
    with open_store(tmp_path / "full") as store:
        fill(store, [album(number, 3) for number in range(6)])
        store.settle_setting("size", "500")
    levels = {name: logging.getLogger(name).level for name in ("data_collection", "filelock")}
    yield running
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (f"{COLLECTED} --source deezer", "--source 'deezer': give musicbrainz or spotify"),
        (f"{COLLECTED} --sorce spotify", "--sorce.*--source"),
        (f"{COLLECTED} --years 2030-1990", "--years '2030-1990': give FIRST-LAST between 1860 and"),
        (f"{COLLECTED} --years 50-60", "--years '50-60': give .* as 1950-2026"),
        (f"{COLLECTED} --years abc", "--years 'abc': give"),
        (f"{COLLECTED} --genres none.txt", "--genres none.txt: cannot be read: No such file"),
        (f"{COLLECTED} --genres empty.txt", "--genres empty.txt: .*no genres in it; write one a"),
        (f"{COLLECTED} --genres latin.txt", "--genres latin.txt: is not UTF-8"),
        (f"{COLLECTED} --per-genre 0", "'--per-genre'.* 1|--per-genre.*x>=1"),
        (f"{COLLECTED} --size 20", "'--size'.* 64"),
        (
            f"{COLLECTED} --out genres.txt",
            "--out: cannot write to 'genres.txt': it is a file; give",
        ),
        (f"{COLLECTED} --out genres.txt/in", "--out: cannot write to .*: Not a directory; give"),
        (f"{COLLECTED} --out /dev/null/in/it", "--out: cannot write to '/dev/null/in/it': "),
        (f"{COLLECTED} --out full --size 250", "--size 250: 'full' was begun with --size 500; use"),
        (
            f"{COLLECTED} --out full --source spotify --accept-spotify-terms",
            "--source spotify: 'full' was begun with --source musicbrainz; use that, or another",
        ),
        (
            f"{COLLECTED} --source spotify",
            "--source spotify: .*forbid training.*and passing them on.*: --accept-spotify-terms$",
        ),
        (
            f"{COLLECTED} --source spotify --accept-spotify-terms",
            "--source spotify needs credentials: .*SPOTIPY_CLIENT_ID=.*dashboard",
        ),
        (EXAMPLES, "'--ids'"),
        (f"{EXAMPLES} --ids none.txt", "--ids none.txt: cannot be read: No such file"),
        (f"{EXAMPLES} --ids empty.txt", "--ids empty.txt: no ids in it; give an album's id"),
        (f"{EXAMPLES} --ids bad-ids.txt", "--ids bad-ids.txt: 'not-an-album' is no album of Music"),
        (f"{EXAMPLES} --ids bad-ids.txt --genres latin.txt", "--genres latin.txt: is not UTF-8"),
        (PUBLISH, "'--from'"),
        (PUBLISHED, "give either --repo OWNER/NAME or --to-disk FOLDER"),
        (f"{PUBLISHED} --repo a/b --to-disk c", "give either --repo OWNER/NAME or --to-disk"),
        (f"{PUBLISHED} --repo nobody", "--repo 'nobody': give OWNER/NAME"),
        (f"{PUBLISHED} --repo a/b", "no token for the Hub: set HF_TOKEN"),
        (f"{PUBLISHED} --to-disk c --captions x", "--captions 'x': give template, blip or none"),
        (
            f"{PUBLISHED} --to-disk c --max-shard-size lots",
            "--max-shard-size 'lots': give bytes, o",
        ),
        (f"{PUBLISHED} --to-disk full", "--to-disk 'full': .* give a new folder"),
        (f"{PUBLISH} --from none --to-disk c", "--from 'none' holds no collection: run collect-"),
    ],
)
def test_wrong_use_is_one_line_and_changes_nothing(
    services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, complaint: str
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))  # no token of another person's
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "hub" / "token"))
    before = sorted((tmp_path / "full").rglob("*"))
    done = typed(*shlex.split(line))
    assert done.code == 2, done
    assert re.search(complaint, done.err), done.err
    assert re.fullmatch(rf"{line.split()[0]}: .+\n", done.err) and not done.out
    assert not services.hits()
    assert sorted((tmp_path / "full").rglob("*")) == before
    # Nothing that went wrong makes a folder one source's.
    if (tmp_path / "covers").exists():
        with open_store(tmp_path / "covers") as store:
            assert store.setting("source") is None and not store.counts_of_tasks()


def test_one_run_at_a_time(services: Services, tmp_path: Path) -> None:
    with open_store(tmp_path / "full"):
        for words in (
            [COLLECT, "--genres", "genres.txt", "--out"],
            [PUBLISH, "--to-disk", "x", "--from"],
        ):
            done = typed(*words, "full")
            assert done.code == 2
            assert f"{words[-1]}: another run is at work in 'full': wait for it to end" in done.err


def test_accepted_terms_are_remembered_and_wrong_credentials_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "someone")
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "a-wrong-secret")
    words = shlex.split(f"{COLLECTED} --source spotify")
    for more in (["--accept-spotify-terms"], []):
        done = typed(*words, *more)
        assert done.code == 2 and "Spotify does not know these SPOTIPY_CLIENT_ID" in done.err
        assert "a-wrong-secret" not in done.err
    # The folder is still free for another source.
    assert typed(*shlex.split(COLLECTED), "--per-genre", "1", *AT_ONCE).code == 0


def test_a_lapsed_subscription_is_one_line(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    services.set(premium_lapsed=True)
    try:
        done = typed(*shlex.split(f"{COLLECTED} --source spotify --accept-spotify-terms"))
    finally:
        services.set(premium_lapsed=False)
    assert done.code == 1 and not done.out
    assert re.fullmatch(r"\S+: Spotify serves apps of Premium subscribers only.*\n", done.err)


def test_what_dot_env_tells_and_what_the_environment_overrules(
    services: Services, tmp_path: Path
) -> None:
    told = {**everything(services), "COLLECT_CONTACT": "file@example.org"}
    lines = "".join(f"{name}={value}\n" for name, value in told.items())
    (tmp_path / ".env").write_text(f"\ufeff{lines}", encoding="utf-8")  # as some editors save it
    words = ["--genres", "genres.txt", "--per-genre", "1", "--years", "1960-2020", *AT_ONCE]
    spotify = ["--source", "spotify", "--accept-spotify-terms"]
    for around, out, agent, more in [
        ({}, "a", "file@example.org", []),
        ({"COLLECT_CONTACT": "real@example.org"}, "b", "real@example.org", spotify),
    ]:
        services.clear()
        done = in_a_process(tmp_path, around, COLLECT, *words, "--out", out, *more)
        assert done.code == 0, done.err
        agents = {each["headers"]["user-agent"] for each in services.log()}
        assert len(agents) == 1 and re.fullmatch(
            rf"duck_and_cover/\d\S* \( {agent} \)", agents.pop()
        )
        asked = {"/v1", "/accounts", "/image"} if more else {"/ws", "/caa", "/ia"}
        assert set(services.counts()) == asked
    (tmp_path / ".env").write_bytes(b"COLLECT_CONTACT=J\xf6rg")
    done = typed(COLLECT)
    assert done.code == 2 and re.fullmatch(r"\S+: .*\.env: is not UTF-8 text.*\n", done.err)


@pytest.mark.parametrize("module", MODULES)
def test_help_is_a_sentence_and_an_example_that_parses(module: object, tmp_path: Path) -> None:
    name, app = vars(module)["NAME"], vars(module)["app"]
    assert SCRIPTS[name] == f"{vars(module)['__name__']}:main"
    help = typed(name, "--help")
    assert help.code == 0 and not help.err
    text = " ".join(help.out.split())
    assert re.search(r"\[OPTIONS\] [A-Z][^.]+\. ", text)
    example = re.search(rf"Example: {name} (.*?) Options:", text)
    assert example
    with get_command(app).make_context(name, shlex.split(example[1])) as context:
        assert context.params
    other = in_a_process(tmp_path, {}, name, "--help")
    assert other.code == 0 and not other.err
    assert " ".join(other.out.split()).partition("[OPTIONS]")[2] == text.partition("[OPTIONS]")[2]


def test_help_needs_nothing_heavy() -> None:
    names = [vars(module)["__name__"] for module in MODULES]
    code = f"import sys, {', '.join(names)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "data_collection" in loaded
    heavy = {"numpy", "PIL", "torch", "datasets", "pyarrow", "matplotlib", "requests", "spotipy"}
    assert not loaded & (heavy | {"huggingface_hub", "transformers"})


def test_a_traceback_is_for_who_asks(services: Services, tmp_path: Path) -> None:
    words = ["--genres", "genres.txt", "--out", "full", "--size", "250"]
    done = in_a_process(tmp_path, services.environment(), COLLECT, *words, "--debug")
    assert done.code != 0 and "Traceback" in done.err and "begun with --size 500" in done.err
