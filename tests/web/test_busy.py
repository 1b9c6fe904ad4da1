"""More than a server can do: it says so, and goes on."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from fastapi import FastAPI

from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.api import create_app
from duck_and_cover.web.settings import Settings


async def alone(app: FastAPI, count: int) -> list[httpx.Response]:
    """Answers to requests made at once while the model is kept busy until they are given."""
    free, begun = threading.Event(), threading.Event()

    def hold(_: CoverGenerator) -> list[str]:
        begun.set()
        assert free.wait(10)
        return []

    held = app.state.studio.desks["tiny"].call(hold, covers=1)
    assert await asyncio.to_thread(begun.wait, 10)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
        asked = [
            asyncio.ensure_future(client.post("/v1/covers", json={"seed": seed}))
            for seed in range(count)
        ]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0.05)
        free.set()
        await asyncio.wrap_future(held)
        return list(await asyncio.gather(*asked))


def test_beyond_the_bound_it_says_when_to_come_back(generator: CoverGenerator) -> None:
    app = create_app({"tiny": generator}, Settings(waiting=5))
    answers = asyncio.run(alone(app, 9))
    app.state.studio.stop()
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [429] * 5
    for answer in answers:
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert "are waiting: come back in" in answer.json()["detail"]


def test_what_takes_too_long_is_given_up(generator: CoverGenerator) -> None:
    app = create_app({"tiny": generator}, Settings(seconds=0.02))
    answers = asyncio.run(alone(app, 3))
    desk = app.state.studio.desks["tiny"]
    app.state.studio.stop()
    assert [answer.status_code for answer in answers] == [503] * 3
    assert answers[0].headers["retry-after"]
    assert "too long" in answers[0].json()["detail"]
    assert desk.passes == 1  # nobody waited for the others any more


@pytest.mark.parametrize("path", ["covers", "variations"])
def test_a_server_that_stops_takes_nothing_new(generator: CoverGenerator, path: str) -> None:
    async def ask(app: FastAPI) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            return await client.post(f"/v1/{path}", json={})

    app = create_app({"tiny": generator})
    app.state.studio.stop()
    answer = asyncio.run(ask(app))
    assert answer.status_code == 503
    assert "stopping" in answer.json()["detail"]


def test_a_failure_of_the_server_is_told_without_its_insides(generator: CoverGenerator) -> None:
    async def ask(app: FastAPI) -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            return await client.post("/v1/covers", json={})

    app = create_app({"tiny": generator})
    generator.config = None  # type: ignore[assignment]
    answer = asyncio.run(ask(app))
    app.state.studio.stop()
    assert answer.status_code == 500
    assert answer.json()["detail"] == "this server has failed; its log says why"
