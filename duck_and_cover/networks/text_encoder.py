"""Names as vectors: runs of one to three characters, hashed into one table of embeddings.

    thrash -> ^ t h r a s h $ -> t h r .. ^t th hr .. ^th thr hra .. -> mean of their embeddings

(Bojanowski et al. 2017, arXiv 1607.04606.) It is made for any script: there is no alphabet, nothing
to download, and what was never seen is made of parts that were. It learns with the GAN. Where a
frozen sentence model has read the names before, what is learnt is one layer.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duck_and_cover.networks.layers import EqualLinear

TEXTS = 2  # artist and album
TEXT_LENGTH = 40  # characters of a text that count
LONGEST = 3  # characters of a run
BUCKETS = 8192
BEGIN, END = 2, 3  # control characters, which no name has
# Odd numbers near 2^31 over the golden ratio and its like: they spread neighbouring codes.
FACTORS = (1327217885, 1540483477, 1812433253)
WRAP = 2**31 - 1


def runs(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Where in the table the runs of texts lie, and which of them there are.

    Args:
        codes: Code points (B, TEXTS, T), int32, 0 after the end.

    Returns:
        Places (B, TEXTS, M) in the table, and (B, TEXTS, M) 1 where there is such a run; an artist
        and an album of the same letters have different ones.
    """
    given = codes > 0
    length = given.sum(dim=2, keepdim=True)
    framed = F.pad(codes.long(), (1, 1))
    framed[:, :, 0] = BEGIN
    framed.scatter_(2, length + 1, END)
    places, there = [], []
    kinds = torch.arange(1, TEXTS + 1, device=codes.device)[:, None]
    total = length + 2
    for n in range(1, LONGEST + 1):
        starts = framed.shape[2] - n + 1
        mixed = (kinds * LONGEST + n).expand(codes.shape[0], TEXTS, starts)
        for i in range(n):
            # Products of 31 and 31 bits: whole numbers of 64 hold them, alike on every device.
            mixed = ((mixed ^ framed[:, :, i : i + starts]) * FACTORS[i]) % WRAP
        places.append((mixed ^ (mixed >> 15)) % BUCKETS)
        first = torch.arange(starts, device=codes.device)
        # Alone, the marks of beginning and end say nothing.
        inner = (first >= 1) & (first < total - 1) if n == 1 else first + n <= total
        there.append(inner & (length > 0))
    return torch.cat(places, dim=2), torch.cat(there, dim=2)


class MeaningEncoder(nn.Module):
    """What a sentence model made of artist and album -> (B, width); none has an embedding."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.read = EqualLinear(TEXTS * inputs, width, gain=1.0)
        nn.init.zeros_(self.read.weight)  # as the table of runs, and for its reason
        self.absent = nn.Parameter(torch.randn(TEXTS, width))

    def forward(self, texts: Tensor) -> Tensor:
        """Vectors (B, TEXTS, D), 0 where there is no name -> (B, width)."""
        missing = (texts == 0).all(dim=2).to(texts.dtype)
        read: Tensor = self.read(texts.flatten(1)) + missing @ self.absent / math.sqrt(TEXTS)
        return read


class TextEncoder(nn.Module):
    """Artist and album of B covers -> (B, width); what is missing has an embedding of its own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # Runs that do not matter stay near nothing, and what matters is not lost among them.
        self.table = nn.Parameter(torch.zeros(BUCKETS, width))
        self.absent = nn.Parameter(torch.randn(TEXTS, width))

    def forward(self, texts: Tensor) -> Tensor:
        """Code points (B, TEXTS, T), 0 after the end -> (B, width), deviation about sqrt(TEXTS)."""
        places, there = runs(texts)
        weights = there.to(self.table.dtype)
        count = weights.sum(dim=2, keepdim=True).clamp(min=1)
        bags = F.embedding_bag(
            places.flatten(0, 1),
            self.table,
            mode="sum",
            per_sample_weights=(weights / count.sqrt()).flatten(0, 1),
        )
        missing = (texts[:, :, 0] == 0).to(self.table.dtype)
        summed: Tensor = (
            bags.reshape(*texts.shape[:2], self.table.shape[1]).sum(dim=1) + missing @ self.absent
        )
        return summed / math.sqrt(TEXTS)
