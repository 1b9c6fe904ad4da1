"""Batches of a stream: the order is a function of the clock, and a resumed run goes on exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from duck_and_cover.data.block import Place
from duck_and_cover.data.large import AheadSampler, DrawAhead
from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.data.stream import CoverStream
from duck_and_cover.data.stream_batches import (
    BEGINNING,
    ShownCovers,
    Standing,
    StreamSampler,
    standing_of,
    state_of,
)
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.run import RunFolder
from tests.breaking_off import Stop, StopAt

GROWTH = Growth(resolution=8, kimg=0.16, fade_kimg=0.02, stable_kimg=0.04, batch_size=8)
SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]


@pytest.fixture
def covers(make_covers: Callable[..., Any], tmp_path: Path) -> Path:
    """Two parquet files for training, of 50 and 25 covers whose years differ; other splits too."""
    folder = tmp_path / "covers"
    folder.mkdir()
    for name, count, first in (
        ("train-0", 50, 1900),
        ("train-1", 25, 1950),
        ("validation", 1, 1990),
        ("test", 1, 1991),
    ):
        genres = [["rock", "jazz"][i % 2] for i in range(count)]
        made = make_covers(count, genre=genres, year=list(range(first, first + count)))
        made.to_parquet(str(folder / f"{name}.parquet"))
    return folder


Step = tuple[int, int, list[int]]


def steps(
    covers: Path, start: int = 0, at: Standing = BEGINNING, rank: int = 0, world: int = 1
) -> tuple[list[Step], ShownCovers]:
    """The clock, the resolution and the covers' years of one rank's steps; years name covers."""
    shown = ShownCovers(CoverStream(str(covers), buffer=10), at, rank, world)
    found = []
    for draw in AheadSampler(StreamSampler(GROWTH, shown, start), shown, 0, threads=2):
        assert isinstance(draw, DrawAhead)
        pixels = draw.wait()
        side = draw.stage.resolution
        assert pixels.shape == (8 // world, side, side, 3)
        taken = shown.take(draw.indices)
        found.append((draw.images_shown, side, [cover.year for cover in taken]))
    return found, shown


def test_steps_follow_the_plan_and_the_stream(covers: Path) -> None:
    found, shown = steps(covers)
    assert [clock for clock, _, _ in found] == list(range(0, 160, 8))
    assert [side for _, side, _ in found] == [GROWTH.stage_at(s).resolution for s, _, _ in found]
    seen = [year for _, _, years in found for year in years]
    stream = CoverStream(str(covers), buffer=10)
    expected: list[int] = []
    for block in stream.blocks(Place(0, 0, 0)):
        if len(expected) >= 160:
            break
        expected += [cover.year for cover in block.covers]
    assert seen == expected[:160]
    assert sorted(seen[:75]) == sorted(seen[75:150])  # two epochs
    assert len(shown._blocks) <= 3  # what was shown is not kept


@pytest.mark.parametrize("clock", [0, 8, 40, 72, 80, 152])
def test_any_step_is_found_again(covers: Path, clock: int) -> None:
    """Amid a block, at a block's end (40, 80) and over the end of the epoch (72)."""
    whole, shown = steps(covers)
    standing = shown.standing_at(clock)
    assert clock - 10 < standing.images_shown <= clock
    assert steps(covers, clock, Standing.of(standing.numbers()))[0] == whole[clock // 8 :]
    assert steps(covers, clock)[0] == whole[clock // 8 :]  # without a place: read from the start


def test_two_ranks_together_show_every_cover(covers: Path) -> None:
    one, other = steps(covers, world=2)[0], steps(covers, rank=1, world=2)[0]
    assert [clock for clock, _, _ in one] == [clock for clock, _, _ in other]
    years = [[year for _, _, found in part for year in found] for part in (one, other)]
    assert not set(years[0][:25]) & set(years[1][:25])  # each has one of the two files
    assert set(years[0] + years[1]) == set(range(1900, 1975))


def test_the_state_is_plain_and_says_where_to_go_on() -> None:
    there = [Standing(40, Place(2, 1, 10)), Standing(32, Place(1, 0, 20))]
    state = state_of("data", 48, [standing.numbers() for standing in there])
    assert torch.equal(torch.tensor(state["ranks"]), torch.tensor([[40, 2, 1, 10], [32, 1, 0, 20]]))
    assert standing_of(state, "data", 1, 2) == there[1]
    fresh = Standing(48, Place(3, 0, 0))
    assert standing_of(state, "data", 0, 1) == standing_of(state, "other", 1, 2) == fresh
    assert standing_of({}, "data", 0, 1) is None


def test_options_that_do_not_go_together() -> None:
    for options in ({"balance": 0.5}, {"guess": True}, {"workers": 1}):
        with pytest.raises(UsageError, match="stream goes with none of"):
            CoverDataModule("you/covers", stream=True, **options)
    with pytest.raises(UsageError, match="leave out --stream"):
        CoverDataModule("you/covers", stream=True).pyramid("train")
    shown = ShownCovers(stream=None, start=BEGINNING, rank=0, world=3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="batch_size 8 cannot be shared by 3"):
        StreamSampler(GROWTH, shown, 0)


def saved(run: RunFolder) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(run.last, weights_only=True)
    return state


def test_a_resumed_training_is_the_one_that_never_stopped(covers: Path, tmp_path: Path) -> None:
    """Stopped twice: amid a block, and at a block's and an epoch's end."""
    data = [f"--data.covers={covers}", "--data.stream=true", "--data.shuffle_buffer=20"]
    every = [*SMOKE, *data, "--run.checkpoint_kimg=0.008"]
    whole = train([*every, f"--run.out={tmp_path / 'whole'}"])
    broken = RunFolder(tmp_path / "broken")
    with pytest.raises(Stop):
        train([*every, f"--run.out={broken.path}"], callbacks=[StopAt(88)])
    assert saved(broken)["images_shown"] == saved(broken)["CoverDataModule"]["images_shown"] == 88
    with pytest.raises(Stop):
        train([], resume=broken.path, callbacks=[StopAt(152)])
    train([], resume=broken.path)
    one, other = saved(whole), saved(broken)
    assert one["images_shown"] == other["images_shown"] == 200
    assert all(torch.equal(one["state_dict"][k], v) for k, v in other["state_dict"].items())
    assert one["CoverDataModule"] == other["CoverDataModule"]
    config = json.loads((broken.generator / "config.json").read_text())
    assert config["data"]["fingerprint"] == CoverStream(str(covers)).fingerprint
