"""A folder's file: one process at a time, killed at any instant, damaged, or of another version."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_collection.database import VERSION, storable
from data_collection.rows import iter_rows
from data_collection.sources.base import Task
from data_collection.store import DATABASE, Store, open_store
from duck_and_cover.errors import DuckAndCoverError, UsageError
from tests.data_collection.records import answer, record

# A source whose every answer leads to the next one, without an end; each that is stored is told.
CHAIN = """
import sys
from pathlib import Path
from data_collection.sources.base import Answer, Task
from data_collection.store import open_store
from tests.data_collection.records import record

with open_store(Path(sys.argv[1])) as store:
    store.add_tasks([Task("albums", "0", {"number": 0})])
    while task := store.next_task():
        number = task.payload["number"]
        albums = [record(f"{number}-{place}", genres=("rock", "pop")) for place in range(50)]
        following = Task("albums", str(number + 1), {"number": number + 1})
        store.finish_task(task, Answer(albums=albums, tasks=[following]), "musicbrainz")
        print(number, flush=True)
"""

# An answer in the middle of whose albums or tasks the process waits, with half of it written.
HALF = """
import sys
from pathlib import Path
from data_collection.sources.base import Answer, Task
from data_collection.store import open_store
from tests.data_collection.records import record

class Halting(list):
    def __iter__(self):
        yield self[0]
        print("half", flush=True)
        sys.stdin.read()
        yield self[1]

    __reversed__ = __iter__

half = {"albums": [record("1"), record("2")], "tasks": [Task("albums", str(n), {}) for n in (1, 2)]}
half[sys.argv[2]] = Halting(half[sys.argv[2]])
with open_store(Path(sys.argv[1])) as store:
    store.add_tasks([Task("albums", "0", {})])
    store.finish_task(store.next_task(), Answer(**half), "musicbrainz")
"""


@contextlib.contextmanager
def child(code: str, *words: Path | str) -> Iterator[subprocess.Popen[str]]:
    """Another process; it is killed at the end, wherever it is by then."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def check_whole(store: Store) -> int:
    """See that each answer is there wholly or not at all; say how many are there."""
    done = store.counts_of_tasks()["albums"].get("done", 0)
    albums = dict(
        store.database.execute(
            "SELECT substr(album_id, 1, instr(album_id, '-') - 1), count(*) FROM albums "
            "JOIN covers USING (key) JOIN genres USING (album_id) GROUP BY 1"
        )
    )
    assert albums == {str(number): 2 * 50 for number in range(done)}
    assert store.next_task() == Task("albums", str(done), {"number": done})
    return done


def test_killed_at_any_instant_answers_are_whole(tmp_path: Path) -> None:
    done = 0
    for lines in (1, 2, 1, 3, 5, 1, 2, 4):
        with child(CHAIN, tmp_path) as process:
            assert process.stdout is not None
            told = [int(process.stdout.readline()) for _ in range(lines)]
        assert process.returncode == -signal.SIGKILL
        assert told == list(range(done, done + lines))
        with open_store(tmp_path) as store:
            done = check_whole(store)
        assert done > told[-1]


@pytest.mark.parametrize("part", ["albums", "tasks"])
def test_half_an_answer_is_none(tmp_path: Path, part: str) -> None:
    with child(HALF, tmp_path, part) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
    with open_store(tmp_path) as store:
        assert store.next_task() == Task("albums", "0", {})
        assert store.found() == (0, 0)
        assert store.counts_of_covers() == {}
        assert store.counts_of_tasks() == {"albums": {"pending": 1}}


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with child(HALF, tmp_path, "albums") as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(UsageError, match="another run is at work in") as caught:
            with open_store(tmp_path):
                pytest.fail("two at once")
        assert caught.value.exit_code == 2
    with open_store(tmp_path) as store:  # A killed process holds nothing.
        assert store.next_task() is not None


def test_an_error_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        with open_store(tmp_path):
            raise KeyError
    with open_store(tmp_path) as store:
        assert store.counts_of_covers() == {}


def test_another_version(tmp_path: Path) -> None:
    with open_store(tmp_path):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(UsageError, match=f"format {VERSION + 1}, here {VERSION}.*another folder"):
        with open_store(tmp_path):
            pytest.fail("opened")


@pytest.mark.parametrize("start", [0, 4096])
def test_a_damaged_file_is_one_line(tmp_path: Path, start: int) -> None:
    with open_store(tmp_path) as store:
        answer(store, *(record(str(number)) for number in range(200)))
        store.database.execute("UPDATE covers SET state = 'done'")
        store.database.commit()
    content = bytearray((tmp_path / DATABASE).read_bytes())
    content[start:] = b"\x55" * (len(content) - start)
    (tmp_path / DATABASE).write_bytes(content)
    with pytest.raises(DuckAndCoverError, match="is damaged .*: remove it to begin anew") as caught:
        with open_store(tmp_path) as store:
            list(iter_rows(store))
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(DuckAndCoverError, match="cannot write to .*file.*: "):
            with open_store(path):
                pytest.fail("opened")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / DATABASE).mkdir()
    with pytest.raises(DuckAndCoverError, match=f"{DATABASE}': unable to open"):
        with open_store(tmp_path):
            pytest.fail("opened")


def test_no_collection(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no collection: run collect-artist-data first"):
        with open_store(tmp_path / "none", create=False):
            pytest.fail("opened")
    assert not (tmp_path / "none").exists()


def test_halves_of_characters_are_made_storable() -> None:
    row = storable("\ud83d\ude00", "a\udc00b", "\ud800", "Björk \0 \U0001f600", 7, None)
    assert row == ["\U0001f600", "a\ufffdb", "\ufffd", "Björk \0 \U0001f600", 7, None]
