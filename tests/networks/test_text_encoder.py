"""Names as vectors: the runs of their letters, in any script."""

from __future__ import annotations

import torch
from torch import Tensor

from duck_and_cover.networks.text_encoder import (
    BUCKETS,
    LONGEST,
    TEXT_LENGTH,
    TEXTS,
    TextEncoder,
    runs,
)

BAG_OF_A = (2188, 4523, 1761, 2415)  # a, ^a, a$, ^a$


def texts(*pairs: tuple[str, str]) -> Tensor:
    """Artists and albums as code points."""
    codes = torch.zeros(len(pairs), TEXTS, TEXT_LENGTH, dtype=torch.int32)
    for row, pair in enumerate(pairs):
        for kind, name in enumerate(pair):
            codes[row, kind, : len(name)] = torch.tensor([ord(c) for c in name], dtype=torch.int32)
    return codes


def bag(name: str, kind: int = 0) -> list[int]:
    """Places in the table of a name's runs, in rising order."""
    places, there = runs(texts((name, name)))
    return sorted(places[0, kind][there[0, kind]].tolist())


def test_a_name_has_as_many_runs_as_it_should() -> None:
    for length in (1, 2, 5, TEXT_LENGTH):
        name = "abcdefghij"[:length] if length <= 10 else "x" * length
        # n runs of one letter; of two and three with the marks of beginning and end.
        assert len(bag(name)) == length + (length + 1) + length
    assert bag("") == []


def test_runs_do_not_depend_on_the_company() -> None:
    alone = bag("jazz")
    places, there = runs(texts(("a much longer name", "x"), ("jazz", "")))
    assert sorted(places[1, 0][there[1, 0]].tolist()) == alone
    assert not there[1, 1].any()


def test_names_share_what_they_have_in_common() -> None:
    one, other, far = set(bag("thrashing")), set(bag("thrasher")), set(bag("polka"))
    assert len(one & other) > 10 and len(one & far) < 3
    assert bag("ab") != bag("ba")
    assert len(set(bag("тролль")) & set(bag("трололо"))) >= 5


def test_artists_and_albums_are_told_apart() -> None:
    assert not set(bag("sunrise", 0)) & set(bag("sunrise", 1))


def test_runs_are_spread_over_the_table() -> None:
    names = [f"{a}{b}{c}" for a in "abcdefgh" for b in "ijklmnop" for c in "qrstuvwx"]
    places, there = runs(texts(*((name, "") for name in names)))
    whole = places[:, 0, -(TEXT_LENGTH + 2 - LONGEST + 1) :][:, 1]  # the run of all three letters
    distinct = len(set(whole.tolist()))
    # 512 in 8,192 places: about 496 distinct ones by chance.
    assert distinct > 480
    assert int(places.min()) >= 0 and int(places.max()) < BUCKETS and there.dtype == torch.bool


def test_the_table_does_not_change_between_versions() -> None:
    assert bag("a") == sorted(BAG_OF_A)


def test_encodings_tell_names_apart_and_keep_their_size() -> None:
    torch.manual_seed(0)
    encoder = TextEncoder(32)
    begin = encoder(texts(("ann", "one"), ("ben", "two"), ("", "two")))
    assert torch.equal(begin[0], begin[1]) and not torch.equal(begin[1], begin[2])
    torch.nn.init.normal_(encoder.table)
    names = [("ann", "one"), ("ann", "two"), ("ben", "one"), ("", "one"), ("ann", ""), ("", "")]
    vectors = encoder(texts(*names))
    assert vectors.shape == (6, 32)
    assert torch.pdist(vectors).min() > 0.5
    long = encoder(texts(("abcdefghijklmnopqrstuvwxyz", "0123456789")))
    for vector in (*vectors, long[0]):
        assert 0.3 < vector.square().mean().item() < 4


def test_only_the_runs_that_are_there_learn() -> None:
    encoder = TextEncoder(4)
    encoder(texts(("ab", ""))).sum().backward()
    gradient = encoder.table.grad
    assert gradient is not None
    assert set(gradient.abs().sum(dim=1).nonzero().flatten().tolist()) == set(bag("ab"))
    assert encoder.absent.grad is not None
    assert not encoder.absent.grad[0].any() and encoder.absent.grad[1].all()


def test_nobody_has_a_name() -> None:
    assert TextEncoder(4)(texts()).shape == (0, 4)
