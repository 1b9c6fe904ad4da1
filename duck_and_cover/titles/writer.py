"""TitleWriter, the one engine under the command, the page and Python: a request in, titles out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from duck_and_cover.titles.draft import Draft, Learnt, TrackList, forbidden
from duck_and_cover.titles.folder import load_titles
from duck_and_cover.titles.network import TitleNetwork, padded
from duck_and_cover.titles.text import NEXT, TitleRequest

SHIPPED = Path(__file__).parent / "pretrained"
TOGETHER = 64  # lists written at once


class TitleWriter:
    """Writes track lists. It holds no state between calls, so threads may share one.

    Args:
        network: A trained model; it is made one of double precision.
        learnt: What it knows of its training set beside its weights.
        config: Its config.json.
    """

    def __init__(self, network: TitleNetwork, learnt: Learnt, config: dict[str, Any]) -> None:
        # Doubles: a list is the same alone and in a batch, though sums are added in other orders.
        self.network = network.double().eval().requires_grad_(False)
        self.learnt, self.config = learnt, config
        self.forbidden = forbidden(learnt.pieces, network.vocabulary)

    @classmethod
    def from_pretrained(cls, folder: str | Path | None = None) -> TitleWriter:
        """The writer of a run's or a model's folder; None is the one that comes with the package.

        Raises:
            UsageError: There is no title model.
            DuckAndCoverError: It is damaged.
        """
        return cls(*load_titles(SHIPPED if folder is None else Path(folder)))

    def titles(
        self,
        genres: Iterable[str] = (),
        year: int | None = None,
        artist: str = "",
        album: str = "",
        count: int | None = None,
        seed: int = 0,
        clean: bool = False,
        temperature: float = 0.9,
        top_p: float = 0.95,
    ) -> list[str]:
        """One track list, each title once; see `TitleRequest` for the arguments.

        Fewer than `count` titles, even none, come from a model that knows too few others: what is
        a copy of a longer title of the training set is never given.

        Raises:
            UsageError: A number is outside its range.
        """
        names = (genres,) if isinstance(genres, str) else tuple(genres)
        request = TitleRequest(names, year, artist, album, count, seed, clean, temperature, top_p)
        return list(self.lists([request])[0].titles)

    def lists(self, requests: Sequence[TitleRequest]) -> list[TrackList]:
        """One track list a request, many written at once; each is the same as if it were alone."""
        written: list[TrackList] = []
        for start in range(0, len(requests), TOGETHER):
            written += self._write(requests[start : start + TOGETHER])
        return written

    @torch.inference_mode()
    def _write(self, requests: Sequence[TitleRequest]) -> list[TrackList]:
        drafts = [Draft(request, self.learnt) for request in requests]
        memory = self.network.read(padded([request.prefix() for request in requests]))
        state = self.network.begin(memory)
        title_begins = state.clone()  # where to go back to when a title is refused
        last = torch.full((len(drafts), 1), NEXT)
        while active := [row for row, draft in enumerate(drafts) if not draft.done]:
            rows = torch.tensor(active)
            logits, after = self.network(last[rows], memory.rows(rows), state[:, rows])
            state[:, rows] = after
            within = torch.tensor([int(bool(drafts[row].line)) for row in active])
            logits = logits[:, 0].masked_fill(self.forbidden[within], -math.inf)
            chosen = draw([drafts[row] for row in active], logits)
            for row, drawn in zip(active, chosen, strict=True):
                piece = drafts[row].given.pop(0) if drafts[row].given else drawn
                last[row] = piece
                taken = drafts[row].take(piece)
                if taken is True:
                    title_begins[:, row] = state[:, row]
                elif taken is False:
                    last[row], state[:, row] = NEXT, title_begins[:, row]
        return [draft.result() for draft in drafts]


def draw(drafts: Sequence[Draft], logits: Tensor) -> list[int]:
    """The next piece of each draft: nucleus sampling (Holtzman et al. 2020) by its own chance.

    Args:
        logits: (B, pieces) in double precision.
    """
    heat = torch.tensor([draft.temperature for draft in drafts], dtype=logits.dtype)
    share = torch.tensor([draft.request.top_p for draft in drafts], dtype=logits.dtype)
    chance = torch.tensor([draft.random.random() for draft in drafts], dtype=logits.dtype)
    likely, order = (logits / heat[:, None]).softmax(1).sort(dim=1, descending=True, stable=True)
    likely = likely * (likely.cumsum(1) - likely < share[:, None])
    reached = likely.cumsum(1)
    pick = (reached <= chance[:, None] * reached[:, -1:]).sum(1).clamp(max=logits.shape[1] - 1)
    chosen: list[int] = order.gather(1, pick[:, None])[:, 0].tolist()
    return chosen
