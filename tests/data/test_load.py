"""Whatever a user names as data comes out as the same splits and columns, or as one line."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet
import pytest

from duck_and_cover.data import drawn
from duck_and_cover.data.load import load_covers
from duck_and_cover.data.schema import SPLITS, features
from duck_and_cover.errors import DuckAndCoverError, UsageError

pytestmark = pytest.mark.usefixtures("caches")

Encode = Callable[..., bytes]
Make = Callable[..., datasets.Dataset]
GENRES = ("Rock", "Pop", "Jazz")


def rows(covers: datasets.DatasetDict) -> list[dict[str, Any]]:
    """All covers of all splits, after checking that these are as promised."""
    assert list(covers) == list(SPLITS)
    for part in covers.values():
        assert part.features == features()
    return [row for part in covers.values() for row in part]


def file_names(covers: datasets.DatasetDict) -> list[str]:
    return sorted(Path(row["image"]["path"]).name for row in rows(covers))


@pytest.fixture
def pictures(tmp_path: Path, encoded_cover: Encode) -> Path:
    """24 pictures in one folder."""
    folder = tmp_path / "covers"
    folder.mkdir()
    for number in range(24):
        (folder / f"{number:02}.png").write_bytes(encoded_cover(number))
    return folder


@pytest.fixture
def genre_folders(tmp_path: Path, encoded_cover: Encode) -> Path:
    """Three genres with 10 pictures each; `Rock/0.png` stands in `Pop` and `Jazz` as well."""
    folder = tmp_path / "genres"
    for first, genre in enumerate(GENRES):
        (folder / genre).mkdir(parents=True)
        for number in range(10):
            picture = encoded_cover(100 * first + number if number else 0)
            (folder / genre / f"{number}.png").write_bytes(picture)
    return folder


def test_a_plain_folder_has_no_genres(pictures: Path) -> None:
    (pictures / "notes.txt").write_text("not a picture")
    (pictures / ".hidden.png").write_bytes(b"")
    covers = load_covers(pictures)
    assert file_names(covers) == [f"{number:02}.png" for number in range(24)]
    assert all(row["genres"] == [] and row["image"]["bytes"] is None for row in rows(covers))
    assert all(len(covers[name]) for name in SPLITS)


def test_sub_folders_are_genres_and_twins_are_united(
    genre_folders: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        covers = load_covers(str(genre_folders))
    found = {row["album_id"]: row["genres"] for row in rows(covers)}
    assert len(found) == 28
    assert found["Jazz/0.png"] == ["jazz", "pop", "rock"]
    assert found["Pop/3.png"] == ["pop"]
    assert "Rock/0.png" not in found
    assert "2 pictures are the same as another" in caplog.text


def test_one_sub_folder_is_no_genre(genre_folders: Path) -> None:
    shutil.rmtree(genre_folders / "Pop")
    shutil.rmtree(genre_folders / "Jazz")
    assert all(row["genres"] == [] for row in rows(load_covers(genre_folders)))


def test_genres_within_splits(genre_folders: Path, tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        shutil.copytree(genre_folders, tmp_path / "divided" / name)
    covers = load_covers(tmp_path / "divided")
    assert [len(covers[name]) for name in SPLITS] == [28, 28, 28]
    assert covers["test"]["genres"][0] == ["jazz", "pop", "rock"]


def described(folder: Path) -> list[dict[str, Any]]:
    return [
        {"file_name": file.name, "genre": "Rock|Pop", "year": 1970 + number, "Artist": f"A{number}"}
        for number, file in enumerate(sorted(folder.glob("*.png")))
    ]


def write_metadata(folder: Path, lines: Sequence[dict[str, Any]], kind: str) -> None:
    file = folder / f"metadata.{kind}"
    if kind == "jsonl":
        file.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    elif kind == "csv":
        table = [list(lines[0]), *(line.values() for line in lines)]
        file.write_text("\n".join(",".join(map(str, line)) for line in table), encoding="utf-8-sig")
    else:
        pyarrow.parquet.write_table(pa.Table.from_pylist(list(lines)), file)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_metadata_describes_pictures(pictures: Path, kind: str) -> None:
    write_metadata(pictures, described(pictures), kind)
    found = {Path(row["image"]["path"]).name: row for row in rows(load_covers(pictures))}
    assert len(found) == 24
    assert found["05.png"]["genres"] == ["rock", "pop"]
    assert found["05.png"]["release_year"] == 1975
    assert found["05.png"]["artist_name"] == "A5"
    assert found["05.png"]["image"]["path"] == str(pictures / "05.png")


def test_the_metadata_file_itself_may_be_named(pictures: Path) -> None:
    write_metadata(pictures, described(pictures), "csv")
    assert len(rows(load_covers(pictures / "metadata.csv"))) == 24


def test_metadata_and_pictures_that_do_not_match_are_counted(
    pictures: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [*described(pictures)[:20], {"file_name": "gone.png"}, {"file_name": "also gone.png"}]
    write_metadata(pictures, lines, "jsonl")
    with caplog.at_level(logging.WARNING):
        assert len(rows(load_covers(pictures))) == 20
    assert "2 of 22 pictures in the metadata are not there" in caplog.text
    assert "4 pictures are not in the metadata" in caplog.text


def test_values_of_several_kinds_in_one_column(pictures: Path) -> None:
    lines = described(pictures)
    lines[0] |= {"year": "1988-05", "genre": ["Jazz", "Soul"]}
    write_metadata(pictures, lines, "jsonl")
    found = {Path(row["image"]["path"]).name: row for row in rows(load_covers(pictures))}
    assert (found["00.png"]["release_year"], found["01.png"]["release_year"]) == (1988, 1971)
    assert found["00.png"]["genres"] == ["jazz", "soul"]
    assert found["01.png"]["genres"] == ["rock", "pop"]


def test_a_split_column_is_kept(pictures: Path) -> None:
    names = ["train"] * 20 + ["val"] * 3 + ["test"]
    lines = [line | {"split": name} for line, name in zip(described(pictures), names, strict=True)]
    write_metadata(pictures, lines, "csv")
    covers = load_covers(pictures)
    assert [len(covers[name]) for name in SPLITS] == [20, 3, 1]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("genre,year\nrock,1988\n", "no column 'file_name'; there are genre, year"),
        ("file_name\ngone.png\n", "none of the pictures"),
    ],
)
def test_metadata_that_is_of_no_use(pictures: Path, text: str, complaint: str) -> None:
    (pictures / "metadata.csv").write_text(text)
    with pytest.raises(UsageError, match=complaint):
        load_covers(pictures)


def test_broken_json_is_one_line(pictures: Path) -> None:
    (pictures / "metadata.jsonl").write_text('{"file_name": "00.png"\n')
    with pytest.raises(UsageError, match="metadata.jsonl: not readable") as caught:
        load_covers(pictures)
    assert "\n" not in str(caught.value)


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
    return made.cast_column("genre", datasets.ClassLabel(names=list(GENRES)))


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


def test_what_we_publish_comes_back_as_it_was(pictures: Path, tmp_path: Path) -> None:
    write_metadata(pictures, described(pictures), "csv")
    covers = load_covers(pictures)
    covers.save_to_disk(tmp_path / "published")
    again = load_covers(tmp_path / "published")
    for name in SPLITS:
        assert [row["artist_name"] for row in again[name]] == covers[name]["artist_name"][:]
        assert [row["genres"] for row in again[name]] == covers[name]["genres"][:]


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

    def load_dataset(name: str) -> datasets.DatasetDict:
        asked.append(name)
        return datasets.DatasetDict({"train": covers})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert len(rows(load_covers("someone/covers"))) == 30
    assert asked == ["someone/covers"]


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(name: str) -> datasets.DatasetDict:
        raise ConnectionError(f"Couldn't reach '{name}' on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(DuckAndCoverError, match="cannot be reached") as caught:
        load_covers("someone/covers")
    assert caught.value.exit_code == 1


def test_drawn_covers_are_drawn_once(
    caches: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = load_covers("synthetic", synthetic_count=60, synthetic_size=32, processes=1)
    found = rows(first)
    assert len(found) == 60 and all(len(first[name]) for name in SPLITS)
    assert {row["source"] for row in found} == {"synthetic"}
    assert all(row["genres"] and row["artist_name"] and row["release_year"] for row in found)
    assert all(row["image"]["bytes"].startswith(b"\x89PNG") for row in found)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("drawn again")

    draw = drawn._draw
    monkeypatch.setattr(drawn, "_draw", refuse)
    again = load_covers("synthetic", synthetic_count=60, synthetic_size=32, processes=1)
    assert rows(again) == found
    with pytest.raises(AssertionError, match="drawn again"):
        load_covers("synthetic", synthetic_count=60, synthetic_size=32, seed=1)

    monkeypatch.setattr(drawn, "_draw", draw)
    (file,) = caches.glob("synthetic/*/covers.arrow")
    file.write_bytes(file.read_bytes()[:1000])
    mended = load_covers("synthetic", synthetic_count=60, synthetic_size=32, processes=1)
    assert rows(mended) == found
    assert "is damaged" in caplog.text


def test_processes_draw_the_same_covers(caches: Path) -> None:
    alone = drawn.drawn_covers(120, 32, processes=1)
    pictures_alone = alone["image"][:]
    shutil.rmtree(caches)
    assert drawn.drawn_covers(120, 32, processes=2)["image"][:] == pictures_alone


def test_synthetic_options_are_checked() -> None:
    with pytest.raises(UsageError, match="synthetic_count: 0"):
        load_covers("synthetic", synthetic_count=0)
    with pytest.raises(UsageError, match="synthetic_size: not 2; give 32 to 1024"):
        load_covers("synthetic", synthetic_size=2)
