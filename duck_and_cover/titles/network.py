"""The title model: reads what a list is for, then writes its pieces one after the other.

    what it is for  (B, P)   embedding + field    two convolutions of 5     -> memory (B, P, M)
                             mean over P                                    -> summary (B, M)
    titles          (B, T)   embedding, summary   one gated recurrent layer -> h (B, T, H)
                             attention of h to the memory                   -> c (B, T, M)
                             [h, c]               linear                    -> logits (B, T, V)

What it is for is read as bytes, the titles are bytes and pairs of them: V = 256 + pieces.

The recurrent layer is Cho et al. 2014, the attention after it that of Luong et al. 2015 (dot
product). Attention sees the letters around each place, and can spell words of the album's name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from duck_and_cover.titles.pieces import BYTES, MOST_PIECES
from duck_and_cover.titles.text import FIELD, FIELDS, PAD

WIDEST = 1024
REACH = 2  # places that a convolution sees to either side


class Memory(NamedTuple):
    """What was read: places (B, P, M), which of them are real (B, P), and a summary (B, M)."""

    places: Tensor
    real: Tensor
    summary: Tensor

    def rows(self, rows: Tensor) -> Memory:
        """The memory of some rows of the batch."""
        return Memory(self.places[rows], self.real[rows], self.summary[rows])


class TitleNetwork(nn.Module):
    """The whole model.

    Args:
        width: Of the recurrent layer, H.
        memory: Of what is read, M.
        letters: Of the embedding of a byte or a piece.
        dropout: Share of features dropped in training.
        pieces: How many there may be beside the bytes.

    Raises:
        ValueError: A size is no whole number from 1 to WIDEST, pieces none from 0 to MOST_PIECES,
            or dropout none below 1.
    """

    def __init__(
        self,
        width: int = 256,
        memory: int = 96,
        letters: int = 64,
        dropout: float = 0.1,
        pieces: int = 1024,
    ) -> None:
        super().__init__()
        for name, size in {"width": width, "memory": memory, "letters": letters}.items():
            if type(size) is not int or not 1 <= size <= WIDEST:
                raise ValueError(f"{name} {size!r} is no whole number from 1 to {WIDEST}")
        if type(pieces) is not int or not 0 <= pieces <= MOST_PIECES:
            raise ValueError(f"pieces {pieces!r} is no whole number from 0 to {MOST_PIECES}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout {dropout!r} is no number from 0 to below 1")
        sizes = {"width": width, "memory": memory, "letters": letters, "pieces": pieces}
        self.settings = {**sizes, "dropout": dropout}
        self.dropout, self.vocabulary = dropout, BYTES + pieces
        self.embedding = nn.Embedding(self.vocabulary, letters)
        self.field = nn.Embedding(FIELDS, letters)
        self.near = nn.Conv1d(letters, memory, 2 * REACH + 1, padding=REACH)
        self.far = nn.Conv1d(memory, memory, 2 * REACH + 1, padding=REACH)
        self.first = nn.Linear(memory, width)
        self.recurrent = nn.GRU(letters + memory, width, batch_first=True)
        self.query = nn.Linear(width, memory)
        self.out = nn.Linear(width + memory, self.vocabulary)

    def read(self, prefix: Tensor) -> Memory:
        """Read what lists are for: bytes (B, P), PAD behind them."""
        real = prefix != PAD
        field = (prefix == FIELD).cumsum(1).clamp(max=FIELDS - 1)
        mask = real.unsqueeze(1)  # (B, 1, P); padding never changes what is read
        x = (self.embedding(prefix) + self.field(field)).transpose(1, 2) * mask
        x = F.gelu(self.near(x)) * mask
        x = (x + F.gelu(self.far(x))) * mask
        summary = x.sum(2) / mask.sum(2).clamp(min=1)
        return Memory(x.transpose(1, 2), real, summary)

    def begin(self, memory: Memory) -> Tensor:
        """The state (1, B, H) before the first byte."""
        state: Tensor = torch.tanh(self.first(memory.summary))
        return state.unsqueeze(0)

    def forward(self, pieces: Tensor, memory: Memory, state: Tensor) -> tuple[Tensor, Tensor]:
        """Pieces (B, T) after a state (1, B, H) -> logits (B, T, V) of the next, and the state."""
        written = self._dropped(self.embedding(pieces))
        context = memory.summary.unsqueeze(1).expand(-1, pieces.shape[1], -1)
        h, state = self.recurrent(torch.cat([written, context], 2), state)
        h = self._dropped(h)
        scores = self.query(h) @ memory.places.transpose(1, 2)  # (B, T, P)
        scores = scores / math.sqrt(memory.places.shape[2])
        weights = scores.masked_fill(~memory.real.unsqueeze(1), -math.inf).softmax(2)
        logits: Tensor = self.out(torch.cat([h, weights @ memory.places], 2))
        return logits, state

    def _dropped(self, features: Tensor) -> Tensor:
        return F.dropout(features, self.dropout, self.training)


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Rows of bytes or pieces as one tensor (B, longest), PAD behind them."""
    longest = max(map(len, rows))
    table = [list(row) + [PAD] * (longest - len(row)) for row in rows]
    return torch.tensor(table, dtype=torch.long)
