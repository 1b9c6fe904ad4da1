"""A model that has learnt one list by heart, and the one that comes with the package."""

import pytest
import torch

from duck_and_cover.titles.copies import Copies
from duck_and_cover.titles.network import TitleNetwork, padded
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


@pytest.fixture(scope="session")
def parrot() -> TitleNetwork:
    """Knows the ten titles of HEART and nothing else."""
    torch.manual_seed(0)
    network = TitleNetwork(width=64, memory=16, letters=16, dropout=0.0)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    batch = TitleBatch(padded([RECORD.prefix()]), padded([list_bytes(HEART)]), 0)
    for _ in range(150):
        optimizer.zero_grad()
        nats, characters = likelihood(network, batch)
        (nats / characters).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network.eval()


@pytest.fixture
def repeating(parrot: TitleNetwork) -> TitleWriter:
    """The parrot with nothing that holds it back."""
    return TitleWriter(parrot, Copies.of(()), {})


@pytest.fixture
def held_back(parrot: TitleNetwork) -> TitleWriter:
    """The parrot that knows which titles are its training set's."""
    return TitleWriter(parrot, Copies.of(HEART), {})


@pytest.fixture(scope="session")
def shipped() -> TitleWriter:
    """The writer that comes with the package."""
    return TitleWriter.from_pretrained()
