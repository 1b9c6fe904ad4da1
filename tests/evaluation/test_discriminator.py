"""A run's discriminator is found, rebuilt from the checkpoint, and asked for genres."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.evaluation.discriminator import (
    CLASSES,
    class_fits,
    discriminator_accuracy,
    load_discriminator,
    shrunk,
)
from duck_and_cover.generation.folder import GeneratorConfig, save_generator
from duck_and_cover.generation.generator import Pictures
from duck_and_cover.labels import Labels
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator

WORDS = Vocabulary(("blues", "folk", "jazz"), 1950, 2020)
CLASS = next(name for name, kind in CLASSES.items() if kind is ProGANDiscriminator)
SETTINGS: dict[str, Any] = {"fmap_base": 64, "fmap_max": 8, "stddev_group": 0, "fused": True}


@pytest.fixture
def network() -> ProGANDiscriminator:
    torch.manual_seed(1)
    return ProGANDiscriminator(16, WORDS.spec, **SETTINGS).eval()


@pytest.fixture
def run(tmp_path: Path, network: ProGANDiscriminator) -> Path:
    """What a training of 16x16 leaves that has reached 8x8."""
    torch.manual_seed(0)
    generator = ProGANGenerator(
        16, WORDS.spec, latent=8, fmap_base=64, fmap_max=8, condition_width=8
    )
    config = GeneratorConfig("progan", generator.settings, WORDS.settings(), 8, alpha=0.5)
    save_generator(tmp_path / "generator", generator, config)
    write_config(tmp_path, CLASS)
    (tmp_path / "checkpoints").mkdir()
    write_checkpoint(tmp_path / "checkpoints" / "last.ckpt", network)
    return tmp_path


def write_config(run: Path, name: str) -> None:
    asked = {"class_path": name, "init_args": {"resolution": 1024, "spec": None, **SETTINGS}}
    whole = {"model": {"init_args": {"discriminator": asked}}}
    (run / "config.yaml").write_text(yaml.safe_dump(whole))


def write_checkpoint(path: Path, network: ProGANDiscriminator) -> None:
    state = {f"discriminator.{name}": value for name, value in network.state_dict().items()}
    torch.save({"state_dict": {"generator.x": torch.zeros(1), **state}, "images_shown": 5}, path)


def noise(count: int, side: int, seed: int = 0) -> Pictures:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def test_fits_are_the_scores_of_each_genre_with_the_own_year(network: ProGANDiscriminator) -> None:
    pictures, years = noise(70, 16), np.array([1950, 1985, 0, 2100, 2020] * 14, np.int32)
    fits = class_fits(network, pictures, WORDS, Labels([[]] * 70, years))
    images = torch.from_numpy(pictures[65:]).permute(0, 3, 1, 2) / 127.5 - 1
    given = [1950, 1985, None, None, 2020]  # 0 is no year, 2100 none that the model knows
    with torch.no_grad():
        for place, genre in enumerate(WORDS.genres):
            wishes = WORDS.encode([Condition((genre,), year) for year in given])
            expected = network(images, wishes).numpy()
            np.testing.assert_allclose(fits[65:, place], expected, rtol=1e-4, atol=1e-4)
    assert fits.shape == (70, 3) and np.ptp(fits, axis=1).min() > 0


def test_the_runs_own_weights_at_its_resolution(run: Path, network: ProGANDiscriminator) -> None:
    found = load_discriminator(run)
    assert found is not None
    loaded, vocabulary, resolution, alpha = found
    assert (vocabulary, resolution, alpha) == (WORDS, 8, 0.5)
    assert not loaded.training
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name


def test_accuracy_counts_any_own_genre(run: Path, network: ProGANDiscriminator) -> None:
    real, generated = noise(80, 16), noise(80, 16, seed=1)
    nothing = Labels([[]] * 80, np.full(80, 1980, np.int32))
    best = [
        class_fits(network, shrunk(pictures, 8), WORDS, nothing, alpha=0.5).argmax(axis=1)
        for pictures in (real, generated)
    ]
    # Truth made from what it sees: all real covers are hits, by the second of two genres.
    genres = [[WORDS.genres[(i + 1) % 3], WORDS.genres[i]] for i in best[0]]
    found = discriminator_accuracy(run, real, generated, replace(nothing, genres=genres))
    assert found is not None and found["real"] == 1
    hits = [WORDS.genres[i] in names for i, names in zip(best[1], genres, strict=True)]
    assert found["generated"] == pytest.approx(np.mean(hits))
    assert 0 < found["chance"] < 1


def test_none_where_there_is_nobody_to_ask(run: Path, tmp_path: Path) -> None:
    covers, jazz = noise(4, 16), Labels([["jazz"]] * 4, np.zeros(4, np.int32))
    assert discriminator_accuracy(run / "generator", covers, covers, jazz) is None
    assert discriminator_accuracy(run, covers, covers, replace(jazz, genres=[["x"]] * 4)) is None
    assert discriminator_accuracy(run, covers[:, :4, :4], covers, jazz) is None
    write_config(run, "some.other.Discriminator")
    assert discriminator_accuracy(run, covers, covers, jazz) is None


def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    run: Path, network: ProGANDiscriminator, caplog: pytest.LogCaptureFixture
) -> None:
    last = run / "checkpoints" / "last.ckpt"
    write_checkpoint(run / "checkpoints" / "previous.ckpt", network)
    last.write_bytes(last.read_bytes()[:500])
    assert load_discriminator(run) is not None
    assert "last.ckpt" in caplog.text
    (run / "checkpoints" / "previous.ckpt").write_bytes(b"")
    assert load_discriminator(run) is None


class Trap:
    """What a checkpoint of a stranger may hold."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("sprung"),))  # type: ignore[return-value]


def test_a_checkpoint_cannot_run_code(
    run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {}, "extra": Trap()}, run / "checkpoints" / "last.ckpt")
    assert load_discriminator(run) is None
    assert "last.ckpt" in caplog.text and not (tmp_path / "sprung").exists()


def test_shrinking_is_by_means() -> None:
    pictures = noise(3, 16)
    assert np.array_equal(shrunk(pictures, 16), pictures)
    small = shrunk(pictures, 8)
    assert small.shape == (3, 8, 8, 3)
    assert small[0, 0, 0, 0] == np.round(pictures[0, :2, :2, 0].mean())
