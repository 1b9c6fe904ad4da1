"""The work behind the API: each request's way through its model's thread and the finishing."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from PIL import Image

from duck_and_cover.errors import UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.finish import encoded, enlarge, finished
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.batching import Batcher, Order
from duck_and_cover.web.crew import Crew
from duck_and_cover.web.forms import (
    CoversWanted,
    Look,
    TitlesWanted,
    VariationsWanted,
    WalkWanted,
)
from duck_and_cover.web.settings import Settings


class Titler(Protocol):
    """Who writes track lists."""

    def titles(
        self,
        genres: Sequence[str] = (),
        year: int | None = None,
        artist: str = "",
        album: str = "",
        count: int | None = None,
        seed: int = 0,
        clean: bool = False,
    ) -> list[str]:
        """A track list."""


class Studio:
    """Models with their threads, hands that finish pictures, and one that writes titles.

    Args:
        models: By the names that callers use; the first is asked where none is named.
        titles: None where the server has no writer.
    """

    def __init__(
        self, models: Mapping[str, CoverGenerator], settings: Settings, titles: Titler | None = None
    ) -> None:
        assert models
        self.settings, self.titler = settings, titles
        self.desks = {
            name: Batcher(generator, settings.batch, settings.waiting)
            for name, generator in models.items()
        }
        self._finishing = Crew("pictures", 2, 4 * settings.pixels)
        self._writing = Crew("track lists", 1, 64)

    def desk(self, name: str | None) -> tuple[str, Batcher]:
        """A model by its name, or the first.

        Raises:
            UsageError: There is no such model.
        """
        chosen = next(iter(self.desks)) if name is None else name
        if chosen not in self.desks:
            raise UsageError(f"model {chosen!r} is none of {', '.join(self.desks)}")
        return chosen, self.desks[chosen]

    async def covers(self, asked: CoversWanted) -> tuple[list[Cover], list[bytes]]:
        """Covers and their files."""
        _, desk = self.desk(asked.model)
        self._affordable(asked, desk, asked.count)
        condition = asked.condition()
        orders = [Order(condition, seed, asked.truncation) for seed in asked.all_seeds()]
        covers = await asyncio.wrap_future(desk.submit(orders))
        return covers, await self._files(covers, asked)

    async def variations(self, asked: VariationsWanted) -> tuple[list[Cover], list[bytes]]:
        """Covers near another one, and their files."""
        _, desk = self.desk(asked.model)
        first, end = (0, asked.n) if asked.only is None else (asked.only, asked.only + 1)
        self._affordable(asked, desk, asked.count)
        condition = asked.condition()
        desk.generator.vocabulary.check(condition)

        def draw(generator: CoverGenerator) -> list[Cover]:
            near = generator.variations(
                condition, asked.seed, end, asked.strength, asked.truncation
            )
            return near[first:]

        covers: list[Cover] = await asyncio.wrap_future(desk.call(draw, end))
        return covers, await self._files(covers, asked)

    async def walk(self, asked: WalkWanted) -> list[bytes]:
        """The JPEG files of a walk's pictures."""
        _, desk = self.desk(asked.model)
        stops = [(stop.condition(), stop.seed) for stop in asked.stops]
        for condition, _ in stops:
            desk.generator.vocabulary.check(condition)
        side = asked.size or desk.generator.config.resolution

        def draw(generator: CoverGenerator) -> list[Image.Image]:
            return list(generator.interpolate(stops, asked.frames, asked.truncation))

        pictures = await asyncio.wrap_future(desk.call(draw, asked.frames))
        return await self._finishing.do(
            len(pictures) * side**2, [partial(_frame, picture, side) for picture in pictures]
        )

    async def titles(self, asked: TitlesWanted) -> list[str]:
        """A track list.

        Raises:
            UsageError: Nobody here writes them.
        """
        writer = self.titler
        if writer is None:
            raise UsageError("titles: this server has no title model")
        wanted: dict[str, Any] = asked.model_dump()
        (written,) = await self._writing.do(1, [partial(writer.titles, **wanted)])
        return written

    def stop(self) -> None:
        """Finish what is promised and end every thread."""
        for desk in self.desks.values():
            desk.stop()
        self._finishing.stop()
        self._writing.stop()

    def _affordable(self, look: Look, desk: Batcher, count: int) -> None:
        side = look.size or desk.generator.config.resolution
        if count * side**2 > self.settings.pixels:
            most = self.settings.pixels // side**2
            raise UsageError(f"size {side}: at most {most} covers at once, not {count}")

    async def _files(self, covers: Sequence[Cover], look: Look) -> list[bytes]:
        side = look.size or covers[0].picture.width
        works = [partial(_file, cover, look) for cover in covers]
        return await self._finishing.do(len(covers) * side**2, works)


def _file(cover: Cover, look: Look) -> bytes:
    """A finished cover as a file that says how to make it again."""
    return encoded(finished(cover, look.size, look.typeset), look.format, cover)


def _frame(picture: Image.Image, side: int) -> bytes:
    file = io.BytesIO()
    enlarge(picture, side).save(file, "JPEG", quality=90)
    return file.getvalue()
