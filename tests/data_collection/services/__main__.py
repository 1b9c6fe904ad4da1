"""The process that the services run in: `python -m tests.data_collection.services`.

It reads a pickled (Catalogue, Options) from its input, writes its port, and serves until the input
ends, which it does when the process that started it closes it or dies.
"""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
import threading

from tests.data_collection.services.catalogue import Catalogue
from tests.data_collection.services.connection import Connection
from tests.data_collection.services.options import Options
from tests.data_collection.services.site import Site


async def serve(catalogue: Catalogue, options: Options) -> None:
    """Serves on a free port until the input ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    sites: list[Site] = []  # made once the port is known, which replies tell
    server = await loop.create_server(
        lambda: Connection(sites[0].answer, sites[0].latency),
        "127.0.0.1",
        0,
        backlog=1024,
        start_serving=False,
    )
    port = server.sockets[0].getsockname()[1]
    sites.append(Site(catalogue, options, f"http://127.0.0.1:{port}"))
    gc.freeze()  # the catalogue never goes away: no search through it while serving
    await server.start_serving()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(*pickle.load(sys.stdin.buffer)))
