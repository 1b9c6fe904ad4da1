"""Psychedelic rock: waves, mandalas and melting bands that will not hold still."""

import numpy as np

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.page import Page, Point, around
from duck_and_cover.data.synthetic.palettes import darker, palette
from duck_and_cover.data.synthetic.shapes import blob
from duck_and_cover.data.synthetic.textures import angle_field, clouds, distance_field, recolour
from duck_and_cover.typography import Colour


def _billing(page: Page, ground: Colour) -> None:
    """The names on a ribbon that ripples like everything else."""
    p, rng = page.palette, page.rng
    y, phase = rng.choice((0.04, 0.74)), rng.random()
    ripple = [around(0, 0, 0.014, phase + 2 * k / 24)[1] for k in range(25)]
    for grow, tone in ((0.014, p.light), (0.0, darker(ground, 0.35))):
        upper = [(k / 24, y + ripple[k] - grow) for k in range(25)]
        lower = [(k / 24, y + 0.22 - ripple[k] + grow) for k in range(24, -1, -1)]
        page.polygon([*upper, *lower], tone)
    page.text(page.artist, "swash", (0.06, y + 0.03, 0.94, y + 0.135), p.accent)
    small_print(page, page.album, (0.1, y + 0.142, 0.9, y + 0.195), p.light, size=0.06)


def _colours(page: Page) -> tuple[Colour, ...]:
    """The palette as one endless ramp."""
    p, rng = page.palette, page.rng
    inner = list(p.bright)
    rng.shuffle(inner)
    return (p.ground, *inner, p.light, *inner[::-1], p.ground)


def _swirl(page: Page) -> None:
    rng = page.rng
    arms, twist = rng.randrange(2, 6), rng.uniform(2.0, 5.0)
    turn = np.arange(1024, dtype=np.int64) * 255 * arms // 1024
    distance = np.arange(256, dtype=np.int64) * round(twist * 256) // 256
    tones = turn[angle_field(page.side)] + distance[distance_field(page.side)]
    page.image.paste(recolour((tones & 255).astype(np.uint8), _colours(page)))
    _billing(page, page.palette.ground)


def _mandala(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground)
    inks = (p.main, p.second, p.accent, p.light)
    count = rng.choice((8, 10, 12, 16))
    for ring in range(7):
        radius, tone = 0.72 - 0.1 * ring, inks[ring % 4]
        for k in range(count):
            turn = (k + 0.5 * (ring % 2)) / count
            spread = 0.62 / count
            page.polygon(
                [
                    around(0.5, 0.46, radius * 0.45, turn),
                    around(0.5, 0.46, radius * 0.8, turn - spread),
                    around(0.5, 0.46, radius, turn),
                    around(0.5, 0.46, radius * 0.8, turn + spread),
                ],
                tone,
            )
            page.disc(
                *around(0.5, 0.46, radius * 0.78, turn), 0.018 + 0.02 * radius, inks[(ring + 2) % 4]
            )
    page.disc(0.5, 0.46, 0.1, p.accent)
    page.disc(0.5, 0.46, 0.06, p.ground)
    _billing(page, p.ground)


def _liquid(page: Page) -> None:
    rng = page.rng
    fog = np.asarray(clouds(page.side, rng.randrange(6), 3), dtype=np.int64)
    bands = rng.randrange(3, 6)
    tones = fog * bands + rng.randrange(256)
    if page.chance(0.5):
        tones = tones + np.arange(page.side, dtype=np.int64)[:, None] * 256 // page.side
    page.image.paste(recolour((tones & 255).astype(np.uint8), _colours(page)))
    _billing(page, page.palette.ground)


def _rolling(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light)
    x = rng.uniform(0.3, 0.7)
    for k in range(8):
        page.disc(x, 0.3, 0.62 - 0.075 * k, (p.main, p.accent, p.second, p.light)[k % 4])
    phase, frequency = rng.random(), rng.uniform(0.8, 1.6)
    for k in range(10):
        y = 0.42 + 0.065 * k
        outline: list[Point] = [
            (s / 24, y - 0.07 * around(0, 0, 1, phase + 0.06 * k + frequency * s / 24)[1])
            for s in range(25)
        ]
        page.polygon(
            [(-0.01, 1.01), *outline, (1.01, 1.01)], (p.second, p.ground, p.main, p.accent)[k % 4]
        )
    _billing(page, p.ground)


def _eye(page: Page) -> None:
    p, rng = page.palette, page.rng
    inks = (p.main, p.ground, p.second, p.accent)
    tall = rng.uniform(0.2, 0.27)
    for k in range(9, 0, -1):
        scale = k / 3
        outline = [around(0.5, 0.48, 1, 0.5 + s / 32) for s in range(17)]
        upper = [
            (0.5 + (x - 0.5) * 0.38 * scale, 0.48 + (y - 0.48) * tall * scale) for x, y in outline
        ]
        lower = [(x, 0.96 - y) for x, y in reversed(upper)]
        page.polygon([*upper, *lower], inks[k % 4] if k > 3 else p.light)
    page.disc(0.5, 0.48, tall * 0.92, p.accent)
    page.disc(0.5, 0.48, tall * 0.68, p.main)
    page.disc(0.5, 0.48, tall * 0.4, darker(p.ground, 0.7))
    page.disc(0.54, 0.43, tall * 0.13, p.light)
    _billing(page, p.ground)


def _lava(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground, p.main)
    for _ in range(rng.randrange(6, 9)):
        x, y, radius = rng.random(), rng.random(), rng.uniform(0.1, 0.26)
        state = rng.getstate()
        for k, tone in enumerate((p.accent, p.second, p.light, p.main)):
            rng.setstate(state)
            blob(page, x, y, radius * (1 - 0.23 * k), tone, 0.5)
    _billing(page, p.ground)


GRAMMAR = Grammar(
    genre="psychedelic rock",
    layouts=(
        Layout(_swirl, "a spiral of melting colours"),
        Layout(_mandala, "a many-petalled mandala"),
        Layout(_liquid, "liquid light in bands"),
        Layout(_rolling, "rolling striped hills under a ringed sun"),
        Layout(_eye, "an all-seeing eye in rippling bands"),
        Layout(_lava, "floating blobs of coloured oil"),
    ),
    palettes=(
        palette("orange, magenta and violet", "4a1070 f2561d e02a8a ffc21f fff0b8"),
        palette("lime, pink and blue", "1b2f9a f03c9a 5ac83a ffe03a f6ffd8"),
        palette("turquoise and tangerine", "0f4f6a ff7a1f 1fbfae ffd23a fff3cc"),
        palette("red, gold and purple", "3c0f5e e0261f b02ab0 ffb81f ffeec0"),
        palette("green, yellow and crimson", "0f4a30 d8203a 6ac02a ffe02a fbf6c8"),
        palette("cherry and aqua", "5a0f3a ef3050 20b0c0 ffd65a fff0d0"),
    ),
)
