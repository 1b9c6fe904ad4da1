"""What the tests of the services share: how to ask, and a catalogue small enough to read."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import urllib3

from tests.data_collection.services import (
    CLIENT_ID,
    CLIENT_SECRET,
    VARIOUS_ARTISTS,
    Album,
    Artist,
    Services,
)

AGENT = {"User-Agent": "tests/1 ( tests@example.org )"}
Get = Callable[..., urllib3.BaseHTTPResponse]

QUEEN = Artist("Queen", ("rock",))
NIGHT = Album("A Night", QUEEN, (("Rock", 3), ("jazz", 0), ("seen live", 9)), "1975-11")
AGAIN = Album("A Night (Remastered)", QUEEN, (("pop", 1),), "2011", edition_of="A Night")
SINGLE = Album("Bicycle", QUEEN, (("rock", 1),), "1978", primary="Single")
BEST = Album("Best", VARIOUS_ARTISTS, (("rock", 5),), "1981", guests=(QUEEN,))
SMALL = (NIGHT, AGAIN, SINGLE, BEST)


def asking(services: Services, http: urllib3.PoolManager) -> Get:
    """`get(path, field=value)`: what the services answer, without following redirects."""

    def get(path: str, headers: dict[str, str] = AGENT, **fields: Any) -> urllib3.BaseHTTPResponse:
        url, query = services.url + path, {name: str(value) for name, value in fields.items()}
        return http.request("GET", url, fields=query, headers=headers, redirect=False)

    return get


def fetch_token(
    services: Services, http: urllib3.PoolManager, secret: str = CLIENT_SECRET
) -> urllib3.BaseHTTPResponse:
    """The accounts service's answer to our credentials, or to wrong ones."""
    basic = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    url = f"{services.environment()['SPOTIFY_ACCOUNTS_URL']}/api/token"
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return http.request("POST", url, body=b"grant_type=client_credentials", headers=headers)
