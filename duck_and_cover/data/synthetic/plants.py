"""Things that grow: leaves, sprigs, trees, palms, cactuses. In units of the page's side."""

from duck_and_cover.data.synthetic.page import Page, Point, around
from duck_and_cover.data.synthetic.shapes import curve
from duck_and_cover.typography import Colour


def leaf(
    page: Page, x: float, y: float, length: float, turn: float, fill: Colour, broad: float = 0.3
) -> Point:
    """A pointed leaf growing from (x, y); returns its tip."""
    tip = around(x, y, length, turn)
    sides = []
    for way in (1, -1):
        for share in (0.25, 0.5, 0.75) if way == 1 else (0.75, 0.5, 0.25):
            middle = around(x, y, length * share, turn)
            bulge = length * broad * (0.5 if share == 0.5 else 0.38)
            sides.append(around(*middle, bulge, turn + 0.25 * way))
    page.polygon([(x, y), *sides[:3], tip, *sides[3:]], fill)
    return tip


def palm(page: Page, x: float, foot: float, height: float, fill: Colour, lean: float = 0.0) -> None:
    """A palm tree standing on `foot`, its trunk curving by `lean`."""
    trunk = [(x + lean * height * (k / 8) ** 2, foot - height * k / 8) for k in range(9)]
    left = [(at - height * (0.03 - 0.002 * k), y) for k, (at, y) in enumerate(trunk)]
    right = [(at + height * (0.03 - 0.002 * k), y) for k, (at, y) in enumerate(trunk)]
    page.polygon([*left, *reversed(right)], fill)
    top = trunk[-1]
    fronds = (
        (-0.78, 0.12),
        (-0.62, -0.12),
        (-0.3, -0.27),
        (0.3, -0.27),
        (0.62, -0.12),
        (0.78, 0.12),
    )
    for k, (across, down) in enumerate(fronds):
        way = 1 if across > 0 else -1
        tip = (top[0] + across * height * 0.56, top[1] + (down + 0.12) * height * 0.56)
        bend = (top[0] + across * height * 0.26, top[1] - height * (0.24 - 0.05 * (k in (0, 5))))
        upper = curve(top, bend, tip, 8)
        lower = curve(tip, (bend[0] + way * height * 0.02, bend[1] + height * 0.13), top, 8)
        teeth = [
            (px, py + (height * 0.05 if step % 2 else 0)) for step, (px, py) in enumerate(lower)
        ]
        page.polygon([*upper, *teeth[1:-1]], fill)


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
