"""CoverGenerator: the same cover from the same wish, whoever else is in the batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from duck_and_cover import Condition, CoverGenerator
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.generator import draw, latents, to_uint8
from duck_and_cover.generation.hub import find_generator
from duck_and_cover.networks.progan import ProGANGenerator


def pixels(picture: Image.Image) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.asarray(picture).astype(np.int64)


def apart(one: Image.Image, other: Image.Image) -> int:
    """The largest difference in grey levels."""
    return int(np.abs(pixels(one) - pixels(other)).max())


def test_a_run_folder_and_its_generator_folder_mean_the_same(folder: Path) -> None:
    by_name = CoverGenerator.from_pretrained(str(folder)).generate(seeds=[3])[0]
    by_run = CoverGenerator.from_pretrained(folder.parent).generate(seeds=[3])[0]
    assert apart(by_name.picture, by_run.picture) == 0
    assert find_generator(folder.parent) == find_generator(folder) == folder
    assert by_name.model == str(folder) and by_run.model == str(folder.parent)


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "./a/b", "~/a", "/no/such/folder"])
def test_models_that_are_not_there(name: str) -> None:
    with pytest.raises(UsageError, match="^no such model: ") as caught:
        CoverGenerator.from_pretrained(name)
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="^no such model: "):
        CoverGenerator.from_pretrained(Path("owner/name"))


def test_a_folder_without_a_generator(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name a run or generator folder, or a Hub id"):
        CoverGenerator.from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="generator.safetensors"):
        CoverGenerator.from_pretrained(tmp_path)


def test_a_hub_id_is_downloaded_without_pickles(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, list[str]]] = []

    def snapshot(repo: str, allow_patterns: list[str]) -> str:
        asked.append((repo, allow_patterns))
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    generator = CoverGenerator.from_pretrained("owner/name")
    assert generator.name == "owner/name" and generator.config.kimg == 12.5
    assert asked == [("owner/name", ["config.json", "generator.safetensors"])]


def test_a_hub_id_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    def snapshot(*_: Any, **__: Any) -> str:
        raise LocalEntryNotFoundError("no network\nand nothing kept")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    with pytest.raises(UsageError, match="owner/name is no folder, and on the Hub") as caught:
        CoverGenerator.from_pretrained("owner/name")
    assert "\n" not in str(caught.value)


def test_a_seed_is_the_same_cover_alone_or_in_a_batch(generator: CoverGenerator) -> None:
    wish: dict[str, Any] = {"genres": ["jazz"], "year": 1962}
    seeds = [5, 0, 2**63 - 1, 5, *range(100, 170)]  # more than one batch of 64
    together = generator.generate(**wish, seeds=seeds)
    assert [cover.seed for cover in together] == seeds
    for place in (0, 1, 2, 3, 64, 73):
        (alone,) = generator.generate(**wish, seeds=[seeds[place]])
        assert apart(alone.picture, together[place].picture) <= 1
    assert apart(together[0].picture, together[3].picture) <= 1
    differ = [apart(together[0].picture, cover.picture) > 8 for cover in together[4:]]
    assert sum(differ) > 0.9 * len(differ)


def test_a_second_generator_makes_the_same_covers(folder: Path) -> None:
    one, two = (CoverGenerator.from_pretrained(folder).generate(seeds=range(3)) for _ in "ab")
    for a, b in zip(one, two, strict=True):
        assert apart(a.picture, b.picture) == 0 and a.condition == b.condition


def test_wishes_shape_covers_and_labels_do_not(generator: CoverGenerator) -> None:
    def make(**wish: Any) -> Image.Image:
        return generator.generate(**wish, seeds=[1])[0].picture

    pictures = [
        make(),
        make(genres="jazz"),
        make(genres=["jazz", "ambient"]),
        make(genres="jazz", year=1950),
        make(genres="jazz", year=2020),
        make(year=1950),
    ]
    for i, picture in enumerate(pictures):
        assert picture.size == (16, 16) and picture.mode == "RGB"
        assert all(apart(picture, other) > 2 for other in pictures[:i])
    assert apart(make(genres="jazz", artist="A", album="B"), pictures[1]) == 0
    assert apart(make(genres=["ambient", "jazz"]), pictures[2]) == 0
    assert apart(make(genres=" Jazz "), pictures[1]) == 0


def test_truncation_ends_in_the_typical_cover(generator: CoverGenerator) -> None:
    a, b = generator.generate("jazz", seeds=[1, 2], truncation=0.0)
    assert apart(a.picture, b.picture) <= 1
    halfway, _ = generator.generate("jazz", seeds=[1, 2], truncation=0.5)
    (whole,) = generator.generate("jazz", seeds=[1])
    assert apart(halfway.picture, a.picture) > 2 and apart(halfway.picture, whole.picture) > 2


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"genres": "jaz"}, "did you mean jazz"),
        ({"genres": ["jazz", "xyzzy"]}, "unknown genre 'xyzzy'"),
        ({"year": 1900}, "take 1950 to 2020"),
        ({"seeds": [1, -1]}, "seed -1: take a whole number from 0"),
        ({"seeds": [2**63]}, f"seed {2**63}"),
        ({"truncation": 1.5}, "truncation 1.5: take a number from 0 to 1"),
        ({"truncation": -0.1}, "truncation -0.1"),
        ({"truncation": float("nan")}, "truncation nan"),
    ],
)
def test_wrong_wishes_are_named(
    generator: CoverGenerator, wish: dict[str, Any], named: str
) -> None:
    with pytest.raises(UsageError) as caught:
        generator.generate(**wish)
    assert named in str(caught.value) and "\n" not in str(caught.value)


def test_no_seeds_make_no_covers(generator: CoverGenerator) -> None:
    assert generator.generate("jazz", seeds=[]) == []


def test_a_cover_tells_how_to_make_it_again(generator: CoverGenerator, tmp_path: Path) -> None:
    (cover,) = generator.generate(
        ["jazz", "acid jazz"], 1962, "Björk", "日本語 – live", seeds=[7], truncation=0.7
    )
    cover.save(tmp_path / "cover.png")
    with Image.open(tmp_path / "cover.png") as file:
        file.load()
        text = dict(file.info)
        assert (file.format, apart(file, cover.picture)) == ("PNG", 0)
    assert text == {
        "Software": "duck_and_cover",
        "Model": generator.name,
        "Seed": "7",
        "Truncation": "0.7",
        "Genres": "jazz, acid jazz",
        "Year": "1962",
        "Artist": "Björk",
        "Album": "日本語 – live",
    }
    (again,) = CoverGenerator.from_pretrained(text["Model"]).generate(
        text["Genres"].split(", "),
        int(text["Year"]),
        seeds=[int(text["Seed"])],
        truncation=float(text["Truncation"]),
    )
    assert apart(again.picture, cover.picture) == 0


def test_a_cover_of_no_wish_records_that(generator: CoverGenerator, tmp_path: Path) -> None:
    generator.generate()[0].save(tmp_path / "cover.png")
    with Image.open(tmp_path / "cover.png") as file:
        text = dict(file.info)
    assert (text["Genres"], text["Year"], text["Seed"]) == ("", "", "0")
    assert "Artist" not in text and "Album" not in text


@pytest.mark.parametrize(
    ("genres", "year", "seed", "name"),
    [
        ((), None, 0, "any-any-0000"),
        (("jazz",), 1962, 1, "jazz-1962-0001"),
        (("acid jazz", "jazz"), None, 12345, "acid-jazz+jazz-any-12345"),
    ],
)
def test_covers_have_names(
    generator: CoverGenerator, genres: tuple[str, ...], year: int | None, seed: int, name: str
) -> None:
    (cover,) = generator.generate(genres, year, seeds=[seed])
    assert cover.name == name
    assert cover.condition == Condition(genres, year)


def test_names_are_safe_as_file_names(generator: CoverGenerator) -> None:
    (cover,) = generator.generate()
    rude = replace(cover, condition=Condition(("../r&b/ soul", "k:pop?")))
    assert rude.name == "---r-b--soul+k-pop--any-0000"


def test_a_stream_makes_the_same_covers(generator: CoverGenerator) -> None:
    conditions = [Condition(("jazz",), 1962)] * 3 + [Condition(year=2001), Condition()]
    parts = list(generator.stream(conditions, first_seed=10, batch_size=2))
    assert [len(part) for part in parts] == [2, 2, 1]
    streamed = np.concatenate(parts).astype(int)
    assert streamed.shape == (5, 16, 16, 3)
    for i, wish in enumerate(conditions):
        (cover,) = generator.generate(wish.genres, wish.year, seeds=[10 + i])
        assert np.abs(streamed[i] - pixels(cover.picture)).max() <= 1
    assert list(generator.stream([])) == []


def test_genres_may_weigh_differently(generator: CoverGenerator) -> None:
    def drawn(genres: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
        return pixels(generator.generate(genres, 1960)[0].picture)

    both = {"jazz": 1.0, "ambient": 1.0}
    assert np.abs(drawn(both) - drawn(("jazz", "ambient"))).max() <= 1
    assert np.abs(drawn({"jazz": 7.0}) - drawn("jazz")).max() <= 1
    ways = [np.abs(drawn({"jazz": w, "ambient": 1}) - drawn("jazz")).mean() for w in (0.1, 1, 9)]
    assert ways[0] > ways[1] > ways[2] > 0
    (cover,) = generator.generate({"jazz": 0.7, "ambient": 0.3})
    assert cover.settings["Genres"] == "jazz=0.7, ambient=0.3"
    for weights in ({"jazz": 0.0}, {"jazz": float("nan")}):
        with pytest.raises(UsageError, match="numbers above 0"):
            generator.generate(weights)


def test_what_is_saved_draws_the_same_and_shows_itself(
    generator: CoverGenerator, tmp_path: Path
) -> None:
    folder = generator.save_pretrained(tmp_path / "kept")
    assert "![Samples](samples.png)" in (folder / "README.md").read_text(encoding="utf-8")
    with Image.open(folder / "samples.png") as sheet:
        assert sheet.width > 8 * 16
    again = CoverGenerator.from_pretrained(folder)
    one, other = (g.generate("jazz", seeds=[3])[0].picture for g in (generator, again))
    assert np.array_equal(pixels(one), pixels(other))


def test_drawing_goes_batch_by_batch(network: ProGANGenerator, generator: CoverGenerator) -> None:
    z = latents(range(5), network)
    condition = generator.vocabulary.encode([Condition(("jazz",))] * 5)
    whole = draw(network, z, condition, 8, alpha=0.5).astype(int)
    assert whole.shape == (5, 8, 8, 3)
    assert np.abs(draw(network, z, condition, 8, 0.5, batch_size=2).astype(int) - whole).max() <= 1
    assert np.abs(draw(network, z, condition, 8, 1.0).astype(int) - whole).max() > 2


def test_latents_are_unit_noise_of_their_own_seed(network: ProGANGenerator) -> None:
    z = latents(range(2000), network)
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)
    assert torch.equal(latents([7, 3], network), z[[7, 3]])
    network.uniform = True
    z = latents(range(2000), network)
    assert z.min() >= -1 and z.max() <= 1 and z.abs().mean().item() == pytest.approx(0.5, abs=0.02)
    assert torch.equal(latents([7, 3], network), z[[7, 3]])


def test_pictures_become_grey_levels() -> None:
    values = torch.tensor([-9.0, -1.0, -0.5, 0.0, 0.5, 1.0, 9.0])
    images = values[:, None, None, None].expand(7, 3, 2, 2).clone()
    images[1, 0, 0, 1] = 1.0  # red, first row, second column
    found = to_uint8(images)
    assert found.shape == (7, 2, 2, 3) and found.dtype == np.uint8
    assert found[:, 1, 1, 1].tolist() == [0, 0, 64, 128, 191, 255, 255]
    assert found[1, 0, 1].tolist() == [255, 0, 0]
