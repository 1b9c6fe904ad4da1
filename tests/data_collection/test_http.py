"""The way to ask a web service: tried again, given up, stopped, and honest about who asks."""

from __future__ import annotations

import base64
import socket
from types import SimpleNamespace

import pytest

from data_collection.sources.http import (
    FAILURES_IN_A_ROW,
    TRIES,
    ApiClient,
    NotFound,
    Refused,
    Unavailable,
    address,
    connections,
    user_agent,
)
from data_collection.waiting import Patience
from duck_and_cover import __version__
from duck_and_cover.errors import StoppedEarly, UsageError
from tests.data_collection.prepared import Prepared, prepared

GOOD = Prepared(body={"answer": 42})
ERROR_PAGE = b"<html><body>Something went wrong, please try again later.</body></html>"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def client(url: str, patience: Patience | None = None) -> ApiClient:
    return ApiClient(url, patience or Patience(backoff=0.0001), 10_000, "Service")


def test_an_object_comes_back_and_the_service_learns_who_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLLECT_CONTACT", "me@example.org")
    with prepared(GOOD) as server:
        assert client(server.url).get_json("thing", {"query": "a & b"}) == {"answer": 42}
        assert server.targets == ["/thing?query=a+%26+b&fmt=json"]
        assert server.headers[0]["User-Agent"] == (
            f"duck_and_cover/{__version__} ( me@example.org )"
        )


def test_a_text_comes_back_as_it_is() -> None:
    with prepared(Prepared(body="jazz\nchanson française\n".encode())) as server:
        text = client(server.url).get_text("genre/all", {"fmt": "txt"})
    assert text == "jazz\nchanson française\n"


@pytest.mark.parametrize(
    "fault",
    [
        Prepared(503, headers={"Retry-After": "0"}),
        Prepared(503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        Prepared(500, ERROR_PAGE, {"Content-Type": "image/jpeg"}),
        Prepared(429),
        Prepared(body=GOOD.body, broken="cut"),
        Prepared(broken="reset"),
        Prepared(body=b""),
        Prepared(body=ERROR_PAGE),
        Prepared(body=b"\xff\xfe"),
        Prepared(body=["no object"]),
    ],
    ids=lambda reply: f"{reply.status} {reply.broken or reply.content()[:10]!r}",
)
def test_what_may_pass_is_asked_again(fault: Prepared) -> None:
    with prepared(fault, fault, GOOD) as server:
        assert client(server.url).get_json("thing", {}) == {"answer": 42}
        assert len(server.targets) == 3


def test_a_request_is_given_up_and_then_the_service() -> None:
    with prepared(Prepared(502)) as server:
        asking = client(server.url, Patience(backoff=0.0001, command="collect again"))
        for _ in range(FAILURES_IN_A_ROW - 1):
            with pytest.raises(Unavailable, match="Service: HTTP 502"):
                asking.get_json("thing", {})
        with pytest.raises(StoppedEarly, match="Service cannot be used now.*collect again"):
            asking.get_json("thing", {})
        assert len(server.targets) == FAILURES_IN_A_ROW * TRIES


def test_one_answer_and_the_service_counts_as_up_again() -> None:
    given_up = [Prepared(502)] * TRIES * (FAILURES_IN_A_ROW - 1)
    with prepared(*given_up, GOOD, Prepared(502)) as server:
        asking = client(server.url)
        for _ in range(FAILURES_IN_A_ROW - 1):
            with pytest.raises(Unavailable):
                asking.get_json("thing", {})
        asking.get_json("thing", {})
        with pytest.raises(Unavailable):
            asking.get_json("thing", {})


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_asked_for_once(status: int) -> None:
    with prepared(Prepared(status)) as server:
        with pytest.raises(NotFound):
            client(server.url).get_json("thing", {})
        assert len(server.targets) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "Invalid query."}, "Invalid query."),
        ({"error": {"status": 400, "message": "Invalid limit"}}, "Invalid limit"),
        (["odd"], '["odd"]'),
        (b"", "no reason given"),
    ],
)
def test_a_refusal_is_told_in_the_service_s_words(body: object, words: str) -> None:
    with prepared(Prepared(400, body)) as server:
        with pytest.raises(Refused) as refused:
            client(server.url).get_json("thing", {})
        assert refused.value.status == 400
        assert str(refused.value) == f"Service: HTTP 400: {words}"
        assert len(server.targets) == 1


def test_a_service_that_refuses_everything_cannot_be_used() -> None:
    with prepared(Prepared(403, {"error": "blocked"})) as server:
        asking = client(server.url)
        for _ in range(FAILURES_IN_A_ROW - 1):
            with pytest.raises(Refused):
                asking.get_json("thing", {})
        with pytest.raises(StoppedEarly, match="HTTP 403: blocked"):
            asking.get_json("thing", {})


def test_a_long_wait_that_is_asked_for_ends_the_run() -> None:
    with prepared(Prepared(503, headers={"Retry-After": "48925"})) as server:
        patience = Patience(max_wait=60.0, backoff=0.0001, command="collect again")
        with pytest.raises(StoppedEarly, match="asked to wait 13 h 35 min.*collect again"):
            client(server.url, patience).get_json("thing", {})
        assert len(server.targets) == 1


def test_an_interruption_comes_before_the_next_request() -> None:
    with prepared(GOOD) as server:
        patience = Patience()
        asking = client(server.url, patience)
        patience.stop.set()
        with pytest.raises(StoppedEarly, match="interrupted"):
            asking.get_json("thing", {})
        assert server.targets == []


def test_requests_are_spaced_evenly_whatever_wait_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Noting(Patience):
        def pause(self, seconds: float) -> None:
            pauses.append(seconds)

    pauses: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: 1.0)  # of a machine that has just started
    monkeypatch.setattr("data_collection.sources.http.time", clock)
    with prepared(GOOD) as server:
        asking = ApiClient(server.url, Noting(max_wait=0.0), 0.001, "Service")
        for _ in range(3):
            asking.get_json("thing", {})
    assert pauses == [0.0, 1000.0, 1000.0]


def test_redirects_are_followed_but_not_for_ever() -> None:
    with prepared(Prepared(307, headers={"Location": "/other"}), GOOD) as server:
        assert client(server.url).get_json("thing", {}) == {"answer": 42}
        assert server.targets[1] == "/other"
    with prepared(Prepared(302, headers={"Location": "/again"})) as server:
        with pytest.raises(Unavailable, match="too many redirects"):
            client(server.url).get_json("thing", {})


def test_nobody_listens() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="no connection"):
        client(f"http://127.0.0.1:{port}").get_json("thing", {})


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_of_the_environment_is_used_with_its_password(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with prepared(GOOD) as server:
        host = server.url.removeprefix("http://")
        monkeypatch.setenv("http_proxy", f"{scheme}me:p%40ss@{host}")
        assert client("http://service.example").get_json("thing", {}) == {"answer": 42}
        assert server.targets == ["http://service.example/thing?fmt=json"]
        account = base64.b64encode(b"me:p@ss").decode()
        assert server.headers[0]["Proxy-Authorization"] == f"Basic {account}"


def test_what_the_environment_excepts_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with prepared(GOOD) as server:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        response = connections(server.url, per_host=1).request("GET", f"{server.url}/thing")
        assert response.status == 200
        assert server.targets == ["/thing"]


def test_an_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVICE_URL", raising=False)
    assert address("SERVICE_URL", "https://service.example/v1") == "https://service.example/v1"
    monkeypatch.setenv("SERVICE_URL", " http://mirror.example/v1/ ")
    assert address("SERVICE_URL", "https://service.example/v1") == "http://mirror.example/v1"
    for wrong in ("mirror.example", "ftp://mirror.example", "http://"):
        monkeypatch.setenv("SERVICE_URL", wrong)
        with pytest.raises(UsageError, match="SERVICE_URL"):
            address("SERVICE_URL", "https://service.example/v1")


def test_a_contact_must_be_one_that_can_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLLECT_CONTACT", raising=False)
    assert "no contact given" in user_agent()
    for wrong in ("東京@example.org", "me@example.org\r\nX-Other: 1"):
        monkeypatch.setenv("COLLECT_CONTACT", wrong)
        with pytest.raises(UsageError, match="COLLECT_CONTACT"):
            user_agent()
