"""Whatever a user names as data comes out as the same splits and columns, or as one line."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import datasets
import pytest

from duck_and_cover.data.load import load_covers
from duck_and_cover.data.schema import SPLITS, features
from duck_and_cover.errors import DuckAndCoverError, UsageError

pytestmark = pytest.mark.usefixtures("caches")

Make = Callable[..., datasets.Dataset]


def rows(covers: datasets.DatasetDict) -> list[dict[str, Any]]:
    """All covers of all splits, after checking that these are as promised."""
    assert list(covers) == list(SPLITS)
    for part in covers.values():
        assert part.features == features()
    return [row for part in covers.values() for row in part]


@pytest.fixture
def covers(make_covers: Make) -> datasets.Dataset:
    """30 covers with columns of the user's own making."""
    made = make_covers(
        30,
        genre=[number % 3 for number in range(30)],
        year=[1960.0 + number if number else None for number in range(30)],
        artist_name=[f"Artist {number}" for number in range(30)],
        mood=["dark, slow"] * 30,
    )
    return made.cast_column("genre", datasets.ClassLabel(names=["Rock", "Pop", "Jazz"]))


def test_a_parquet_file(covers: datasets.Dataset, tmp_path: Path) -> None:
    covers.to_parquet(tmp_path / "covers.parquet")
    found = rows(load_covers(tmp_path / "covers.parquet"))
    assert {row["image"]["bytes"] for row in found} == {
        image["bytes"]
        for image in covers.cast_column("image", datasets.Image(decode=False))["image"]
    }
    by_artist = {row["artist_name"]: row for row in found}
    assert by_artist["Artist 4"]["genres"] == ["pop"]
    assert by_artist["Artist 4"]["release_year"] == 1964
    assert by_artist["Artist 0"]["release_year"] is None


@pytest.mark.parametrize("given", ["", "*.parquet"])
def test_parquet_files_with_splits_in_their_names(
    covers: datasets.Dataset, tmp_path: Path, given: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, first, last in (
        ("train-00000-of-00002", 0, 12),
        ("train-00001-of-00002", 12, 24),
        ("validation-00000-of-00001", 24, 28),
        ("test-00000-of-00001", 28, 30),
    ):
        covers.select(range(first, last)).to_parquet(folder / f"{name}.parquet")
    (folder / "banner.png").write_bytes(b"for the dataset's page")
    loaded = load_covers(folder / given)
    assert [len(loaded[name]) for name in SPLITS] == [24, 4, 2]


def test_parquet_splits_by_folder(covers: datasets.Dataset, tmp_path: Path) -> None:
    for name, part in (("train", range(25)), ("dev", range(25, 28)), ("test", range(28, 30))):
        (tmp_path / "test_bed" / name).mkdir(parents=True)
        covers.select(part).to_parquet(tmp_path / "test_bed" / name / "0000.parquet")
    loaded = load_covers(tmp_path / "test_bed")
    assert [len(loaded[name]) for name in SPLITS] == [25, 3, 2]


def test_saved_datasets(covers: datasets.Dataset, tmp_path: Path) -> None:
    covers.save_to_disk(tmp_path / "one")
    assert len(rows(load_covers(tmp_path / "one"))) == 30
    several = {"train": covers.select(range(20)), "valid": covers.select(range(20, 30))}
    datasets.DatasetDict(several).save_to_disk(tmp_path / "several")
    loaded = load_covers(tmp_path / "several")
    assert len(loaded["validation"]) == 10
    assert sum(map(len, loaded.values())) == 30


@pytest.fixture
def two_configurations(covers: datasets.Dataset, tmp_path: Path) -> Path:
    """A folder as the Hub keeps one: large, the default, has 30 covers, small has 20."""
    folder = tmp_path / "published"
    for name, count in (("large", 30), ("small", 20)):
        (folder / f"{name} files").mkdir(parents=True)
        part = covers.select(range(count))
        part.to_parquet(folder / f"{name} files" / "train-00000-of-00001.parquet")
    (folder / "README.md").write_text(
        "---\nconfigs:\n"
        "- config_name: small\n  data_files: [{split: train, path: small files/*}]\n"
        "- config_name: large\n  default: true\n"
        "  data_files: [{split: train, path: large files/*}]\n---\n# Covers\n"
    )
    return folder


def test_a_folder_with_configurations(two_configurations: Path) -> None:
    assert len(rows(load_covers(two_configurations))) == 30
    assert len(rows(load_covers(two_configurations / "large"))) == 30
    assert len(rows(load_covers(two_configurations / "small"))) == 20
    assert len(rows(load_covers(two_configurations / "small files"))) == 20
    with pytest.raises(UsageError, match="no configuration 'medium'; there are small, large"):
        load_covers(two_configurations / "medium")


def test_configurations_without_files(two_configurations: Path) -> None:
    (two_configurations / "small files" / "train-00000-of-00001.parquet").unlink()
    with pytest.raises(UsageError, match="cannot read") as caught:
        load_covers(two_configurations / "small")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("card", ["# Covers\n", "---\n- a: [b\n---\n", "---\nconfigs: 3\n---\n"])
def test_a_card_without_configurations(covers: datasets.Dataset, tmp_path: Path, card: str) -> None:
    (tmp_path / "README.md").write_text(card)
    covers.to_parquet(tmp_path / "covers.parquet")
    assert len(rows(load_covers(tmp_path))) == 30


def test_columns_are_mapped(covers: datasets.Dataset, tmp_path: Path) -> None:
    covers.save_to_disk(tmp_path / "saved")
    mapped = load_covers(tmp_path / "saved", columns={"genres": "mood"})
    assert all(row["genres"] == ["dark", "slow"] for row in rows(mapped))
    with pytest.raises(UsageError, match="'colour' here; there are image, genre, year"):
        load_covers(tmp_path / "saved", columns={"genres": "colour"})


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nowhere", "no 'nowhere' here; give a Hub id"),
        ("/nowhere/at/all", "no '/nowhere/at/all' here"),
        ("nowhere/*.parquet", "no file matches"),
    ],
)
def test_what_is_not_there(name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint.replace("*", "\\*")) as caught:
        load_covers(name)
    assert "\n" not in str(caught.value)


def test_what_is_there_and_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pictures and no parquet files"):
        load_covers(tmp_path)
    (tmp_path / "notes.txt").write_text("words")
    with pytest.raises(UsageError, match="is no parquet file"):
        load_covers(tmp_path / "notes.txt")
    (tmp_path / "bad.parquet").write_text("words")
    with pytest.raises(UsageError, match="cannot read") as caught:
        load_covers(tmp_path / "bad.parquet")
    assert "\n" not in str(caught.value)
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(UsageError, match="is damaged"):
        load_covers(tmp_path)


class _EmptyHub(BaseHTTPRequestHandler):
    """A Hub that has nothing."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def empty_hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EmptyHub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


_TELL = """
from duck_and_cover.data.load import load_covers
from duck_and_cover.errors import DuckAndCoverError
try:
    load_covers("someone/covers")
except DuckAndCoverError as error:
    print(error.exit_code, error)
"""


def test_a_dataset_that_the_hub_does_not_have(empty_hub: str, tmp_path: Path) -> None:
    """In processes of their own, since the Hub's address is read when its client is imported."""
    _EmptyHub.asked.clear()
    runs = []
    for offline in ("0", "1"):
        own = {"HF_ENDPOINT": empty_hub, "HF_HUB_OFFLINE": offline, "HF_HOME": str(tmp_path)}
        command = [sys.executable, "-c", _TELL]
        runs.append(subprocess.Popen(command, env=os.environ | own, stdout=subprocess.PIPE))
    online, offline = (run.communicate()[0].decode() for run in runs)
    for answer in (online, offline):
        assert answer.startswith("2 data: no folder 'someone/covers' here"), answer
        assert answer.count("\n") == 1
    assert "no such dataset on the Hub" in online and _EmptyHub.asked
    assert "none from the Hub: HF_HUB_OFFLINE is set" in offline


def test_a_hub_dataset_is_loaded_by_its_id(
    covers: datasets.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def load_dataset(name: str, config: str | None) -> datasets.DatasetDict:
        asked.append((name, config))
        return datasets.DatasetDict({"train": covers})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert len(rows(load_covers("someone/covers"))) == 30
    assert len(rows(load_covers("someone/covers/64px"))) == 30
    assert asked == [("someone/covers", None), ("someone/covers", "64px")]


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(name: str, config: str | None) -> datasets.DatasetDict:
        raise ConnectionError(f"Couldn't reach '{name}' on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(DuckAndCoverError, match="cannot be reached") as caught:
        load_covers("someone/covers")
    assert caught.value.exit_code == 1
