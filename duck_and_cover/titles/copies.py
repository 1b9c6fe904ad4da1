"""Remembers the training set's longer titles, so that no list repeats them, and all its words.

Both in a Bloom filter of 15 bits an entry and 10 hashes (Bloom 1970: false positives
(1 - e^(-10/15))^10), which never misses an entry and mistakes one in 1,300 others for such: a new
title refused by mistake is only written again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Self

import torch
from torch import Tensor

from duck_and_cover.titles.text import is_long, plain

BITS_AN_ENTRY, HASHES = 15, 10
_LATIN = re.compile("[a-z]")


class Bloom:
    """Texts, as a set that can be asked but not read.

    Args:
        bits: The filter, 8 bits a byte, as `filled` makes it.

    Raises:
        ValueError: It is empty.
    """

    def __init__(self, bits: bytes) -> None:
        if not bits:
            raise ValueError("a filter of copies or words of no bytes")
        self.bits = bits

    @classmethod
    def filled(cls, texts: set[str]) -> Self:
        """The filter of those texts."""
        bits = bytearray(max(8, -(-len(texts) * BITS_AN_ENTRY // 8)))
        for text in texts:
            for place in _places(text, 8 * len(bits)):
                bits[place // 8] |= 1 << place % 8
        return cls(bytes(bits))

    @classmethod
    def from_tensor(cls, tensor: Tensor) -> Self:
        """The filter out of a model's file.

        Raises:
            ValueError: It is none.
        """
        if tensor.dtype != torch.uint8 or tensor.dim() != 1:
            raise ValueError("the filter of copies or words is no row of bytes")
        return cls(bytes(tensor.tolist()))

    def tensor(self) -> Tensor:
        """The filter as bytes, for the model's file."""
        return torch.tensor(list(self.bits), dtype=torch.uint8)

    def has(self, text: str) -> bool:
        """Whether the text is one of them."""
        places = _places(text, 8 * len(self.bits))
        return all(self.bits[place // 8] >> place % 8 & 1 for place in places)


class Copies(Bloom):
    """The longer titles of a training set."""

    @classmethod
    def of(cls, titles: Iterable[str]) -> Self:
        """The filter of those titles that are long enough."""
        return cls.filled({title for title in map(plain, titles) if is_long(title)})

    def __contains__(self, title: str) -> bool:
        """Whether a title is long, and one of the training set."""
        return is_long(plain(title)) and self.has(plain(title))


class Words(Bloom):
    """The words of a training set that are in Latin letters; others are not judged."""

    @classmethod
    def of(cls, titles: Iterable[str]) -> Self:
        """The filter of all words of those titles."""
        return cls.filled({word for title in titles for word in latin_words(title)})

    def know(self, title: str, names: Iterable[str] = ()) -> bool:
        """Whether each word of a title is one of them, or of the names."""
        given = {word for name in names for word in latin_words(name)}
        return all(word in given or self.has(word) for word in latin_words(title))


def latin_words(text: str) -> list[str]:
    """The words of a text that have a Latin letter, as `plain` gives them."""
    return [word for word in plain(text).split() if _LATIN.search(word)]


def _places(text: str, size: int) -> Iterator[int]:
    """The bits of a text: double hashing (Kirsch and Mitzenmacher 2006)."""
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    first, step = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
    return ((first + i * step) % size for i in range(HASHES))
