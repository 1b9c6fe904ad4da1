"""Starts the services in a process of their own, and steers them from a test."""

from __future__ import annotations

import http.client
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.data_collection.services.catalogue import Catalogue
from tests.data_collection.services.options import Options
from tests.data_collection.services.site import CONTROL

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60  # for the process to start or end on a busy machine


class Services:
    """The running services.

    Attributes:
        url: of the server that all of them stand at, as `http://127.0.0.1:40000`.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def environment(self) -> dict[str, str]:
        """Where each service is, under the names that the collector reads."""
        return {
            "MUSICBRAINZ_URL": f"{self.url}/ws/2",
            "COVER_ART_ARCHIVE_URL": f"{self.url}/caa",
            "SPOTIFY_API_URL": f"{self.url}/v1",
            "SPOTIFY_ACCOUNTS_URL": f"{self.url}/accounts",
        }

    def set(self, **options: Any) -> None:
        """Changes options from now on; their names are those of Options."""
        self._control("POST", "options", options)

    def clear(self) -> None:
        """Forgets the requests so far: the log, the counts, those that count for the quota."""
        self._control("POST", "clear")

    def expire_tokens(self) -> None:
        """Ends all of Spotify's tokens."""
        self._control("POST", "expire")

    def hits(self) -> dict[str, int]:
        """How often each target (path and query) was asked for."""
        return dict(self._control("GET", "hits"))

    def counts(self) -> dict[str, int]:
        """How many requests each service got: by "/ws", "/caa", "/ia", "/v1", ..."""
        return dict(self._control("GET", "counts"))

    def log(self) -> list[dict[str, Any]]:
        """The last requests: time, method, target, status, fault, headers (lower-case)."""
        return list(self._control("GET", "log"))

    def _control(self, method: str, name: str, content: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, CONTROL + name, json.dumps(content or {}))
            reply = connection.getresponse()
            body = reply.read()
        finally:
            connection.close()
        assert reply.status == 200, body
        return json.loads(body)


@contextmanager
def serve(catalogue: Catalogue, options: Options | None = None) -> Iterator[Services]:
    """Runs the services in a process of their own, which ends with the context."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.data_collection.services"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        start_new_session=True,  # a Ctrl-C at the tests is not for it
    )
    with process:
        assert process.stdin and process.stdout
        try:
            pickle.dump((catalogue, options or Options()), process.stdin)
            process.stdin.flush()
            port = process.stdout.readline()
            assert port, "the services did not start"
            yield Services(int(port))
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
