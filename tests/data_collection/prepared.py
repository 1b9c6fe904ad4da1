"""A web server that gives prepared answers, one after the other, and tells what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Prepared:
    """An answer; `broken` is "cut" (half the body comes) or "reset" (nothing does)."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: str = ""

    def content(self) -> bytes:
        """The body as sent: bytes as they are, all else as JSON."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Requests:
    """What the server was asked: targets, and headers by their names in title case."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.targets: list[str] = []
        self.headers: list[dict[str, str]] = []

    def asked(self, number: int = -1) -> dict[str, str]:
        """The parameters of a request, the last one if not said otherwise."""
        query = parse_qs(urlsplit(self.targets[number]).query)
        return {name: values[0] for name, values in query.items()}


@contextmanager
def prepared(*answers: Prepared) -> Iterator[Requests]:
    """Serves these answers, the last one again and again, in a thread until the context ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one go: in two, the second waits for the client's system

        def do_GET(self) -> None:
            requests.targets.append(self.path)
            requests.headers.append({name.title(): text for name, text in self.headers.items()})
            answer = answers[min(len(requests.targets), len(answers)) - 1]
            self.close_connection = bool(answer.broken)
            if answer.broken == "reset":
                # To linger for no time at all is to close with a reset.
                now = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
                return
            content = answer.content()
            self.send_response(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if answer.broken else content)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing among the tests' results."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # a client keeps its connection open
    requests = Requests(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
