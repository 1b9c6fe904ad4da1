"""The average of the generator: half-lives in images, ramps, and the births of new layers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from duck_and_cover.training.ema import ema_decay, update_ema


class Growing(nn.Module):
    """Two parts, the second of which joins later, and a buffer."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.base = nn.Linear(2, 2)
        self.blocks = nn.ModuleDict({"8": nn.Linear(2, 2), "16": nn.Linear(2, 2)})
        self.register_buffer("counted", torch.tensor(int(value)))
        for parameter in self.parameters():
            nn.init.constant_(parameter, value)


def pair() -> tuple[Growing, Growing]:
    """An average at 0 and a live network at 1."""
    return Growing(0.0).requires_grad_(False), Growing(1.0)


def values(network: nn.Module) -> dict[str, float]:
    """The one value of each part's parameters, by the part's name."""
    found: dict[str, set[float]] = {}
    for name, parameter in network.named_parameters():
        found.setdefault(name.rsplit(".", 1)[0], set()).update(parameter.flatten().tolist())
    assert all(len(each) == 1 for each in found.values())
    return {name: each.pop() for name, each in found.items()}


@pytest.mark.parametrize("batch_size", [1, 7, 16, 1000])
def test_after_a_half_life_the_old_weight_is_a_half(batch_size: int) -> None:
    decay = ema_decay(batch_size, half_life=7000.0, age=10**9, ramp=0.05)
    assert decay ** (7000 / batch_size) == pytest.approx(0.5)


def test_the_papers_decay_as_a_half_life() -> None:
    # 0.999 a step of 16 pictures forgets half in 11.1 thousand.
    assert ema_decay(16, 11_085, 10**9, 0.05) == pytest.approx(0.999, abs=1e-5)


def test_young_averages_forget_quickly() -> None:
    assert ema_decay(16, 10_000, 0, 0.05) == 0.0
    assert ema_decay(16, 10_000, 320, 0.05) == pytest.approx(0.5)  # half-life 5% of the age
    assert ema_decay(16, 10_000, 200_000, 0.05) == ema_decay(16, 10_000, 10**7, 0.05)
    decays = [ema_decay(16, 10_000, age, 0.05) for age in range(0, 200_000, 1000)]
    assert decays == sorted(decays) and decays[-2] < decays[-1] < 1
    assert ema_decay(16, 0.0, 1000, 0.05) == 0.0  # no average at all


def test_an_average_moves_by_its_half_life() -> None:
    average, live = pair()
    for step in range(10):
        update_ema(average, live, {"": -(10**9)}, 16 * (step + 1), 16, half_life=80.0)
    for value in values(average).values():
        assert value == pytest.approx(1 - 0.5 ** (160 / 80), abs=1e-6)
    assert set(values(live).values()) == {1.0}


def test_a_young_average_is_nearly_the_network() -> None:
    average, live = pair()
    update_ema(average, live, {"": 0}, 16, 16, half_life=10_000.0)
    # One step of 16 images at an age of 16: a half-life of 0.8 images.
    assert values(average)["base"] == pytest.approx(1 - 0.5**20, abs=1e-7)


def test_newborn_parts_are_copied_and_restart_their_ramp() -> None:
    births = {"": 0, "blocks.8": 10_000, "blocks.16": 50_000}
    average, live = pair()
    update_ema(average, live, births, 10_320, 16, half_life=2000.0)
    found = values(average)
    assert found["base"] == pytest.approx(1 - 0.5 ** (16 / (0.05 * 10_320)), abs=1e-6)
    assert found["blocks.8"] == pytest.approx(0.5, abs=1e-6)  # aged 320: a half-life of 16
    assert found["blocks.16"] == 1.0  # not yet born


def test_the_longest_name_decides() -> None:
    births = {"": 10**9, "blocks": -(10**9), "blocks.16": 10**9}
    average, live = pair()
    update_ema(average, live, births, 0, 16, half_life=16.0)
    assert values(average) == {
        "base": 1.0,
        "blocks.8": pytest.approx(0.5),
        "blocks.16": 1.0,
    }


def test_the_ramp_is_a_share_of_the_age() -> None:
    found = []
    for ramp in (0.05, 0.5):
        average, live = pair()
        update_ema(average, live, {"": 0}, 320, 16, half_life=10_000.0, ramp=ramp)
        found.append(values(average)["base"])
    assert found == [pytest.approx(0.5), pytest.approx(1 - 0.5**0.1)]


def test_buffers_are_copied() -> None:
    average, live = pair()
    update_ema(average, live, {"": 0}, 16, 16, half_life=10**6)
    assert torch.equal(average.get_buffer("counted"), torch.tensor(1))
    live.get_buffer("counted").add_(1)
    assert torch.equal(average.get_buffer("counted"), torch.tensor(1))


def test_gradients_are_left_alone() -> None:
    average, live = pair()
    out = live.base(torch.ones(1, 2)).sum()
    out.backward()
    before = copy.deepcopy([parameter.grad for parameter in live.base.parameters()])
    update_ema(average, live, {"": 0}, 16, 16, half_life=10_000.0)
    for gradient, parameter in zip(before, live.base.parameters(), strict=True):
        assert gradient is not None and parameter.grad is not None
        assert torch.equal(gradient, parameter.grad) and parameter.requires_grad
    for parameter in average.parameters():
        assert parameter.grad is None and not parameter.requires_grad
    # The average is its own copy: what the network learns next does not show in it.
    nn.init.constant_(live.base.weight, 9.0)
    assert values(average)["base"] == pytest.approx(1.0, abs=1e-5)


def test_networks_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError):
        update_ema(nn.Linear(2, 2), nn.Linear(2, 2, bias=False), {"": 0}, 16, 16, 100.0)
