"""Country: a big sun over hills and roads, barns, cactuses and stars, in wood type."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import flying_bird
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.plants import cactus
from duck_and_cover.data.synthetic.shapes import peaks, rays, ridge, star
from duck_and_cover.typography import Colour


def _sky(page: Page) -> tuple[float, float]:
    """A banded or rayed evening sky with its sun; returns where the sun stands."""
    p, rng = page.palette, page.rng
    x, y = rng.uniform(0.25, 0.75), rng.uniform(0.36, 0.5)
    if page.chance(0.4):
        rays(page, x, y, (p.light, mix(p.light, p.accent, 0.45)), rng.choice((20, 24, 28)))
    else:
        page.fill(p.second, mix(p.second, p.accent, 0.6), p.light, p.light)
    page.disc(x, y, rng.uniform(0.13, 0.22), p.accent)
    return x, y


def _billing(page: Page, ink: Colour, top: bool) -> None:
    y = 0.05 if top else 0.76
    page.text(page.artist, "slab", (0.05, y, 0.95, y + 0.12), ink)
    small_print(page, page.album, (0.1, y + 0.125, 0.9, y + 0.19), ink)


def _road(page: Page) -> None:
    p, rng = page.palette, page.rng
    x, _ = _sky(page)
    ridge(page, 0.56, 0.05, mix(p.main, p.second, 0.5))
    ridge(page, 0.63, 0.05, p.main)
    page.rect(0, 0.67, 1, 1, mix(p.main, p.accent, 0.25))
    page.polygon([(x - 0.01, 0.62), (x + 0.01, 0.62), (0.84, 1.01), (0.16, 1.01)], p.ground)
    share = 0.08
    while share < 1:
        y, middle = 0.62 + 0.38 * share, x + (0.5 - x) * share
        half = 0.022 * share
        page.rect(middle - half, y, middle + half, y + 0.1 * share, p.accent)
        share *= 1.55
    _billing(page, p.ground, True)
    rng.random()


def _desert(page: Page) -> None:
    p, rng = page.palette, page.rng
    _sky(page)
    mesa = mix(p.main, p.second, 0.6)
    left, wide = rng.uniform(0.0, 0.5), rng.uniform(0.25, 0.4)
    page.polygon(
        [(left - 0.05, 0.66), (left, 0.44), (left + wide, 0.44), (left + wide + 0.05, 0.66)], mesa
    )
    ridge(page, 0.66, 0.03, p.main)
    for _ in range(rng.randrange(1, 4)):
        cactus(
            page, rng.uniform(0.1, 0.9), rng.uniform(0.7, 0.8), rng.uniform(0.18, 0.34), p.ground
        )
    page.rect(0, 0.75, 1, 1, p.ground)
    _billing(page, p.light, False)


def _poster(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light if page.chance(0.6) else mix(p.light, p.accent, 0.4))
    page.frame(0.03, 0.02, p.main)
    star(page, 0.5, 0.5, rng.uniform(0.2, 0.26), p.second)
    star(page, 0.5, 0.5, 0.13, p.accent)
    for x in (0.17, 0.83):
        star(page, x, 0.5, 0.07, p.main)
    y = page.text(page.artist, "slab", (0.08, 0.07, 0.92, 0.29), p.ground, lines=2)[3]
    page.rect(0.1, max(y, 0.27) + 0.01, 0.9, max(y, 0.27) + 0.022, p.main)
    page.rect(0.06, 0.74, 0.94, 0.93, p.main)
    page.text(page.album, "slab", (0.1, 0.76, 0.9, 0.91), p.light, lines=2)
    for _ in range(3):  # the grain of the wood block
        y = rng.random()
        page.line([(0, y), (1, y + rng.uniform(-0.02, 0.02))], 0.004, mix(p.light, p.main, 0.3))
    page.speckle(p.light, 0.045)


def _barn(page: Page) -> None:
    p, rng = page.palette, page.rng
    _sky(page)
    ridge(page, 0.6, 0.04, mix(p.main, p.light, 0.25))
    page.rect(0, 0.62, 1, 1, mix(p.accent, p.main, 0.4))
    for k in range(-7, 8):
        page.polygon(
            [
                (0.5 + 0.06 * k, 0.62),
                (0.5 + 0.06 * k + 0.02, 0.62),
                (0.5 + 0.3 * k + 0.1, 1.01),
                (0.5 + 0.3 * k, 1.01),
            ],
            p.main,
        )
    x, size = rng.uniform(0.2, 0.8), rng.uniform(0.13, 0.18)
    page.polygon(
        [
            (x - size, 0.66),
            (x - size, 0.5),
            (x - size * 0.6, 0.4),
            (x, 0.35),
            (x + size * 0.6, 0.4),
            (x + size, 0.5),
            (x + size, 0.66),
        ],
        p.second,
    )
    page.rect(x - size * 0.35, 0.53, x + size * 0.35, 0.66, p.light)
    page.line([(x - size * 0.35, 0.53), (x + size * 0.35, 0.66)], 0.012, p.second)
    page.line([(x + size * 0.35, 0.53), (x - size * 0.35, 0.66)], 0.012, p.second)
    page.line(
        [(x - size, 0.5), (x - size * 0.6, 0.4), (x, 0.35), (x + size * 0.6, 0.4), (x + size, 0.5)],
        0.02,
        p.ground,
    )
    _billing(page, p.ground, True)


def _range(page: Page) -> None:
    p, rng = page.palette, page.rng
    _sky(page)
    peaks(page, 0.58, rng.uniform(0.16, 0.26), mix(p.main, p.second, 0.5), rng.randrange(3, 5))
    for _ in range(rng.randrange(2, 5)):
        flying_bird(page, rng.uniform(0.1, 0.9), rng.uniform(0.22, 0.4), 0.035, p.ground)
    ridge(page, 0.64, 0.05, p.main)
    ridge(page, 0.72, 0.03, darker(p.main, 0.3))
    for k in range(9):  # a fence
        x = 0.02 + 0.12 * k
        page.rect(x, 0.66, x + 0.02, 0.8, p.ground)
    page.rect(0, 0.685, 1, 0.7, p.ground)
    page.rect(0, 0.735, 1, 0.75, p.ground)
    page.rect(0, 0.78, 1, 1, lighter(p.ground, 0.05))
    _billing(page, p.light, False)


GRAMMAR = Grammar(
    genre="country",
    layouts=(
        Layout(_road, "a road running over hills into the sun"),
        Layout(_desert, "cactuses before a mesa at sundown"),
        Layout(_poster, "a wood-type poster with a star"),
        Layout(_barn, "a barn among ploughed fields"),
        Layout(_range, "mountains behind a fence at sunset"),
    ),
    palettes=(
        palette("tan and barn red", "3b2416 a0562c c0392b f2b134 f6e3bd"),
        palette("prairie gold", "40301a 9a7a34 d98f3a f6c64a f8ebc4"),
        palette("turquoise and clay", "3a2620 b5623c 3f8f8c f2b552 f5e6c8"),
        palette("sage and sunset", "33301f 7c8550 d8693c f4b648 f4e8c8"),
        palette("denim and straw", "22304a 8a7444 4f7aa0 f0c050 f7ecd0"),
        palette("dusty rose and leather", "40221c 8e5234 c9705c f0b060 f8e4cc"),
    ),
)
