"""The services as a whole: their faults, their counts, their end."""

from __future__ import annotations

import pytest
import urllib3

from tests.data_collection.services import (
    FAULTS,
    Catalogue,
    Services,
    serve,
)
from tests.data_collection.services.asking import AGENT, Get


def outcome(get: Get, path: str) -> str:
    """What a request comes to, in a word or two."""
    try:
        reply = get(path)
        return f"{reply.status} {len(reply.data)} {reply.headers.get('Retry-After', '-')[-3:]}"
    except urllib3.exceptions.HTTPError as error:
        return "cut" if "IncompleteRead" in repr(error) else "reset"


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_is_seen(kind: str, services: Services, get: Get, catalogue: Catalogue) -> None:
    album = next(a for a in catalogue.albums if a.picture == "jpeg")
    path = f"/ia/0/items/mbid-{album.release_id}/x_thumb250.jpg"
    if FAULTS[kind] == "interface":
        path = "/ws/2/genre/all?fmt=json"
    services.set(fault_rate=1.0, faults=[kind], fault_hits=1)
    seen, fine = outcome(get, path), outcome(get, path)
    expected = {"retry-0": "503 66 0", "retry-1": "503 66 1", "retry-date": "503 66 GMT"}
    expected |= {"error": "500 170 -", "limit": "429 17 -", "empty": "200 0 -"}
    expected |= {"page": "200 170 -", "not-json": "200 170 -"}
    assert seen == expected.get(kind, kind)
    assert fine.startswith("200 ") and fine.split()[1] not in ("0", "170")


def test_faults_are_the_same_in_any_order(services: Services, get: Get) -> None:
    paths = [f"/ws/2/release-group?fmt=json&limit=1&query=tag:{n}" for n in range(20)]
    services.set(fault_rate=0.5, fault_prefixes=["/ws"])
    first = {path: [outcome(get, path) for _ in range(3)] for path in paths}
    services.clear()
    again: dict[str, list[str]] = {path: [] for path in paths}
    for _ in range(3):
        for path in reversed(paths):
            again[path].append(outcome(get, path))
    assert first == again and len(set(sum(again.values(), []))) > 3
    assert outcome(get, "/caa/release-group/no-uuid/front").startswith("400")


def test_requests_are_counted_and_logged(services: Services, get: Get) -> None:
    services.set(changing_totals=True)
    fields = {"query": "tag:rock", "fmt": "json", "limit": 5}
    totals = {get("/ws/2/release-group", offset=n, **fields).json()["count"] for n in (0, 5, 10)}
    assert len(totals) == 3
    get("/caa/release-group/no-uuid/front")
    assert services.counts() == {"/ws": 3, "/caa": 1}
    assert services.hits()["/caa/release-group/no-uuid/front"] == 1
    last = services.log()[-1]
    assert (last["status"], last["method"]) == (400, "GET")
    assert last["headers"]["user-agent"] == AGENT["User-Agent"]


def test_a_slow_answer_holds_up_no_other(services: Services, http: urllib3.PoolManager) -> None:
    services.set(latency_s=60)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        http.request("GET", f"{services.url}/ws/2/genre/all?fmt=txt", timeout=0.1)
    assert services.counts() == {"/ws": 1}


def test_the_services_end_with_their_context(http: urllib3.PoolManager) -> None:
    with pytest.raises(KeyError), serve(Catalogue([])) as services:
        raise KeyError("a test that fails")
    with pytest.raises(urllib3.exceptions.NewConnectionError):
        http.request("GET", f"{services.url}/_control/counts")
