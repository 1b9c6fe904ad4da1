"""Shapes the genres share: stars, rays, ridges, waves, grids. All in units of the page's side."""

from collections.abc import Sequence

from duck_and_cover.data.synthetic.page import Page, Point, around
from duck_and_cover.typography import Colour


def placed(
    points: Sequence[Point], x: float, y: float, size: float, turn: float = 0
) -> list[Point]:
    """A figure's points moved to (x, y), scaled and turned clockwise."""
    across, down = around(0, 0, size, turn)
    return [(x + a * across - d * down, y + a * down + d * across) for a, d in points]


def curve(start: Point, bend: Point, end: Point, steps: int) -> list[Point]:
    """Points from start to end on a curve pulled towards `bend` (a quadratic Bezier)."""
    points = []
    for k in range(steps + 1):
        t = k / steps
        first, middle, last = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
        points.append(
            (
                first * start[0] + middle * bend[0] + last * end[0],
                first * start[1] + middle * bend[1] + last * end[1],
            )
        )
    return points


def star_points(
    x: float, y: float, radius: float, inner: float, count: int, turn: float = -0.25
) -> list[Point]:
    """Corners of a star of `count` rays whose notches lie at inner * radius."""
    return [
        around(x, y, radius if k % 2 == 0 else radius * inner, turn + k / (2 * count))
        for k in range(2 * count)
    ]


def star(
    page: Page, x: float, y: float, radius: float, fill: Colour, inner: float = 0.4, count: int = 5
) -> None:
    """A filled star, one ray up."""
    page.polygon(star_points(x, y, radius, inner, count), fill)


def burst(
    page: Page, x: float, y: float, low: float, high: float, count: int, fill: Colour
) -> None:
    """An explosion: rays of random length between `low` and `high`."""
    rng = page.rng
    turn = rng.random()
    page.polygon(
        [
            around(x, y, low if k % 2 else low + (high - low) * (0.35 + 0.65 * rng.random()), place)
            for k, place in enumerate(turn + k / (2 * count) for k in range(2 * count))
        ],
        fill,
    )


def rays(
    page: Page, x: float, y: float, colours: Sequence[Colour], count: int, turn: float = 0.0
) -> None:
    """Wedges from one point to beyond the page, colours in turn; `count` wedges make a turn."""
    for k in range(count):
        start, stop = turn + k / count, turn + (k + 1) / count
        page.polygon(
            [(x, y), around(x, y, 2.2, start), around(x, y, 2.2, stop)], colours[k % len(colours)]
        )


def ridge(page: Page, base: float, height: float, fill: Colour, waves: float = 1.5) -> list[Point]:
    """Rolling hills from the left edge to the right, filled down to the page's foot."""
    rng = page.rng
    phases = [(rng.random(), waves * scale, share) for scale, share in ((1, 0.6), (2.3, 0.28))]
    top = []
    for step in range(25):
        x = step / 24
        lift = sum(
            share * around(0, 0, 1, phase + frequency * x)[1] for phase, frequency, share in phases
        )
        top.append((x, base - height * lift))
    page.polygon([(-0.01, 1.01), *top, (1.01, top[-1][1]), (1.01, 1.01)], fill)
    return top


def peaks(page: Page, base: float, height: float, fill: Colour, count: int = 6) -> list[Point]:
    """Jagged mountains from edge to edge, filled down to the page's foot."""
    rng = page.rng
    top: list[Point] = []
    for k in range(2 * count + 1):
        x = (k + rng.uniform(-0.3, 0.3)) / (2 * count)
        lift = rng.uniform(0.5, 1.0) if k % 2 else rng.uniform(0.0, 0.4)
        top.append((x, base - height * lift))
    page.polygon([(-0.02, 1.01), (-0.02, base), *top, (1.02, base), (1.02, 1.01)], fill)
    return top


def flames(page: Page, base: float, height: float, fill: Colour, count: int = 7) -> None:
    """Tongues of fire along the page's foot, each leaning its own way."""
    rng = page.rng
    outline: list[Point] = [(-0.08, 1.05)]
    for k in range(count):
        left, right = (k - 0.12) / count, (k + 1.12) / count
        middle, tip = (left + right) / 2, base - height * rng.uniform(0.45, 1.0)
        lean = rng.choice((-1, 1)) * rng.uniform(0.3, 0.9) / count
        low = base - (base - tip) * 0.35
        outline += curve((left, base), (left - lean * 0.7, low), (middle + lean, tip), 6)
        outline += curve((middle + lean, tip), (middle - lean * 0.5, low), (right, base), 6)[1:]
    page.polygon([*outline, (1.08, 1.05)], fill)


def wave_line(
    page: Page, y: float, height: float, waves: float, phase: float, width: float, fill: Colour
) -> None:
    """One sine line from edge to edge."""
    points = [
        (step / 32, y + around(0, 0, height, phase + waves * step / 32)[1]) for step in range(33)
    ]
    page.line(points, width, fill)


def blob(page: Page, x: float, y: float, radius: float, fill: Colour, wobble: float = 0.3) -> None:
    """A soft closed shape."""
    rng = page.rng
    first, second = rng.random(), rng.random()
    lobes = rng.choice((2, 3, 3, 4, 5))
    page.polygon(
        [
            around(
                x,
                y,
                radius
                * (
                    1
                    + wobble * 0.6 * around(0, 0, 1, first + lobes * k / 40)[0]
                    + wobble * 0.4 * around(0, 0, 1, second + 2 * k / 40)[0]
                ),
                k / 40,
            )
            for k in range(40)
        ],
        fill,
    )


def heart(page: Page, x: float, y: float, radius: float, fill: Colour) -> None:
    """A heart around (x, y)."""
    page.disc(x - radius * 0.47, y - radius * 0.3, radius * 0.53, fill)
    page.disc(x + radius * 0.47, y - radius * 0.3, radius * 0.53, fill)
    page.polygon(
        [
            (x - radius * 0.93, y - radius * 0.04),
            (x, y + radius),
            (x + radius * 0.93, y - radius * 0.04),
            (x, y - radius * 0.4),
        ],
        fill,
    )


def floor_grid(page: Page, horizon: float, colour: Colour, width: float, columns: int) -> None:
    """Lines of a plane running away to the horizon."""
    for k in range(-columns, columns + 1):
        page.line([(0.5 + k * 0.03, horizon), (0.5 + k * 0.42, 1.02)], width, colour)
    depth = 1.0
    while depth > 0.03:
        y = horizon + (1 - horizon) * depth
        page.line([(0, y), (1, y)], width * (0.35 + 0.65 * depth), colour)
        depth *= 0.68


def checks(
    page: Page, x0: float, y0: float, cell: float, columns: int, rows: int, fill: Colour
) -> None:
    """Every other square of a board."""
    for row in range(rows):
        for column in range(row % 2, columns, 2):
            x, y = x0 + column * cell, y0 + row * cell
            page.rect(x, y, x + cell, y + cell, fill)


def skyline(page: Page, base: float, height: float, fill: Colour, window: Colour | None) -> None:
    """Towers along a street, some with lit windows."""
    rng = page.rng
    x = -0.02
    while x < 1:
        wide = rng.uniform(0.07, 0.16)
        top = base - height * rng.uniform(0.35, 1.0)
        page.rect(x, top, x + wide, 1.01, fill)
        if rng.random() < 0.3:
            page.rect(x + wide * 0.45, top - height * 0.18, x + wide * 0.55, top, fill)
        if window is not None:
            _windows(page, x, top, wide, base, window)
        x += wide


def _windows(page: Page, x: float, top: float, wide: float, base: float, fill: Colour) -> None:
    rng = page.rng
    y = top + 0.03
    while y < base - 0.03:
        for column in range(3):
            if rng.random() < 0.45:
                left = x + wide * (0.16 + column * 0.26)
                page.rect(left, y, left + wide * 0.14, y + 0.02, fill)
        y += 0.042
