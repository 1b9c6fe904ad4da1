"""One cover from its address into its file: asked for, received, checked, put in place.

Runs in many threads at once, so it touches files and the network, and never the database.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import urllib3

from data_collection.checking import NotACover, converted, stands_as_it_is
from data_collection.sources.http import PASSING, reason
from data_collection.store import CoverJob
from data_collection.waiting import retry_after
from duck_and_cover.data.pictures import UnreadablePicture
from duck_and_cover.errors import DuckAndCoverError

# Tries of one cover. The archive's pictures come by three requests: where a quarter of all answers
# fail, a try does in 58 of 100, and one cover in 50,000 is given up.
TRIES = 20
LONGEST = 120.0  # seconds for one picture, however steadily it drips
LARGEST = 30_000_000  # bytes of one picture
CHUNK = 65_536  # bytes that stand in memory at a time
CONVERSIONS = 4  # at once; each may hold a whole picture of 90 million pixels

NO_COVER = "no cover"


class Flaw(Exception):
    """Why an address gave no cover.

    Attributes:
        state: `missing` if it never will, `failed` if another run may mend it, `pending` if
            another try may.
        reason: a few general words; they are counted.
        asked: seconds for which the host wants to be left alone by all, None if it does not.
    """

    def __init__(self, state: str, reason: str, asked: float | None = None) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason
        self.asked = asked

    def weight(self) -> int:
        """Of several flaws the heaviest decides about the cover.

        A picture that is no cover does: the other addresses had their chance, and need no more.
        """
        if self.state == "missing":
            return 0 if self.reason == NO_COVER else 3
        return 1 if self.state == "failed" else 2


@dataclass(frozen=True)
class Outcome:
    """What became of one try: as in Flaw, or `done` with the rest. Pending means another try."""

    state: str
    reason: str = ""
    asked: float | None = None
    url: str = ""
    digest: str = ""
    size: int = 0


class Fetcher:
    """Downloads covers of at most `side` pixels a side; one for all threads.

    Args:
        pool: the connections.
        place: where the file of a key goes.
        side: pixels.
        longest: seconds for one picture.
    """

    def __init__(
        self,
        pool: urllib3.PoolManager,
        place: Callable[[str], Path],
        side: int,
        longest: float = LONGEST,
    ) -> None:
        self._pool = pool
        self._place = place
        self._side = side
        self._longest = longest
        self._conversions = threading.BoundedSemaphore(CONVERSIONS)
        self.closing = threading.Event()  # set: nothing is put in place any more

    def fetch(self, job: CoverJob) -> Outcome:
        """Try the addresses of a cover in turn, until one gives it or is worth another try.

        The last try passes over what may be mended, too, and asks all addresses.

        Raises:
            DuckAndCoverError: the file cannot be written.
        """
        path = self._place(job.key)
        try:
            return self._fetch(job, path)
        except OSError as error:
            why = error.strerror or error
            raise DuckAndCoverError(f"'{path}' cannot be written: {why}") from error

    def _fetch(self, job: CoverJob, path: Path) -> Outcome:
        # The name is the key's own, so what a killed run left behind is overwritten or removed.
        partial = path.with_name(f".{path.stem}.partial")
        flaws = [Flaw("missing", NO_COVER)]
        last = job.attempts + 1 >= TRIES
        for url in job.urls:
            try:
                digest, size = self._obtain(url, partial)
                os.replace(partial, path)
                return Outcome("done", url=url, digest=digest, size=size)
            except Flaw as flaw:
                flaws.append(flaw)
                if flaw.state == "pending" and (flaw.asked is not None or not last):
                    break
            finally:
                partial.unlink(missing_ok=True)
        worst = max(flaws, key=Flaw.weight)
        given_up = last and worst.state == "pending"
        return Outcome("failed" if given_up else worst.state, worst.reason, flaws[-1].asked)

    def alive(self, url: str) -> bool:
        """Whether the service gives a cover that it gave before, or says that it is gone."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                self._obtain(url, Path(folder) / "cover")
            except Flaw as flaw:
                return flaw.state == "missing"
        return True

    def _obtain(self, url: str, partial: Path) -> tuple[str, int]:
        """Receive a picture and make a cover of it; SHA-256 and bytes of the file."""
        try:
            digest = self._receive(url, partial)
        except urllib3.exceptions.HTTPError as error:
            raise Flaw("pending", reason(error)) from error
        digest = self._check(partial) or digest
        if self.closing.is_set():
            raise Flaw("pending", "interrupted")
        return digest, partial.stat().st_size

    def _receive(self, url: str, partial: Path) -> str:
        """Write the body to a file; its SHA-256."""
        deadline = time.monotonic() + self._longest
        digest = hashlib.sha256()
        response = self._pool.request("GET", url, preload_content=False)
        try:
            if response.status != 200:
                self._pass_over(response, deadline)
                raise _refusal(response)
            if (response.length_remaining or 0) > LARGEST:
                raise Flaw("missing", "too large")
            partial.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                for chunk in self._chunks(response, deadline):
                    file.write(chunk)
                    digest.update(chunk)
        finally:
            # One that was read to its end has given its connection back for others to use; of any
            # other the connection is closed, and its place in the pool must be given back as well.
            response.close()
            response.release_conn()
        return digest.hexdigest()

    def _chunks(self, response: urllib3.BaseHTTPResponse, deadline: float) -> Iterator[bytes]:
        received = 0
        # read() would wait for a full chunk, and a byte a second is enough to keep it waiting.
        while chunk := response.read1(CHUNK):
            received += len(chunk)
            if received > LARGEST:
                raise Flaw("missing", "too large")
            if time.monotonic() > deadline:
                raise Flaw("pending", "no answer in time")
            if self.closing.is_set():
                raise Flaw("pending", "interrupted")
            yield chunk

    def _pass_over(self, response: urllib3.BaseHTTPResponse, deadline: float) -> None:
        """Read the short text under an error, so that its connection can be used again."""
        rest = CHUNK
        while rest > 0 and time.monotonic() < deadline and (chunk := response.read1(rest)):
            rest -= len(chunk)

    def _check(self, partial: Path) -> str | None:
        """See that a file is a cover; convert it where needed, and say the new SHA-256 then."""
        if stands_as_it_is(partial, self._side):
            return None
        try:
            with self._conversions:
                data = converted(partial, self._side)
        except NotACover as error:
            raise Flaw("missing", error.reason) from error
        except UnreadablePicture as error:
            raise Flaw("pending", error.reason) from error
        partial.write_bytes(data)
        return hashlib.sha256(data).hexdigest()


def _refusal(response: urllib3.BaseHTTPResponse) -> Flaw:
    status = response.status
    if status in (404, 410):
        return Flaw("missing", NO_COVER)
    asked = retry_after(response.headers)
    if status == 429:
        return Flaw("pending", "HTTP 429", asked or 0.0)
    if status in PASSING or status >= 500:
        # Busy servers say "503, Retry-After: 0" to one request in four: no reason for all to wait.
        return Flaw("pending", f"HTTP {status}", asked or None if status == 503 else None)
    return Flaw("failed", f"HTTP {status}")
