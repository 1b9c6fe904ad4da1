"""The API's description: its examples work, and whatever fits it does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from duck_and_cover.web.api import create_app
from duck_and_cover.web.settings import Settings
from tests.web.tiny import Writer, tiny_generator

HELD = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]


def fuzz(app: FastAPI, examples: int) -> int:
    """Send what the description allows, and what it does not; how many requests that were."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    checks = [check for check in CHECKS.get_all() if check.__name__ in HELD]
    assert len(checks) == len(HELD)
    sent = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        for mode in schemathesis.GenerationMode:
            cases = operation.as_strategy(generation_mode=mode)

            @given(case=cases)
            @settings(
                max_examples=examples,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def send(case: Any) -> None:
                nonlocal sent
                sent += 1
                case.call_and_validate(checks=checks)

            with suppress(Unsatisfiable):  # nothing can be wrong about what takes no arguments
                send()
    return sent


@pytest.fixture
def small(tmp_path: Path) -> Iterator[FastAPI]:
    """Bounds that a fuzz can reach and that keep it quick."""
    set_hypothesis_home_dir(tmp_path)  # not the folder that the tests are run in
    app = create_app({"tiny": tiny_generator()}, Settings(pixels=400_000, body=8192), Writer())
    yield app
    app.state.studio.stop()


def test_what_the_description_allows_and_forbids_makes_no_500(small: FastAPI) -> None:
    assert fuzz(small, examples=5) > 40


@pytest.mark.slow
def test_a_long_fuzz_makes_no_500(small: FastAPI) -> None:
    assert fuzz(small, examples=400) > 2000


def test_examples_can_be_sent_as_they_stand(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, kinds in document["paths"].items():
        if "post" not in kinds:
            continue
        body = kinds["post"]["requestBody"]["content"]["application/json"]["schema"]
        name = body["$ref"].rsplit("/", 1)[1]
        for example in document["components"]["schemas"][name]["examples"]:
            answer = client.post(path, json=example)
            assert answer.status_code == 200, (path, answer.text)


def test_it_names_what_can_go_wrong(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    answers = document["paths"]["/v1/covers"]["post"]["responses"]
    assert {"200", "401", "413", "422", "429", "503"} <= set(answers)
    assert "security" not in document
    guarded = create_app({"tiny": tiny_generator()}, Settings(token="x")).openapi()
    assert guarded["security"] == [{"token": []}]
    assert guarded["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
