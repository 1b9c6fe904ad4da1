"""One set of services for all tests of them, put back to its defaults before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import urllib3

from tests.data_collection.services import (
    Catalogue,
    Options,
    Services,
    serve,
)
from tests.data_collection.services.asking import AGENT, Get, asking


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.invent(seed=1, albums=400)


@pytest.fixture(scope="module")
def running(catalogue: Catalogue) -> Iterator[Services]:
    with serve(catalogue) as services:
        yield services


@pytest.fixture
def services(running: Services) -> Services:
    """The running services, as if they had just started."""
    defaults = Options()
    running.set(**{name: getattr(defaults, name) for name in Options.__dataclass_fields__})
    running.clear()
    return running


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(headers=AGENT, retries=False) as pool:
        yield pool


@pytest.fixture
def get(services: Services, http: urllib3.PoolManager) -> Get:
    """`get(path, field=value)`: what the services answer, without following redirects."""
    return asking(services, http)
