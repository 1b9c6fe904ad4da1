"""The catalogue: its oddities, and the truth that a collector is measured by."""

from __future__ import annotations

from collections import Counter

from tests.data_collection.services import Catalogue
from tests.data_collection.services.albums import NOT_SHOWN, SHOWN
from tests.data_collection.services.asking import QUEEN, SMALL


def test_the_truth_of_a_small_catalogue() -> None:
    catalogue = Catalogue(SMALL)
    (only,) = catalogue.expected("musicbrainz").values()
    assert (only.title, only.artist, only.year) == ("A Night", "Queen", 1975)
    assert only.genres == ("pop", "rock") and only.cover
    assert only.ids == {SMALL[0].id, SMALL[1].id}
    (only,) = catalogue.expected("spotify").values()
    assert only.genres == ("rock",) and only.artist_id == QUEEN.spotify_id


def test_an_invented_catalogue_is_the_same_again_and_has_every_oddity() -> None:
    catalogue = Catalogue.invent(seed=1, albums=400)
    assert catalogue.albums == Catalogue.invent(seed=1, albums=400).albums
    assert catalogue.albums != Catalogue.invent(seed=2, albums=400).albums
    assert {album.picture for album in catalogue.albums} == {*SHOWN, *NOT_SHOWN}
    assert Counter(album.art for album in catalogue.albums)["placeholder"] >= 20
    assert {album.primary for album in catalogue.albums} == {"Album", "EP", "Single"}
    assert {len(album.date) for album in catalogue.albums} == {0, 4, 7, 10}
    assert {"", "0000"} <= {album.date for album in catalogue.albums}
    assert any(count <= 0 for album in catalogue.albums for _, count in album.tags)
    assert any(not album.tags for album in catalogue.albums)
    assert any(album.partners for album in catalogue.albums)
    for truth in map(catalogue.expected, ("musicbrainz", "spotify")):
        assert any(len(each.ids) > 1 for each in truth.values())
        assert {each.cover for each in truth.values()} == {True, False}
        assert None in {each.year for each in truth.values()}
