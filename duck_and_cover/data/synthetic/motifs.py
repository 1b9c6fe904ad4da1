"""Recognisable things: skulls, palms, guitars, birds, mirror balls. In units of the page's side."""

from collections.abc import Sequence

from duck_and_cover.data.synthetic.page import Page, Point, around
from duck_and_cover.data.synthetic.palettes import mix
from duck_and_cover.data.synthetic.shapes import leaf, star
from duck_and_cover.typography import Colour


def _placed(points: Sequence[Point], x: float, y: float, size: float) -> list[Point]:
    return [(x + across * size, y + down * size) for across, down in points]


def skull(page: Page, x: float, y: float, size: float, bone: Colour, hollow: Colour) -> None:
    """A skull from the front, `size` from its middle to its crown."""
    page.disc(x, y - size * 0.15, size * 0.85, bone)
    jaw = [(-0.62, 0.3), (0.62, 0.3), (0.44, 1.0), (-0.44, 1.0)]
    page.polygon(_placed(jaw, x, y, size), bone)
    for way in (-1, 1):
        eye = [(0.14, 0.02), (0.32, -0.3), (0.66, -0.28), (0.7, 0.06), (0.42, 0.24)]
        page.polygon(_placed([(across * way, down) for across, down in eye], x, y, size), hollow)
    page.polygon(_placed([(0, 0.2), (0.15, 0.46), (-0.15, 0.46)], x, y, size), hollow)
    for k in range(-2, 3):
        tooth = x + k * size * 0.17
        page.rect(tooth - size * 0.028, y + size * 0.66, tooth + size * 0.028, y + size, hollow)


def palm(page: Page, x: float, foot: float, height: float, fill: Colour, lean: float = 0.0) -> None:
    """A palm tree standing on `foot`."""
    trunk = [(x + lean * height * (k / 8) ** 2, foot - height * k / 8) for k in range(9)]
    page.line(trunk, height * 0.055, fill)
    top = trunk[-1]
    for turn in (-0.44, -0.32, -0.2, -0.06, 0.04, 0.46):
        bend = around(*top, height * 0.3, turn)
        way = 1 if around(0, 0, 1, turn)[0] > 0 else -1
        tip = (bend[0] + way * height * 0.2, bend[1] + height * 0.2)
        under = (top[0] + (bend[0] - top[0]) * 0.7, bend[1] + height * 0.13)
        page.polygon([top, (bend[0], bend[1] - height * 0.03), tip, under], fill)


def cactus(page: Page, x: float, foot: float, height: float, fill: Colour) -> None:
    """A saguaro."""
    wide = height * 0.2
    page.line([(x, foot), (x, foot - height)], wide, fill)
    page.disc(x, foot - height, wide / 2, fill)
    for way, low, high in ((-1, 0.4, 0.75), (1, 0.3, 0.62)):
        out = x + way * height * 0.3
        arm = [(x, foot - height * low), (out, foot - height * low), (out, foot - height * high)]
        page.line(arm, wide * 0.7, fill)
        page.disc(out, foot - height * high, wide * 0.35, fill)
        page.disc(out, foot - height * low, wide * 0.35, fill)


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
    points = _placed(path, x, y, size)
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
    page.polygon(_placed([(across * way, down) for across, down in body], x, y, size), fill)
    feather = [(0.25, -0.2), (-0.75, 0.42), (-0.2, 0.24), (0.2, 0.12)]
    page.polygon(_placed([(across * way, down) for across, down in feather], x, y, size), wing)
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
    page.polygon(_placed(wings, x, y, size), fill)


def sprig(
    page: Page, x: float, y: float, length: float, turn: float, leaves: int, fill: Colour
) -> None:
    """A twig with leaves in pairs and one at its tip."""
    tip = around(x, y, length, turn)
    page.line([(x, y), tip], length * 0.03, fill)
    for k in range(leaves):
        share = 0.2 + 0.7 * k / leaves
        foot = around(x, y, length * share, turn)
        size = length * 0.42 * (1.1 - 0.6 * share)
        leaf(page, *foot, size, turn + 0.13, fill)
        leaf(page, *foot, size, turn - 0.13, fill)
    leaf(page, *tip, length * 0.24, turn, fill)


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


def crown(page: Page, x: float, y: float, size: float, fill: Colour, jewel: Colour) -> None:
    """A three-pointed crown, base at y + size / 2."""
    outline = [
        (-1, 0.5),
        (-1.1, -0.45),
        (-0.5, 0.0),
        (0, -0.75),
        (0.5, 0.0),
        (1.1, -0.45),
        (1, 0.5),
    ]
    page.polygon(_placed(outline, x, y, size), fill)
    page.rect(x - size, y + size * 0.58, x + size, y + size * 0.78, fill)
    for across, down in ((-1.1, -0.5), (0, -0.82), (1.1, -0.5)):
        page.disc(x + across * size, y + down * size, size * 0.12, jewel)


def person(page: Page, x: float, foot: float, height: float, fill: Colour) -> None:
    """Head and shoulders, cut off at `foot`."""
    head = height * 0.27
    page.disc(x, foot - height + head, head, fill)
    page.rect(x - head * 0.38, foot - height * 0.6, x + head * 0.38, foot - height * 0.3, fill)
    page.oval(x, foot, height * 0.46, height * 0.42, fill)


def tree(page: Page, x: float, foot: float, height: float, fill: Colour, depth: int = 5) -> None:
    """A bare tree, branching in twos."""
    rng = page.rng

    def branch(at: Point, length: float, turn: float, left: int) -> None:
        tip = around(*at, length, turn)
        page.line([at, tip], length * 0.16, fill)
        if left:
            for way in (-1, 1):
                branch(
                    tip,
                    length * rng.uniform(0.66, 0.8),
                    turn + way * rng.uniform(0.05, 0.1),
                    left - 1,
                )

    branch((x, foot), height * 0.3, -0.25 + rng.uniform(-0.02, 0.02), depth)
