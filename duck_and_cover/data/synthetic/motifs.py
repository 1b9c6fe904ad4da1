"""Recognisable things: guitars, horns, birds, mirror balls. In units of the page's side."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from duck_and_cover.data.synthetic.page import Page, Point, around
from duck_and_cover.data.synthetic.palettes import mix
from duck_and_cover.data.synthetic.shapes import placed, star
from duck_and_cover.data.synthetic.textures import ramp
from duck_and_cover.typography import Colour


def guitar(
    page: Page, x: float, y: float, size: float, turn: float, body: Colour, dark: Colour
) -> None:
    """A guitar whose neck points along `turn`; `size` is its body's larger radius."""
    upper = around(x, y, size * 1.15, turn)
    page.disc(x, y, size, body)
    page.disc(*upper, size * 0.72, body)
    page.disc(*around(x, y, size * 0.72, turn), size * 0.32, dark)
    bridge = around(x, y, -size * 0.35, turn)
    page.line(
        [around(*bridge, size * 0.3, turn + 0.25), around(*bridge, size * 0.3, turn - 0.25)],
        size * 0.12,
        dark,
    )
    head = around(x, y, size * 4.0, turn)
    page.line([around(x, y, size * 0.9, turn), head], size * 0.26, dark)
    page.line([head, around(*head, size * 0.6, turn)], size * 0.42, body)


def saxophone(page: Page, x: float, y: float, size: float, fill: Colour, keys: Colour) -> None:
    """A saxophone: a tapering curve that opens into a bell."""
    path = [
        (-0.5, -0.95),
        (-0.28, -1.0),
        (-0.12, -0.86),
        (-0.02, -0.5),
        (0.06, 0.0),
        (0.14, 0.5),
        (0.3, 0.8),
        (0.52, 0.84),
        (0.7, 0.62),
        (0.76, 0.3),
        (0.84, -0.02),
    ]
    points = placed(path, x, y, size)
    last = len(points) - 1
    left, right = [], []
    for k, point in enumerate(points):
        before, after = points[max(0, k - 1)], points[min(last, k + 1)]
        across, down = after[0] - before[0], after[1] - before[1]
        length = max(1e-6, abs(across) + abs(down))
        half = size * (0.04 + 0.17 * (k / last) ** 2 + (0.14 if k == last else 0))
        left.append((point[0] - down / length * half, point[1] + across / length * half))
        right.append((point[0] + down / length * half, point[1] - across / length * half))
    page.polygon([*left, *reversed(right)], fill)
    for k in range(4):
        page.disc(x + size * (0.0 + 0.045 * k), y + size * (-0.45 + 0.26 * k), size * 0.055, keys)


def bird(page: Page, x: float, y: float, size: float, way: int, fill: Colour, wing: Colour) -> None:
    """A small bird in profile, beak towards `way` (1 right, -1 left)."""
    body = [
        (-0.2, 0.35),
        (-1.1, 0.55),
        (-0.55, 0.1),
        (-0.3, -0.35),
        (0.15, -0.6),
        (0.55, -0.62),
        (0.75, -0.42),
        (1.05, -0.32),
        (0.74, -0.22),
        (0.6, 0.15),
        (0.25, 0.42),
    ]
    page.polygon(placed([(across * way, down) for across, down in body], x, y, size), fill)
    feather = [(0.25, -0.2), (-0.75, 0.42), (-0.2, 0.24), (0.2, 0.12)]
    page.polygon(placed([(across * way, down) for across, down in feather], x, y, size), wing)
    page.disc(x + way * size * 0.5, y - size * 0.42, size * 0.07, wing)


def flying_bird(page: Page, x: float, y: float, size: float, fill: Colour) -> None:
    """Two wings far away."""
    wings = [
        (-1, -0.3),
        (-0.4, -0.42),
        (0, 0),
        (0.4, -0.42),
        (1, -0.3),
        (0.42, -0.2),
        (0, 0.2),
        (-0.42, -0.2),
    ]
    page.polygon(placed(wings, x, y, size), fill)


def mirror_ball(page: Page, x: float, y: float, radius: float, tones: Sequence[Colour]) -> None:
    """A ball of mirrors: tiles narrowing towards its rim, lit from the upper left."""
    rng = page.rng
    page.disc(x, y, radius, mix(tones[0], (0, 0, 0), 0.6))
    rows = 11
    for row in range(rows):
        low, high = -0.25 + 0.5 * row / rows, -0.25 + 0.5 * (row + 1) / rows
        top, bottom = around(0, 0, radius, low)[1], around(0, 0, radius, high)[1]
        half = radius * around(0, 0, 1, (low + high) / 2)[0]
        columns = 11
        for column in range(columns):
            first = -0.25 + 0.5 * column / columns
            left = half * around(0, 0, 1, first)[1]
            right = half * around(0, 0, 1, first + 0.5 / columns)[1]
            shade = (row + column) / (rows + columns) + rng.uniform(-0.28, 0.28)
            tone = tones[max(0, min(len(tones) - 1, int(shade * len(tones))))]
            gap = radius * 0.012
            page.rect(x + left + gap, y + top + gap, x + right - gap, y + bottom - gap, tone)


def sparkle(page: Page, x: float, y: float, size: float, fill: Colour) -> None:
    """A four-pointed glint."""
    star(page, x, y, size, fill, inner=0.14, count=4)


def vinyl(page: Page, x: float, y: float, radius: float, disc: Colour, label: Colour) -> None:
    """A record with its grooves and label."""
    page.disc(x, y, radius, disc)
    for k in range(4):
        page.ring(x, y, radius * (0.92 - 0.13 * k), 0.004, mix(disc, (255, 255, 255), 0.2))
    page.disc(x, y, radius * 0.36, label)
    page.disc(x, y, radius * 0.05, disc)


def violin(
    page: Page,
    x: float,
    y: float,
    size: float,
    turn: float,
    wood: Colour,
    dark: Colour,
    strings: Colour,
) -> None:
    """A violin whose neck points up when `turn` is 0; `size` is half its body's length."""
    half = [
        (-1.0, 0.1),
        (-0.96, 0.3),
        (-0.82, 0.46),
        (-0.62, 0.5),
        (-0.46, 0.43),
        (-0.38, 0.46),
        (-0.31, 0.34),
        (-0.12, 0.27),
        (0.08, 0.32),
        (0.14, 0.46),
        (0.23, 0.46),
        (0.42, 0.57),
        (0.68, 0.6),
        (0.9, 0.48),
        (1.0, 0.2),
    ]
    rim = [(-across, down) for down, across in half] + [(a, d) for d, a in reversed(half)]

    def part(points: list[Point]) -> list[Point]:
        return placed(points, x, y, size, turn)

    page.polygon(part([(a * 1.06, d * 1.04) for a, d in rim]), dark)
    page.polygon(part(rim), wood)
    page.polygon(part([(-0.07, -2.05), (0.07, -2.05), (0.11, -0.1), (-0.11, -0.1)]), dark)
    page.disc(*part([(0, -2.12)])[0], size * 0.13, wood)
    for way in (-1, 1):
        for peg in (-1.98, -1.82):
            page.line(part([(0, peg), (0.2 * way, peg)]), size * 0.06, dark)
        hole = [(0.2, -0.02), (0.27, 0.02), (0.25, 0.22), (0.29, 0.42), (0.36, 0.46)]
        page.line(part([(a * way, d) for a, d in hole]), size * 0.06, dark)
    page.polygon(part([(-0.1, 0.5), (0.1, 0.5), (0.06, 0.94), (-0.06, 0.94)]), dark)
    page.line(part([(-0.2, 0.26), (0.2, 0.26)]), size * 0.06, dark)
    for across in (-0.05, 0.0, 0.05):
        page.line(part([(across, -1.9), (across, 0.55)]), size * 0.015, strings)


def sliced_sun(page: Page, x: float, y: float, radius: float, top: Colour, foot: Colour) -> None:
    """A disc running from one colour to another, cut by gaps that widen towards its foot."""
    size = page.px(2 * radius)
    mask = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse((0, 0, size - 1, size - 1), fill=255)
    for k in range(6):
        row = round(size * (0.48 + 0.085 * k))
        draw.rectangle((0, row, size, row + round(size * (0.008 + 0.007 * k))), fill=0)
    colours = Image.fromarray(ramp((top, foot), size)[:, None]).resize((size, size))
    corner = (round((x - radius) * page.side), round((y - radius) * page.side))
    page.image.paste(colours, corner, mask)
