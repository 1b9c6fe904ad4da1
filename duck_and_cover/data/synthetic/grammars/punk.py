"""Punk: ransom-note letters, torn paper, photocopied black and white, one shout of neon."""

from PIL import Image, ImageDraw

from duck_and_cover.data.synthetic.figures import person
from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout
from duck_and_cover.data.synthetic.page import Page, Point
from duck_and_cover.data.synthetic.palettes import contrasting, palette
from duck_and_cover.data.synthetic.shapes import burst, star
from duck_and_cover.typography import Colour, draw_text, fit_text, wrap

_ROLES = ("heavy", "slab", "mono", "block", "condensed", "didone", "marker")


def _ransom(page: Page, words: str, box: tuple[float, float, float, float]) -> None:
    """Letters cut from different newspapers, a little askew."""
    lines = wrap(words.upper(), "mono", 2 if len(words) > 9 else 1)
    left, top, right, bottom = box
    longest = max(map(len, lines))
    cell = min((right - left) / longest, (bottom - top) / len(lines))
    for row, line in enumerate(lines):
        x = (left + right - cell * len(line)) / 2
        y = (top + bottom) / 2 + (row - len(lines) / 2) * cell
        for letter in line:
            if letter != " ":
                _clipping(page, letter, x, y + page.rng.uniform(-0.06, 0.06) * cell, cell)
            x += cell


def _clipping(page: Page, letter: str, x: float, y: float, cell: float) -> None:
    p, rng = page.palette, page.rng
    paper = rng.choice((p.light, p.light, p.ground, p.main, p.accent, (255, 255, 255)))
    ink = contrasting(paper, p.ground, (255, 255, 255), (0, 0, 0))
    wide = page.px(cell * rng.uniform(0.9, 1.04))
    tile = Image.new("RGB", (wide, page.px(cell * rng.uniform(0.92, 1.08))), paper)
    inset = max(1, wide // 9)
    fitted = fit_text(letter, rng.choice(_ROLES), (inset, inset, wide - inset, tile.height - inset))
    if page.lettered:
        draw_text(ImageDraw.Draw(tile), fitted, ink)
    mask = Image.new("L", tile.size, 255)
    angle = rng.randrange(-9, 10)
    spot = (round(x * page.side), round(y * page.side))
    page.image.paste(tile.rotate(angle, expand=True), spot, mask.rotate(angle, expand=True))


def _torn(page: Page, y0: float, y1: float, fill: Colour, slope: float = 0.0) -> None:
    """A strip of torn paper across the page."""
    rng = page.rng
    upper: list[Point] = [
        (k / 20, y0 + slope * (k / 20 - 0.5) + rng.uniform(-0.018, 0.018)) for k in range(-1, 22)
    ]
    lower: list[Point] = [
        (k / 20, y1 + slope * (k / 20 - 0.5) + rng.uniform(-0.018, 0.018))
        for k in range(21, -2, -1)
    ]
    page.polygon([*upper, *lower], fill)


def _photocopy(page: Page) -> None:
    """Toner that did not hold, and the machine's streaks."""
    p, rng = page.palette, page.rng
    page.speckle(p.light, 0.04)
    for _ in range(rng.randrange(2, 5)):
        x = rng.random()
        page.rect(x, 0, x + 0.006, 1, p.light if page.chance(0.5) else p.ground)


def _strips(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground)
    y = rng.uniform(-0.05, 0.1)
    for tone in (p.light, p.main, p.ground, p.light, p.accent, p.light):
        tall = rng.uniform(0.1, 0.26)
        _torn(page, y, y + tall, tone, rng.uniform(-0.2, 0.2))
        y += tall + rng.uniform(0.0, 0.06)
    _photocopy(page)
    _ransom(page, page.artist, (0.05, 0.25, 0.95, 0.7))
    page.rect(0.06, 0.81, 0.94, 0.95, p.light)
    page.text(page.album.upper(), "marker", (0.1, 0.82, 0.9, 0.94), p.ground)


def _censored(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main if page.chance(0.6) else p.light)
    person(page, 0.5, 0.84, rng.uniform(0.62, 0.74), p.ground)
    for row in range(26):  # coarse halftone on the lit half of the face
        for column in range(12):
            x, y = 0.5 + 0.022 * column, 0.2 + 0.022 * row
            if ((x - 0.5) / 0.15) ** 2 + ((y - 0.36) / 0.17) ** 2 < 1:
                page.disc(x, y, 0.0105 * (x - 0.47) / 0.15, p.light)
    y = rng.uniform(0.28, 0.34)
    _torn(page, y, y + 0.11, p.light, rng.uniform(-0.08, 0.08))
    page.text(page.album.upper(), "mono", (0.12, y + 0.015, 0.88, y + 0.095), p.ground)
    _photocopy(page)
    _ransom(page, page.artist, (0.04, 0.7, 0.96, 0.97))


def _cross(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light if page.chance(0.6) else p.ground)
    thick = rng.uniform(0.09, 0.14)
    jitter = [rng.uniform(-0.08, 0.08) for _ in range(4)]
    page.line([(0.1 + jitter[0], 0.08), (0.9 + jitter[1], 0.92)], thick, p.main)
    page.line([(0.9 + jitter[2], 0.08), (0.1 + jitter[3], 0.92)], thick, p.main)
    for x, y in ((0.12 + jitter[0], 0.15), (0.88 + jitter[2], 0.15), (0.85 + jitter[1], 0.88)):
        page.rect(x, y, x + 0.018, y + rng.uniform(0.08, 0.2), p.main)
    _photocopy(page)
    _torn(page, 0.36, 0.64, p.ground if page.chance(0.5) else p.accent, rng.uniform(-0.1, 0.1))
    _ransom(page, page.artist, (0.06, 0.37, 0.94, 0.63))
    page.rect(0.1, 0.84, 0.9, 0.93, p.light)
    page.text(page.album.upper(), "mono", (0.12, 0.85, 0.88, 0.92), p.ground)


def _explosion(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground)
    for row in range(17):
        for column in range(17):
            x, y = column / 16 + (row % 2) / 32, row / 16
            page.disc(x, y, 0.004 + 0.024 * abs(y - 0.5), p.light)
    burst(page, 0.5, 0.45, 0.25, 0.58, rng.randrange(11, 17), p.main)
    burst(page, 0.5, 0.45, 0.18, 0.4, rng.randrange(11, 17), p.light)
    _photocopy(page)
    _ransom(page, page.artist, (0.12, 0.28, 0.88, 0.62))
    _torn(page, 0.82, 0.96, p.light)
    page.text(page.album.upper(), "marker", (0.08, 0.84, 0.92, 0.94), p.ground)


def _collage(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light)
    for _ in range(rng.randrange(6, 10)):
        x, y = rng.uniform(-0.1, 0.8), rng.uniform(-0.1, 0.8)
        wide, tall = rng.uniform(0.15, 0.45), rng.uniform(0.12, 0.35)
        skew = rng.uniform(-0.06, 0.06)
        tone = rng.choice((p.ground, p.ground, p.main, p.light, p.accent))
        page.polygon(
            [(x, y), (x + wide, y + skew), (x + wide + skew, y + tall), (x - skew, y + tall)], tone
        )
        if page.chance(0.5):
            for k in range(6):
                page.rect(
                    x + 0.02,
                    y + 0.03 + k * 0.03,
                    x + wide * 0.9,
                    y + 0.038 + k * 0.03,
                    contrasting(tone, p.light, p.ground),
                )
    star(page, rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), 0.14, p.main)
    _photocopy(page)
    _ransom(page, page.artist, (0.05, 0.1, 0.95, 0.5))
    _ransom(page, page.album, (0.1, 0.66, 0.9, 0.92))


GRAMMAR = Grammar(
    genre="punk",
    layouts=(
        Layout(_strips, "ransom-note letters on torn strips"),
        Layout(_censored, "a photocopied face with its eyes covered"),
        Layout(_cross, "a painted cross under cut-out letters"),
        Layout(_explosion, "a neon explosion on halftone"),
        Layout(_collage, "a collage of newspaper scraps"),
    ),
    palettes=(
        palette("black, white and hot pink", "121212 ff2d8a 8a8a8a f7f02a f4f2ec"),
        palette("black, white and neon yellow", "141414 f5ee1f 9a9a94 ff3a3a f4f3ea"),
        palette("black, white and neon green", "101312 3af03a 8c928c ff3a9a f2f4ee"),
        palette("black, white and red", "131010 f01f1f 928c8a f5e62a f5f1ea"),
        palette("black, white and orange", "141110 ff6a0f 908a84 2ae0e0 f5f2ea"),
        palette("black, white and cyan", "101214 1fd8f0 8a9092 ff3a7a f2f3f2"),
    ),
)
