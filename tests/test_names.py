"""Names as tensors: their letters, and what a frozen sentence model makes of them."""

from __future__ import annotations

import colorsys
import sys
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from PIL import Image

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.labels import Labels
from duck_and_cover.names import code_points, letters, meaning_width, meanings
from duck_and_cover.networks.condition_encoder import ALBUM, ARTIST, AUDIO, ConditionEncoder
from duck_and_cover.networks.text_encoder import MeaningEncoder
from duck_and_cover.training.building import build, preset_path, quiet_libraries, trainer_settings
from duck_and_cover.training.fit import train
from duck_and_cover.training.plan import forward_gflop, try_steps

WIDTH = 8
COLOURS = {
    "red": ("scarlet", "crimson", "cherry", "ruby"),
    "green": ("emerald", "olive", "moss", "jade"),
    "blue": ("azure", "navy", "sapphire", "cobalt"),
}
HUES = {"red": 0.0, "green": 0.33, "blue": 0.67}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A sentence model's folder; it knows a dozen words for three colours, and `night`."""
    model2vec = pytest.importorskip("model2vec")
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    words = ["[UNK]", "[PAD]", "night", *(word for names in COLOURS.values() for word in names)]
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    random = np.random.default_rng(0)
    vectors = random.normal(0, 0.2, (len(words), WIDTH)).astype(np.float32)
    for i, names in enumerate(COLOURS.values()):
        vectors[[words.index(name) for name in names], i] += 1
    folder = tmp_path_factory.mktemp("sentences") / "colours"
    model2vec.StaticModel(vectors, tokenizer).save_pretrained(folder)
    return str(folder)


def labels(artists: list[str], albums: list[str]) -> Labels:
    count = len(artists)
    years = np.full(count, 1990, np.int32)
    audio = np.full((count, AUDIO), np.nan, np.float32)
    return Labels([("jazz",)] * count, years, audio, artists, albums)


def test_names_become_letters_in_one_form() -> None:
    assert code_points("  Straße\n ").tolist() == [ord(c) for c in "strasse"]
    assert code_points("ＡＢＣ").tolist() == code_points("abc").tolist()
    assert code_points("Мумий Тролль").tolist() == [ord(c) for c in "мумий тролль"]
    assert code_points("\ud800\x02é").tolist() == [ord("?"), ord("é")]
    assert len(code_points("x" * 100)) == 40 and not len(code_points("   "))


def test_letters_of_what_is_read_alone() -> None:
    found = letters([None, ["Bee", ""]], 2)
    assert found.dtype == torch.int32 and not found[:, 0].any() and not found[1].any()
    assert found[0, 1, :4].tolist() == [98, 101, 101, 0]


def test_meanings_have_one_size_and_nothing_has_none(model: str) -> None:
    names = ["Scarlet Night", "", "  \n", "\ud800", "crimson"]
    found = meanings([None, names], len(names), model, WIDTH)
    assert found.shape == (5, 2, WIDTH) and not found[:, 0].any()
    assert not found[1].any() and not found[2].any()
    sizes = found[[0, 4], 1].square().mean(dim=1)
    torch.testing.assert_close(sizes, torch.ones(2))
    assert found.isfinite().all()


def test_words_that_mean_the_same_are_near(model: str) -> None:
    (found,) = meanings([["ruby", "crimson", "navy"]], 3, model, WIDTH).unbind(1)
    assert found[0] @ found[1] > found[0] @ found[2] + 1


def test_a_vocabulary_knows_who_reads_its_names(model: str) -> None:
    known = Vocabulary.of(labels(["Ann"], ["Ruby"]), ("album",), sentences=model)
    assert (known.texts, known.sentences, known.sentence_width) == (("album",), model, WIDTH)
    assert Vocabulary.from_settings(known.settings()) == known
    tensors = known.encode([Condition(artist="navy", album="ruby"), Condition()])
    assert tensors.texts.shape == (2, 2, WIDTH)
    assert tensors.present[:, ALBUM].tolist() == [1, 0] and not tensors.present[:, ARTIST].any()
    encoder = ConditionEncoder(known.spec, 16)
    assert isinstance(encoder.texts, MeaningEncoder)
    assert encoder(tensors).shape == (2, 16)
    nameless = Vocabulary.of(labels([""], [""]), ("album",), sentences=model)
    assert (nameless.sentences, nameless.sentence_width) == ("", 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sentence_width": 0},
        {"sentences": ""},
        {"sentences": "", "sentence_width": -1},
        {"sentences": 5},
        {"sentence_width": "8"},
    ],
)
def test_a_model_and_its_width_belong_together(model: str, wrong: dict[str, object]) -> None:
    known = Vocabulary.of(labels(["Ann"], ["Ruby"]), ("album",), sentences=model)
    with pytest.raises(ValueError, match="sentences"):
        Vocabulary.from_settings(known.settings() | wrong)


def test_what_is_no_sentence_model_says_so(model: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no sentence model"):
        meaning_width(str(tmp_path))
    with pytest.raises(UsageError, match="vectors of 8 numbers, the model was trained with 9"):
        meanings([["ruby"]], 1, model, 9)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(UsageError, match=r"names are read by you/m: pip install .*\[sentences\]"):
        meaning_width("you/m")


def picture(hue: float, value: float) -> bytes:
    file = BytesIO()
    colour = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.9, value))
    Image.new("RGB", (16, 16), colour).save(file, "PNG")
    return file.getvalue()


def test_a_word_that_was_never_seen_means_what_its_like_do(model: str, tmp_path: Path) -> None:
    """Titles are three words a colour; each colour's fourth word is kept from training."""
    import datasets

    random, rows = Random(0), []
    for _ in range(240):
        colour = random.choice(list(COLOURS))
        title = random.choice(COLOURS[colour][:3]) + random.choice([" night", ""])
        pixels = picture(HUES[colour], random.uniform(0.6, 0.95))
        rows.append({"image": {"bytes": pixels, "path": None}, "album_name": title})
    covers = tmp_path / "covers.parquet"
    datasets.Dataset.from_list(rows).cast_column("image", datasets.Image()).to_parquet(str(covers))
    settings = ["--growth.resolution=16", "--growth.start_resolution=16", "--growth.kimg=4"]
    settings += ["--growth.batch_size=16", "--run.eval_kimg=0", "--run.milestones=0"]
    settings += [f"--data.covers={covers}", "--data.conditions=[album]"]
    settings += [f"--data.sentences={model}", "--model.init_args.lr=0.008"]
    settings += ["--model.init_args.matching=1", "--model.init_args.ema_kimg=1"]
    for network in ("generator", "discriminator"):
        settings.append(f"--model.init_args.{network}.init_args.fmap_max=32")
    run, args = tmp_path / "run", ["--config", str(preset_path("progan")), *settings]
    cli = build(args)
    assert forward_gflop(cli.model).keys() == {16}  # what a run costs is tried without names
    with quiet_libraries():
        try_steps(cli.model, 16, 4, trainer_settings(cli), 1)
    train([*args, f"--run.out={run}"])
    generator = CoverGenerator.from_pretrained(run)
    for place, words in enumerate(COLOURS.values()):
        made = generator.generate(seeds=range(16), album=words[3].title())
        hue = np.stack([np.asarray(cover.picture) for cover in made]).mean((0, 1, 2))
        assert hue.argmax() == place, (words[3], hue)
