"""Training in two acts: what is shared is copied, what is new is new, and the log says which."""

from __future__ import annotations

import json
import logging
import pickle
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.data.drawn import drawn_covers
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.folder import ARCHITECTURES, GeneratorConfig, save_generator
from duck_and_cover.generation.generator import CoverGenerator, draw, latents
from duck_and_cover.networks.base import Generator
from duck_and_cover.training.building import TrainCLI, build, preset_path
from duck_and_cover.training.fit import train
from duck_and_cover.training.init_from import read_source, start_from
from duck_and_cover.training.run import RunFolder
from tests.training.test_resume import Stop, assert_same, checkpoint, stop_at

SMOKE = ["--config", str(preset_path("progan")), "--config", str(preset_path("smoke"))]
SMOKE += ["--run.eval_kimg=0", "--run.milestones=0"]
for part in ("generator", "discriminator"):
    SMOKE += [f"--model.init_args.{part}.init_args.fmap_{w}" for w in ("base=64", "max=16")]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of 16x16 with all genres of the synthetic covers."""
    return train([*SMOKE, f"--run.out={tmp_path_factory.mktemp('runs') / 'source'}"])


def begin(source: object, *fields: str) -> tuple[TrainCLI, str]:
    """A training as it stands before its first step, and the line of its log."""
    cli = build([*SMOKE, f"--run.init_from={source}", *fields])
    assert cli.source is not None
    return cli, start_from(cli.model, cli.source)


def weights(cli: TrainCLI, start: str = "") -> dict[str, torch.Tensor]:
    found = cli.model.state_dict().items()
    return {name: tensor for name, tensor in found if name.startswith(start)}


def test_where_all_is_shared_all_is_copied(source: RunFolder) -> None:
    cli, line = begin(source.path)
    assert_same(weights(cli), checkpoint(source)["state_dict"])
    count = sum(not name.startswith("generator_ema.") for name in weights(cli))
    assert line == f"init from {source.path}: {count} of {count} tensors; grows from 16x16"
    assert cli.model.images_shown == 0


def test_a_generator_alone_starts_the_generator_and_its_average(source: RunFolder) -> None:
    fresh = build([*SMOKE])
    cli, line = begin(source.generator)
    kept = checkpoint(source)["state_dict"]
    assert isinstance(kept, dict)
    for name, tensor in weights(cli, "generator.").items():
        average = name.replace("generator.", "generator_ema.")
        assert torch.equal(tensor, kept[average])
        assert torch.equal(weights(cli)[average], kept[average])
    assert_same(weights(cli, "discriminator."), weights(fresh, "discriminator."))
    assert "the discriminator is new" in line and "new:" not in line


def test_a_higher_top_begins_with_new_blocks(source: RunFolder) -> None:
    top = "--growth.resolution=32"
    fresh, (cli, line) = build([*SMOKE, top]), begin(source.path, top)
    kept = checkpoint(source)["state_dict"]
    assert isinstance(kept, dict)
    new = [name for name in weights(cli) if name not in kept]
    assert new and all(".32." in name for name in new)
    for name, tensor in weights(cli).items():
        assert torch.equal(tensor, kept[name] if name in kept else weights(fresh)[name]), name
    assert "new: generator.blocks.32, generator.to_rgb.32, discriminator.from_rgb.32" in line
    assert cli.model.growth.start_resolution == 16


def test_a_lower_top_leaves_the_rest_unused(source: RunFolder) -> None:
    cli, line = begin(source.path, "--growth.resolution=8")
    kept = checkpoint(source)["state_dict"]
    assert isinstance(kept, dict)
    assert_same(weights(cli), {name: kept[name] for name in weights(cli)})
    assert "new:" not in line and "not used: generator.blocks.16, generator.to_rgb.16" in line
    assert cli.model.growth.start == 8


@pytest.mark.parametrize("start", ["--growth.start_resolution=4", "--growth.start_resolution=8"])
def test_growth_begins_where_it_is_told_to(source: RunFolder, start: str) -> None:
    cli, line = begin(source.path, start)
    assert cli.model.growth.start == int(start[-1]) and f"grows from {start[-1]}x" in line


def test_a_source_in_the_middle_of_a_fade_begins_below_it(source: RunFolder) -> None:
    whole = read_source(str(source.path))
    fading = replace(whole, config=replace(whole.config, resolution=16, alpha=0.4))
    assert whole.start_resolution(64) == 16 and fading.start_resolution(64) == 8


def test_genres_go_by_their_names(source: RunFolder) -> None:
    """In another order, without most of the others and beside a new one: the same covers."""
    cli, line = begin(source.path, '--data.genres=["polka", "jazz", "disco"]')
    here, before = cli.model, CoverGenerator.from_pretrained(source.path)
    z = latents(range(4), before.network)
    for genre in ("jazz", "disco"):
        wish = [Condition((genre,), 1968)] * 4
        was = before.network(z, before.vocabulary.encode(wish))
        now = here.generator_ema(z, here.vocabulary.encode(wish))
        torch.testing.assert_close(now, was, atol=1e-5, rtol=1e-4)
    jazz, polka = (
        here.generator_ema(z, here.vocabulary.encode([Condition((genre,), 1968)] * 4))
        for genre in ("jazz", "polka")
    )
    assert (jazz - polka).abs().max() > 0.01
    assert "new genres: polka; genres not used: blues, classical, " in line


def test_labels_come_to_networks_that_learnt_without(source: RunFolder, tmp_path: Path) -> None:
    """From a vocabulary without genres and years to one with both, in the same networks."""
    bare = train([*SMOKE, "--data.conditions=[]", f"--run.out={tmp_path / 'bare'}"])
    cli, line = begin(bare.path)
    kept = checkpoint(bare)["state_dict"]
    assert isinstance(kept, dict)
    assert {n for n in weights(cli) if ".genres." not in n} == set(kept)
    assert_same({name: weights(cli)[name] for name in kept}, kept)
    assert "new: generator.encoder.genres, discriminator.encoder.genres; new genres: blues" in line
    # Without a wish nothing has changed.
    before, z = CoverGenerator.from_pretrained(bare.path), latents(range(4), cli.model.generator)
    wish = [Condition()] * 4
    now = draw(cli.model.generator_ema, z, cli.model.vocabulary.encode(wish), 16)
    was = draw(before.network, z, before.vocabulary.encode(wish), 16)
    assert (now == was).all()


def folder_of(network: Generator, words: Vocabulary, path: Path) -> Path:
    name = next(name for name, kind in ARCHITECTURES.items() if type(network) is kind)
    config = GeneratorConfig(name, network.settings, words.settings(), network.resolution)
    save_generator(path, network, config)
    return path


SMALL: dict[str, dict[str, int]] = {
    "progan": {"latent": 16, "fmap_base": 64, "fmap_max": 16},
    "acgan": {"latent": 16, "fmap_max": 16},
    "dcgan": {"latent": 16, "fmap_max": 16},
    "wgan_gp": {"latent": 16, "fmap_max": 16},
}
WORDS = Vocabulary(("disco", "jazz"), 1950, 2020)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_conditions_come_to_an_unconditional_network(name: str, tmp_path: Path) -> None:
    """Whatever is asked for, it begins by drawing what it drew before."""
    torch.manual_seed(0)
    kind: Callable[..., Generator] = ARCHITECTURES[name]
    before = kind(16, WORDS.spec, condition_width=0, **SMALL[name]).eval()
    after = kind(16, WORDS.spec, condition_width=8, **SMALL[name]).eval()
    kept = folder_of(before, WORDS, tmp_path / "generator")
    module = build(SMOKE).model
    module.generator, module.generator_ema, module.vocabulary = after, after, WORDS
    line = start_from(module, read_source(str(kept)))
    z = latents(range(4), before)
    for wish in (Condition(), Condition(("jazz",), 1960)):
        condition = WORDS.encode([wish] * 4)
        was, now = before(z, condition), after(z, condition)
        torch.testing.assert_close(now, was, atol=1e-5, rtol=1e-4)
    assert "new: generator.encoder" in line and "not used" not in line
    first = [p for p in after.parameters() if p.dim() > 1 and (p == 0).any()]
    assert len(first) == 1  # and it can learn, as its other half does
    after(z, WORDS.encode([Condition(("jazz",), 1960)] * 4)).square().sum().backward()
    assert first[0].grad is not None and (first[0].grad[first[0] == 0] != 0).any()


def test_years_keep_their_meaning_within_the_sources_range(source: RunFolder) -> None:
    span = Vocabulary(("jazz",), 1970, 1979)
    known = read_source(str(source.path))
    was = known.vocabulary
    assert was.first_year < 1970 < 1979 < was.last_year
    kept = known.scales(span, None)
    assert (kept.first_year, kept.last_year) == (was.first_year, was.last_year)
    assert known.scales(span, (1970, 1979)) == span
    beyond = Vocabulary((), 1860, 1979)
    assert known.scales(beyond, None) == beyond
    assert known.scales(Vocabulary((), 0, 0), None) == Vocabulary((), 0, 0)
    cli, line = begin(source.path, "--data.years=[1970,1979]")
    assert cli.model.vocabulary.first_year == 1970
    assert f"years are learnt anew: 1970 to 1979 here, {was.first_year} to" in line


def test_sounds_keep_their_scales(source: RunFolder) -> None:
    ten, other = tuple(float(i) for i in range(10)), (1.0,) * 10
    heard = replace(WORDS, audio_means=ten, audio_deviations=other)
    found = replace(WORDS, audio_means=other, audio_deviations=ten)
    known = replace(read_source(str(source.path)), vocabulary=heard)
    assert known.scales(found, None) == heard
    assert not known.scales(WORDS, None).audio_means


def test_a_run_in_two_acts_resumes_without_its_source(
    source: RunFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "duck_and_cover")
    moved = tmp_path / "moved"
    shutil.copytree(source.path, moved)
    words = [*SMOKE, f"--run.init_from={moved}", "--growth.start_resolution=8"]
    words += ["--run.checkpoint_kimg=0.048"]
    whole = train([*words, f"--run.out={tmp_path / 'whole'}"])
    with monkeypatch.context() as patch:
        stop_at(0.11, patch)
        with pytest.raises(Stop):
            train([*words, f"--run.out={tmp_path / 'broken'}"])
        stop_at(0.03, patch)
        with pytest.raises(Stop):
            train([*words, f"--run.out={tmp_path / 'early'}"])
    # Before its first checkpoint a run begins anew, with the weights that it began with.
    early = train([], resume=tmp_path / "early")
    shutil.rmtree(moved)
    broken = train([], resume=tmp_path / "broken")
    for run in (early, broken):
        a, b = checkpoint(whole), checkpoint(run)
        for part in ("state_dict", "optimizer_states", "images_shown", "latest"):
            assert_same(a[part], b[part], part)
        assert run.log.read_text().count("init from") == (2 if run is early else 1)
        settings = yaml.safe_load(run.config.read_text())
        assert settings["run"]["init_from"] == str(moved)
        assert settings["growth"]["start_resolution"] == 8


def test_the_recipe_in_small(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Many covers without a label, then a few with: the second act knows the genres."""
    caplog.set_level(logging.INFO, "duck_and_cover")
    covers = drawn_covers(64, 32)
    many, few = tmp_path / "many", tmp_path / "few.parquet"
    many.mkdir()
    for i, row in enumerate(covers):
        (many / f"{i}.png").write_bytes(row["image"]["bytes"])
    covers.select(range(0, 64, 4)).to_parquet(few)
    first = train([*SMOKE, f"--data.covers={many}", f"--run.out={tmp_path / 'first'}"])
    assert CoverGenerator.from_pretrained(first.path).vocabulary.genres == ()
    second = train(
        [*SMOKE, f"--data.covers={few}", f"--run.init_from={first.path}"]
        + [f"--run.out={tmp_path / 'second'}"]
    )
    assert "new: generator.encoder.genres, discriminator.encoder.genres" in second.log.read_text()
    generator = CoverGenerator.from_pretrained(second.path)
    genre = generator.vocabulary.genres[0]
    (cover,) = generator.generate(genre)
    assert cover.picture.size == (16, 16)


def refused(source: object, *fields: str) -> str:
    with pytest.raises(UsageError) as caught:
        begin(source, *fields)
    assert "\n" not in str(caught.value) and "--init-from" in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_a_beginning_is_said_in_a_line(tmp_path: Path) -> None:
    assert "no such model" in refused(tmp_path / "nothing")
    assert "no generator in" in refused(tmp_path)
    torch.manual_seed(0)
    dcgan = ARCHITECTURES["dcgan"](16, WORDS.spec, latent=16, fmap_max=16)
    said = refused(folder_of(dcgan, WORDS, tmp_path / "dcgan"))
    assert "it is a dcgan, which cannot start a progan" in said
    wide = ARCHITECTURES["progan"](16, WORDS.spec, latent=24, fmap_base=512, fmap_max=48)
    said = refused(folder_of(wide, WORDS, tmp_path / "wide"))
    assert re.search(r"latent 24 \(here \d+\), fmap_base 512 \(here \d+\), fmap_max 48", said)
    # Nothing is left behind by a run that cannot begin.
    out = tmp_path / "run"
    with pytest.raises(UsageError):
        train([*SMOKE, f"--run.init_from={tmp_path / 'wide'}", f"--run.out={out}"])
    assert not out.exists()


class Harm:
    """What a pickle that nobody should load does when it is loaded."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return json.loads, ("{}",)


def test_nothing_is_unpickled(source: RunFolder, tmp_path: Path) -> None:
    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(source.path, copy.path)
    torch.save({"state_dict": {}, "harm": Harm()}, copy.last)
    with pytest.raises(pickle.UnpicklingError, match="json"):
        read_source(str(copy.path))
