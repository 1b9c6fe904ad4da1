"""No artist and no picture stands in two splits, and adding covers moves none."""

from __future__ import annotations

import logging
from collections.abc import Callable

import datasets
import pytest

from duck_and_cover.data.columns import to_schema
from duck_and_cover.data.splits import split_covers, split_name, split_of, split_rows

Make = Callable[..., datasets.Dataset]
SPLITS = ("train", "validation", "test")


def artists(covers: datasets.DatasetDict) -> dict[str, set[str]]:
    return {name: set(covers[name]["artist_name"][:]) for name in SPLITS}


def test_shares_are_90_5_5() -> None:
    names = [split_of(f"artist {number}") for number in range(20_000)]
    assert abs(names.count("train") / 20_000 - 0.90) < 0.01
    assert abs(names.count("validation") / 20_000 - 0.05) < 0.01
    assert abs(names.count("test") / 20_000 - 0.05) < 0.01


def test_splits_are_the_same_on_every_machine() -> None:
    keys = ("artist_name:abba", "artist_id:0", "artist_id:3", "artist_id:25", "artist_id:6")
    assert [split_of(key) for key in keys] == ["train", "validation", "test", "test", "validation"]


def test_keys_stay_together_and_rows_in_order() -> None:
    keys = [f"key {row % 50}" for row in range(500)]
    rows = split_rows(keys)
    assert sorted(row for part in rows.values() for row in part) == list(range(500))
    assert all(part == sorted(part) for part in rows.values())
    found = [{keys[row] for row in part} for part in rows.values()]
    assert not found[0] & found[1] and not found[1] & found[2] and not found[0] & found[2]


def test_more_covers_move_none() -> None:
    few = split_rows([f"key {row}" for row in range(1000)])
    many = split_rows([f"key {row}" for row in range(3000)])
    for name in SPLITS:
        assert set(few[name]) <= set(many[name])


@pytest.mark.parametrize("count", [3, 4, 5, 10, 20, 21, 25])
def test_few_keys_fill_every_split(count: int) -> None:
    for salt in range(30):
        keys = [f"{salt}/{row}" for row in range(count)]
        rows = split_rows(keys)
        assert all(rows.values()), (count, salt)
        assert rows == split_rows(keys)


def test_the_smallest_key_is_given_away() -> None:
    # All of these belong to the training split by their hashes.
    in_train = [
        key for key in (f"key {number}" for number in range(40)) if split_of(key) == "train"
    ]
    keys = [in_train[0]] * 10 + [in_train[1]] * 2 + [in_train[2]] * 5
    rows = split_rows(keys)
    assert rows["train"] == list(range(10))
    assert sorted([rows["validation"], rows["test"]]) == [[10, 11], list(range(12, 17))]


def test_too_few_keys_leave_splits_empty() -> None:
    assert sorted(map(len, split_rows(["only"] * 30).values())) == [0, 0, 30]
    assert split_rows([]) == {"train": [], "validation": [], "test": []}


def test_artists_stand_in_one_split(make_covers: Make) -> None:
    covers = make_covers(120, artist=[f" Artist {row % 40}" for row in range(120)])
    found = artists(split_covers({"train": to_schema(covers)}))
    assert sum(map(len, found.values())) == 40
    assert all(found.values())


def test_the_artist_id_counts_before_the_name(make_covers: Make) -> None:
    covers = make_covers(
        60, artist_id=[str(row // 2) for row in range(60)], artist=[f"n{row}" for row in range(60)]
    )
    splits = split_covers({"train": to_schema(covers)})
    ids = [set(splits[name]["artist_id"][:]) for name in SPLITS]
    assert sum(map(len, ids)) == 30


def test_without_artists_albums_stay_together(make_covers: Make) -> None:
    covers = make_covers(60, album=[f"Album {row // 2}" for row in range(60)])
    splits = split_covers({"train": to_schema(covers)})
    assert sum(len(set(splits[name]["album_name"][:])) for name in SPLITS) == 30


def test_without_names_twins_stay_together(make_covers: Make) -> None:
    twice = datasets.concatenate_datasets([make_covers(40), make_covers(40)])
    splits = split_covers({"train": to_schema(twice)})
    found = [{row["image"]["bytes"] for row in splits[name]} for name in SPLITS]
    assert sum(map(len, found)) == 40


def test_one_artist_alone_is_divided_picture_by_picture(
    make_covers: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        splits = split_covers({"train": to_schema(make_covers(20, artist=["Same"] * 20))})
    assert all(len(splits[name]) for name in SPLITS)
    assert "too few artists" in caplog.text


@pytest.mark.parametrize("name", ["validation", "val", "valid", "dev", "VALIDATION"])
def test_splits_that_are_brought_are_kept(make_covers: Make, name: str) -> None:
    parts = {"train": make_covers(30), name: make_covers(7), "test": make_covers(3)}
    splits = split_covers({name: to_schema(part) for name, part in parts.items()})
    assert [len(splits[name]) for name in SPLITS] == [30, 7, 3]


def test_a_missing_split_is_taken_out_of_train(make_covers: Make) -> None:
    parts = {"train": to_schema(make_covers(60)), "test": to_schema(make_covers(9))}
    splits = split_covers(parts)
    assert len(splits["test"]) == 9
    assert len(splits["validation"]) >= 1
    assert len(splits["train"]) + len(splits["validation"]) == 60


def test_parts_with_other_names_are_no_splits(make_covers: Make) -> None:
    parts = {name: to_schema(make_covers(20)) for name in ("rock", "pop")}
    splits = split_covers(parts)
    assert list(splits) == list(SPLITS)
    assert sum(map(len, splits.values())) == 40
    alone = split_covers({"test": to_schema(make_covers(20))})
    assert len(alone["train"]) > 10 and len(alone["test"]) < 10


def test_names_of_splits() -> None:
    assert [split_name(name) for name in ("Train", "val", "testing", "tests", "")] == [
        "train",
        "validation",
        "test",
        None,
        None,
    ]
