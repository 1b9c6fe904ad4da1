"""HTTP/1.1 with connections that stay open: as little as the services need, and quick."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from tests.data_collection.services.web import Reply, Request

RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends a reset

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Connection(asyncio.Protocol):
    """One connection: reads requests one after the other and writes what `answer` gives.

    Args:
        latency: tells the seconds to hold back each answer.
    """

    def __init__(
        self, answer: Callable[[Request], Reply], latency: Callable[[Request], float]
    ) -> None:
        self.answer, self.latency = answer, latency
        self.received = b""
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._next()

    def _next(self) -> None:
        """Starts on the next request, if it is here whole and none is being answered."""
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if self.busy or not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
        }
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self.received, self.busy = rest[length:], True
        request = Request(method, target, headers, rest[:length])
        reply = self.answer(request)
        if wait := self.latency(request):
            asyncio.get_running_loop().call_later(wait, self._write, request, reply)
        else:
            self._write(request, reply)

    def _write(self, request: Request, reply: Reply) -> None:
        if self.transport.is_closing():
            return
        if reply.broken == "reset":
            self._reset()
            return
        close = bool(reply.broken) or request.headers.get("connection", "").lower() == "close"
        self.transport.write(_written(request, reply, close))
        if close:
            self.transport.close()
            return
        self.busy = False
        self._next()

    def _reset(self) -> None:
        own: socket.socket = self.transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()


def _written(request: Request, reply: Reply, close: bool) -> bytes:
    # A body that is cut is shorter than what is told of it, even where it is empty.
    told = len(reply.body) + (reply.broken == "cut" and not reply.body)
    lines = [
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}",
        f"Content-Type: {reply.media_type}",
        f"Content-Length: {told}",
        f"Connection: {'close' if close else 'keep-alive'}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    body = reply.body[: len(reply.body) // 2] if reply.broken == "cut" else reply.body
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head if request.method == "HEAD" else head + body
