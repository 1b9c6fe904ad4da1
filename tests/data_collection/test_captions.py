"""Captions: every sentence is right English, and BLIP's are made once, whatever interrupts them."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from data_collection.captions import (
    BLIP_PROMPT,
    Captioned,
    blip_captions,
    blip_sentence,
    caption_for,
    template_caption,
)
from data_collection.rows import iter_rows
from data_collection.sources.base import AlbumRecord, Answer, Task
from data_collection.store import Store, open_store
from data_collection.waiting import Patience
from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError

COLOURS = ("red", "white", "black", "blue", "yellow")


def told(title: str = "", artist: str = "", *genres: str, year: int | None = None) -> str:
    return template_caption(
        {"album_name": title, "artist_name": artist, "genres": [*genres], "release_year": year}
    )


def test_a_caption_says_what_is_known_and_leaves_out_the_rest() -> None:
    whole = told("Ride On", "The Anvils", "thrash metal", year=1988)
    assert whole == 'The cover of the 1988 thrash metal album "Ride On" by The Anvils.'
    assert told("Ride On", "", "rock") == 'The cover of the rock album "Ride On".'
    assert told("Ride On", "The Anvils") == 'The cover of the album "Ride On" by The Anvils.'
    assert told("", "The Anvils", year=1988) == "The cover of a 1988 album by The Anvils."
    assert told("", "", "rock", year=1888) == "The cover of an 1888 rock album."
    assert told("", "The Anvils") == "The cover of an album by The Anvils."
    assert told() == template_caption({}) == "An album cover."
    nulls = dict.fromkeys(("album_name", "artist_name", "genres", "release_year"))
    assert template_caption(nulls) == "An album cover."
    assert told("[untitled]", "[unknown]", "drone") == "The cover of a drone album."


def test_three_genres_at_most_are_named() -> None:
    assert told("", "", "jazz", "soul") == "The cover of a jazz and soul album."
    three = "The cover of a jazz, soul and funk album."
    assert told("", "", "jazz", "soul", "funk") == three
    assert told("", "", "jazz", "", "soul", "jazz", "funk", "rock") == three


@pytest.mark.parametrize(
    ("article", "genres"),
    [
        ("an", "ambient|r&b|80s|8-bit|electro|électro|edm|mpb|nwobhm|m-base|urban|underground"),
        ("an", "uplifting trance|unblack metal|oi|indie|emo|18th century|a cappella|honest rock"),
        ("a", "rock|uk garage|us power metal|eurodance|k-pop|j-rock|16-bit|2 tone|90s|g-funk"),
        ("a", "hip hop|honky tonk|universal|ukulele|one-man band|yé-yé|演歌|rhythm and blues"),
    ],
)
def test_the_article_goes_by_the_sound(article: str, genres: str) -> None:
    for genre in genres.split("|"):
        assert told("", "", genre) == f"The cover of {article} {genre} album."


def test_names_stand_as_given_on_one_line() -> None:
    assert told("黒い太陽", "Мумий Тролль") == 'The cover of the album "黒い太陽" by Мумий Тролль.'
    assert told('12" Mixes', "X") == 'The cover of the album “12" Mixes” by X.'
    assert told("“Heroes”") == 'The cover of the album "“Heroes”".'
    assert told("a\r\nb\tc\x00\u2028d\u202ee") == 'The cover of the album "a b c d e".'
    assert told(" \n ", "\u3000椎名\u3000林檎 ") == "The cover of an album by 椎名\u3000林檎."
    long = "no end " * 500 + "at all"
    assert told(long) == f'The cover of the album "{long}".'
    assert told("", "R.E.M.") == "The cover of an album by R.E.M."
    assert told("", "Wham!") == "The cover of an album by Wham!"
    assert told("Why?") == 'The cover of the album "Why?".'


def test_what_blip_writes_becomes_a_sentence() -> None:
    wrote = f"{BLIP_PROMPT}  a man ' s hat , a t - shirt\n and the word ' love ' on it . "
    sentence = "An album cover showing a man's hat, a t-shirt and the word ' love ' on it."
    assert blip_sentence(wrote) == sentence
    assert blip_sentence("who is it ?") == "Who is it?"
    assert blip_sentence(f"{BLIP_PROMPT} .") == blip_sentence(" ") == ""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A collection of five covers, each of its colour, and one that is not downloaded."""
    with open_store(tmp_path / "covers") as store:
        store.keep_setting("source", "musicbrainz")
        names = [*COLOURS, "grey"]
        albums = [
            AlbumRecord(name, name, "a", "Anvils", "1988", ("rock",), "album", (), "")
            for name in names
        ]
        store.finish_task(Task("albums", "all", {}), Answer(albums=albums), "musicbrainz")
        keys = dict(store.database.execute("SELECT album_name, key FROM albums"))
        for name in COLOURS:
            path = store.picture(keys[name])
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (40, 40), name).save(path)
            store.cover_done(keys[name], "", name, path.stat().st_size)
        yield store


@pytest.fixture(scope="session")
def blip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BLIP with a vocabulary of 24 words that never learned anything, in a folder."""
    transformers = pytest.importorskip("transformers")
    words = (
        "[PAD] [UNK] [CLS] [SEP] [MASK] [DEC] an album cover showing a man ' s hat , sun".split()
    )
    words += ["red", "blue", "house", "horse", "in", "of", "##light"]
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    size |= {"num_attention_heads": 2, "projection_dim": 16}
    ids = {"bos_token_id": 5, "sep_token_id": 3, "eos_token_id": 3, "pad_token_id": 0}
    text = {"vocab_size": len(words), "encoder_hidden_size": 16, "max_position_embeddings": 64}
    config = transformers.BlipConfig(
        # Large random weights, so that what it writes depends on the picture.
        text_config={**size, **ids, **text, "initializer_range": 1.0},
        vision_config={**size, "image_size": 32, "patch_size": 16, "initializer_range": 1.0},
    )
    folder = tmp_path_factory.mktemp("blip")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.BlipForConditionalGeneration(config).save_pretrained(folder)
    transformers.BlipProcessor(
        transformers.BlipImageProcessor(size={"height": 32, "width": 32}),
        transformers.BertTokenizer(vocab={word: i for i, word in enumerate(words)}),
    ).save_pretrained(folder)
    return str(folder)


def kept(store: Store, model: str) -> dict[str, str]:
    rows = store.database.execute(
        "SELECT album_name, caption FROM captions JOIN albums USING (key) WHERE kind = ?",
        [f"blip:{model}"],
    )
    return dict(rows)


def test_blip_captions_every_cover_once(store: Store, blip: str) -> None:
    reports: list[tuple[int, int]] = []
    done = blip_captions(store, blip, 2, progress=lambda *report: reports.append(report))
    assert done == Captioned(made=5, unreadable=0)
    assert reports == [(2, 5), (4, 5), (5, 5)]
    captions = kept(store, blip)
    assert set(captions) == set(COLOURS)
    for caption in captions.values():
        assert caption.startswith("An album cover showing ") and caption.endswith(".")
        assert not {"[DEC]", "[SEP]", "[PAD]"} & set(caption.split())
    assert len(set(captions.values())) > 1
    assert blip_captions(store, blip) == Captioned(made=0, unreadable=0)
    with store.database as database:
        database.execute("DELETE FROM captions")
    blip_captions(store, blip, batch_size=5)
    assert kept(store, blip) == captions


def test_an_interrupted_run_goes_on_where_it_stopped(store: Store, blip: str) -> None:
    patience = Patience(command="the-command")
    with pytest.raises(StoppedEarly, match="the-command"):
        blip_captions(store, blip, 2, patience, lambda seen, total: patience.stop.set())
    first = kept(store, blip)
    assert len(first) == 2
    assert blip_captions(store, blip, 2) == Captioned(made=3, unreadable=0)
    assert len(kept(store, blip)) == 5 and first.items() <= kept(store, blip).items()


def test_covers_that_cannot_be_read_are_counted(
    store: Store, blip: str, caplog: pytest.LogCaptureFixture
) -> None:
    keys = [row["key"] for row in iter_rows(store)]
    store.picture(keys[0]).unlink()
    store.picture(keys[1]).write_bytes(b"<html>")
    with caplog.at_level(logging.WARNING, logger="data_collection"):
        # The first batch holds nothing else.
        assert blip_captions(store, blip, 2) == Captioned(made=3, unreadable=2)
    ours = [record for record in caplog.records if record.name == "data_collection.captions"]
    assert [keys[i] in record.getMessage() for i, record in enumerate(ours)] == [True, True]


def test_a_row_gets_the_caption_that_is_asked_for(store: Store, blip: str) -> None:
    rows = {row["album_name"]: row for row in iter_rows(store)}
    template = 'The cover of the 1988 rock album "red" by Anvils.'
    assert caption_for(store, "none")(rows["red"]) is None
    assert caption_for(store, "template")(rows["red"]) == template
    assert caption_for(store, "blip", blip)(rows["red"]) == template
    blip_captions(store, blip)
    for name, row in rows.items():
        assert caption_for(store, "blip", blip)(row) == kept(store, blip)[name]
    assert caption_for(store, "blip", "another/model")(rows["red"]) == template
    with store.database as database:
        database.execute("UPDATE captions SET caption = ''")
    assert caption_for(store, "blip", blip)(rows["red"]) == template
    with pytest.raises(UsageError, match="--captions blop: choose one of template, blip, none"):
        caption_for(store, "blop")


def without_architecture(folder: Path) -> None:
    path = folder / "config.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("BlipForConditionalGeneration", "BlipForQuestionAnswering"))


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def with_half_the_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_architecture, "BlipForQuestionAnswering, not a BLIP captioning model"),
        (without_weights, "cannot be loaded: Error no file named model.safetensors"),
        (with_half_the_weights, "cannot be loaded: "),
        (shutil.rmtree, "cannot be loaded: "),
    ],
)
def test_a_model_that_is_no_blip_ends_in_one_line(
    store: Store, blip: str, tmp_path: Path, spoil: Any, message: str
) -> None:
    model = Path(shutil.copytree(blip, tmp_path / "model"))
    spoil(model)
    with pytest.raises(UsageError, match=message) as caught:
        blip_captions(store, str(model))
    assert str(model) in str(caught.value) and "\n" not in str(caught.value)


def test_a_hub_out_of_reach_is_no_wrong_use(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DuckAndCoverError, match="'no/such' cannot be loaded: ") as caught:
        blip_captions(store, "no/such")
    assert not isinstance(caught.value, UsageError)


def test_without_the_extra_the_message_says_what_to_install(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So does Python look upon a package that is not installed.
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(UsageError, match=r"pip install 'duck-and-cover\[blip\]'"):
        blip_captions(store)
