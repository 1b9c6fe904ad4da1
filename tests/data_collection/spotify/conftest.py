"""One set of services for the tests of a file, put back to its defaults before each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from data_collection.sources.base import Wanted
from data_collection.sources.spotify import Spotify
from tests.data_collection.services import (
    CLIENT_ID,
    CLIENT_SECRET,
    Album,
    Artist,
    Catalogue,
    Options,
    Services,
    serve,
)
from tests.data_collection.spotify.runs import Open, patience


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Every oddity; and more artists, and albums of one of them, than come on one page."""
    invented = Catalogue.invent(seed=5, albums=250)
    zither = [Album("Debut", Artist(f"Zither {n}", ("zither",)), date="1988") for n in range(25)]
    many = [Album(f"Number {n}", zither[0].artist, date="1989") for n in range(25)]
    return Catalogue([*invented.albums, *zither, *many], [*invented.genres, "zither"])


@pytest.fixture(scope="module")
def running(catalogue: Catalogue) -> Iterator[Services]:
    with serve(catalogue) as services:
        yield services


@pytest.fixture
def services(running: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """The running services as if they had just started, and credentials for them."""
    defaults = Options()
    running.set(**{name: getattr(defaults, name) for name in Options.__dataclass_fields__})
    running.clear()
    environment = running.environment()
    environment |= {"SPOTIPY_CLIENT_ID": CLIENT_ID, "SPOTIPY_CLIENT_SECRET": CLIENT_SECRET}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return running


@pytest.fixture
def opened(services: Services, catalogue: Catalogue) -> Open:
    """`opened(per_genre=3)`: the source, started; all genres are wanted if none are named."""

    def opened(**wanted: Any) -> Spotify:
        source = Spotify(Wanted(**{"genres": catalogue.genres, **wanted}), patience())
        source.start()
        return source

    return opened
