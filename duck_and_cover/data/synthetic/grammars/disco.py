"""Disco: mirror balls, star bursts, rainbow arcs and lit dance floors on a dark night."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import mirror_ball, sparkle
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.shapes import heart, rays, star


def _billing(page: Page, top: bool) -> None:
    p = page.palette
    y = 0.06 if top else 0.74
    page.text(page.artist, "swash", (0.05, y, 0.95, y + 0.13), p.light, shadow=p.main)
    small_print(page, page.album, (0.08, y + 0.14, 0.92, y + 0.2), p.accent)


def _glitter(page: Page, count: int) -> None:
    p, rng = page.palette, page.rng
    for _ in range(count):
        sparkle(
            page,
            rng.random(),
            rng.random(),
            rng.uniform(0.02, 0.075),
            rng.choice((p.light, p.light, p.accent)),
        )


def _ball(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.4), p.ground)
    x, y, radius = rng.uniform(0.35, 0.65), rng.uniform(0.34, 0.46), rng.uniform(0.2, 0.29)
    beam = mix(p.ground, p.main, 0.6)
    rays(page, x, y, (beam, p.ground, mix(p.ground, p.second, 0.6), p.ground), 16, rng.random())
    page.line([(x, 0), (x, y)], 0.01, p.light)
    mirror_ball(page, x, y, radius, (p.light, lighter(p.accent, 0.4), p.second, p.main, p.ground))
    _glitter(page, rng.randrange(5, 11))
    _billing(page, False)


def _starburst(page: Page) -> None:
    p, rng = page.palette, page.rng
    x, y = rng.uniform(0.4, 0.6), rng.uniform(0.38, 0.5)
    rays(page, x, y, (p.main, p.ground, p.second, p.ground), rng.choice((24, 32, 40)))
    for radius, tone in ((0.34, p.accent), (0.28, p.main), (0.22, p.second), (0.16, p.light)):
        star(page, x, y, radius, tone, inner=0.5)
    _glitter(page, 7)
    page.rect(0, 0.74, 1, 0.98, p.ground)
    _billing(page, False)


def _arcs(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground)
    x, y = rng.choice(((0.0, 1.0), (1.0, 1.0), (0.5, 0.8), (0.5, 1.0)))
    tones = (p.main, p.second, p.accent, p.light)
    bands = rng.randrange(5, 9)
    outer = rng.uniform(0.72, 0.85) if x in (0, 1) else rng.uniform(0.5, 0.6)
    for k in range(bands):
        page.disc(x, y, outer * (1 - k / bands), tones[k % 4])
        page.disc(x, y, outer * (1 - (k + 0.75) / bands), p.ground)
    _glitter(page, rng.randrange(6, 12))
    if y < 1:
        page.rect(0, 0.8, 1, 1, p.ground)
    _billing(page, True)


def _floor(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.5), p.ground, p.main)
    tones = (p.main, p.second, p.accent, lighter(p.accent, 0.4), darker(p.ground, 0.3))
    line, rows, columns = 0.48, 7, 10
    edges = [line + (1.02 - line) * (k / rows) ** 1.7 for k in range(rows + 1)]
    for row in range(rows):
        spread = [0.35 + 1.5 * ((edge - line) / (1 - line)) for edge in edges[row : row + 2]]
        for column in range(columns):
            low, high = column / columns - 0.5, (column + 0.92) / columns - 0.5
            page.polygon(
                [
                    (0.5 + low * 2 * spread[0], edges[row]),
                    (0.5 + high * 2 * spread[0], edges[row]),
                    (0.5 + high * 2 * spread[1], edges[row + 1] - 0.008),
                    (0.5 + low * 2 * spread[1], edges[row + 1] - 0.008),
                ],
                rng.choice(tones),
            )
    mirror_ball(
        page, rng.uniform(0.3, 0.7), 0.36, 0.1, (p.light, lighter(p.accent, 0.4), p.second, p.main)
    )
    _glitter(page, 5)
    _billing(page, True)


def _glitter_heart(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground, darker(p.ground, 0.4))
    tones = (p.main, p.second, p.accent, p.light)
    for k, tone in enumerate(tones):
        heart(page, 0.5, 0.43, 0.36 - 0.075 * k, tone)
        if k < 3:
            heart(page, 0.5, 0.43, 0.335 - 0.075 * k, p.ground)
    for _ in range(60):
        page.disc(rng.random(), rng.random() * 0.75, rng.uniform(0.004, 0.013), rng.choice(tones))
    _glitter(page, 9)
    _billing(page, False)


GRAMMAR = Grammar(
    genre="disco",
    layouts=(
        Layout(_ball, "a mirror ball throwing beams of light"),
        Layout(_starburst, "stars within stars on coloured rays"),
        Layout(_arcs, "rainbow arcs over a glittering night"),
        Layout(_floor, "a lit dance floor under a mirror ball"),
        Layout(_glitter_heart, "a glittering heart in concentric lines"),
    ),
    palettes=(
        palette("purple, pink and gold", "2a0f4f c2268e 7a3bd0 ffc23a fff0d8"),
        palette("plum and hot orange", "3a0f33 e0493a b0237a ffb030 fff2dc"),
        palette("midnight and silver", "15154a 5a4bd0 2aa0d8 e6d8ff ffffff"),
        palette("magenta and turquoise", "3b0a4a e8369a 1fb5b5 ffd84a fff4e8"),
        palette("wine and rose gold", "3c0c28 b8335c e07a6a f6c08a fff0e4"),
        palette("royal blue and lemon", "141452 3a48c8 c83ab0 ffe14a ffffff"),
    ),
)
