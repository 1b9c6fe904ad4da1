"""Covers from several moments of a run: which of them draws, and how to make a cover again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from duck_and_cover.cli import main
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.folder import GeneratorConfig, save_generator
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.generation.milestones import in_turn, milestones
from duck_and_cover.networks.progan import ProGANGenerator

MOMENTS = ("000001.000kimg", "000002.000kimg", "000003.000kimg", "000012.500kimg")


@pytest.fixture
def run(folder: Path, network: ProGANGenerator, config: GeneratorConfig) -> Path:
    """A run of 16x16 with four milestones, of which the first is of 8x8."""
    for i, name in enumerate(MOMENTS):
        torch.manual_seed(10 + i)
        for weight in network.parameters():
            weight.normal_()
        of_then = replace(config, kimg=float(i), resolution=16 if i else 8)
        save_generator(folder.parent / "milestones" / name, network, of_then)
    return folder.parent


def pixels(cover: Cover) -> list[int]:
    flat: list[int] = np.asarray(cover.picture).flatten().tolist()
    return flat


def test_smaller_ones_are_left_out_and_the_last_can_be_chosen(run: Path) -> None:
    assert [g.name for g in milestones(run)] == [str(run / "milestones" / m) for m in MOMENTS[1:]]
    assert [g.config.kimg for g in milestones(str(run), "2")] == [2.0, 3.0]
    assert [g.config.kimg for g in milestones(run, "3")] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("which", ["0", "4", "-1", "some", "", "1.5"])
def test_wrong_numbers_are_named(run: Path, which: str) -> None:
    with pytest.raises(UsageError, match=f"--from-milestones {which}: take all, or a number from"):
        milestones(run, which)


def test_a_model_without_milestones_says_so(folder: Path) -> None:
    for model in (folder, folder.parent):
        with pytest.raises(UsageError, match="--from-milestones: none of 16x16 in .*--milestones"):
            milestones(model)
    with pytest.raises(UsageError, match="no such model"):
        milestones("nowhere")


def test_a_seed_is_the_same_cover_in_any_company(run: Path) -> None:
    kept = milestones(run)

    def draw(*seeds: int) -> list[Cover]:
        return in_turn(kept, seeds, lambda one, own: one.generate("jazz", 1962, seeds=own))

    covers = draw(3, 4, 5, 6, 4)
    assert [cover.seed for cover in covers] == [3, 4, 5, 6, 4]
    assert [cover.model for cover in covers] == [kept[i].name for i in (0, 1, 2, 0, 1)]
    for place in (0, 2, 4):
        (alone,) = draw(covers[place].seed)
        assert alone.model == covers[place].model
        differ = np.subtract(pixels(alone), pixels(covers[place]))
        assert np.abs(differ).max() <= 1
    assert draw() == []
    # Different generators make different covers of one seed.
    assert pixels(kept[0].generate(seeds=[3])[0]) != pixels(kept[1].generate(seeds=[3])[0])


def test_the_command_records_which_milestone_drew(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "covers"
    words = ["generate", str(run), "--from-milestones", "2", "--n", "3", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["duck-and-cover", *words])
    main()
    for seed, moment in enumerate((MOMENTS[2], MOMENTS[3], MOMENTS[2])):
        with Image.open(out / f"any-any-{seed:04d}.png") as file:
            model = file.info["Model"]
            assert model == str(run / "milestones" / moment)
            (again,) = CoverGenerator.from_pretrained(model).generate(seeds=[seed])
            assert np.abs(np.subtract(pixels(again), np.asarray(file).flatten())).max() <= 1
