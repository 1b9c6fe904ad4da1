"""Folk: woodcut leaves, birds and trees on uncoated paper, in earth and garden colours."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import bird
from duck_and_cover.data.synthetic.page import Page, around
from duck_and_cover.data.synthetic.palettes import mix, palette
from duck_and_cover.data.synthetic.plants import leaf, sprig, tree
from duck_and_cover.typography import Colour


def _paper(page: Page) -> None:
    p = page.palette
    page.fill(p.light)
    page.fog(mix(p.light, p.accent, 0.35), 0.5, 5)


def _title(page: Page, box: tuple[float, float, float, float], ink: Colour) -> None:
    left, top, right, bottom = box
    split = top + (bottom - top) * 0.6
    role = page.rng.choice(("didone", "didone", "marker", "inscription"))
    page.text(page.artist, role, (left, top, right, split), ink, lines=2)
    small_print(page, page.album, (left, split + 0.01, right, bottom), ink, size=0.06)


def _cut(page: Page) -> None:
    """The flecks a rough block leaves unprinted."""
    page.speckle(page.palette.light, 0.03)


def _wreath(page: Page) -> None:
    p, rng = page.palette, page.rng
    _paper(page)
    count, radius = rng.randrange(16, 24), rng.uniform(0.34, 0.38)
    for k in range(count):
        turn = k / count
        foot = around(0.5, 0.5, radius, turn)
        tone = rng.choice((p.main, p.main, p.ground, p.second))
        leaf(page, *foot, rng.uniform(0.13, 0.18), turn + 0.14, tone)
        leaf(page, *foot, rng.uniform(0.1, 0.14), turn + 0.36, tone)
        if page.chance(0.35):
            page.disc(*around(0.5, 0.5, radius + 0.04, turn), 0.02, p.accent)
    _cut(page)
    _title(page, (0.23, 0.37, 0.77, 0.63), p.ground)


def _lone_tree(page: Page) -> None:
    p, rng = page.palette, page.rng
    _paper(page)
    page.disc(rng.uniform(0.35, 0.65), 0.36, rng.uniform(0.2, 0.28), p.second)
    page.oval(0.5, 0.92, 0.75, 0.2, p.main)
    x = rng.uniform(0.4, 0.6)
    tree(page, x, 0.76, rng.uniform(0.62, 0.74), p.ground, 5)
    for _ in range(rng.randrange(10, 30)):
        spot = around(x, 0.34, rng.uniform(0.05, 0.27), rng.random())
        leaf(page, *spot, 0.045, rng.random(), rng.choice((p.accent, p.main)))
    _cut(page)
    _title(page, (0.12, 0.79, 0.88, 0.95), p.light)


def _bird_branch(page: Page) -> None:
    p, rng = page.palette, page.rng
    _paper(page)
    way = rng.choice((1, -1))
    start = (-0.02, 0.66) if way == 1 else (1.02, 0.66)
    end = (0.85, 0.52) if way == 1 else (0.15, 0.52)
    page.line([start, end], 0.03, p.ground)
    for k in range(7):
        share = 0.1 + 0.14 * k
        foot = (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        turn = (-0.13 if way == 1 else 0.63) + (0.22 if k % 2 else -0.05) * way
        leaf(page, *foot, rng.uniform(0.12, 0.18), turn, rng.choice((p.main, p.second)))
    bird(page, 0.5, 0.41, rng.uniform(0.19, 0.25), way, p.accent, p.ground)
    if page.chance(0.4):
        bird(page, 0.5 + way * 0.3, 0.46, 0.11, -way, p.second, p.ground)
    _cut(page)
    _title(page, (0.08, 0.76, 0.92, 0.93), p.ground)


def _meadow(page: Page) -> None:
    p, rng = page.palette, page.rng
    _paper(page)
    for _ in range(rng.randrange(9, 14)):
        x, tall = rng.uniform(0.02, 0.98), rng.uniform(0.28, 0.56)
        tone = rng.choice((p.main, p.ground))
        turn = -0.25 + rng.uniform(-0.03, 0.03)
        sprig(page, x, 1.0, tall, turn, 3, tone)
        head = around(x, 1.0, tall * 1.15, turn)
        petal = rng.choice((p.accent, p.second))
        for k in range(6):
            leaf(page, *head, 0.065, k / 6, petal, 0.5)
        page.disc(*head, 0.02, p.light)
    _cut(page)
    _title(page, (0.08, 0.06, 0.92, 0.28), p.ground)


def _symmetry(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main if page.chance(0.5) else p.ground)
    back = page.colour_at(0, 0)
    page.frame(0.04, 0.012, p.light)
    tall, bend = rng.uniform(0.14, 0.2), rng.uniform(0.05, 0.12)
    page.line([(0.5, 0.68), (0.5, 0.16)], 0.02, p.light)
    for way in (-1, 1):
        for k in range(3):
            y, turn = 0.62 - 0.15 * k, -0.25 + way * (0.06 + bend)
            tip = around(0.5, y, 0.3 - 0.05 * k, turn)
            page.line([(0.5, y), tip], 0.014, p.light)
            for petal in range(7):
                leaf(page, *tip, tall * 0.55, petal / 7, p.accent if k % 2 else p.second, 0.5)
            page.disc(*tip, 0.022, p.light)
            leaf(page, *around(0.5, y, 0.1, turn), 0.12, turn + way * 0.2, p.light)
    for k in range(8):
        leaf(page, 0.5, 0.18, 0.1, k / 8, p.accent, 0.5)
    page.disc(0.5, 0.18, 0.035, back)
    _cut(page)
    _title(page, (0.1, 0.72, 0.9, 0.91), p.light)


GRAMMAR = Grammar(
    genre="folk",
    layouts=(
        Layout(_wreath, "a woodcut wreath of leaves around the name"),
        Layout(_lone_tree, "a lone tree before a pale sun"),
        Layout(_bird_branch, "a bird on a leafy branch"),
        Layout(_meadow, "wild flowers on paper"),
        Layout(_symmetry, "a folk-art flower, left like right"),
    ),
    palettes=(
        palette("forest green and rust", "24402c 4c7a48 b98a48 c4542c f2e8d0"),
        palette("indigo and ochre", "26324e 56708e c89a4a b8562e f3ead6"),
        palette("olive and clay", "3e3a1e 7d7a3a c2a35a b65a34 f2ead0"),
        palette("moss and berry", "2c3a26 6a8a4e b8a878 a03048 f1ecd8"),
        palette("brown and robin blue", "46301e 7a6240 7aa6a8 c8683a f3e9d2"),
        palette("spruce and mustard", "1e3c3a 45766a d0a23c b8502e f4ecd4"),
    ),
)
