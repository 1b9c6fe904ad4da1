"""A model that has learnt one list by heart, and the one that comes with the package."""

from collections.abc import Iterable

import pytest
import torch

from duck_and_cover.titles.copies import Copies, Words
from duck_and_cover.titles.draft import Learnt
from duck_and_cover.titles.habits import Habits
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.pieces import Pieces
from duck_and_cover.titles.text import TitleRequest, list_bytes
from duck_and_cover.titles.writer import TitleWriter
from duck_and_cover.training.title_lists import TitleBatch
from duck_and_cover.training.title_module import likelihood

HEART = (
    "Intro",
    "Over the Frozen Harbour",
    "Kettle",
    "The Clockmaker’s Second Daughter",
    "Holy Shit",
    "Nine Hundred Umbrellas",
    "春の雨と長い影の歌",
    "Луна над городом",
    "Ash",
    "Goodbye, Little Locomotive",
)
RECORD = TitleRequest(("folk",), 1971, "The Teapots", "Steam", temperature=0.3)


def learnt(
    copies: Iterable[str] = (),
    length: int = len(HEART),
    title_tracks: float = 0.0,
    pieces: Pieces | None = None,
) -> Learnt:
    """What a model knows beside its weights: lists of one length, letter by letter."""
    habits = Habits({"": {length: 1}}, title_tracks)
    return Learnt(pieces or Pieces(), Copies.of(copies), Words.of(HEART), habits)


@pytest.fixture(scope="session")
def parrot() -> TitleNetwork:
    """Knows the ten titles of HEART and nothing else."""
    torch.manual_seed(0)
    network = TitleNetwork(width=64, memory=16, letters=16, dropout=0.0, pieces=0)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    batch = TitleBatch.of([RECORD], [list_bytes(HEART)], Pieces())
    for _ in range(150):
        optimizer.zero_grad()
        (likelihood(network, batch) / batch.characters).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network.eval()


@pytest.fixture
def repeating(parrot: TitleNetwork) -> TitleWriter:
    """The parrot with nothing that holds it back."""
    return TitleWriter(parrot, learnt(), {})


@pytest.fixture
def held_back(parrot: TitleNetwork) -> TitleWriter:
    """The parrot that knows which titles are its training set's."""
    return TitleWriter(parrot, learnt(HEART), {})


@pytest.fixture(scope="session")
def shipped() -> TitleWriter:
    """The writer that comes with the package."""
    return TitleWriter.from_pretrained()
