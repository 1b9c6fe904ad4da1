"""Which requests fail, and how: a pure function of the seed, the URL and its count of requests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.data_collection.services.options import FAULTS, Options
from tests.data_collection.services.pictures import HTML
from tests.data_collection.services.web import Reply

PICTURE_PATHS = ("/ia/", "/image/")


def fault(options: Options, target: str, hit: int) -> str:
    """The fault that befalls the nth request of a URL (from 1); "" for none."""
    if options.fault_rate <= 0 or hit > options.fault_hits:
        return ""
    if not target.startswith(tuple(options.fault_prefixes)):
        return ""
    text = f"{options.seed} {target} {hit}".encode()
    numbers = hashlib.blake2b(text, digest_size=16).digest()
    if int.from_bytes(numbers[:8]) >= options.fault_rate * 2**64:
        return ""
    where = "picture" if target.startswith(PICTURE_PATHS) else "interface"
    kinds = [kind for kind in options.faults if FAULTS[kind] in ("any", where)]
    return kinds[int.from_bytes(numbers[8:]) % len(kinds)] if kinds else ""


def spoil(reply: Reply, kind: str) -> Reply:
    """What is sent instead of a reply."""
    match kind:
        case "retry-0":
            return _busy("0")
        case "retry-1":
            return _busy("1")
        case "retry-date":
            moment = datetime.now(UTC) + timedelta(seconds=1)
            return _busy(format_datetime(moment, usegmt=True))
        case "error":
            return Reply(500, HTML, "image/jpeg")
        case "limit":
            return Reply(429, b"Too many requests", "text/plain")
        case "empty":
            return Reply(200, b"", reply.media_type)
        case "page":
            return Reply(200, HTML, "image/jpeg")
        case "not-json":
            return Reply(200, HTML, "application/json")
        case _:
            return replace(reply, broken=kind)


def _busy(retry_after: str) -> Reply:
    body = b'{"error": "The server is currently unable to handle the request."}'
    return Reply(503, body, headers={"Retry-After": retry_after})
