"""Requests and replies, as the parts of the services pass them to one another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Request:
    """One request; header names are lower-case."""

    method: str
    target: str  # path and query, as sent
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's values; of those given several times the last."""
        text = self.target.partition("?")[2]
        return {name: values[-1] for name, values in parse_qs(text, True).items()}

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; -1 where it is none, which no limit or offset may be."""
        text = self.query.get(name, str(default))
        return int(text) if text.isdecimal() else -1


@dataclass(frozen=True)
class Reply:
    """One reply.

    Attributes:
        broken: "" or how the connection fails: "reset" before it, "cut" in the midst of the body.
    """

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    broken: str = ""


def json_reply(content: Any, status: int = 200, **headers: str) -> Reply:
    """A reply in JSON; `Retry_After="0"` gives the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(content).encode(), headers=named)


def redirect(status: int, url: str) -> Reply:
    """A reply that sends the client on."""
    return Reply(status, b"", "text/html", {"Location": url})
