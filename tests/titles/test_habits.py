"""How long lists are and how often they name their album: counted, and drawn again as often."""

from collections import Counter
from random import Random

import pytest

from duck_and_cover.titles.habits import ENOUGH, Habits
from duck_and_cover.titles.text import MOST, TitleRequest


def counted(
    genre: str, length: int, count: int, album: str = ""
) -> list[tuple[TitleRequest, list[str]]]:
    titles = [f"Title {i}" for i in range(length)]
    return [(TitleRequest((genre,), album=album), titles) for _ in range(count)]


LISTS = [*counted("Jazz", 5, ENOUGH), *counted("jazz", 7, ENOUGH), *counted("punk", 14, 3 * ENOUGH)]


def test_lengths_are_counted_by_genre_and_of_all() -> None:
    habits = Habits.of([*LISTS, *counted("polka", 9, ENOUGH - 1), *counted("jazz", 0, 99)])
    assert habits.lengths["jazz"] == {5: ENOUGH, 7: ENOUGH}
    assert habits.lengths[""][9] == ENOUGH - 1 and "polka" not in habits.lengths


def test_lengths_are_drawn_as_often_as_counted() -> None:
    habits, random = Habits.of(LISTS), Random(0)
    drawn = Counter(habits.length(TitleRequest(("JAZZ",)), random) for _ in range(400))
    assert set(drawn) == {5, 7} and 140 < drawn[5] < 260
    anything = {habits.length(TitleRequest(("polka",)), random) for _ in range(100)}
    assert anything == {5, 7, 14}


def test_singles_are_no_habit_where_there_are_lists() -> None:
    habits = Habits.of([*LISTS, *counted("jazz", 1, 500), *counted("noise", 1, 50)])
    assert 1 not in habits.lengths["jazz"] and habits.lengths["noise"] == {1: 50}
    assert max(Habits.of(counted("opera", 80, 40)).lengths["opera"]) == MOST


def test_title_tracks_are_counted_among_albums_with_a_name() -> None:
    named = [*counted("jazz", 5, 3, "title 2!"), *counted("jazz", 5, 1, "Other")]
    habits = Habits.of([*named, *counted("jazz", 5, 20)])
    assert habits.title_tracks == 0.75
    places = Counter(habits.title_track(4, random) for random in map(Random, range(400)))
    assert set(places) == {None, 0, 1, 2, 3} and 60 < places[None] < 140


def test_they_are_the_same_out_of_a_file() -> None:
    habits = Habits.of(LISTS)
    assert Habits.from_json(habits.json()) == habits


def test_no_lists_are_no_habits() -> None:
    with pytest.raises(ValueError, match="lengths of lists are missing"):
        Habits.of([])
