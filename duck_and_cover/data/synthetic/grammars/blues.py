"""Blues: midnight blue and black, one warm light, guitars, rails and rivers, sturdy capitals."""

from duck_and_cover.data.synthetic.figures import person
from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import guitar
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import darker, mix, palette
from duck_and_cover.data.synthetic.shapes import ridge


def _billing(page: Page, top: bool) -> None:
    p = page.palette
    y = 0.05 if top else 0.74
    if not top:
        page.rect(0, 0.72, 1, 1, darker(p.ground, 0.75))
    role = page.rng.choice(("condensed", "condensed", "slab", "heavy"))
    page.text(page.artist.upper(), role, (0.06, y, 0.94, y + 0.13), p.light)
    small_print(page, page.album, (0.06, y + 0.14, 0.94, y + 0.22), mix(p.accent, p.light, 0.4))


def _river_moon(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.3), p.main, p.second)
    x, line = rng.uniform(0.25, 0.75), rng.uniform(0.48, 0.6)
    page.disc(x, line - rng.uniform(0.1, 0.26), rng.uniform(0.09, 0.15), p.accent)
    ridge(page, line, 0.04, darker(p.ground, 0.65))
    page.rect(0, line + 0.03, 1, 1, darker(p.main, 0.35))
    y = line + 0.05
    while y < 1:
        half = rng.uniform(0.03, 0.12)
        page.rect(x - half, y, x + half, y + 0.012, mix(p.accent, p.main, (y - line) * 1.3))
        y += 0.032
    page.speckle(darker(p.ground, 0.6), 0.035)
    _billing(page, line > 0.54)


def _crossroads(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.5), p.main)
    line, x = rng.uniform(0.38, 0.5), rng.uniform(0.3, 0.7)
    page.glow(x, line, 0.42, p.accent)
    page.rect(0, line, 1, 1, darker(p.ground, 0.55))
    rail = p.second
    for way in (-1, 1):
        page.line([(x + 0.01 * way, line), (0.5 + 0.3 * way, 1.02)], 0.018, rail)
    share = 0.06
    while share < 1.05:
        y = line + (1 - line) * share
        middle = x + (0.5 - x) * share
        half = 0.02 + 0.36 * share
        page.line([(middle - half, y), (middle + half, y)], 0.006 + 0.022 * share, rail)
        share *= 1.36
    pole = 0.12 if x > 0.5 else 0.88
    page.line([(pole, line + 0.12), (pole, line - 0.26)], 0.02, darker(p.ground, 0.85))
    page.line([(pole - 0.08, line - 0.2), (pole + 0.08, line - 0.2)], 0.018, darker(p.ground, 0.85))
    page.speckle(darker(p.ground, 0.6), 0.035)
    _billing(page, True) if line > 0.44 else _billing(page, False)


def _guitar(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main if page.chance(0.5) else p.ground, darker(p.ground, 0.5))
    way = rng.choice((1, -1))
    page.glow(0.5, 0.45, 0.6, p.second)
    turn = -0.25 + way * rng.uniform(0.06, 0.14)
    guitar(
        page,
        0.5 - way * 0.16,
        rng.uniform(0.62, 0.72),
        rng.uniform(0.17, 0.22),
        turn,
        p.accent,
        darker(p.ground, 0.7),
    )
    page.speckle(darker(p.ground, 0.6), 0.035)
    _billing(page, False) if page.chance(0.4) else _billing(page, True)


def _blinds(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.65))
    slats = rng.randrange(8, 13)
    left, right = rng.uniform(0.06, 0.3), rng.uniform(0.7, 0.94)
    slope = rng.uniform(-0.12, 0.12)
    for k in range(slats):
        y = 0.06 + 0.66 * k / slats
        tone = mix(p.main, p.accent, 0.35 + 0.5 * k / slats)
        page.polygon(
            [(left, y), (right, y + slope), (right, y + slope + 0.03), (left, y + 0.03)], tone
        )
    person(
        page, rng.uniform(0.35, 0.65), 0.73, rng.uniform(0.46, 0.56), darker(p.ground, 0.82), True
    )
    page.rect(0, 0.725, 1, 1, darker(p.ground, 0.82))
    _billing(page, False)


def _spotlight(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.7), p.ground)
    x = rng.uniform(0.3, 0.7)
    start = 0.12 if x > 0.5 else 0.88
    page.polygon([(start - 0.03, 0), (start + 0.03, 0), (x + 0.3, 0.74), (x - 0.3, 0.74)], p.main)
    page.polygon(
        [(start - 0.01, 0), (start + 0.01, 0), (x + 0.18, 0.74), (x - 0.18, 0.74)], p.second
    )
    page.oval(x, 0.72, 0.3, 0.05, p.accent)
    person(page, x, 0.7, rng.uniform(0.38, 0.46), darker(p.ground, 0.8), page.chance(0.6))
    page.line([(x + 0.13, 0.7), (x + 0.13, 0.42)], 0.012, p.light)
    page.disc(x + 0.13, 0.41, 0.03, p.light)
    page.rect(0, 0.73, 1, 1, darker(p.ground, 0.75))
    page.speckle(darker(p.ground, 0.6), 0.035)
    _billing(page, False)


GRAMMAR = Grammar(
    genre="blues",
    layouts=(
        Layout(_river_moon, "the moon over a wide river"),
        Layout(_crossroads, "railroad tracks running into the night"),
        Layout(_guitar, "a guitar leaning in the dark"),
        Layout(_blinds, "a figure behind window blinds"),
        Layout(_spotlight, "a singer alone in a spotlight"),
    ),
    palettes=(
        palette("midnight blue and amber", "10234d 1d4587 3a72b8 f2a53a f4ead2"),
        palette("indigo and brass", "1b1d4f 33398a 5a6bc0 d9a441 efe6d6"),
        palette("steel blue and rust", "16304a 2a567c 5b8cae d9703a f0e9dd"),
        palette("prussian blue and cream", "0b2a4a 15507a 3f86a8 f0d9a0 f6f0e0"),
        palette("navy and lamp light", "0c1636 223a78 4562a8 ffd27a fbf3dc"),
        palette("blue slate and copper", "1c2c3e 3a556f 6a8aa3 c9824a ece4d8"),
    ),
)
