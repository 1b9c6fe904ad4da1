"""What TitleWriter promises: seeds, lengths, nothing twice, nothing copied, any script."""

from dataclasses import replace

import pytest
from torch.nn import Module

from duck_and_cover.errors import UsageError
from duck_and_cover.titles.copies import Words
from duck_and_cover.titles.draft import Draft
from duck_and_cover.titles.network import TitleNetwork, padded
from duck_and_cover.titles.text import NEXT, TitleRequest, is_long, plain
from duck_and_cover.titles.writer import TitleWriter
from tests.titles.conftest import HEART, RECORD, learnt

REQUESTS = [
    TitleRequest(seed=1),
    TitleRequest(("jazz",), 1959, "The Lamplighters", "Under the Bridge", seed=7),
    TitleRequest(("thrash metal", "punk"), 1988, seed=7),
    TitleRequest(("no such genre",), 2093, "影山ヒロ", "Ночь и туман", seed=3),
    TitleRequest(("techno",), seed=-5, count=20, clean=True),
]


def test_what_is_read_does_not_depend_on_what_stands_beside_it(parrot: TitleNetwork) -> None:
    alone = parrot.read(padded([b"folk\t\t\t"]))
    beside = parrot.read(padded([b"folk\t\t\t", b"jazz\t1959\tA longer name\tAnd title"]))
    assert (alone.summary[0] - beside.summary[0]).abs().max() < 1e-6
    assert not beside.real[0, 7:].any() and beside.real[1].all()


def test_the_parrot_has_learnt_its_list(repeating: TitleWriter) -> None:
    assert repeating.lists([RECORD])[0].titles == HEART


def test_no_long_title_of_the_training_set_is_given_back(held_back: TitleWriter) -> None:
    long = {plain(title) for title in HEART if is_long(plain(title))}
    assert len(long) >= 6
    for seed in range(4):
        hot = replace(RECORD, seed=seed, temperature=0.9)
        for request in (replace(RECORD, seed=seed), hot, replace(hot, count=10)):
            written = held_back.lists([request])[0]
            assert not long & {plain(title) for title in written.titles}
            assert written.refused["copy"] > 0


def taken(album: str, title: str, title_tracks: float = 1.0) -> bool | None:
    draft = Draft(TitleRequest(album=album, count=1), learnt(HEART, title_tracks=title_tracks))
    for byte in title.encode():
        assert draft.take(byte) is None
    return draft.take(NEXT)


def test_the_albums_own_name_is_a_title_where_it_is_planned() -> None:
    assert taken("Over the frozen harbour", "Over the Frozen Harbour") is True
    assert taken("Over the Frozen Harbour", "Over the Frozen Harbour", 0.0) is False
    assert taken("Over the Hills", "Over the Frozen Harbour") is False


def test_title_tracks_are_as_frequent_as_learnt(parrot: TitleNetwork) -> None:
    requests = [replace(RECORD, album="Ночь и туман", count=1, seed=seed) for seed in range(40)]
    for share, least, most in ((0.0, 0, 0), (0.5, 10, 30), (1.0, 40, 40)):
        lists = TitleWriter(parrot, learnt(title_tracks=share), {}).lists(requests)
        assert least <= [one.titles for one in lists].count(("Ночь и туман",)) <= most


@pytest.mark.parametrize("album", ["", "…", "x" * 200, "Holy Shit"])
def test_a_name_that_can_be_no_title_is_none(album: str) -> None:
    request = replace(RECORD, count=1, clean=True)
    assert Draft(request, learnt(title_tracks=1.0)).given
    assert not Draft(replace(request, album=album), learnt(title_tracks=1.0)).given


def test_a_word_that_nobody_knows_is_refused() -> None:
    assert taken("", "Frozen Ketle") is False
    assert taken("Ketle Songs", "Frozen Ketle") is True


@pytest.mark.parametrize("title", ["Ash (and", "Under the", "“Ash", 'The "Fox'])
def test_a_title_that_breaks_off_is_refused(title: str) -> None:
    assert taken("", title) is False


def test_no_two_titles_open_alike_unless_they_are_numbered() -> None:
    learnt_words = learnt(length=9)._replace(words=Words.of(["a letter to ash no ii"]))
    draft, taken = Draft(TitleRequest(), learnt_words), []
    for title in ("A Letter to Ash", "a letter, ash", "A Letter", "No Letter 1 Ash", "No Letter 2"):
        results = [draft.take(byte) for byte in f"{title}\n".encode()]
        taken.append(results[-1])
    assert taken == [True, False, True, True, True]


def test_bytes_that_are_no_text_are_no_title() -> None:
    draft = Draft(TitleRequest(), learnt())
    assert [draft.take(byte) for byte in (0xE6, 0x98, NEXT)] == [None, None, False]
    assert [draft.take(byte) for byte in b"?!\n"] == [None, None, False]
    assert draft.result().refused == {"broken": 2} and not draft.done


def test_coarse_titles_are_left_out_when_asked(repeating: TitleWriter) -> None:
    assert "Holy Shit" in repeating.lists([RECORD])[0].titles
    clean = repeating.lists([replace(RECORD, clean=True)])[0]
    assert "Holy Shit" not in clean.titles and clean.refused["coarse"] > 0


def test_a_list_is_the_same_alone_and_in_a_batch(shipped: TitleWriter) -> None:
    together = shipped.lists(REQUESTS)
    assert together == [shipped.lists([request])[0] for request in REQUESTS]
    assert together == shipped.lists(REQUESTS)
    assert len({one.titles for one in together}) == len(REQUESTS)


def test_seeds_make_different_lists(shipped: TitleWriter) -> None:
    lists = {tuple(shipped.titles("jazz", 1959, seed=seed)) for seed in range(4)}
    assert len(lists) == 4


def test_no_title_stands_twice_and_lengths_are_plausible(shipped: TitleWriter) -> None:
    lists = shipped.lists([TitleRequest(("punk",), seed=seed) for seed in range(24)])
    for one in lists:
        assert len(set(map(plain, one.titles))) == len(one.titles)
        assert all(title == title.strip() and title.isprintable() for title in one.titles)
    lengths = sorted(len(one.titles) for one in lists)
    assert 5 <= lengths[0] < lengths[-1] <= 20


def test_genres_have_lengths_of_their_own(shipped: TitleWriter) -> None:
    def mean(genre: str) -> float:
        lists = shipped.lists([TitleRequest((genre,), seed=seed) for seed in range(16)])
        return sum(len(one.titles) for one in lists) / 16

    assert mean("punk") > mean("k-pop") + 3


@pytest.mark.parametrize("count", [1, 3, 30])
def test_so_many_titles_as_asked(shipped: TitleWriter, count: int) -> None:
    assert len(shipped.titles(["folk"], count=count)) == count


def test_genre_artist_and_album_have_their_say(shipped: TitleWriter) -> None:
    base = shipped.titles("folk", 1971, "Joan Marlowe", "Wild Meadow", seed=2)
    for other in (
        shipped.titles("techno", 1971, "Joan Marlowe", "Wild Meadow", seed=2),
        shipped.titles("folk", 1971, "DJ Vektor", "Wild Meadow", seed=2),
        shipped.titles("folk", 1971, "Joan Marlowe", "The Fern and the Moss", seed=2),
    ):
        assert other != base


def test_hot_and_narrow_sampling_still_writes_text(shipped: TitleWriter) -> None:
    for temperature, top_p in ((2.0, 1.0), (0.01, 0.01)):
        for title in shipped.titles(count=5, temperature=temperature, top_p=top_p):
            assert title.isprintable() and any(map(str.isalnum, title))


def test_a_wrong_number_is_refused(shipped: TitleWriter) -> None:
    with pytest.raises(UsageError, match="count 99"):
        shipped.titles(count=99)


def test_no_requests_no_lists(shipped: TitleWriter) -> None:
    assert shipped.lists([]) == []


def test_the_shipped_model_is_small(shipped: TitleWriter) -> None:
    network: Module = shipped.network
    assert (
        2 * sum(p.numel() for p in network.parameters()) + len(shipped.learnt.copies.bits)
        < 3_000_000
    )
    assert shipped.config["metrics"]["val/novel_long_titles"] > 0.3
