"""A web server in a thread that answers each path as a test has written down."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        length: what Content-Length tells; left out, the truth; -1 for no such header.
        drip: send a byte, wait a little, send the next.
        hold: do not answer before this is set.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    drip: bool = False
    hold: threading.Event | None = None


class Script(ThreadingHTTPServer):
    """Gives a path's replies one after the other, the last of them for ever.

    Attributes:
        replies: by path, to be filled in by the test; a path that is not there answers 404.
        asked: how often each path was asked for.
        connections: how many there have been.
        most: how many requests were in hand at once.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, list[Reply]] = {}
        self.asked: Counter[str] = Counter()
        self.connections = 0
        self.most = 0
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self._now = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next_reply(self, path: str) -> Reply:
        with self.lock:
            replies = self.replies.get(path, [Reply(404, b"not there")])
            reply = replies[min(self.asked[path], len(replies) - 1)]
            self.asked[path] += 1
            self._now += 1
            self.most = max(self.most, self._now)
        return reply

    def answered(self) -> None:
        with self.lock:
            self._now -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Script

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_GET(self) -> None:
        reply = self.server.next_reply(self.path)
        try:
            if reply.hold:
                reply.hold.wait()
            self._send(reply)
        except OSError:  # the client has gone: what many a test is about
            self.close_connection = True
        finally:
            self.server.answered()

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        length = len(reply.body) if reply.length is None else reply.length
        headers = dict(reply.headers)
        if length >= 0:
            headers["Content-Length"] = str(length)
        if length != len(reply.body):
            headers["Connection"] = "close"
            self.close_connection = True
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not reply.drip:
            self.wfile.write(reply.body)
            return
        for place in range(len(reply.body)):
            self.wfile.write(reply.body[place : place + 1])
            self.server.ended.wait(0.02)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests look at the counts."""


@contextmanager
def scripted() -> Iterator[Script]:
    """A running server."""
    with Script() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
