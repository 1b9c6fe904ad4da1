"""What a server allows: one place for every bound that keeps it answering."""

from __future__ import annotations

from dataclasses import dataclass

from duck_and_cover.errors import UsageError

COVERS = 64  # of one request
SIZE = 3000  # pixels of a side
FRAMES = 60  # of one walk
LETTERS = 200  # of a name
SEED = 2**63 - 1


@dataclass(frozen=True)
class Settings:
    """The bounds of one server.

    Args:
        token: What callers have to show; None lets everybody in.
        batch: Covers of one forward pass.
        waiting: Covers that a model has promised and not yet drawn; beyond it callers are told to
            come back later.
        pixels: Of the pictures of one request; four times as many may be promised at once.
        seconds: How long a request may take, and how long a stop waits for those under way.
        body: Bytes of a request.

    Raises:
        UsageError: The token is empty.
    """

    token: str | None = None
    batch: int = 64
    waiting: int = 256
    pixels: int = 40_000_000
    seconds: float = 30.0
    body: int = 65_536

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.strip():
            raise UsageError("--token: it is empty, and would let everybody in")
