"""Byte pairs: common words and parts of words as one step each, so that they are never misspelt.

Learnt from a training set as in Sennrich et al. 2016, over bytes: of all neighbours within words
the commonest pair becomes a piece of its own, again and again. Pieces 0 to 255 are the bytes, so
that any text of any script has its pieces.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import torch
from torch import Tensor

BYTES = 256
MOST_PIECES = 8192  # beside the bytes
RAREST = 8  # a pair that occurs less often stays two
_LONGEST = 32  # bytes of a piece
_WORD = re.compile(rb" ?[A-Za-z\x80-\xff]+| ?[^A-Za-z\x80-\xff]")
_REMEMBERED = 1 << 16

Pair = tuple[int, int]


class Pieces:
    """A vocabulary of bytes and what they are joined to.

    Args:
        pairs: What each piece from BYTES on is made of: two earlier ones.

    Raises:
        ValueError: A piece is made of none that is earlier, is too long, or is there twice.
    """

    def __init__(self, pairs: Sequence[Pair] = ()) -> None:
        self.texts = [bytes([byte]) for byte in range(BYTES)]
        for pair in pairs:
            if not all(0 <= part < len(self.texts) for part in pair):
                raise ValueError(f"piece {len(self.texts)} is made of later ones")
            self.texts.append(self.texts[pair[0]] + self.texts[pair[1]])
            if len(self.texts[-1]) > _LONGEST:
                raise ValueError(f"a piece of over {_LONGEST} bytes")
        self.pairs = list(pairs)
        self.ranks = {pair: BYTES + rank for rank, pair in enumerate(pairs)}
        if len(self.ranks) < len(self.pairs):
            raise ValueError("two pieces are made of the same")
        self._of_word = lru_cache(maxsize=_REMEMBERED)(self._joined)

    @classmethod
    def of(cls, texts: Iterable[bytes], most: int) -> Pieces:
        """At most so many pieces beside the bytes, out of a training set."""
        counts = Counter(word for text in texts for word in _WORD.findall(text))
        return cls(list(_commonest_pairs(counts, most)))

    @classmethod
    def from_tensor(cls, tensor: Tensor) -> Pieces:
        """The vocabulary out of a model's file.

        Raises:
            ValueError: It is none.
        """
        shape = (min(len(tensor), MOST_PIECES), 2)
        if tensor.dtype != torch.int32 or tensor.shape != shape:
            raise ValueError("the pieces are no table of pairs")
        return cls([(first, second) for first, second in tensor.tolist()])

    def tensor(self) -> Tensor:
        """The pairs (N, 2), for the model's file."""
        return torch.tensor(self.pairs, dtype=torch.int32).reshape(-1, 2)

    def __len__(self) -> int:
        return len(self.texts)

    def split(self, text: bytes) -> list[int]:
        """The pieces of a text, in order."""
        return [piece for word in _WORD.findall(text) for piece in self._of_word(word)]

    def _joined(self, word: bytes) -> tuple[int, ...]:
        """A word's pieces: its pairs are joined in the order in which they were learnt."""
        pieces = list(word)
        while len(pieces) > 1:
            pair = min(
                zip(pieces, pieces[1:], strict=False),
                key=lambda pair: self.ranks.get(pair, len(self.texts)),
            )
            if pair not in self.ranks:
                break
            pieces = _join(pieces, pair, self.ranks[pair])
        return tuple(pieces)


def _join(pieces: list[int], pair: Pair, joined: int) -> list[int]:
    """The pieces with every occurrence of a pair replaced."""
    out: list[int] = []
    place = 0
    while place < len(pieces):
        here = tuple(pieces[place : place + 2]) == pair
        out.append(joined if here else pieces[place])
        place += 1 + here
    return out


def _commonest_pairs(counts: Counter[bytes], most: int) -> Iterator[Pair]:
    """Pairs in the order in which they become pieces; ties go to the smaller numbers."""
    words = [(list(word), count) for word, count in sorted(counts.items())]
    found: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = defaultdict(set)
    for row, (pieces, count) in enumerate(words):
        for pair in zip(pieces, pieces[1:], strict=False):
            found[pair] += count
            where[pair].add(row)
    lengths = [1] * BYTES
    for joined in range(BYTES, BYTES + most):
        best = max(found, key=lambda pair: (found[pair], -pair[0], -pair[1]), default=None)
        if best is None or found[best] < RAREST:
            return
        lengths.append(lengths[best[0]] + lengths[best[1]])
        if lengths[-1] > _LONGEST:
            return
        for row in where.pop(best):
            pieces, count = words[row]
            found.subtract({pair: count * n for pair, n in _neighbours(pieces).items()})
            words[row] = (_join(pieces, best, joined), count)
            for pair, n in _neighbours(words[row][0]).items():
                found[pair] += count * n
                where[pair].add(row)
        yield best


def _neighbours(pieces: list[int]) -> Counter[Pair]:
    return Counter(zip(pieces, pieces[1:], strict=False))
