"""Brings the services together under one address, counts requests and lets tests steer them."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from dataclasses import asdict, replace
from typing import Any

from tests.data_collection.services import cover_art, musicbrainz, spotify, spotify_shapes
from tests.data_collection.services.catalogue import Catalogue
from tests.data_collection.services.faults import fault, spoil
from tests.data_collection.services.options import Options
from tests.data_collection.services.web import Reply, Request, json_reply

CONTROL = "/_control/"
LOG_LENGTH = 20_000  # requests; the counts forget none

_LOGGED = ("user-agent", "authorization", "accept", "range", "if-none-match")


class Site:
    """All services at `url`."""

    def __init__(self, catalogue: Catalogue, options: Options, url: str) -> None:
        self.options = options
        self.musicbrainz = musicbrainz.MusicBrainz(catalogue)
        self.covers = cover_art.CoverArtArchive(catalogue, url)
        self.spotify = spotify.Spotify(catalogue, url)
        self.images = spotify_shapes.Images(catalogue)
        self.hits: Counter[str] = Counter()
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)

    def answer(self, request: Request) -> Reply:
        """The reply to any request, spoilt where the options say so."""
        if request.target.startswith(CONTROL):
            return self._control(request)
        self.hits[request.target] += 1
        kind = fault(self.options, request.target, self.hits[request.target])
        # A request that fails on its way reaches no service: it counts for no quota.
        reply = Reply(200, b"{}") if kind and kind != "cut" else self._service(request)
        if kind:
            reply = spoil(reply, kind)
        self.log.append(
            {
                "time": time.time(),
                "method": request.method,
                "target": request.target,
                "status": reply.status,
                "fault": kind,
                "headers": {k: v for k, v in request.headers.items() if k in _LOGGED},
            }
        )
        return reply

    def latency(self, request: Request) -> float:
        """The seconds by which its reply is held back; a test's own questions never are."""
        return 0.0 if request.target.startswith(CONTROL) else self.options.latency_s

    def _service(self, request: Request) -> Reply:
        match request.path.split("/")[1]:
            case "ws":
                return self.musicbrainz.answer(request, self.options)
            case "caa" | "ia":
                return self.covers.answer(request)
            case "v1":
                return self.spotify.answer(request, self.options)
            case "accounts":
                return self.spotify.account(request, self.options)
            case "image":
                return self.images.answer(request)
        return Reply(404, b"", "text/html")

    def _control(self, request: Request) -> Reply:
        match request.method, request.path.removeprefix(CONTROL):
            case "GET", "hits":
                return json_reply(self.hits)
            case "GET", "counts":
                counts: Counter[str] = Counter()
                for target, hits in self.hits.items():
                    counts["/" + target.split("/")[1]] += hits
                return json_reply(counts)
            case "GET", "log":
                return json_reply(list(self.log))
            case "POST", "options":
                self.options = replace(self.options, **json.loads(request.body))
                return json_reply(asdict(self.options))
            case "POST", "clear":
                self.hits.clear()
                self.log.clear()
                self.spotify.calls = 0
                return json_reply({})
            case "POST", "expire":
                self.spotify.tokens = dict.fromkeys(self.spotify.tokens, 0.0)
                return json_reply({})
        return json_reply({"error": "no such control"}, 404)
