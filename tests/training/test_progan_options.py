"""The progressive GAN's options: changed covers, a head that tells genres, late labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from duck_and_cover.augment import ADA, DiffAugment
from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.batches import Batch
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.networks.condition_encoder import GENRES, ConditionSpec, ConditionTensors
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.building import preset_path, quiet_libraries
from duck_and_cover.training.fit import train
from duck_and_cover.training.progan import ProGANModule, labelled_share
from duck_and_cover.training.run import RunFolder
from tests.breaking_off import Stop, StopAt

MODEL = "--model.init_args"
SIDE, COUNT, LABELS = 8, 16, 3


class Plain(ProGANModule):
    """SGD, whose steps are the gradients."""

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """The generator's, the discriminator's."""
        networks = (self.generator, self.discriminator)
        return [
            torch.optim.SGD(network.parameters(), lr=self.lr, fused=True) for network in networks
        ]


class Covers(Dataset[Batch]):
    """Random covers of three genres; the clock goes on."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Batch:
        random = torch.Generator().manual_seed(step)
        images = torch.randint(256, (COUNT, 3, SIDE, SIDE), generator=random, dtype=torch.uint8)
        blank = ConditionTensors.nothing(COUNT, LABELS)
        blank.genres[torch.arange(COUNT), torch.arange(COUNT) % LABELS] = 1
        blank.present[:, GENRES] = 1
        return Batch(images, blank, 1.0, step * COUNT, COUNT)


def module(generator_seed: int = 0, **settings: Any) -> Plain:
    """Small networks at one resolution; the discriminator has a head."""
    spec = ConditionSpec(LABELS)
    torch.manual_seed(generator_seed)
    generator = ProGANGenerator(SIDE, spec, 8, fmap_base=64, fmap_max=8, condition_width=4)
    torch.manual_seed(1)
    discriminator = ProGANDiscriminator(SIDE, spec, fmap_base=64, fmap_max=8, classify=True)
    growth = Growth(SIDE, kimg=1.0, start_resolution=None, batch_size=COUNT)
    vocabulary = Vocabulary(("a", "b", "c"), 0, 0)
    return Plain(generator, discriminator, growth, vocabulary, **{"lr": 0.05, **settings})


def trained(model: Plain, steps: int = 1) -> dict[str, Tensor]:
    """The weights after some steps."""
    quiet: dict[str, Any] = dict(logger=False, enable_checkpointing=False, max_epochs=1)
    quiet |= dict(enable_progress_bar=False, enable_model_summary=False, accelerator="cpu")
    with quiet_libraries():
        Trainer(**quiet).fit(model, DataLoader(Covers(steps), batch_size=None))
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("reuse", [False, True])
def test_augmented_slices_add_up_to_the_batch(reuse: bool) -> None:
    settings: dict[str, Any] = dict(gp=1.0, matching=0.2, ac=1.0, ac_generator=0.1, reuse=reuse)
    whole = trained(module(augment=DiffAugment(), **settings), 3)
    parts = trained(module(augment=DiffAugment(), micro_batch=4, **settings), 3)
    plain = trained(module(**settings), 3)
    for name, tensor in whole.items():
        assert (tensor - parts[name]).norm() <= 5e-5 * (tensor.norm() + 1), name
    moved = [n for n in whole if (whole[n] - plain[n]).norm() > 1e-3 * whole[n].norm()]
    assert any(n.startswith("generator.") for n in moved)
    assert any(n.startswith("discriminator.") for n in moved)


def test_slopes_are_taken_at_the_picture_before_its_change() -> None:
    model = module(augment=DiffAugment("cutout"))
    (part,) = model.slices(Covers(1)[0])
    images = part.reals().requires_grad_()
    model.score_of(part, part.changes[0])(images).sum().backward()  # type: ignore[no-untyped-call]
    cut = model.augment(torch.ones_like(images), part.changes[0]) == 0
    assert images.grad is not None and 0.05 < cut.float().mean() < 0.25
    assert (images.grad[cut] == 0).all() and (images.grad[~cut] != 0).float().mean() > 0.9


def test_reals_and_fakes_are_changed_by_draws_of_their_own() -> None:
    (part,) = module(augment=DiffAugment()).slices(Covers(1)[0])
    assert part.changes.shape[:2] == (3, COUNT) and len(set(part.changes.flatten().tolist())) > 500
    (part,) = module(augment=DiffAugment(), reuse=True).slices(Covers(1)[0])
    assert torch.equal(part.changes[1], part.changes[2])
    assert not torch.equal(part.changes[0], part.changes[1])


def test_ada_watches_the_game() -> None:
    model = module(augment=ADA(target=-1.5, kimg=1.0))
    assert float(trained(model, 12)["augment.p"]) == pytest.approx(12 * COUNT / 1000)
    assert model._losses["train/augment_p"] == model.augment.p
    assert trained(module(augment=ADA(target=1.5, kimg=1.0)), 12)["augment.p"] == 0
    plain = module()
    trained(plain)
    assert "train/augment_p" not in plain._losses


def test_the_head_learns_from_reals_alone() -> None:
    head = "discriminator.genre_head.weight"
    one, other = (trained(module(seed, ac=1.0)) for seed in (0, 5))
    assert torch.equal(one[head], other[head])
    assert not torch.equal(one["discriminator.score.weight"], other["discriminator.score.weight"])
    without = trained(module())
    assert not torch.equal(one[head], without[head])
    assert torch.equal(without[head], module().state_dict()[head])


def test_the_generator_learns_from_the_head_by_its_weight() -> None:
    name = "generator.base.dense.weight"
    start = module().state_dict()[name]
    none, tenth, fifth = (
        trained(module(ac=1.0, ac_generator=weight))[name] - start for weight in (0.0, 0.1, 0.2)
    )
    assert (tenth - none).norm() > 1e-4 * none.norm()
    torch.testing.assert_close(fifth - none, 2 * (tenth - none), rtol=1e-2, atol=1e-6)


def test_accuracies_are_logged() -> None:
    model = module(ac=1.0, condition_dropout=0.4, lr=0.0)
    head = model.discriminator.genre_head
    assert head is not None and head.bias is not None
    torch.nn.init.zeros_(head.weight)
    with torch.no_grad():
        head.bias.copy_(torch.tensor([1.0, 0.0, 0.0]))  # it says the first genre of every cover
    (part,) = model.slices(Covers(1)[0])
    given = part.given.genres.sum(dim=0)
    assert 0 < given.sum() < COUNT  # dropout has taken some
    trained(model)
    for kind in ("real", "generated"):
        found = model._losses[f"train/genre_accuracy_{kind}"]
        assert float(found) == pytest.approx(float(given[0] / given.sum()))


def test_the_share_of_labels_rises_in_a_line() -> None:
    shares = [labelled_share(kimg, 2.0, 4.0) for kimg in (0, 1.9, 2, 3, 5, 6, 99)]
    assert shares == pytest.approx([0, 0, 0, 0.25, 0.75, 1, 1])
    assert labelled_share(0, 0, 0) == labelled_share(3, 3, 0) == 1
    assert labelled_share(2.9, 3, 0) == 0


def test_labels_are_withheld_and_then_come() -> None:
    model = module(unconditional_kimg=0.016, transition_kimg=0.032, condition_dropout=0.0)
    kept = []
    for shown in (0, 16, 32, 48):
        model.images_shown = shown
        (part,) = model.slices(Covers(1)[0])
        assert torch.equal(part.given.genres.sum(1), part.given.present[:, GENRES])
        kept.append(float(part.given.present[:, GENRES].mean()))
    assert kept[:2] == [0, 0] and 0.2 < kept[2] < 0.8 and kept[3] == 1


def test_withheld_labels_teach_nothing() -> None:
    late: dict[str, Any] = dict(unconditional_kimg=1.0, r1=0.0, r2=0.0)
    with_losses = trained(module(matching=5.0, ac=3.0, ac_generator=2.0, **late), 2)
    without = trained(module(**late), 2)
    for name, tensor in with_losses.items():
        torch.testing.assert_close(tensor, without[name], msg=name)


def test_what_an_option_needs_is_named() -> None:
    with pytest.raises(UsageError, match="ac_generator needs ac"):
        module(ac_generator=0.1)
    spec = ConditionSpec(LABELS)
    bare = ProGANDiscriminator(SIDE, spec, fmap_base=64, fmap_max=8)
    with pytest.raises(UsageError, match=r"ac needs --model.*classify true"):
        ProGANModule(ProGANGenerator(SIDE, spec, 8, fmap_base=64, fmap_max=8), bare, ac=1.0)


def test_all_options_together_resume_exactly(tmp_path: Path) -> None:
    args = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
    args += ["--growth.resolution=8", "--growth.kimg=0.08", "--run.eval_kimg=0"]
    args += ["--run.checkpoint_kimg=0.04", "--trainer.accelerator=cpu", "--run.sample_kimg=1"]
    args += [f"{MODEL}.augment.class_path=duck_and_cover.augment.ADA"]
    args += [f"{MODEL}.augment.init_args.kimg=0.2", f"{MODEL}.augment.init_args.target=-1.0"]
    args += [f"{MODEL}.ac=1.0", f"{MODEL}.ac_generator=0.1", f"{MODEL}.unconditional_kimg=0.02"]
    args += [f"{MODEL}.discriminator.init_args.classify=true", f"{MODEL}.transition_kimg=0.03"]
    whole = train([*args, f"--run.out={tmp_path / 'whole'}"])
    with pytest.raises(Stop):
        train([*args, f"--run.out={tmp_path / 'broken'}"], callbacks=[StopAt(48)])
    broken = train([], resume=tmp_path / "broken")
    found = [torch.load(run.last, weights_only=True) for run in (whole, broken)]
    for part in ("state_dict", "optimizer_states", "latest"):
        torch.testing.assert_close(found[0][part], found[1][part], rtol=0, atol=0)
    assert float(found[0]["state_dict"]["augment.p"]) == pytest.approx(0.32)
    names = RunFolder(tmp_path / "whole").metrics.read_text().splitlines()[0]
    assert "train/augment_p" in names and "train/genre_accuracy_real" in names
