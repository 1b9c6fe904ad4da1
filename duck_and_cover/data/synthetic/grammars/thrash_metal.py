"""Thrash metal: skulls, spikes, fire and lightning in blood and acid, under a barbed logo."""

from duck_and_cover.data.synthetic.figures import horns, skull
from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.page import Page, Point, around
from duck_and_cover.data.synthetic.palettes import brightness, darker, lighter, mix, palette
from duck_and_cover.data.synthetic.shapes import burst, flames, peaks, star_points


def _logo(page: Page) -> None:
    """The name in blackletter across the top, with barbs growing out of it."""
    p, rng = page.palette, page.rng
    inks = [ink for ink in (p.light, p.accent, p.second) if brightness(ink) > 110]
    ink = rng.choice(inks)
    edge = darker(p.ground, 0.7)
    box = (0.1, 0.05, 0.9, rng.uniform(0.18, 0.24))
    x0, y0, x1, y1 = page.text(page.artist, "blackletter", box, ink, size=0.2, shadow=edge)
    tall = y1 - y0
    for way, foot in ((-1, x0), (1, x1)):
        foot += way * 0.004  # beside the letters, so that they stay readable
        tip = max(0.01, min(0.99, foot + way * rng.uniform(0.08, 0.16)))
        page.polygon([(foot, y0 + tall * 0.35), (tip, y0), (foot, y0 + tall * 0.7)], ink)
        low = (foot + way * rng.uniform(0.01, 0.05), y1 + tall * rng.uniform(0.4, 0.8))
        page.polygon([(foot, y0 + tall * 0.5), low, (foot - way * 0.015, y1 + 0.008)], ink)
    small_print(page, page.album, (0.08, 0.9, 0.92, 0.965), p.light, size=0.065)


def _gloom(page: Page) -> None:
    p = page.palette
    page.fill(darker(p.ground, 0.4), p.ground, mix(p.ground, p.main, 0.5))
    page.fog(darker(p.main, 0.4), 0.5, 4)


def _skull(page: Page) -> None:
    p, rng = page.palette, page.rng
    _gloom(page)
    burst(page, 0.5, 0.56, 0.25, 0.55, rng.randrange(12, 20), p.main)
    burst(page, 0.5, 0.56, 0.2, 0.42, rng.randrange(10, 16), p.second)
    y, size = rng.uniform(0.56, 0.61), rng.uniform(0.22, 0.27)
    if page.chance(0.45):
        horns(page, 0.5, y, size, rng.choice((p.accent, p.light)))
    skull(page, 0.5, y, size, p.light, darker(p.ground, 0.6))
    if page.chance(0.5):
        flames(page, 1.0, 0.22, p.main)
    page.rect(0, 0.89, 1, 1, darker(p.ground, 0.6))
    _logo(page)


def _inferno(page: Page) -> None:
    p, rng = page.palette, page.rng
    _gloom(page)
    page.glow(0.5, 0.8, 0.7, darker(p.main, 0.2))
    for height, tone in (
        (0.8, darker(p.main, 0.3)),
        (0.68, p.main),
        (0.5, p.second),
        (0.3, p.accent),
    ):
        flames(page, 1.0, height, tone, rng.randrange(4, 8))
    if page.chance(0.6):
        skull(page, 0.5, 0.56, 0.17, darker(p.ground, 0.6), p.accent)
    page.rect(0, 0.89, 1, 1, darker(p.ground, 0.7))
    _logo(page)


def _pentagram(page: Page) -> None:
    p, rng = page.palette, page.rng
    _gloom(page)
    x, y, radius = 0.5, 0.56, rng.uniform(0.26, 0.31)
    page.glow(x, y, 0.5, darker(p.main, 0.2))
    tone = rng.choice((p.accent, p.light, p.second))
    page.ring(x, y, radius * 1.08, 0.02, tone)
    tips = [around(x, y, radius, 0.25 + 2 * k / 5) for k in range(6)]
    page.line([*tips, tips[1]], 0.026, tone)
    page.polygon(star_points(x, y, radius * 0.36, 0.62, 5, 0.25), p.main)
    for k in range(10):
        turn = k / 10 + 0.05
        foot = [
            around(x, y, radius * 1.06, turn - 0.018),
            around(x, y, radius * 1.06, turn + 0.018),
        ]
        page.polygon([*foot, around(x, y, radius * (1.35 + 0.2 * rng.random()), turn)], tone)
    _logo(page)


def _spikes(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.5))
    x, y = rng.uniform(0.4, 0.6), rng.uniform(0.55, 0.68)
    for high, tone in (
        (1.0, darker(p.main, 0.45)),
        (0.75, p.main),
        (0.5, p.second),
        (0.3, p.accent),
    ):
        burst(page, x, y, high * 0.2, high, rng.randrange(14, 24), tone)
    if page.chance(0.6):
        skull(page, x, y, 0.13, darker(p.ground, 0.5), p.accent)
    page.rect(0, 0.0, 1, 0.2, darker(p.ground, 0.6))
    page.polygon(
        [(0, 0.2), *((k / 16, 0.2 + (0.09 if k % 2 else 0.0)) for k in range(17)), (1, 0.2)],
        darker(p.ground, 0.6),
    )
    page.rect(0, 0.89, 1, 1, darker(p.ground, 0.6))
    _logo(page)


def _storm(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.6), mix(p.ground, p.main, 0.6), p.main)
    page.fog(darker(p.ground, 0.3), 0.8, 5)
    for _ in range(rng.randrange(2, 5)):
        x, y = rng.uniform(0.1, 0.9), 0.16
        bolt: list[Point] = [(x, y)]
        while y < 0.7:
            y += rng.uniform(0.06, 0.13)
            x += rng.uniform(-0.12, 0.12)
            bolt.append((x, y))
        page.line(bolt, 0.028, p.accent)
        page.line(bolt, 0.012, lighter(p.accent, 0.7))
    peaks(page, 0.78, rng.uniform(0.22, 0.34), darker(p.ground, 0.3), 5)
    peaks(page, 0.9, rng.uniform(0.15, 0.24), darker(p.ground, 0.75), 7)
    _logo(page)


GRAMMAR = Grammar(
    genre="thrash metal",
    layouts=(
        Layout(_skull, "a grinning skull in an explosion"),
        Layout(_inferno, "walls of fire"),
        Layout(_pentagram, "a spiked pentagram"),
        Layout(_spikes, "a burst of jagged spikes"),
        Layout(_storm, "lightning over black peaks"),
    ),
    palettes=(
        palette("blood red and black", "160808 b0140f e8401a ffb02a efe6d4"),
        palette("acid green and black", "0a120a 2f8a1a 7ac81f d8ff3a e8f0d8"),
        palette("hellfire orange", "1a0c06 c8400c f5801a ffd23a f4e8d0"),
        palette("toxic violet", "120a1a 5a1f8a a83ac0 c8ff3a ece4f0"),
        palette("rust and bone", "17100c 7a2c14 b8602a e8b45a f0e8d8"),
        palette("cold steel and blood", "0c1016 3a4a5c c0181a f0502a e4e8ec"),
    ),
)
