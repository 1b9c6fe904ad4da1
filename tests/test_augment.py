"""Changes of covers: what the papers say, the same for all, and smooth to the second order."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from duck_and_cover.augment import ADA, DiffAugment


def pictures(count: int = 16, side: int = 16) -> Tensor:
    """Random pictures (count, 3, side, side) in [-1, 1)."""
    random = torch.Generator().manual_seed(1)
    return torch.rand(count, 3, side, side, generator=random) * 2 - 1


def drawn(augment: DiffAugment, count: int = 16, seed: int = 2) -> Tensor:
    """The chance of `count` pictures."""
    return augment.draws(count, torch.Generator().manual_seed(seed))


def amounts_of(*amounts: float) -> Tensor:
    """One picture's draws: every operation chosen, then the amounts in order."""
    return torch.tensor([[0.0] * 5 + list(amounts)])


def test_colour_is_brightness_then_saturation_then_contrast() -> None:
    x, augment = pictures(1), DiffAugment("colour")
    expected = x + 0.3
    grey = expected.mean(1, keepdim=True)
    expected = grey + 1.5 * (expected - grey)
    expected = expected.mean() + 0.7 * (expected - expected.mean())
    found = augment(x, amounts_of(0.8, 0.75, 0.2, 0, 0, 0, 0))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("side", [4, 8, 16, 32])
def test_translation_moves_whole_pixels_over_zero(side: int) -> None:
    x, augment, most = pictures(1, side), DiffAugment("translation"), side // 8
    moved = augment(x, amounts_of(0, 0, 0, 0.9999, 0, 0, 0))  # down by the most, left by the most
    assert torch.equal(moved[..., most:, : side - most], x[..., : side - most, most:])
    assert (moved[..., :most, :] == 0).all() and (moved[..., side - most :] == 0).sum() == (
        3 * side * most
    )
    still = augment(x, amounts_of(0, 0, 0, 0.5, 0.5, 0, 0))
    assert torch.equal(still, x)


def test_translation_takes_every_step_alike() -> None:
    augment, x = DiffAugment("translation"), torch.zeros(4000, 1, 16, 16)
    x[:, :, 8, 8] = 1.0
    heat = augment(x, drawn(augment, 4000)).sum(0)[0]
    assert torch.equal(heat.nonzero().amin(0), torch.tensor([6, 6]))
    assert torch.equal(heat.nonzero().amax(0), torch.tensor([10, 10]))
    assert (heat[6:11, 6:11] / 160 - 1).abs().max() < 0.3  # 4000 over 25 places; 13 is one sigma


@pytest.mark.parametrize("side", [4, 8, 32])
def test_cutout_is_a_square_of_half_the_side(side: int) -> None:
    x, augment = torch.ones(1, 3, side, side), DiffAugment("cutout")
    centred = augment(x, amounts_of(0, 0, 0, 0, 0, 0.5, 0.5))
    quarter = side // 4
    assert (centred[..., quarter:-quarter, quarter:-quarter] == 0).all()
    assert centred.sum() == 3 * side * side * 3 / 4
    corner = augment(x, amounts_of(0, 0, 0, 0, 0, 0.0, 0.9999))
    assert (corner == 0).sum() == 3 * quarter**2 and (corner[..., :quarter, -quarter:] == 0).all()


def test_p_is_the_share_of_pictures_of_each_operation() -> None:
    x, draws = pictures(2000, 8), drawn(DiffAugment(), 2000)
    for operation, unmoved in (("colour", 0.75**3), ("translation", 0.75), ("cutout", 0.75)):
        same = (DiffAugment(operation, p=0.25)(x, draws) == x).flatten(1).all(1).float().mean()
        # A shift of 0, 0 of nine leaves a picture as it is.
        unmoved += 0.25 / 9 if operation == "translation" else 0
        assert same == pytest.approx(unmoved, abs=0.03), operation
    assert torch.equal(DiffAugment(p=0.0)(x, draws), x)
    assert torch.equal(DiffAugment("")(x, draws), x)


def test_a_picture_is_changed_alike_alone_and_in_a_batch() -> None:
    x, augment = pictures(), DiffAugment()
    draws = drawn(augment)
    whole = augment(x, draws)
    torch.testing.assert_close(whole[5:7], augment(x[5:7], draws[5:7]))
    assert torch.equal(whole, augment(x, drawn(augment)))
    assert (whole - augment(x, drawn(augment, seed=3))).abs().amax(dim=(1, 2, 3)).gt(0.1).all()
    assert not whole.eq(x).flatten(1).all(1).any()


@pytest.mark.parametrize("side", [4, 8])
def test_differentiable_twice(side: int) -> None:
    augment = DiffAugment()
    x, draws = pictures(2, side).double().requires_grad_(), drawn(augment, 2)

    def bent(images: Tensor) -> Tensor:
        """A curved score, so that the second order is not all zero."""
        changed: Tensor = augment(images, draws)
        return changed.pow(3).sum(dim=(1, 2, 3))

    assert torch.autograd.gradcheck(bent, x)
    assert torch.autograd.gradgradcheck(bent, x)


def test_unknown_operation_is_named() -> None:
    with pytest.raises(ValueError, match="no operation 'flip'; take some of colour,translation"):
        DiffAugment("colour,flip")


def test_ada_follows_the_overfitting() -> None:
    ada, told = ADA(target=0.5, kimg=1.0), torch.ones(10)
    for _ in range(3):
        ada.observe(told)
    assert ada.p == 0
    ada.observe(told)  # the fourth step: 40 reals of 1000
    assert float(ada.p) == pytest.approx(0.04)
    for margins in (told, -told, told, told):  # on the target: nothing moves
        ada.observe(margins)
    assert float(ada.p) == pytest.approx(0.04)
    for margins in (told[:5], -told[:5], told[:5], -told[:5]):
        ada.observe(margins)
    assert float(ada.p) == pytest.approx(0.02)
    for _ in range(8):
        ada.observe(-told)
    assert ada.p == 0  # never below
    for _ in range(400):
        ada.observe(told)
    assert float(ada.p) == pytest.approx(0.8)  # nor so high that the changes leak


def test_ada_passes_over_what_is_not_a_number() -> None:
    ada = ADA(kimg=1.0)
    for _ in range(4):
        ada.observe(torch.tensor([float("nan"), float("inf"), 1.0, 2.0, 5.0, 3.0]))
    assert float(ada.p) == pytest.approx(0.024)  # 5 of 6 told: above the target


def test_ada_resumes_between_its_moves() -> None:
    whole, broken = ADA(kimg=1.0), ADA(kimg=1.0)
    for i in range(11):
        margins = torch.linspace(-1, 2, 8) + i % 3
        whole.observe(margins)
        broken.observe(margins)
        if i == 5:
            saved = broken.state_dict()
            assert set(saved) == {"p", "tally"}
            broken = ADA(kimg=1.0)
            broken.load_state_dict(saved)
    assert torch.equal(whole.p, broken.p) and whole.p > 0
    assert DiffAugment().state_dict() == {}


def test_ada_changes_the_share_that_p_says() -> None:
    ada, x = ADA("cutout"), torch.ones(1000, 3, 8, 8)
    draws = drawn(ada, 1000)
    assert torch.equal(ada(x, draws), x)
    ada.p.fill_(0.5)
    changed = (ada(x, draws) != x).flatten(1).any(1).float().mean()
    assert changed == pytest.approx(0.5, abs=0.05)
