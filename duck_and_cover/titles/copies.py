"""Remembers the training set's longer titles in a Bloom filter, so that no list repeats them.

A filter of 15 bits a title and 10 hashes (Bloom 1970: false positives (1 - e^(-10/15))^10) never
misses a title of the training set and mistakes one in 1,300 new ones for such; a new one refused by
mistake is only written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from duck_and_cover.titles.text import is_long, plain

BITS_A_TITLE, HASHES = 15, 10


class Copies:
    """The longer titles of a training set, as a set that can be asked but not read.

    Args:
        bits: The filter, 8 bits a byte, as `of` fills it.

    Raises:
        ValueError: It is empty.
    """

    def __init__(self, bits: bytes) -> None:
        if not bits:
            raise ValueError("a filter of copies of no bytes")
        self.bits = bits

    @classmethod
    def of(cls, titles: Iterable[str]) -> Copies:
        """The filter of those titles that are long enough."""
        known = {title for title in map(plain, titles) if is_long(title)}
        bits = bytearray(max(8, -(-len(known) * BITS_A_TITLE // 8)))
        for title in known:
            for place in _places(title, 8 * len(bits)):
                bits[place // 8] |= 1 << place % 8
        return cls(bytes(bits))

    @classmethod
    def from_tensor(cls, tensor: Tensor) -> Copies:
        """The filter out of a model's file.

        Raises:
            ValueError: It is none.
        """
        if tensor.dtype != torch.uint8 or tensor.dim() != 1:
            raise ValueError("the filter of copies is no row of bytes")
        return cls(bytes(tensor.tolist()))

    def tensor(self) -> Tensor:
        """The filter as bytes, for the model's file."""
        return torch.tensor(list(self.bits), dtype=torch.uint8)

    def __contains__(self, title: str) -> bool:
        """Whether a title is long, and one of the training set."""
        known = plain(title)
        places = _places(known, 8 * len(self.bits))
        return is_long(known) and all(self.bits[place // 8] >> place % 8 & 1 for place in places)


def _places(title: str, size: int) -> Iterator[int]:
    """The bits of a title: double hashing (Kirsch and Mitzenmacher 2006)."""
    digest = hashlib.blake2b(title.encode(), digest_size=16).digest()
    first, step = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
    return ((first + i * step) % size for i in range(HASHES))
