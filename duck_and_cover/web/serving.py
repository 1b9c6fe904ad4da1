"""Running the server: an address, and an end that finishes what was begun."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote

import uvicorn
from starlette.types import ASGIApp

from duck_and_cover.errors import UsageError
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.generation.hub import short_name
from duck_and_cover.web.api import create_app
from duck_and_cover.web.settings import Settings
from duck_and_cover.web.studio import Titler


def serve(
    models: Mapping[str, CoverGenerator],
    host: str = "127.0.0.1",
    port: int = 7860,
    settings: Settings | None = None,
    titles: Titler | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Serve the page and its API until SIGTERM or SIGINT, then finish what is under way.

    Args:
        models: By the names that callers use; the first is asked where none is named.
        host: The address to listen at; others than this machine reach it with 0.0.0.0 alone.
        port: 0 takes a free one.
        titles: Who writes track lists; None where nobody does.
        say: Is given the address, in a line for people, once it listens.

    Raises:
        UsageError: There is no listening at that address.
    """
    settings = settings or Settings()
    listener = listen(host, port)
    app = create_app(models, settings, titles)
    say(f"the studio is at {address(listener, settings)}")
    server = server_of(app, settings)
    with ending(server):
        server.run(sockets=[listener])


def load_models(words: Sequence[str]) -> dict[str, CoverGenerator]:
    """Generators by the names that callers use.

    Args:
        words: Models as `CoverGenerator.from_pretrained` takes them, or NAME=MODEL; without a name
            it is the last part of the folder or the Hub id.

    Raises:
        UsageError: There is no such model, or two have one name.
    """
    models: dict[str, CoverGenerator] = {}
    for word in words:
        name, given, model = word.partition("=")
        if not given:
            name, model = short_name(word), word
        if name in models:
            raise UsageError(f"two models are called {name}: write NAME={model}")
        models[name] = CoverGenerator.from_pretrained(model)
    return models


def server_of(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    """A server that waits at its end for the requests under way, as long as one may take."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=round(settings.seconds) + 1,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address.

    Raises:
        UsageError: It is taken, or none of this machine's.
    """
    if not 0 <= port < 2**16:
        raise UsageError(f"--port {port}: take a number from 0 (a free one) to 65535")
    try:
        kind = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=kind, backlog=2048)
    except OSError as error:
        raise UsageError(
            f"--host {host} --port {port}: {error.strerror}; take another port, or 0 for a free one"
        ) from error


def address(listener: socket.socket, settings: Settings) -> str:
    """Where a browser finds the page, with the token that lets it in."""
    host, port = listener.getsockname()[:2]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={quote(settings.token)}" if settings.token else "")


@contextmanager
def ending(server: uvicorn.Server) -> Iterator[None]:
    """Signals that ask for an end may end the server, and not the program around it.

    The server minds them only while it runs, and raises those that ended it once more afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_: int, __: object) -> None:
        server.should_exit = True

    before = {name: signal.signal(name, end) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
