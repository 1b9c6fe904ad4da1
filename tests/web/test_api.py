"""The HTTP API as its callers see it."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.api import create_app, picture_format
from duck_and_cover.web.settings import Settings

JAZZ: dict[str, Any] = {"genres": ["Jazz "], "year": 1959, "artist": "Ana", "album": "Blau"}

JSON = {"Content-Type": "application/json"}


def pictures(answer: dict[str, Any]) -> list[Image.Image]:
    """The covers of an answer."""
    return [Image.open(io.BytesIO(base64.b64decode(c["image"]))) for c in answer["covers"]]


def test_covers_are_those_of_the_generator(client: TestClient, generator: CoverGenerator) -> None:
    answer = client.post("/v1/covers", json={**JAZZ, "n": 3, "seed": 7, "truncation": 0.5})
    assert answer.status_code == 200
    found = answer.json()
    assert found["model"] == "tiny"
    assert [cover["seed"] for cover in found["covers"]] == [7, 8, 9]
    own = generator.generate("jazz", 1959, "Ana", "Blau", [7, 8, 9], 0.5)
    for cover, picture, one in zip(found["covers"], pictures(found), own, strict=True):
        assert cover["media_type"] == "image/png"
        assert cover["name"] == one.name
        assert cover["settings"] == one.settings
        assert picture.format == "PNG"
        difference = np.asarray(picture).astype(int) - np.asarray(one.picture)
        assert abs(difference).max() <= 1


def test_seeds_may_be_named(client: TestClient) -> None:
    most = 2**63 - 1
    named = client.post("/v1/covers", json={"seeds": [5, most, 5]}).json()["covers"]
    assert [cover["seed"] for cover in named] == [5, most, 5]
    assert named[0]["image"] == named[2]["image"] != named[1]["image"]
    around = client.post("/v1/covers", json={"seed": most, "n": 2}).json()["covers"]
    assert [cover["seed"] for cover in around] == [most, 0]


def test_genres_may_have_weights(client: TestClient, generator: CoverGenerator) -> None:
    weights = {"jazz": 3, "ambient": 1.0}
    made = client.post("/v1/covers", json={"genres": weights}).json()
    (own,) = generator.generate(weights)
    assert made["covers"][0]["settings"]["Genres"] == "jazz=3, ambient=1"
    assert abs(np.asarray(pictures(made)[0]).astype(int) - np.asarray(own.picture)).max() <= 1


def test_every_model_is_there_and_the_first_is_asked_by_default(client: TestClient) -> None:
    listed = client.get("/v1/models").json()
    assert [(m["name"], m["resolution"]) for m in listed["models"]] == [("tiny", 16), ("other", 8)]
    assert listed["titles"] is True
    for model, side in ((None, 16), ("tiny", 16), ("other", 8)):
        answer = client.post("/v1/covers", json={"model": model}).json()
        assert answer["model"] == (model or "tiny")
        assert pictures(answer)[0].size == (side, side)
    refused = client.post("/v1/covers", json={"model": "../../etc"})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "model '../../etc' is none of tiny, other"


def test_sizes_and_formats_are_as_asked(client: TestClient) -> None:
    for size, kind in ((300, "jpeg"), (64, "png")):
        asked = {**JAZZ, "size": size, "format": kind, "typeset": size == 300}
        (picture,) = pictures(client.post("/v1/covers", json=asked).json())
        assert (picture.size, picture.format) == ((size, size), kind.upper())


def test_typesetting_changes_the_cover(client: TestClient) -> None:
    plain, typeset = (
        client.post("/v1/covers", json={**JAZZ, "size": 300, "typeset": wanted}).json()
        for wanted in (False, True)
    )
    assert plain["covers"][0]["image"] != typeset["covers"][0]["image"]


def test_one_cover_may_come_as_a_picture(client: TestClient) -> None:
    for accept, kind in (("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/*;q=0.9", "JPEG")):
        answer = client.post(
            "/v1/covers", json={"format": "jpeg"}, headers={"Accept": f"text/html, {accept}"}
        )
        assert answer.headers["content-type"] == f"image/{kind.lower()}"
        assert f"any-any-0000.{kind.lower()}" in answer.headers["content-disposition"]
        assert Image.open(io.BytesIO(answer.content)).format == kind
    refused = client.post("/v1/covers", json={"n": 2}, headers={"Accept": "image/png"})
    assert refused.status_code == 422
    assert "not 2" in refused.json()["detail"]


def test_the_first_kind_that_is_known_counts() -> None:
    assert picture_format("", "png") is None
    assert picture_format("*/*", "png") is None
    assert picture_format("application/json, image/png", "png") is None
    assert picture_format("image/png, application/json", "jpeg") == "png"
    assert picture_format("text/plain, IMAGE/*", "jpeg") == "jpeg"


def test_a_variation_is_the_same_in_its_row_and_alone(client: TestClient) -> None:
    asked = {**JAZZ, "seed": 4, "strength": 0.5}
    row = client.post("/v1/variations", json={**asked, "n": 4}).json()["covers"]
    (alone,) = client.post("/v1/variations", json={**asked, "only": 2}).json()["covers"]
    assert len({cover["image"] for cover in row}) == 4
    assert alone["name"] == row[2]["name"]
    a, b = pictures({"covers": [alone, row[2]]})
    assert abs(np.asarray(a).astype(int) - np.asarray(b)).max() <= 1


def test_a_walk_begins_and_ends_at_its_stops(client: TestClient) -> None:
    stops = [{"genres": ["jazz"], "seed": 1}, {"genres": ["ambient"], "year": 1990, "seed": 2}]
    walk = client.post("/v1/walk", json={"stops": stops, "frames": 5, "size": 64}).json()
    assert len(walk["frames"]) == 5
    frames = [Image.open(io.BytesIO(base64.b64decode(frame))) for frame in walk["frames"]]
    for stop, frame in ((stops[0], frames[0]), (stops[1], frames[-1])):
        cover = client.post("/v1/covers", json={**stop, "size": 64}).json()
        difference = np.asarray(pictures(cover)[0]).astype(float) - np.asarray(frame)
        assert np.abs(difference).mean() < 8  # one is a JPEG
    assert len({frame.tobytes() for frame in frames}) == 5


def test_titles_are_the_writers(client: TestClient) -> None:
    answer = client.post("/v1/titles", json={"genres": ["any thing"], "count": 2, "seed": 3})
    assert answer.json() == {"titles": ["any thing no. 1 of 3", "any thing no. 2 of 3"]}


def test_a_server_without_a_writer_says_so(generator: CoverGenerator) -> None:
    with TestClient(create_app({"tiny": generator})) as client:
        assert client.get("/v1/models").json()["titles"] is False
        refused = client.post("/v1/titles", json={})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "titles: this server has no title model"


def test_what_a_model_knows_can_be_asked(client: TestClient) -> None:
    known = client.get("/v1/genres", params={"model": "other"}).json()
    assert known["genres"] == ["acid jazz", "ambient", "jazz"]
    assert (known["first_year"], known["last_year"]) == (1950, 2020)
    assert (known["model"], known["audio"], known["resolution"]) == ("other", [], 8)


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("covers", {"genres": ["jaz"]}, "unknown genre 'jaz': did you mean jazz, acid jazz"),
        ("covers", {"year": 1066}, "year 1066 is out of range: take 1950 to 2020"),
        ("covers", {"audio": {"energy": 0.5}}, "audio: this model was trained without audio"),
        ("covers", {"year": "1959"}, "year: Input should be a valid integer"),
        ("covers", {"genres": {"jazz": -1}}, "genres.jazz: Input should be greater than 0"),
        ("covers", {"n": 65}, "n: Input should be less than or equal to 64"),
        ("covers", {"size": 3001}, "size: Input should be less than or equal to 3000"),
        ("covers", {"size": 100, "typeset": True}, "size 100: type needs 300 to"),
        ("covers", {"size": 3000, "n": 5}, "size 3000: at most 4 covers at once, not 5"),
        ("covers", {"out": "/etc/passwd"}, "out: Extra inputs are not permitted"),
        ("covers", {"artist": "a\0b"}, "artist: String should match pattern"),
        ("covers", [], "the body is no JSON object"),
        ("variations", {"strength": 2}, "strength: Input should be less than or equal to 1"),
        ("variations", {"genres": ["jaz"]}, "unknown genre 'jaz'"),
        ("walk", {"stops": [{}]}, "stops: List should have at least 2 items"),
        ("walk", {"stops": [{"year": 1}, {}]}, "year 1 is out of range"),
        ("titles", {"count": 0}, "count: Input should be greater than or equal to 1"),
    ],
)
def test_what_cannot_be_done_is_answered_in_one_line(
    client: TestClient, path: str, body: Any, detail: str
) -> None:
    answer = client.post(f"/v1/{path}", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["detail"].startswith(detail)
    assert problem["status"] == 422
    # RFC 9110's name, which Python has from 3.13 on, or the one before.
    assert problem["title"] in ("Unprocessable Content", "Unprocessable Entity")
    assert "\n" not in problem["detail"]


def test_what_is_no_request_is_a_problem_too(client: TestClient) -> None:
    asked = [
        (client.post("/v1/covers", content=b"{", headers=JSON), 422),
        (client.post("/v1/covers", content=b"{}", headers={"Content-Type": "text/plain"}), 422),
        (client.post("/v1/covers", content=b'{"artist": "\\ud800"}', headers=JSON), 422),
        (client.get("/v1/nothing"), 404),
        (client.get("/v1/covers"), 405),
        (client.get("/static/../api.py"), 404),
        (client.get("/fonts/%2e%2e/errors.py"), 404),
    ]
    for answer, status in asked:
        assert answer.status_code == status
        assert answer.json()["status"] == status


def test_requests_that_come_at_once_are_drawn_at_once(generator: CoverGenerator) -> None:
    async def crowd(app: FastAPI) -> set[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            asked = [client.post("/v1/covers", json={"seed": seed}) for seed in range(64)]
            return {answer.status_code for answer in await asyncio.gather(*asked)}

    app = create_app({"tiny": generator}, Settings())
    assert asyncio.run(crowd(app)) == {200}
    studio = app.state.studio
    studio.stop()
    assert studio.desks["tiny"].passes <= 32
