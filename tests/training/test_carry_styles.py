"""Training in two acts where a generator has styles, or skips: it begins as the source ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from duck_and_cover.conditions import Condition
from duck_and_cover.generation.generator import latents
from duck_and_cover.networks.layers import Style
from duck_and_cover.networks.progan import ProGANGenerator
from duck_and_cover.training.building import build
from duck_and_cover.training.init_from import read_source, start_from
from tests.training.test_init_from import SMALL, SMOKE, WORDS, folder_of


@pytest.mark.parametrize("styles", [False, True])
def test_styles_come_to_networks_without(styles: bool, tmp_path: Path) -> None:
    """Or conditions to an unconditional network's styles; and they learn."""
    torch.manual_seed(0)
    small: dict[str, Any] = {**SMALL["progan"]}
    before = ProGANGenerator(16, WORDS.spec, **small, condition_width=0, styles=styles).eval()
    after = ProGANGenerator(32, WORDS.spec, **small, condition_width=8, styles=True).eval()
    fresh = after.blocks["32"].get_submodule("style0.dense").get_parameter("weight").clone()
    kept = folder_of(before, WORDS, tmp_path / "generator")
    module = build(SMOKE).model
    module.generator, module.generator_ema, module.vocabulary = after, after, WORDS
    line = start_from(module, read_source(str(kept)))
    assert ("generator.blocks.8" in line) != styles and "generator.blocks.32" in line
    z = latents(range(4), before)
    for wish in (Condition(), Condition(("jazz",), 1960)):
        condition = WORDS.encode([wish] * 4)
        was, now = before(z, condition), after(z, condition, 16)
        torch.testing.assert_close(now, was, atol=1e-5, rtol=1e-4)
    after(z, WORDS.encode([Condition(("jazz",), 1960)] * 4), 16).square().sum().backward()
    for name, layer in after.named_modules():
        if isinstance(layer, Style) and ".32." not in name:
            weight = layer.dense.weight
            assert weight.grad is not None and (weight.grad[weight == 0] != 0).any(), name
            assert weight.any() == styles
    new = after.blocks["32"].get_submodule("style0.dense").get_parameter("weight")
    assert new.any() and torch.equal(new, fresh)


def test_skips_come_to_networks_without(tmp_path: Path) -> None:
    """The source's last layer draws all of the picture, until those below it have learnt to add."""
    torch.manual_seed(0)
    small: dict[str, Any] = {**SMALL["progan"]}
    before = ProGANGenerator(16, WORDS.spec, **small, condition_width=8).eval()
    after = ProGANGenerator(32, WORDS.spec, **small, condition_width=8, skips=True).eval()
    kept = folder_of(before, WORDS, tmp_path / "generator")
    module = build(SMOKE).model
    module.generator, module.generator_ema, module.vocabulary = after, after, WORDS
    line = start_from(module, read_source(str(kept)))
    assert "generator.to_rgb.8" in line and "generator.to_rgb.16" not in line
    z, condition = latents(range(4), before), WORDS.encode([Condition(("jazz",), 1960)] * 4)
    torch.testing.assert_close(after(z, condition, 16), before(z, condition), atol=1e-5, rtol=1e-4)
    after(z, condition, 16).square().sum().backward()
    for name in ("4", "8", "16"):
        weight = after.to_rgb[name].get_parameter("weight")
        assert weight.grad is not None and weight.grad.any(), name
    assert after.to_rgb["32"].get_parameter("weight").any()


def test_of_a_sum_of_pictures_no_part_is_taken_for_the_whole(tmp_path: Path) -> None:
    torch.manual_seed(0)
    small: dict[str, Any] = {**SMALL["progan"]}
    before = ProGANGenerator(16, WORDS.spec, **small, condition_width=8, skips=True)
    after = ProGANGenerator(16, WORDS.spec, **small, condition_width=8)
    fresh = after.to_rgb["16"].get_parameter("weight").clone()
    kept = folder_of(before, WORDS, tmp_path / "generator")
    module = build(SMOKE).model
    module.generator, module.generator_ema, module.vocabulary = after, after, WORDS
    line = start_from(module, read_source(str(kept)))
    assert torch.equal(after.to_rgb["16"].get_parameter("weight"), fresh) and fresh.any()
    assert torch.equal(after.base.dense.weight, before.base.dense.weight)
    assert "new: generator.to_rgb.4, generator.to_rgb.8, generator.to_rgb.16" in line
