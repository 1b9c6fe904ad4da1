"""How many single covers a second the server gives to many clients, how soon, and at what memory.

python -m tests.benchmarks.serve [--model MODEL] [--clients 64] [--requests 20000] [--size PIXELS]

The model is the one that comes with the package. Server and clients share this machine's cores.
Every tenth of the way a line is printed; at the end, what a crowd beyond the bound is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import torch

from duck_and_cover.generation import SHIPPED
from duck_and_cover.generation.allocator import keep_freed_memory
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.serving import serve

ROOT = Path(__file__).parents[2]


def run_server(model: str, threads: int) -> None:
    """Serve until told to stop; the address is the first line."""
    keep_freed_memory()
    torch.set_num_threads(threads)
    generator = CoverGenerator.from_pretrained(model)
    serve({"model": generator}, port=0, say=lambda line: print(line, flush=True))


def memory(pid: int) -> float:
    """What a process holds, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def requests(known: dict[str, Any], count: int, size: int | None) -> Iterator[bytes]:
    """Requests for one cover each, of changing genres, years and seeds.

    Args:
        known: What the model may be asked for.
    """
    names, first, last = known["genres"] or [None], known["first_year"], known["last_year"]
    for seed in range(count):
        name = names[seed % len(names)]
        year = first + seed % (last - first + 1) if last else None
        asked = {"genres": [name] if name else [], "year": year, "seed": seed, "size": size}
        body = json.dumps(asked).encode()
        yield (
            b"POST /v1/covers HTTP/1.1\r\nHost: studio\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        ) + body


async def client(
    host: str, port: int, queue: Iterator[bytes], codes: Counter[int], seconds: list[float]
) -> None:
    """Send one request after another over one connection until there are no more."""
    reader, writer = await asyncio.open_connection(host, port)
    for request in queue:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        seconds.append(time.perf_counter() - began)
        codes[int(head.split(b" ", 2)[1])] += 1
    writer.close()
    await writer.wait_closed()


async def crowd(address: str, clients: int, queue: Iterator[bytes]) -> tuple[Counter[int], str]:
    """How the requests were answered, and a line about it."""
    where = urlsplit(address)
    assert where.hostname and where.port
    codes: Counter[int] = Counter()
    seconds: list[float] = []
    began = time.perf_counter()
    host, port = where.hostname, where.port
    await asyncio.gather(*(client(host, port, queue, codes, seconds) for _ in range(clients)))
    whole = time.perf_counter() - began
    ordered = sorted(seconds)
    return codes, (
        f"{len(ordered) / whole:6.0f} requests/s   median {1000 * statistics.median(ordered):4.0f}"
        f" ms   95 % {1000 * ordered[int(0.95 * len(ordered))]:4.0f} ms   longest"
        f" {1000 * ordered[-1]:4.0f} ms   answers {dict(codes)}"
    )


def measure(arguments: argparse.Namespace) -> None:
    """Start a server, ask it, print."""
    words = ["--serve", "--threads", str(arguments.threads)]
    words += ["--model", arguments.model]
    command = [sys.executable, "-m", "tests.benchmarks.serve", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split(" is at ")[1].strip()
        known = json.load(urlopen(f"{address}v1/genres"))
        try:
            asyncio.run(crowd(address, arguments.clients, requests(known, 200, arguments.size)))
            part = arguments.requests // 10
            for tenth in range(10):
                queue = requests(known, part, arguments.size)
                _, line = asyncio.run(crowd(address, arguments.clients, queue))
                print(f"{(tenth + 1) * part:>6}  {line}   {memory(server.pid):.0f} MiB", flush=True)
            _, line = asyncio.run(crowd(address, 600, requests(known, 1200, arguments.size)))
            print(f"600 clients  {line}   {memory(server.pid):.0f} MiB")
        finally:
            server.terminate()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=SHIPPED)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("--threads", type=int, default=1, help="Of the model.")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        run_server(arguments.model, arguments.threads)
    else:
        measure(arguments)


if __name__ == "__main__":
    main()
