"""The door: tokens, cookies, and bodies that are too large or never come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from duck_and_cover.errors import UsageError
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.api import create_app
from duck_and_cover.web.gate import Gate
from duck_and_cover.web.settings import Settings

TOKEN = "täglich & 1"
GUARDED = ("/", "/openapi.json", "/v1/genres", "/v1/models", "/static/studio.js", "/nothing")


@pytest.fixture
def guarded(generator: CoverGenerator) -> Iterator[TestClient]:
    app = create_app({"tiny": generator}, Settings(token=TOKEN))
    with TestClient(app, follow_redirects=False) as client:
        yield client


def test_without_the_token_nothing_but_health_is_told(guarded: TestClient) -> None:
    for path in GUARDED:
        assert guarded.get(path).status_code == 401, path
    refused = guarded.post("/v1/covers", json={})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer" in refused.json()["detail"]
    assert guarded.get("/healthz").json()["status"] == "ok"


def test_programs_show_it_as_a_header(guarded: TestClient) -> None:
    def asked(header: bytes) -> int:
        headers = [(b"authorization", header)]
        return guarded.get("/v1/genres", headers=headers).status_code

    assert asked(b"Bearer " + TOKEN.encode()) == 200
    assert asked(b"bearer " + TOKEN.encode()) == 200
    for wrong in (b"Bearer", b"Bearer x", b"Basic " + TOKEN.encode(), b"Bearer \xff"):
        assert asked(wrong) == 401


def test_browsers_are_given_a_cookie_for_it(guarded: TestClient) -> None:
    form = guarded.get("/")
    assert form.headers["content-type"].startswith("text/html")
    assert 'name="token"' in form.text
    assert guarded.get("/", params={"token": "wrong"}).status_code == 401
    welcome = guarded.get("/", params={"token": TOKEN})
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    kept = welcome.headers["set-cookie"].lower()
    assert "httponly" in kept
    assert "samesite=strict" in kept
    assert TOKEN not in welcome.headers["set-cookie"]
    for path in GUARDED[:-1]:
        assert guarded.get(path).status_code == 200, path


@pytest.mark.parametrize("token", ["", " "])
def test_a_token_is_not_empty(token: str) -> None:
    with pytest.raises(UsageError, match="--token: it is empty"):
        Settings(token=token)


def test_large_bodies_are_turned_away_however_they_come(client: TestClient) -> None:
    for content in (b" " * 5000, iter([b" " * 3000] * 2)):
        answer = client.post("/v1/covers", content=content)
        assert answer.status_code == 413
        assert answer.json()["detail"] == "a request may have 4096 bytes"
    spaced = b" " * 4000 + b"{}"
    header = {"Content-Type": "application/json"}
    assert client.post("/v1/covers", content=spaced, headers=header).status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(*_: object) -> None:
        raise AssertionError("nothing is to come through")

    scope = {"type": "http", "method": "POST", "path": "/v1/covers", "headers": []}
    asyncio.run(Gate(app, Settings(seconds=0.01))(scope, never, send))
    assert sent[0]["status"] == 408
