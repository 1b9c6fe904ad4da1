"""Servers of a tiny generator: in this process without a socket, and on a port of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.api import create_app
from duck_and_cover.web.serving import listen, server_of
from duck_and_cover.web.settings import Settings
from tests.web.tiny import Writer, tiny_generator


@pytest.fixture
def generator() -> CoverGenerator:
    return tiny_generator()


@pytest.fixture
def app(generator: CoverGenerator) -> FastAPI:
    other = tiny_generator("other", resolution=8)
    return create_app({"tiny": generator, "other": other}, Settings(body=4096), Writer())


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def running() -> Iterator[Callable[[FastAPI], str]]:
    """Serves an app on a free port until the test is over; gives its address."""
    ends: list[Callable[[], None]] = []

    def run(app: FastAPI) -> str:
        server, listener = server_of(app, Settings()), listen("127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()

        ends.append(end)
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield run
    for end in ends:
        end()
