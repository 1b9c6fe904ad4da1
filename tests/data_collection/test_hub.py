"""A push reaches the Hub whole, whatever breaks on the way, and sends nothing twice."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import HfApi

from data_collection.publish import push, write_to_disk
from data_collection.rows import iter_rows
from data_collection.store import Store, open_store
from data_collection.waiting import Patience
from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError
from tests.data_collection.filled import album, fill, some
from tests.data_collection.hub import DROP, HANG, PASS, READ_TOKEN, TOKEN, Hub, serve_hub

# The Hub's client sends files in a way that its own HTTP library advises against.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

REPO = "someone/covers"
SHARD = 100_000  # bytes
COMMAND = "add-caption-and-upload-to-hf --repo someone/covers"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    with serve_hub() as served:
        yield served
        huggingface_hub.close_session()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """60 covers by 20 artists."""
    with open_store(tmp_path / "collection") as opened:
        fill(opened, some())
        yield opened


def send(
    store: Store, hub: Hub, token: str = TOKEN, public: bool = False, max_bytes: int = SHARD
) -> list[tuple[int, int, int]]:
    """Push; what the progress told."""
    told: list[tuple[int, int, int]] = []
    patience = Patience(max_wait=5.0, backoff=0.01, command=COMMAND)
    api = HfApi(endpoint=hub.url, token=token)
    push(store, REPO, lambda row: None, max_bytes, public, patience, lambda *n: told.append(n), api)
    return told


def written(store: Store, folder: Path) -> dict[str, bytes]:
    """What the Hub should hold of this store."""
    write_to_disk(store, folder, lambda row: None, SHARD, Patience(), lambda *_: None)
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def is_whole(hub: Hub, store: Store, folder: Path) -> bool:
    """Whether the Hub has just what is written to disk, but for the name in the card."""
    there = {k: v for k, v in hub.repos[REPO].files.items() if k != ".gitattributes"}
    wanted = written(store, folder)
    assert b"configs:" in there.pop("README.md") and wanted.pop("README.md")
    return there == wanted


def test_all_files_arrive_once(store: Store, hub: Hub, tmp_path: Path) -> None:
    told = send(store, hub)
    repo = hub.repos[REPO]
    assert repo.private and is_whole(hub, store, tmp_path / "out")
    shards = [path for path in repo.files if path.endswith(".parquet")]
    assert set(hub.uploads.values()) == {1}
    assert len(repo.commits) == len(shards) + 1
    assert told[-1][:2] == (120, 120)
    assert told[-1][2] == sum(len(repo.files[path]) for path in shards)
    assert not (store.folder / ".publish").exists()


def test_a_second_push_sends_nothing(store: Store, hub: Hub) -> None:
    send(store, hub)
    uploads, commits = dict(hub.uploads), list(hub.repos[REPO].commits)
    told = send(store, hub)
    assert (uploads, commits) == (hub.uploads, hub.repos[REPO].commits)
    assert told[0] == (120, 120, 0)  # nothing was even made again


def test_a_store_that_forgot_sends_nothing_either(store: Store, hub: Hub) -> None:
    send(store, hub)
    uploads = dict(hub.uploads)
    store.keep_setting("published", "{}")
    told = send(store, hub)
    assert uploads == hub.uploads and told[0] == (0, 120, 0) and told[-1] == (120, 120, 0)


def test_more_covers_replace_what_was_there(store: Store, hub: Hub, tmp_path: Path) -> None:
    send(store, hub, max_bytes=30_000)
    hub.repos[REPO].files |= {"notes.txt": b"mine", "full/mine.parquet": b"mine"}
    before = set(hub.repos[REPO].files)
    fill(store, [album(number, 20) for number in range(60, 65)])
    send(store, hub)
    files = hub.repos[REPO].files
    assert files.pop("notes.txt") == files.pop("full/mine.parquet") == b"mine"
    assert is_whole(hub, store, tmp_path / "out") and before - set(files)


def test_another_picture_of_the_same_size_is_sent(store: Store, hub: Hub, tmp_path: Path) -> None:
    send(store, hub)
    row = next(iter_rows(store))
    former = store.picture(row["key"]).read_bytes()
    other = former[:14] + b"\0\2" + former[16:]  # its dots per inch, which nobody looks at
    store.picture(row["key"]).write_bytes(other)
    digest = hashlib.sha256(other).hexdigest()
    store.cover_done(row["key"], row["image_url"], digest, len(other))
    send(store, hub)
    assert is_whole(hub, store, tmp_path / "out")


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ("create", [503, DROP]),
        ("commit", [500, DROP, 429, 412]),
        ("upload", [500]),
        ("upload", [DROP]),
    ],
)
def test_passing_troubles(
    store: Store, hub: Hub, tmp_path: Path, kind: str, faults: list[int]
) -> None:
    hub.faults[kind] += faults
    send(store, hub)
    assert not hub.faults[kind]
    assert is_whole(hub, store, tmp_path / "out") and set(hub.uploads.values()) == {1}


def test_an_outage_ends_the_run_and_the_next_goes_on(
    store: Store, hub: Hub, tmp_path: Path
) -> None:
    hub.faults["commit"] += [PASS, PASS, *([502] * 5)]
    with pytest.raises(StoppedEarly, match=f"HTTP 502.*go on later with: {COMMAND}"):
        send(store, hub)
    assert not hub.faults["commit"] and len(hub.repos[REPO].commits) == 2
    send(store, hub)
    assert is_whole(hub, store, tmp_path / "out") and set(hub.uploads.values()) == {1}


def test_a_hub_that_is_not_there(store: Store) -> None:
    with serve_hub() as gone:
        pass
    with pytest.raises(StoppedEarly, match="the Hub cannot be used now"):
        send(store, gone)


def test_an_interruption(store: Store, hub: Hub) -> None:
    patience = Patience(command=COMMAND)
    patience.stop.set()
    with pytest.raises(StoppedEarly, match=f"interrupted.*{COMMAND}"):
        push(
            store,
            REPO,
            lambda row: None,
            SHARD,
            False,
            patience,
            lambda *_: None,
            HfApi(endpoint=hub.url, token=TOKEN),
        )
    assert not hub.uploads


@pytest.mark.parametrize(
    ("token", "complaint"),
    [("hf_of_nobody", "does not know this token.*HF_TOKEN"), (READ_TOKEN, "may not write.*HF_TOK")],
)
def test_tokens_that_will_not_do(store: Store, hub: Hub, token: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        send(store, hub, token=token)


def test_a_token_that_is_refused_in_the_middle(store: Store, hub: Hub) -> None:
    hub.faults["upload"] += [PASS, 403]
    with pytest.raises(UsageError, match="may not write there"):
        send(store, hub)
    assert len(hub.uploads) == 1


def test_what_the_hub_refuses_is_told_in_its_words(store: Store, hub: Hub) -> None:
    hub.faults["commit"] += [402]
    with pytest.raises(DuckAndCoverError, match="the Hub refuses: HTTP 402: not now") as caught:
        send(store, hub)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("repo", ["covers", "", "a/b/c", "some one/covers", "/covers"])
def test_names_that_will_not_do(store: Store, repo: str) -> None:
    with pytest.raises(UsageError, match="--repo '.*': give OWNER/NAME"):
        push(store, repo, lambda row: None, SHARD, False, Patience(), lambda *_: None)


def test_visibility(store: Store, hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    send(store, hub, public=True)
    assert not hub.repos[REPO].private
    with pytest.raises(UsageError, match="it is public on the Hub"):
        send(store, hub)
    hub.repos[REPO].private = True
    with caplog.at_level(logging.WARNING):
        send(store, hub, public=True)
    assert "private on the Hub and stays so" in caplog.text and hub.repos[REPO].private


def test_what_comes_from_spotify_is_for_nobody_else(
    tmp_path: Path, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    with open_store(tmp_path / "spotify") as store:
        fill(store, some(covers=4), source="spotify")
        with pytest.raises(UsageError, match="Spotify's terms forbid"):
            send(store, hub, public=True)
        assert not hub.repos
        with caplog.at_level(logging.WARNING):
            send(store, hub)
    assert "Spotify's terms forbid" in caplog.text and hub.repos[REPO].private


_PUSH = """
import sys
from pathlib import Path
from data_collection.publish import push
from data_collection.rows import iter_rows
from data_collection.store import open_store
from data_collection.waiting import Patience
with open_store(Path(sys.argv[1])) as store:
    push(store, "someone/covers", lambda row: None, 100_000, False, Patience(), print)
"""

_LOAD = """
import json
from datasets import load_dataset
from duck_and_cover.data.load import load_covers
from duck_and_cover.errors import UsageError
def sizes(splits):
    return {name: len(part) for name, part in splits.items()}
full, small = load_dataset("someone/covers"), load_dataset("someone/covers", "64px")
found = {"full": sizes(full), "64px": sizes(small)}
found["sides"] = [full["train"][0]["image"].size[0], small["train"][0]["image"].size[0]]
found["ours"] = sizes(load_covers("someone/covers"))
reduced = load_covers("someone/covers/64px")
found["ours small"] = sizes(reduced)
found["path"] = reduced["train"][0]["image"]["path"]
try:
    load_covers("someone/covers/128px")
except UsageError as error:
    found["error"] = str(error)
print(json.dumps(found))
"""


def process(code: str, hub: Hub, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A process of its own, since the Hub's address is read when its client is imported."""
    environment = os.environ | hub.environment() | {"HF_HOME": str(folder)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


@pytest.mark.parametrize("kind", ["upload", "commit"])
def test_a_killed_push_goes_on(hub: Hub, tmp_path: Path, kind: str) -> None:
    with open_store(tmp_path / "collection") as store:
        fill(store, some())
    hub.faults[kind] += [HANG]
    killed = process(_PUSH, hub, tmp_path, str(tmp_path / "collection"))
    assert hub.hanging.wait(60)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert list((tmp_path / "collection" / ".publish").iterdir())
    with open_store(tmp_path / "collection") as store:
        send(store, hub)
        assert is_whole(hub, store, tmp_path / "out")
    assert set(hub.uploads.values()) == {1}


def test_what_was_pushed_loads(store: Store, hub: Hub, tmp_path: Path) -> None:
    send(store, hub)
    output, _ = process(_LOAD, hub, tmp_path).communicate()
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert found["full"] == found["64px"] == found["ours"] == found["ours small"]
    assert sum(found["full"].values()) == 60 and len(found["full"]) == 3
    assert found["sides"] == [80, 64]
    assert found["path"].endswith(".png")
    assert "no configuration '128px'; there are full, 64px" in found["error"]
