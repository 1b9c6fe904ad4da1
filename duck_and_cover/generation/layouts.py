"""Layouts: where artist and title may stand on a cover, and in what hierarchy.

A `Style` is a designer's decision, two faces and a layout. It gives several arrangements of the
same design, of which the one is taken whose letters fall on the calmest part of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from duck_and_cover.generation.ground import Box

Name = Literal["artist", "title"]
Layout = Literal["stack", "edges", "band", "card", "spine"]
Panel = Literal["", "band", "card"]

SAFE = 0.05  # of the side: no letter comes nearer to an edge, since printers and players cut there
_IN = 0.07  # where letters are laid out, a little inside


@dataclass(frozen=True)
class Face:
    """How one of the two names is set.

    Args:
        role: A key of `typefaces.FACES`.
        size: Largest em, as a share of the side.
        lines: Into which it may be broken.
        caps: Whether in capitals.
        spacing: Between letters, in ems.
        leading: Distance of lines, in ems.
    """

    role: str
    size: float
    lines: int = 3
    caps: bool = False
    spacing: float = 0.0
    leading: float = 1.0


@dataclass(frozen=True)
class Stack:
    """Names below each other in a box (fractions of the side).

    Args:
        names: From top to bottom.
        box: That holds all their ink.
        across: Where lines stand in its width: 0 left, 0.5 centre, 1 right.
        down: Where the block stands in its height: 0 top, 0.5 middle, 1 bottom.
        panel: What lies under the letters: nothing, a band from edge to edge, a framed card.
        turned: Whether the block is read from bottom to top.
        rule: Whether a thin rule parts the names.
    """

    names: tuple[Name, ...]
    box: Box
    across: float
    down: float
    panel: Panel = ""
    turned: bool = False
    rule: bool = False

    def mirrored(self) -> Stack:
        """The stack for a script that is read from right to left."""
        left, top, right, bottom = self.box
        if self.turned:
            return self
        return replace(self, box=(1 - right, top, 1 - left, bottom), across=1 - self.across)


Arrangement = tuple[Stack, ...]


@dataclass(frozen=True)
class Style:
    """A design in which artist and title can be set.

    Args:
        layout: One of `Layout`.
        title, artist: Their faces; the larger leads.
        anchors: Where a stack may stand, such as "bottom left"; for edges, which name is on top.
        rule: As in `Stack`.
        accent: Whether the picture's own colour is tried before white and black.
    """

    layout: Layout
    title: Face
    artist: Face
    anchors: tuple[str, ...] = ("top left", "bottom left")
    rule: bool = False
    accent: bool = False

    def face(self, name: Name) -> Face:
        """The face of one of the names."""
        return self.title if name == "title" else self.artist

    @property
    def lead(self) -> Name:
        """The name that is larger."""
        return "title" if self.title.size >= self.artist.size else "artist"

    @property
    def order(self) -> tuple[Name, Name]:
        """The names from top to bottom where they stand together."""
        return ("artist", "title") if self.artist.size <= 0.08 else ("title", "artist")

    def arrangements(self) -> list[Arrangement]:
        """Every way in which this design can lie on a square."""
        if self.layout == "edges":
            return [_edges(self, anchor) for anchor in self.anchors]
        return [(self._one(anchor),) for anchor in self.anchors]

    def _one(self, anchor: str) -> Stack:
        across, down = _shares(anchor)
        stack = Stack(self.order, _half(down), across, down, rule=self.rule)
        if self.layout == "band":
            box = (_IN, SAFE, 1 - _IN, 0.36) if down == 0 else (_IN, 0.64, 1 - _IN, 1 - SAFE)
            return replace(stack, box=box, panel="band")
        if self.layout == "card":
            box = (0.17, 0.13, 0.83, 0.5) if down == 0 else (0.17, 0.27, 0.83, 0.73)
            return replace(stack, box=box, panel="card", across=0.5)
        if self.layout == "spine":
            box = (_IN, _IN, 0.26, 1 - _IN) if across == 0 else (0.74, _IN, 1 - _IN, 1 - _IN)
            return replace(stack, box=box, across=0.0, down=across, turned=True)
        return stack


def _shares(anchor: str) -> tuple[float, float]:
    across = 0.0 if "left" in anchor else 1.0 if "right" in anchor else 0.5
    down = 0.0 if "top" in anchor else 1.0 if "bottom" in anchor else 0.5
    return across, down


def _half(down: float) -> Box:
    """The part of the square that a stack may fill."""
    top = {0.0: _IN, 0.5: 0.25, 1.0: 0.48}[down]
    return _IN, top, 1 - _IN, {0.0: 0.52, 0.5: 0.75, 1.0: 1 - _IN}[down]


def _edges(style: Style, anchor: str) -> Arrangement:
    """The names at opposite edges; the leading one has the larger part of the height."""
    upper: Name = "title" if "title" in anchor else "artist"
    lower: Name = "artist" if upper == "title" else "title"
    first, second = {"left": (0.0, 0.0), "cross": (0.0, 1.0)}.get(anchor.split()[-1], (0.5, 0.5))
    tall, low = 0.38, 0.2
    above = tall if style.lead == upper else low
    below = tall if style.lead == lower else low
    return (
        Stack((upper,), (_IN, _IN, 1 - _IN, _IN + above), first, 0.0),
        Stack((lower,), (_IN, 1 - _IN - below, 1 - _IN, 1 - _IN), second, 1.0),
    )


def without(arrangement: Arrangement, missing: Sequence[Name]) -> Arrangement:
    """An arrangement less the names that are not given, and the stacks that held only those."""
    left = (
        replace(stack, names=tuple(n for n in stack.names if n not in missing))
        for stack in arrangement
    )
    return tuple(stack for stack in left if stack.names)
