"""What goes wrong, as callers read it: one line of JSON in the manner of RFC 9457."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.web.batching import Busy, Stopping

MEDIA = "application/problem+json"


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong and, where it can, how to put it right."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": " ".join(detail.split()),
    }
    # Escaped to ASCII: a detail may quote letters that have no UTF-8.
    return Response(json.dumps(body), status, headers, media_type=MEDIA)


def answer_to(error: Exception) -> Response:
    """The answer that an exception of the work means."""
    if isinstance(error, UsageError):
        return problem(422, str(error))
    if isinstance(error, Busy):
        return problem(429, str(error), {"Retry-After": str(error.after)})
    if isinstance(error, Stopping):
        return problem(503, str(error), {"Retry-After": "5"})
    if isinstance(error, TimeoutError):
        detail = "this took too long: ask for fewer or smaller covers, or come back later"
        return problem(503, detail, {"Retry-After": "5"})
    known = isinstance(error, DuckAndCoverError)
    return problem(500, str(error) if known else "this server has failed; its log says why")


def _invalid(error: RequestValidationError) -> str:
    """The one complaint about a request that says most, by the field's name."""
    complaints = error.errors()
    if complaints[0]["type"] == "json_invalid":
        return "the body is no JSON"
    # Of the members of a union, the one that came furthest is the one that was meant.
    chief = max(complaints, key=lambda complaint: len(complaint["loc"]))
    # Pydantic puts a member's type among the names of fields, as in list[str].
    steps = [str(step) for step in chief["loc"][1:] if "[" not in str(step)]
    if not steps:
        return "the body is no JSON object, or does not come as application/json"
    return f"{'.'.join(steps)}: {chief['msg']}"


def add_problems(app: FastAPI) -> None:
    """Let every error of an app, its own and the framework's, be answered as a problem."""

    async def work(_: Request, error: Exception) -> Response:
        return answer_to(error)

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem(422, _invalid(error))

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, str(error.detail), error.headers)

    for kind in (DuckAndCoverError, TimeoutError, Exception):
        app.add_exception_handler(kind, work)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
