"""Divides covers into train, validation and test so that no artist stands in two of them.

A cover's split follows from its artist alone, not from chance or from the other covers: adding
covers never moves one from training to test.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from duck_and_cover.data.schema import SPLITS

if TYPE_CHECKING:
    import datasets

log = logging.getLogger(__name__)

Part = TypeVar("Part")

TRAIN_PERCENT, VALIDATION_PERCENT = 90, 5  # the rest is for the test

_SAME_SPLIT = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def split_name(name: str) -> str | None:
    """What we call the split that others call `name`; None for a name that is no split's."""
    return _SAME_SPLIT.get(name.strip().lower())


def split_of(key: str) -> str:
    """The split of everything that shares a key: 90, 5 and 5 of a hundred keys."""
    place = _place(key) % 100
    if place < TRAIN_PERCENT:
        return "train"
    return "validation" if place < TRAIN_PERCENT + VALIDATION_PERCENT else "test"


def split_rows(keys: Sequence[str], wanted: Sequence[str] = SPLITS) -> dict[str, list[int]]:
    """Row numbers by split. Rows with the same key stay together.

    A split that chance leaves empty is given one key's rows, from the split with the most keys:
    the key with the fewest rows, and of several such the one with the least hash. So three keys
    or more fill all splits, and do so the same way each time. Fewer leave splits empty.

    Args:
        keys: one a row.
        wanted: the splits to make, `train` among them; the shares of the others go to `train`.
    """
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        rows_of[key].append(row)
    keys_of = split_keys({key: len(rows) for key, rows in rows_of.items()}, wanted)
    return {
        name: sorted(row for key in members for row in rows_of[key])
        for name, members in keys_of.items()
    }


def split_keys(sizes: Mapping[str, int], wanted: Sequence[str] = SPLITS) -> dict[str, set[str]]:
    """The keys of each split, by the rules of `split_rows`.

    Args:
        sizes: how many rows each key has.
        wanted: as for `split_rows`.
    """
    keys_of: dict[str, set[str]] = {name: set() for name in wanted}
    for key in sizes:
        name = split_of(key)
        keys_of[name if name in keys_of else "train"].add(key)
    for name in wanted:
        if not keys_of[name]:
            _give_one(keys_of, name, sizes)
    return keys_of


def album_key(artist_id: str, artist_name: str, album_name: str) -> str:
    """What a cover must not be parted from: its artist, else its album; "" if neither is known."""
    texts = {"artist_id": artist_id, "artist_name": artist_name, "album_name": album_name}
    known = (f"{name}:{text.strip().casefold()}" for name, text in texts.items() if text.strip())
    return next(known, "")


def split_covers(parts: Mapping[str, datasets.Dataset]) -> datasets.DatasetDict:
    """Train, validation and test of covers in the schema.

    Splits the user brings are kept, whichever usual name they have; one that is missing is taken
    out of `train`. Parts with other names are no splits: they are put together and divided.
    """
    from datasets import DatasetDict, concatenate_datasets

    named = by_split_name(parts)
    splits = {name: concatenate_datasets(group) for name, group in named.items()}
    whole = splits.pop("train")
    wanted = [name for name in SPLITS if name not in splits]
    if wanted == ["train"]:
        splits["train"] = whole
    else:
        rows = split_rows(_keys(whole), wanted)
        splits |= {name: whole.select(numbers) for name, numbers in rows.items()}
    sizes = {name: len(splits[name]) for name in SPLITS}
    log.info("covers: %d train, %d validation, %d test", *sizes.values())
    if empty := [name for name, size in sizes.items() if not size]:
        log.warning("no covers for %s: too few to divide", " and ".join(empty))
    return DatasetDict({name: splits[name] for name in SPLITS})


def by_split_name(parts: Mapping[str, Part]) -> dict[str, list[Part]]:
    """Parts by the splits that their names mean; `train` has those whose names mean none."""
    named: dict[str, list[Part]] = defaultdict(list)
    for name, part in parts.items():
        named[split_name(name) or "train"].append(part)
    if "train" in named:
        return dict(named)
    # Someone's test split alone is a dataset like any other: there is nothing to keep apart.
    return {"train": [part for group in named.values() for part in group]}


def picture_digest(image: Mapping[str, Any]) -> str:
    """SHA-1 of a picture's bytes, `{"bytes", "path"}`; of its path where there is no file."""
    content = image["bytes"]
    if content is None:
        path = image["path"] or ""
        try:
            content = Path(path).read_bytes()
        except (OSError, ValueError):
            content = path.encode()
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def picture_digests(images: Iterable[Mapping[str, Any]]) -> list[str]:
    """`picture_digest` of many pictures, in threads: reading and hashing both free the others."""
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(picture_digest, images))


def album_keys(covers: datasets.Dataset) -> list[str]:
    """`album_key` of each cover; its picture plays no part."""
    names = ("artist_id", "artist_name", "album_name")
    table = covers.select_columns(list(names)).with_format("arrow")[:].to_pydict()
    return [album_key(*cover) for cover in zip(*(table[name] for name in names), strict=True)]


def cover_keys(covers: datasets.Dataset) -> list[str]:
    """What each cover must not be parted from: its artist, else its album, else its twins."""
    return _with_pictures(covers, album_keys(covers))


def _keys(covers: datasets.Dataset) -> list[str]:
    """`cover_keys` of a whole dataset.

    Fewer than three artists cannot fill three splits; their covers go picture by picture.
    """
    keys = album_keys(covers)
    alone = keys.count("")
    if alone < len(keys) and len(set(keys) - {""}) + alone < len(SPLITS):
        log.warning("too few artists to divide by: the same artist stands in several splits")
        keys = [""] * len(keys)
    return _with_pictures(covers, keys)


def _with_pictures(covers: datasets.Dataset, keys: list[str]) -> list[str]:
    """The keys, those that are "" replaced by what the pictures are."""
    alone = [row for row, key in enumerate(keys) if not key]
    for start in range(0, len(alone), 1000):  # bounds what stands in memory at a time
        rows = alone[start : start + 1000]
        images = covers.select(rows).select_columns(["image"]).with_format("arrow")[:]
        for row, digest in zip(rows, picture_digests(images["image"].to_pylist()), strict=True):
            keys[row] = f"picture:{digest}"
    return keys


def _give_one(keys_of: dict[str, set[str]], name: str, sizes: Mapping[str, int]) -> None:
    """Move one key from the fullest split to an empty one, unless that would empty it."""
    donors = max(keys_of.values(), key=len)
    if len(donors) < 2:
        return
    moved = min(donors, key=lambda key: (sizes[key], _place(key)))
    donors.remove(moved)
    keys_of[name].add(moved)


def _place(key: str) -> int:
    """A number that spreads keys evenly and is the same on every machine."""
    return int.from_bytes(hashlib.sha1(key.encode(), usedforsecurity=False).digest()[:8], "big")
