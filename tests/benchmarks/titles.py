"""How good a title model is, beside letter statistics, and how fast.

python -m tests.benchmarks.titles [--model FOLDER] [--data synthetic] [--count 12000] [--lists 200]

Perplexity is a character's, over the lists of the test split, whose artists the model has not seen.
The yardstick is what counts of up to six bytes make of the same training lists (Witten and Bell
1991): it knows no record, and no title further back. Shares of new titles are of lists written for
the test split's records, with nothing refused and with copies refused. A word is known where the
training lists, or what the list is for, have it; lengths are the shortest, the quartiles, and the
longest.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import torch

from duck_and_cover.titles.copies import Copies
from duck_and_cover.titles.draft import TrackList
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.pieces import Pieces
from duck_and_cover.titles.text import plain
from duck_and_cover.titles.writer import TitleWriter
from duck_and_cover.training.title_lists import TitleList, load_lists, whole_batches
from duck_and_cover.training.title_module import likelihood
from duck_and_cover.training.title_run import novelty

ORDER = 6


class Counts:
    """Bytes by the up to ORDER - 1 before them, each order leaning on the next shorter one."""

    def __init__(self, lists: Sequence[TitleList]) -> None:
        self.after: dict[bytes, Counter[int]] = defaultdict(Counter)
        for one in lists:
            text = one.written()
            for place, byte in enumerate(text):
                for length in range(min(ORDER - 1, place) + 1):
                    self.after[text[place - length : place]][byte] += 1
        self.totals = {context: found.total() for context, found in self.after.items()}

    def chance(self, context: bytes, byte: int) -> float:
        """Of a byte after others."""
        shorter = self.chance(context[1:], byte) if context else 1 / 256
        found = self.after.get(context)
        if not found:
            return shorter
        kinds = len(found)
        return (found[byte] + kinds * shorter) / (self.totals[context] + kinds)

    def perplexity(self, lists: Sequence[TitleList]) -> float:
        """A character's."""
        nats, characters = 0.0, 0
        for one in lists:
            text = one.written()
            for place, byte in enumerate(text):
                nats -= math.log(self.chance(text[max(place - ORDER + 1, 0) : place], byte))
                characters += byte & 0b1100_0000 != 0b1000_0000
        return math.exp(nats / characters)


@torch.no_grad()
def perplexity(network: TitleNetwork, pieces: Pieces, lists: Sequence[TitleList]) -> float:
    """A character's, in single precision."""
    batches = list(whole_batches(lists, pieces, 32))
    nats = sum(float(likelihood(network, batch)) for batch in batches)
    return math.exp(nats / sum(batch.characters for batch in batches))


def known_words(made: Sequence[TrackList], records: Sequence[TitleList], words: set[str]) -> float:
    """The share of words that the training lists have, or what the list is for."""
    known = total = 0
    for one, record in zip(made, records, strict=True):
        given = set(plain(record.request.prefix().decode(errors="ignore")).split())
        written = [word for title in one.titles for word in plain(title).split()]
        known += sum(word in words or word in given for word in written)
        total += len(written)
    return known / max(total, 1)


def spread(made: Sequence[TrackList]) -> list[int]:
    """The shortest list, the quartiles, and the longest."""
    lengths = sorted(len(one.titles) for one in made)
    return [lengths[round(part * (len(lengths) - 1) / 4)] for part in range(5)]


def written(writer: TitleWriter, lists: Sequence[TitleList]) -> tuple[list[TrackList], float]:
    """A list for each record, all at once, and the seconds that each took."""
    requests = [replace(one.request, seed=seed) for seed, one in enumerate(lists)]
    began = time.perf_counter()
    made = writer.lists(requests)
    return made, (time.perf_counter() - began) / max(len(made), 1)


def alone(writer: TitleWriter, lists: Sequence[TitleList]) -> float:
    """Seconds for a list by itself, the middle one of those measured."""
    return sorted(written(writer, [one])[1] for one in lists)[len(lists) // 2]


def main() -> None:
    """Print the figures as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--model", default=None)
    asked.add_argument("--data", default="synthetic")
    asked.add_argument("--count", type=int, default=12000)
    asked.add_argument("--lists", type=int, default=200)
    options = asked.parse_args()
    torch.set_num_threads(1)
    lists = load_lists(options.data, options.count)
    writer = TitleWriter.from_pretrained(options.model)
    free = TitleWriter(writer.network, writer.learnt._replace(copies=Copies.of(())), {})
    known = {plain(title) for one in lists["train"] for title in one.titles}
    records = lists["test"][: options.lists]
    words = {word for title in known for word in title.split()}
    real = [TrackList(one.titles) for one in lists["test"]]
    raw, together = written(free, records)
    held, _ = written(writer, records)
    refused = sum((Counter(one.refused) for one in held), Counter[str]())
    figures = {
        "lists": {split: len(found) for split, found in lists.items()},
        "perplexity": perplexity(writer.network.float(), writer.learnt.pieces, lists["test"]),
        "perplexity of counts": Counts(lists["train"]).perplexity(lists["test"]),
        "new, all and long": {
            "test split": novelty(real, known),
            "nothing refused": novelty(raw, known),
            "copies refused": novelty(held, known),
        },
        "known words": {
            "test split": known_words(real, lists["test"], words),
            "written": known_words(held, records, words),
        },
        "lengths": {"test split": spread(real), "written": spread(held)},
        "title tracks": sum(
            one.request.album in made.titles for one, made in zip(records, held, strict=True)
        )
        / len(records),
        "refused": refused,
        "titles": sum(len(one.titles) for one in held),
    }
    writer.network.double()
    figures["ms a list"] = {"alone": 1000 * alone(writer, records[:15]), "of 64": 1000 * together}
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
