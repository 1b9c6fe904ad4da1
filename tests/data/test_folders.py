"""A folder of pictures is read by the conventions of imagefolder, and what is odd is counted."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet
import pytest

from duck_and_cover.data.load import load_covers
from duck_and_cover.data.schema import SPLITS, features
from duck_and_cover.errors import UsageError

pytestmark = pytest.mark.usefixtures("caches")

Encode = Callable[..., bytes]
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


def test_twins_that_are_no_pictures_stay_apart(genre_folders: Path) -> None:
    for genre in GENRES:
        (genre_folders / genre / "empty.jpg").write_bytes(b"")
        (genre_folders / genre / "page.jpg").write_bytes(b"<html>Not found</html>")
    assert len(rows(load_covers(genre_folders))) == 28 + 6


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


def test_what_we_publish_comes_back_as_it_was(pictures: Path, tmp_path: Path) -> None:
    write_metadata(pictures, described(pictures), "csv")
    covers = load_covers(pictures)
    covers.save_to_disk(tmp_path / "published")
    again = load_covers(tmp_path / "published")
    for name in SPLITS:
        assert [row["artist_name"] for row in again[name]] == covers[name]["artist_name"][:]
        assert [row["genres"] for row in again[name]] == covers[name]["genres"][:]
