"""Drum and bass: speed lines, shards, cubes and cut-up waveforms in acid colours on near black."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.shapes import blob


def _billing(page: Page) -> None:
    """A slanted label at the top or the foot."""
    p = page.palette
    y = page.rng.choice((0.0, 0.8))
    page.polygon([(-0.01, y), (0.86, y), (0.76, y + 0.2), (-0.01, y + 0.2)], darker(p.ground, 0.45))
    page.polygon([(0.88, y), (0.93, y), (0.83, y + 0.2), (0.78, y + 0.2)], p.accent)
    page.text(
        page.artist.upper(), "block", (0.05, y + 0.03, 0.74, y + 0.115), p.light, align="left"
    )
    small_print(
        page, page.album, (0.05, y + 0.125, 0.72, y + 0.18), p.accent, align="left", size=0.06
    )


def _speed(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground, darker(p.ground, 0.5))
    slope = rng.choice((-1, 1)) * rng.uniform(0.45, 0.8)
    for _ in range(rng.randrange(16, 26)):
        y, x = rng.uniform(-0.4, 1.3), rng.uniform(-0.4, 0.7)
        length, thick = rng.uniform(0.3, 1.0), rng.choice((0.012, 0.02, 0.04, 0.085))
        page.polygon(
            [
                (x, y),
                (x + length, y - slope * length),
                (x + length, y - slope * length + thick),
                (x + thick * 0.6, y + thick),
            ],
            rng.choice((p.main, p.main, p.second, p.accent, p.light)),
        )
    _billing(page)


def _cubes(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground, mix(p.ground, p.second, 0.35))
    size = rng.uniform(0.09, 0.14)
    for row in range(12):
        for column in range(-1, 7):
            if not page.chance(0.36):
                continue
            x = (column + 0.5 * (row % 2)) * size * 1.74
            y = row * size * 0.75 + rng.choice((0, 0, -size * 0.5))
            tone = rng.choice((p.main, p.main, p.second, p.accent))
            wide, half = size * 0.87, size * 0.5
            top = [(x, y - size), (x + wide, y - half), (x, y), (x - wide, y - half)]
            page.polygon(top, lighter(tone, 0.35))
            page.polygon([(x - wide, y - half), (x, y), (x, y + size), (x - wide, y + half)], tone)
            page.polygon(
                [(x + wide, y - half), (x, y), (x, y + size), (x + wide, y + half)],
                darker(tone, 0.5),
            )
    _billing(page)


def _waveform(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.3))
    middle, bars = rng.uniform(0.4, 0.6), 36
    loud = 0.2
    tilt = rng.uniform(-0.25, 0.25)
    for k in range(bars):
        loud = max(0.02, min(0.42, loud + rng.uniform(-0.16, 0.16)))
        x = k / bars
        y = middle + tilt * (x - 0.5)
        tone = p.main if loud < 0.16 else p.second if loud < 0.28 else p.accent
        page.polygon(
            [
                (x, y - loud),
                (x + 0.02, y - loud - 0.02),
                (x + 0.02, y + loud * 0.8),
                (x, y + loud * 0.8 + 0.02),
            ],
            tone,
        )
    page.line([(0, middle - tilt / 2), (1, middle + tilt / 2)], 0.01, p.light)
    _billing(page)


def _camouflage(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground)
    for tone in (darker(p.main, 0.45), darker(p.second, 0.35), darker(p.ground, 0.5)):
        for _ in range(5):
            blob(page, rng.random(), rng.random(), rng.uniform(0.1, 0.24), tone, 0.6)
    x, y, size = rng.uniform(0.3, 0.6), rng.uniform(0.4, 0.6), rng.uniform(0.2, 0.3)
    for k, tone in enumerate((p.accent, p.main, p.light)):
        left = x - size + 0.17 * k
        page.polygon(
            [
                (left, y - size),
                (left + 0.1, y - size),
                (left + size + 0.1, y),
                (left + 0.1, y + size),
                (left, y + size),
                (left + size, y),
            ],
            tone,
        )
    _billing(page)


def _shards(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.5), p.ground)
    x, y = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7)
    for _ in range(rng.randrange(14, 20)):
        tone = rng.choice((p.main, p.second, p.accent, p.light, darker(p.main, 0.5)))
        far = (rng.uniform(-0.2, 1.2), rng.uniform(-0.2, 1.2))
        near = (x + (far[0] - x) * 0.25, y + (far[1] - y) * 0.25)
        side = 0.04 + 0.1 * rng.random()
        page.polygon(
            [near, (far[0] + side, far[1] - side), (far[0] - side * 0.4, far[1] + side)], tone
        )
    for _ in range(4):  # slices of the picture slip sideways
        row, tall = rng.uniform(0.1, 0.9), rng.uniform(0.02, 0.07)
        top, bottom = page.px(row), page.px(row + tall)
        strip = page.image.crop((0, top, page.side, bottom))
        page.image.paste(strip, (page.px(rng.uniform(0.05, 0.25)), top))
    _billing(page)


GRAMMAR = Grammar(
    genre="drum and bass",
    layouts=(
        Layout(_speed, "diagonal lines at speed"),
        Layout(_cubes, "a city of stacked cubes"),
        Layout(_waveform, "a jagged waveform"),
        Layout(_camouflage, "arrows over camouflage"),
        Layout(_shards, "flying shards, cut into slices"),
    ),
    palettes=(
        palette("acid green and orange", "12181c 8ad01f f26a1b d6ff3d f2f6ec"),
        palette("hazard orange", "17171b f06414 8a8f98 ffb81f f4f2ee"),
        palette("cyan and lime", "0e1a24 17b3c9 7ad028 d8ff5a eef8f4"),
        palette("signal red and steel", "15171d d92b3a 7f8ea0 ffd23a f0f2f4"),
        palette("ultraviolet and lime", "171226 7a3cf0 a4e01f e8ff5a f4f0fa"),
        palette("jungle green", "10201a 2f9a54 c8d03a ffb02a eef4e6"),
    ),
)
