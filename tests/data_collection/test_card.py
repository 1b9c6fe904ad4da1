"""The card tells the truth about the rows, and the Hub and people can read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from data_collection.card import make_card
from data_collection.counts import Counts, count_covers, draw_counts
from data_collection.rows import iter_rows
from data_collection.shards import Shard, Splits, plan_shards
from data_collection.store import Store, open_store
from duck_and_cover import __version__
from duck_and_cover.data.schema import COLUMNS
from tests.data_collection.filled import LICENCE, album, fill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """40 covers by 10 artists: two without a year, one without a genre, 40 genres in all."""
    albums = [album(number, 10, genres=("rock", f"genre {number:02}")) for number in range(37)]
    albums += [album(37, 10, release_date=""), album(38, 10, release_date="", genres=())]
    albums += [album(39, 10, genres=("r$b$ | pop",), genre_provenance="query")]
    with open_store(tmp_path / "collection") as opened:
        fill(opened, albums)
        yield opened


@pytest.fixture
def counts(store: Store) -> Counts:
    return count_covers(iter_rows(store))


@pytest.fixture
def shards(store: Store, counts: Counts) -> list[Shard]:
    return plan_shards(store, lambda row: None, Splits(counts.artists), 50_000)


def front_matter(card: str) -> dict[str, Any]:
    assert card.startswith("---\n")
    matter = yaml.safe_load(card.split("---\n")[1])
    assert isinstance(matter, dict)
    return matter


def lines_of(card: str, start: str) -> list[str]:
    return [line for line in card.splitlines() if line.startswith(start)]


def test_counts(counts: Counts, store: Store) -> None:
    assert (counts.covers, counts.undated, counts.without_genres) == (40, 2, 1)
    assert len(counts.artists) == 10 and set(counts.artists.values()) == {4}
    assert counts.genres["rock"] == 38 and len(counts.genres) == 40
    assert counts.provenances == {"album": 38, "query": 1}
    assert counts.grid["rock", 1960] == 10 and sum(counts.years.values()) == 38
    sizes = [path.stat().st_size for path in store.folder.rglob("*.jpg")]
    assert counts.size == sum(sizes) and len(sizes) == 40


def test_the_front_matter_names_the_files(counts: Counts, shards: list[Shard]) -> None:
    matter = front_matter(make_card(counts, shards, "someone/covers"))
    full, small = matter["configs"]
    assert (full["config_name"], full["default"]) == ("full", True)
    assert small["config_name"] == "64px" and "default" not in small
    for config in (full, small):
        files = [shard for shard in shards if shard.config == config["config_name"]]
        assert [entry["split"] for entry in config["data_files"]] == ["train", "validation", "test"]
        for entry in config["data_files"]:
            assert any(Path(shard.path).match(entry["path"]) for shard in files)
    assert (matter["license"], matter["size_categories"]) == ("other", ["n<1K"])
    assert matter["license_link"].startswith("https://musicbrainz.org/")


def test_splits_without_rows_are_not_named(store: Store, counts: Counts) -> None:
    shards = plan_shards(store, lambda row: None, Splits({"one": 40}), 10**9)
    card = make_card(counts, shards, "someone/covers")
    names = [entry["split"] for entry in front_matter(card)["configs"][0]["data_files"]]
    assert names == ["train"] and lines_of(card, "| train | 40 |")
    assert not lines_of(card, "| validation")


def test_the_tables(counts: Counts, shards: list[Shard]) -> None:
    card = make_card(counts, shards, "someone/covers")
    assert "40 front covers of albums by 10 artists, released 1960 to 1999" in card
    assert "2 covers have no year, 1 no genre" in card
    assert lines_of(card, "| rock | 38 |") and "And 10 more." in card
    assert lines_of(card, "| 1960s | 10 |") and lines_of(card, "| not known | 2 |")
    assert lines_of(card, "| album | 38 |") and lines_of(card, "| query | 1 |")
    assert not lines_of(card, "| artist | ")
    assert lines_of(card, "| musicbrainz | 40 |")
    assert LICENCE.replace("|", "\\|") + " | 40 |" in card
    assert "Years are missing for 5% of the covers" in card
    in_splits = [
        line.split("|")[2]
        for name in ("train", "validation", "test")
        for line in lines_of(card, f"| {name} ")
    ]
    assert sum(map(int, in_splits)) == 40
    assert all(name in card for name in COLUMNS)


def test_how_to_load_and_whom_to_ask(
    counts: Counts, shards: list[Shard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLLECT_CONTACT", raising=False)
    card = make_card(counts, shards, "someone/covers")
    assert 'load_dataset("someone/covers", "64px")' in card
    assert "duck-and-cover train --data someone/covers`" in card
    assert "open a discussion on this dataset's page and name" in card
    assert "CC BY-NC-SA 3.0" in card and f"duck_and_cover {__version__}" in card
    monkeypatch.setenv("COLLECT_CONTACT", "covers@example.org")
    assert "or write to covers@example.org" in make_card(counts, shards, "someone/covers")


def test_spotify_s_terms(tmp_path: Path) -> None:
    with open_store(tmp_path / "spotify") as store:
        fill(store, [album(1, 1)], source="spotify")
        counts = count_covers(iter_rows(store))
        shards = plan_shards(store, lambda row: None, Splits(counts.artists), 10**9)
    card = make_card(counts, shards, "someone/covers")
    assert "forbid training models" in card and "CC BY-NC-SA" not in card


def test_the_plot_shows_genres_by_decade(counts: Counts) -> None:
    first = draw_counts(counts)
    assert first == draw_counts(counts)
    with Image.open(BytesIO(first)) as picture:
        assert picture.format == "PNG" and min(picture.size) > 300
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 50
    counts.grid["rock", 1960] += 1000
    assert draw_counts(counts) != first


def test_a_plot_of_nothing_known() -> None:
    counts = Counts()
    counts.add(
        {
            **dict.fromkeys(("artist_name", "album_name", "licence_note"), ""),
            **{"artist_id": "a", "key": "k", "source": None, "bytes": 1, "genres": []},
            "release_year": None,
        }
    )
    assert Image.open(BytesIO(draw_counts(counts))).size[0] == 800
    assert "not known" in make_card(counts, [], "covers")


def test_a_plot_with_names_that_its_font_lacks() -> None:
    counts = Counts(grid=Counter({("謎 ジャンル", 1980): 3}), genres=Counter({"謎 ジャンル": 3}))
    assert draw_counts(counts)
