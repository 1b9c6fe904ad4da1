"""The one way to ask a web service: paced, retried, honest about who asks, and stoppable."""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from data_collection.waiting import Patience, retry_after
from duck_and_cover import __version__
from duck_and_cover.errors import DuckAndCoverError, UsageError

log = logging.getLogger(__name__)

TRIES = 10  # of one request; with a quarter of all answers failing, one in a million is given up
FAILURES_IN_A_ROW = 3  # requests given up one after the other, before the service counts as down
REDIRECTS = 5
HOSTS = 100  # whose connections are kept; an archive's pictures lie on very many
TIMEOUT = urllib3.Timeout(connect=10.0, read=30.0)

# Answers that may be better the next time. Some services say 403 or 400 for good reasons only.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524})


class NotFound(DuckAndCoverError):
    """The service has no such thing, or no longer (404, 410)."""


class Refused(DuckAndCoverError):
    """The service understood and will not (another 4xx); `status` says which."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Unavailable(DuckAndCoverError):
    """A request failed as often as it may; it can be made again in another run."""


def user_agent() -> str:
    """`duck_and_cover/0.1.0 ( contact )`; the contact is COLLECT_CONTACT, an address or a URL.

    Raises:
        UsageError: the contact has characters that cannot be sent.
    """
    contact = os.environ.get("COLLECT_CONTACT", "").strip()
    if not (contact.isascii() and contact.isprintable()):
        raise UsageError(f"COLLECT_CONTACT: {contact!r} cannot be sent; use ASCII alone")
    return f"duck_and_cover/{__version__} ( {contact or 'no contact given'} )"


def address(variable: str, default: str) -> str:
    """A service's base address without a final slash, from the environment if it is there."""
    url = os.environ.get(variable, "").strip().rstrip("/") or default
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise UsageError(f"{variable}: '{url}' is no http(s) address")
    return url


def connections(url: str, per_host: int) -> urllib3.PoolManager:
    """Kept-alive connections, `per_host` at most to any one host; through a proxy if one is set."""
    split = urlsplit(url)
    proxy = getproxies().get(split.scheme)
    options: dict[str, Any] = {
        "num_pools": HOSTS,
        "maxsize": per_host,
        "block": True,
        "headers": {"User-Agent": user_agent(), "Accept-Encoding": "identity"},
        "timeout": TIMEOUT,
        # Retries are ours: a library's would sleep where nobody sees or can stop it, and answers
        # with a Retry-After would come as an error that does not tell it.
        "retries": urllib3.Retry(
            total=REDIRECTS,
            connect=0,
            read=0,
            redirect=REDIRECTS,
            status=0,
            other=0,
            respect_retry_after_header=False,
        ),
    }
    if proxy and split.hostname and not proxy_bypass(split.hostname):
        return _through(proxy, options)
    return urllib3.PoolManager(**options)


def _through(proxy: str, options: dict[str, Any]) -> urllib3.ProxyManager:
    # Both `host:3128` and `http://name:password@host:3128` are usual in the environment.
    given = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    account, _, host = given.netloc.rpartition("@")
    headers = urllib3.make_headers(proxy_basic_auth=unquote(account)) if account else None
    return urllib3.ProxyManager(f"{given.scheme}://{host}", proxy_headers=headers, **options)


class ApiClient:
    """Requests to one service, one after the other.

    Args:
        base: its address, without a final slash.
        patience: how long to wait, and when to stop.
        requests_per_second: at most so many, evenly spaced.
        name: of the service, for messages.
    """

    def __init__(
        self, base: str, patience: Patience, requests_per_second: float, name: str
    ) -> None:
        self.base = base
        self.name = name
        self._patience = patience
        self._gap = 1.0 / requests_per_second
        self._last = -math.inf  # not 0: the clock may itself begin at the machine's start
        self._failed_in_a_row = 0
        self._pool = connections(base, per_host=1)

    def get_json(self, path: str, params: Mapping[str, str | int]) -> dict[str, object]:
        """The JSON object under a path. Anything else counts as a failed try.

        Raises:
            NotFound, Refused, Unavailable: see there.
            StoppedEarly: a long wait was asked for, the service is down, or an interruption.
        """
        body = self._get(path, {**params, "fmt": "json"}, as_json=True)
        answer = json.loads(body)
        assert isinstance(answer, dict)  # _flaw has looked
        return answer

    def get_text(self, path: str, params: Mapping[str, str | int]) -> str:
        """The text under a path; raises as `get_json`."""
        return self._get(path, params, as_json=False).decode("utf-8", errors="replace")

    def _get(self, path: str, params: Mapping[str, str | int], as_json: bool) -> bytes:
        url = f"{self.base}/{path}?{urlencode(params)}"
        why = ""
        for number in range(1, TRIES + 1):
            self._pace()
            try:
                response = self._pool.request("GET", url)
            except urllib3.exceptions.HTTPError as error:
                why, asked = reason(error), None
            else:
                flaw = self._flaw(response, as_json)
                if flaw is None:
                    self._failed_in_a_row = 0
                    return response.data
                why, asked = flaw, retry_after(response.headers)
            if number < TRIES:
                pause = self._patience.before_try(number + 1, asked)
                log.debug("%s: %s; try %d of %d", self.name, why, number, TRIES)
                self._patience.wait(pause, f"{self.name}: {why}")
        self._count_failure(why)
        raise Unavailable(f"{self.name}: {why}, {TRIES} times")

    def _count_failure(self, why: str) -> None:
        """One request more that was given up; refusals of all are an outage, too."""
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= FAILURES_IN_A_ROW:
            raise self._patience.down(self.name, why)

    def _pace(self) -> None:
        """Keep the gap between requests; it counts from start to start."""
        self._patience.pause(max(self._last + self._gap - time.monotonic(), 0.0))
        self._last = time.monotonic()

    def _flaw(self, response: urllib3.BaseHTTPResponse, as_json: bool) -> str | None:
        """What is wrong with an answer, None if it will do; errors that no retry mends raise."""
        if response.status in (404, 410):
            self._failed_in_a_row = 0
            raise NotFound(f"{self.name}: not there (HTTP {response.status})")
        if response.status in PASSING:
            return f"HTTP {response.status}"
        if response.status != 200:
            why = f"HTTP {response.status}: {_message(response)}"
            self._count_failure(why)
            raise Refused(response.status, f"{self.name}: {why}")
        if as_json:
            try:
                answer = json.loads(response.data)
            except ValueError:
                return "an answer that is no JSON"
            if not isinstance(answer, dict):
                return "an answer that is no JSON object"
        return None


def reason(error: Exception) -> str:
    """A few words for a failed connection, without addresses or object names."""
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason is not None:
        error = error.reason
    kinds = {
        # The first two are kinds of the third.
        urllib3.exceptions.NameResolutionError: "no such host",
        urllib3.exceptions.NewConnectionError: "no connection",
        urllib3.exceptions.ConnectTimeoutError: "no connection in time",
        urllib3.exceptions.ReadTimeoutError: "no answer in time",
        urllib3.exceptions.SSLError: "TLS failed",
        urllib3.exceptions.ProxyError: "the proxy failed",
        urllib3.exceptions.ProtocolError: "connection broken off",
        urllib3.exceptions.ResponseError: "too many redirects",
    }
    return next((text for kind, text in kinds.items() if isinstance(error, kind)), "failed")


def _message(response: urllib3.BaseHTTPResponse) -> str:
    """The service's own words, one short line."""
    text = response.data[:2000].decode("utf-8", errors="replace")
    try:
        error = json.loads(text).get("error", text)
        text = error.get("message", text) if isinstance(error, dict) else str(error)
    except (ValueError, AttributeError):
        pass
    return " ".join(text.split())[:200] or "no reason given"
