"""Training the title model: exact resume, what it leaves behind, whatever the tracks are."""

import csv
import json
import math
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from duck_and_cover.cli import app
from duck_and_cover.data.synthetic import describe_cover
from duck_and_cover.errors import StoppedEarly, UsageError
from duck_and_cover.titles.draft import TrackList
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.pieces import BYTES, Pieces
from duck_and_cover.titles.text import END, NEXT, TitleRequest, is_long, is_whole, plain
from duck_and_cover.titles.writer import TitleWriter
from duck_and_cover.training.building import preset_path
from duck_and_cover.training.invented_titles import invented_titles
from duck_and_cover.training.run import RunFolder
from duck_and_cover.training.title_lists import (
    LONGEST_LIST,
    TitleBatch,
    TitleBatches,
    TitleList,
    load_lists,
    withheld,
)
from duck_and_cover.training.title_module import likelihood
from duck_and_cover.training.title_run import novelty
from duck_and_cover.training.titles import asked_for, parsed, train_by_flags, train_titles

PRESET = ["--config", str(preset_path("titles"))]
SMALL = [
    *PRESET,
    "--data.synthetic_count=48",
    "--epochs=2",
    "--titles={width: 16, memory: 8, letters: 8, pieces: 40}",
    "--learning.batch_size=8",
]


def rows_of(run: RunFolder) -> list[dict[str, str]]:
    return list(csv.DictReader(run.metrics.read_text().splitlines()))


def checkpoint(run: RunFolder) -> dict[str, object]:
    state = torch.load(run.last, weights_only=True)
    assert isinstance(state, dict)
    return state


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train_titles([*SMALL, f"--run.out={tmp_path_factory.mktemp('runs') / 'whole'}"])


def test_a_run_leaves_what_the_page_says(whole: RunFolder) -> None:
    rows = rows_of(whole)
    assert [float(row["epoch"]) for row in rows] == [1, 2]
    last = {name: float(value) for name, value in rows[-1].items()}
    assert last["val/perplexity"] == pytest.approx(math.exp(last["val/loss"]))
    assert last["val/perplexity"] < float(rows[0]["val/perplexity"])
    assert 0 <= last["val/novel_titles"] <= 1
    assert (whole.samples / "epoch002.txt").read_text().startswith("# ")
    config = json.loads((whole.path / "model" / "config.json").read_text())
    assert config["metrics"] == last and config["data"] == {"name": "synthetic"}
    assert TitleWriter.from_pretrained(whole.path).titles(seed=1) is not None


def test_the_configuration_makes_the_run_again(whole: RunFolder, tmp_path: Path) -> None:
    again = train_titles(["--config", str(whole.config), f"--run.out={tmp_path / 'again'}"])
    for name in ("metrics.csv", "model/model.safetensors", "samples/epoch002.txt"):
        assert (again.path / name).read_bytes() == (whole.path / name).read_bytes(), name


def test_a_run_stopped_in_every_step_is_the_run_that_never_stopped(
    whole: RunFolder, tmp_path: Path
) -> None:
    out = tmp_path / "stopped"
    with pytest.raises(
        StoppedEarly, match="time limit after 1 of 10 steps; go on with: .*--resume"
    ):
        train_titles([*SMALL, f"--run.out={out}"], deadline=time.monotonic())
    for step in (2, 3):  # amid the first epoch
        with pytest.raises(StoppedEarly, match=f"after {step} of 10 steps"):
            train_titles([], out, deadline=time.monotonic())
    run = train_titles([], out)
    ours, theirs = checkpoint(run), checkpoint(whole)
    for key in ("steps_done", "history", "since_last_row"):
        assert ours[key] == theirs[key], key
    weights, others = ours["state_dict"], theirs["state_dict"]
    assert isinstance(weights, dict) and isinstance(others, dict)
    assert all(torch.equal(weights[name], others[name]) for name in others)
    for name in ("metrics.csv", "model/model.safetensors"):
        assert (run.path / name).read_bytes() == (whole.path / name).read_bytes(), name
    before = run.metrics.read_text()
    assert train_titles([], out).metrics.read_text() == before  # nothing is left to do


def test_a_finished_run_can_be_made_longer(whole: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "longer"
    shutil.copytree(whole.path, out)
    rows = rows_of(train_titles(["--epochs=3"], out))
    assert [float(row["epoch"]) for row in rows] == [1, 2, 3] and rows[:2] == rows_of(whole)


def test_the_best_by_validation_is_exported(tmp_path: Path) -> None:
    wild = [*SMALL, "--epochs=3", "--learning.lr=0.5", f"--run.out={tmp_path / 'wild'}"]
    run = train_titles(wild)
    losses = [float(row["val/loss"]) for row in rows_of(run)]
    config = json.loads((run.path / "model" / "config.json").read_text())
    assert config["metrics"]["val/loss"] == min(losses) < max(losses)


def test_a_loss_is_that_of_an_even_guess() -> None:
    network = TitleNetwork(width=8, memory=4, letters=4, pieces=0)
    torch.nn.init.zeros_(network.out.weight)
    torch.nn.init.zeros_(network.out.bias)
    written = "Ö\nb\n".encode() + bytes([END])  # 6 bytes, 5 characters
    batch = TitleBatch.of([TitleRequest()], [written], Pieces())
    nats = likelihood(network, batch)
    assert batch.characters == 5 and nats.item() == pytest.approx(6 * math.log(BYTES), rel=1e-6)


def test_padding_costs_nothing() -> None:
    torch.manual_seed(0)
    network = TitleNetwork(width=8, memory=4, letters=4, pieces=2).eval()
    pieces = Pieces([(ord("n"), ord("e")), (ord("O"), 256)])
    lists = [b"One\n\x04", b"Another one\nAnd more\n\x04"]
    requests = [TitleRequest(("folk",)), TitleRequest((), 1988, "Somebody", "Something")]
    both = TitleBatch.of(requests, lists, pieces)
    single = [
        TitleBatch.of([request], [one], pieces)
        for request, one in zip(requests, lists, strict=True)
    ]
    assert single[0].written.tolist() == [[257, NEXT, END]]
    costs = [likelihood(network, batch).item() for batch in single]
    assert likelihood(network, both).item() == pytest.approx(sum(costs), rel=1e-5)
    assert both.characters == sum(batch.characters for batch in single) == 5 + 22


def invented(count: int) -> list[TitleList]:
    return [TitleList(TitleRequest(), (f"Title {i}", "Again")) for i in range(count)]


def test_every_list_is_shown_once_an_epoch_in_another_order() -> None:
    batches = TitleBatches(invented(20), Pieces(), 8, 2, 0.0, seed=3)
    steps = list(batches)
    assert [batch.step for batch in steps] == list(range(6))
    epochs = [
        [bytes(row).rstrip(b"\0") for batch in steps[at : at + 3] for row in batch.written.tolist()]
        for at in (0, 3)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(one.written() for one in invented(20))
    assert epochs[0] != epochs[1]
    batches.start = 4
    assert [batch.step for batch in batches] == [4, 5]
    assert torch.equal(next(iter(batches)).written, steps[4].written)


def test_parts_are_withheld_by_chance() -> None:
    whole = TitleRequest(("jazz",), 1959, "A", "B")
    assert withheld(whole, 0.0, Random(0)) == whole
    assert withheld(whole, 1.0, Random(0)) == TitleRequest()
    years = [withheld(whole, 0.25, Random(seed)).year for seed in range(400)]
    assert 60 <= years.count(None) <= 140


def test_a_very_long_list_is_cut_after_a_title_and_does_not_end() -> None:
    written = TitleList(TitleRequest(), tuple(f"Movement {i}" for i in range(200))).written()
    assert LONGEST_LIST - 20 < len(written) <= LONGEST_LIST
    assert written[-1] == NEXT and END not in written


def test_novelty_counts_what_readers_would_call_the_same() -> None:
    known = {plain("The Long Way Home"), plain("Intro")}
    lists = [TrackList(("the long way home!", "Intro")), TrackList(("A Longer Way Home", "Ash"))]
    assert novelty(lists, known) == (0.5, 0.5)
    assert novelty([], known) == (0.0, 0.0)


def test_invented_lists_are_mostly_new_and_follow_their_records() -> None:
    infos = [describe_cover(index) for index in range(600)]
    lists = [invented_titles(info)[1] for info in infos]
    assert lists[:9] == [invented_titles(info)[1] for info in infos[:9]]
    assert all(len(set(titles)) == len(titles) for titles in lists)
    slots = re.compile("THING|NOUN|PLACE|ONE|MANY|STUFF|DOING|BEING|GOING|NUMBER|\\dNO|[.] NO")
    assert not any(slots.search(title) for one in lists for title in one)
    assert all(is_whole(title) for one in lists for title in one)
    titled = sum(info.album_name in one for info, one in zip(infos, lists, strict=True))
    assert 0.25 * 600 < titled < 0.6 * 600
    early = {plain(title) for one in lists[:500] for title in one}
    late = [plain(title) for one in lists[500:] for title in one]
    assert sum(title not in early for title in late if is_long(title)) > 0.5 * len(late)


def covers_folder(place: Path, tracks: Sequence[list[str] | None]) -> Path:
    """A folder of pictures with metadata, an artist each."""
    place.mkdir()
    lines = []
    for number, titles in enumerate(tracks):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(place / f"{number}.png")
        row = {"file_name": f"{number}.png", "artist_name": f"Artist {number}", "genres": ["jazz"]}
        lines.append(json.dumps(row | ({} if titles is None else {"tracks": titles})))
    (place / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return place


@pytest.mark.parametrize("tracks", [None, [], [" ", "\t"]])
def test_no_tracks_is_one_line(tmp_path: Path, tracks: list[str] | None) -> None:
    folder = covers_folder(tmp_path / "covers", [tracks] * 12)
    with pytest.raises(UsageError, match="has no track titles in its train split.*--data.columns"):
        train_titles([*SMALL, f"--data.covers={folder}", f"--run.out={tmp_path / 'run'}"])
    assert not (tmp_path / "run").exists()


def test_lists_of_any_script_are_learnt_and_empty_ones_left_out(tmp_path: Path) -> None:
    scripts = [
        ["春の雨", "長い影"],
        ["Луна", "Снег"],
        ["مطر", "ليل"],
        [],
        ["Été"],
        ["🦆🦆", "क्षितिज"],
    ]
    folder = covers_folder(tmp_path / "covers", scripts * 5)
    lists = load_lists(str(folder), 0)
    found = [one for split in lists.values() for one in split]
    assert len(found) == 25 and {one.request.genres for one in found} == {("jazz",)}
    run = train_titles([*SMALL, f"--data.covers={folder}", f"--run.out={tmp_path / 'run'}"])
    for one in TitleWriter.from_pretrained(run.path).lists([TitleRequest(seed=s) for s in (0, 1)]):
        assert all(title.encode() for title in one.titles)


def test_the_command_knows_a_title_model_by_its_fields(whole: RunFolder, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("titles: {width: 32}\n")
    assert asked_for(["titles"], None) and asked_for([str(own)], None)
    assert asked_for([], whole.path)
    assert not asked_for(["progan"], None) and not asked_for([], tmp_path)


@pytest.mark.parametrize(
    ("flags", "extra", "says"),
    [
        ({"--growth.kimg": 5}, [], "a title model has no --kimg: .*--epochs N"),
        ({"--data.stream": True}, [], "no --stream"),
        ({}, ["--epochs=0"], "--epochs 0: take 1 or more"),
        ({}, ["--epochs=many"], "epochs"),
        ({}, ["--titles.width=-4"], "width -4"),
        ({}, ["--titles.depth=4"], "depth"),
        ({}, ["--learning.withheld=2"], "withheld 2"),
        ({"--data.covers": "nowhere/at/all/x"}, [], "no 'nowhere/at/all/x' here"),
    ],
)
def test_wrong_options_are_one_line(
    tmp_path: Path, flags: dict[str, object], extra: list[str], says: str
) -> None:
    with pytest.raises(UsageError, match=says) as told:
        train_by_flags(["titles"], flags, extra, tmp_path / "run", None, None)
    assert "\n" not in str(told.value) and not (tmp_path / "run").exists()


def test_the_command_trains_and_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["train", "--config", "titles", "--out", str(out), "--seed", "3", *SMALL[2:]]
    stopped = CliRunner().invoke(app, [*words, "--time-limit", "0.001s"])
    assert isinstance(stopped.exception, StoppedEarly)
    done = CliRunner().invoke(app, ["train", "--resume", str(out)])
    assert done.exit_code == 0 and f"trained: {out}" in done.stdout
    assert "seed_everything: 3" in (out / "config.yaml").read_text()
    assert (out / "model" / "model.safetensors").is_file()


def test_resume_takes_no_other_configuration(whole: RunFolder) -> None:
    with pytest.raises(UsageError, match="leave out --config and --out"):
        train_by_flags(["titles"], {}, [], None, whole.path, None)


def test_the_preset_is_whole() -> None:
    parts, written = parsed(PRESET)
    assert parts.epochs == 6 and "synthetic_count: 12000" in written
