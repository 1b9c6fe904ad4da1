"""Sets the names of an arrangement at their sizes and says where every line of letters stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from duck_and_cover.generation.ground import Box
from duck_and_cover.generation.layouts import Arrangement, Face, Name, Stack, Style
from duck_and_cover.generation.letters import FINE, FINER, draw_line
from duck_and_cover.generation.names import capitals, right_to_left
from duck_and_cover.generation.typefaces import fonts_for
from duck_and_cover.generation.wrapping import Fitted, aligned_start, fit

_LEAD_SHARE = 0.7  # of a stack's height
_SECOND = 0.62  # largest size of the second name, in ems of the leading one
_LEAST = 0.03  # of the side: nothing is kept smaller than this for hierarchy's sake
_GAP = 0.034  # of the side, between the names of a stack
_RULE_LONG, _RULE_THICK = 0.11, 0.0032  # of the side
_CARD_PADDING = 0.05


@dataclass(frozen=True)
class Placed:
    """A stack whose names have their sizes and places.

    Args:
        stack: What it was made from.
        fitted: The setting of each name, in the stack's order.
        corner: Left and top of the block of letters on the picture, in pixels.
        size: Its width and height on the picture, in pixels.
        tops: Of each name's ink within the block, in pixels along its reading direction.
        rule: Top of the rule in the same pixels; None without one.
        side: Of the picture, in pixels.
    """

    stack: Stack
    fitted: tuple[Fitted, ...]
    corner: tuple[int, int]
    size: tuple[int, int]
    tops: tuple[float, ...]
    rule: float | None
    side: int

    @property
    def box(self) -> Box:
        """The block, as fractions of the picture's side."""
        (x, y), (w, h), side = self.corner, self.size, self.side
        return x / side, y / side, (x + w) / side, (y + h) / side

    @property
    def panel(self) -> Box | None:
        """What lies under the block (fractions of the side): a band, a card, or nothing."""
        left, top, right, bottom = self.box
        if self.stack.panel == "band":
            return (0, 0, 1, bottom + 0.055) if self.stack.down == 0 else (0, top - 0.055, 1, 1)
        if self.stack.panel == "card":
            pad, wide = _CARD_PADDING, max(right - left, 0.42)
            middle = (left + right) / 2
            return middle - wide / 2 - pad, top - pad, middle + wide / 2 + pad, bottom + pad
        return None

    def letters(self, which: int) -> Image.Image:
        """The mask (mode L) of one name's letters, as large as the block on the picture."""
        width, height = self.size[::-1] if self.stack.turned else self.size
        fitted, top = self.fitted[which], self.tops[which]
        finer = FINER if fitted.pixels < FINE else 1
        mask = Image.new("L", (width * finer, height * finer))
        for line, baseline in zip(fitted.lines, fitted.baselines, strict=True):
            x = aligned_start(line, fitted, width, self.stack.across)
            start = (round(x * finer), round((top + baseline) * finer))
            draw_line(mask, start, line, fitted.fonts, fitted.pixels * finer, fitted.spacing)
        mask = mask.reduce(finer)
        if which == 0 and self.rule is not None:
            self._draw_rule(mask, self.rule)
        return mask.transpose(Image.Transpose.ROTATE_90) if self.stack.turned else mask

    def _draw_rule(self, mask: Image.Image, top: float) -> None:
        long, thick = _RULE_LONG * self.side, max(1, round(_RULE_THICK * self.side))
        x, y = round((mask.width - long) * self.stack.across), round(top)
        ImageDraw.Draw(mask).rectangle((x, y, x + round(long) - 1, y + thick - 1), fill=255)


def place(
    arrangement: Arrangement, style: Style, names: Mapping[Name, str], side: int
) -> tuple[Placed, ...]:
    """Size the names of an arrangement, the leading one first, and stand them in their boxes.

    Args:
        arrangement: Stacks that hold only names that are given.
        style: Gives their faces.
        names: Cleaned texts, none empty.
        side: Of the picture, in pixels.
    """
    if right_to_left(names.get(style.lead) or next(iter(names.values()))):
        arrangement = tuple(stack.mirrored() for stack in arrangement)
    sizes: dict[Name, Fitted] = {}
    for name in sorted(names, key=lambda name: name != style.lead):
        stack = next(stack for stack in arrangement if name in stack.names)
        # A name that stands alone leads, whichever it is.
        face = style.face(name if len(names) > 1 else style.lead)
        most = face.size * side
        lead = sizes.get(style.lead)
        if lead is not None and style.title.size != style.artist.size:
            most = min(most, max(_SECOND * lead.pixels, _LEAST * side))
        sizes[name] = _fitted(names[name], face, stack, name == style.lead, most, side)
    return tuple(
        _stand(stack, tuple(sizes[name] for name in stack.names), side) for stack in arrangement
    )


def masks_of(placed: Sequence[Placed]) -> list[tuple[Placed, Image.Image]]:
    """Each name's letters, with the block that they belong to."""
    return [(part, part.letters(which)) for part in placed for which in range(len(part.fitted))]


def _room(stack: Stack, side: int) -> tuple[float, float]:
    """Width and height of a stack's box in pixels, along its reading direction."""
    left, top, right, bottom = (edge * side for edge in stack.box)
    return (bottom - top, right - left) if stack.turned else (right - left, bottom - top)


def _fitted(text: str, face: Face, stack: Stack, leads: bool, most: float, side: int) -> Fitted:
    width, height = _room(stack, side)
    share = 1.0
    if len(stack.names) > 1:
        free = height - (2 if stack.rule else 1) * _GAP * side
        share = free / height * (_LEAD_SHARE if leads else 1 - _LEAD_SHARE)
    text = capitals(text) if face.caps else text
    return fit(
        text,
        fonts_for(face.role, text),
        width,
        height * share,
        max_lines=face.lines,
        max_pixels=most,
        leading=face.leading,
        spacing=face.spacing,
    )


def _stand(stack: Stack, fitted: tuple[Fitted, ...], side: int) -> Placed:
    gap, rule, ruled = _GAP * side, None, stack.rule and len(fitted) > 1
    tops, down = [], 0.0
    for number, part in enumerate(fitted):
        tops.append(down)
        down += part.height
        if number < len(fitted) - 1:
            if ruled:
                rule = down + gap
            # Large letters need more air.
            down += 2 * gap if ruled else max(gap, 0.16 * max(f.pixels for f in fitted))
    wide, tall = max(part.width for part in fitted), down
    if ruled:
        wide = max(wide, _RULE_LONG * side)
    width, height = (tall, wide) if stack.turned else (wide, tall)
    left, top, right, bottom = (edge * side for edge in stack.box)
    x = left + (right - left - width) * (stack.down if stack.turned else stack.across)
    y = top + (bottom - top - height) * (1 - stack.across if stack.turned else stack.down)
    size = (int(width) + 1, int(height) + 1)
    return Placed(stack, fitted, (int(x), int(y)), size, tuple(tops), rule, side)
