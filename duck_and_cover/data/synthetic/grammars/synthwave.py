"""Synthwave: a sliced sun, a glowing grid, mountains of wire and chrome letters at dusk."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import sliced_sun
from duck_and_cover.data.synthetic.page import Page, around
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.plants import palm
from duck_and_cover.data.synthetic.shapes import floor_grid, peaks, skyline


def _dusk(page: Page, line: float) -> None:
    """The sky above the horizon and the dark below it."""
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.5), p.ground, mix(p.ground, p.main, 0.7), p.main, p.ground)
    for _ in range(rng.randrange(12, 30)):
        x, y, size = rng.random(), rng.random() * line * 0.6, rng.choice((0.003, 0.004, 0.007))
        page.rect(x, y, x + size, y + size, p.light)
    page.rect(0, line, 1, 1, darker(p.ground, 0.6))


def _sun(page: Page, x: float, y: float, radius: float) -> None:
    sliced_sun(page, x, y, radius, page.palette.accent, page.palette.main)


def _billing(page: Page, top: bool = True) -> None:
    p = page.palette
    y = 0.06 if top else 0.74
    role = page.rng.choice(("neon", "wide", "block", "heavy"))
    page.text(page.artist.upper(), role, (0.06, y, 0.94, y + 0.12), p.light, shadow=p.second)
    small_print(page, page.album, (0.1, y + 0.13, 0.9, y + 0.19), p.accent, size=0.065)


def _sunset(page: Page) -> None:
    p, rng = page.palette, page.rng
    line = rng.uniform(0.56, 0.66)
    _dusk(page, line)
    radius = rng.uniform(0.2, 0.26)
    _sun(page, rng.uniform(0.4, 0.6), max(0.27 + radius, line - rng.uniform(0.08, 0.16)), radius)
    page.rect(0, line, 1, 1, darker(p.ground, 0.6))
    floor_grid(page, line, p.second, 0.008, 8)
    _billing(page)


def _wire_mountains(page: Page) -> None:
    p, rng = page.palette, page.rng
    line = rng.uniform(0.58, 0.66)
    _dusk(page, line)
    _sun(page, rng.uniform(0.3, 0.7), line - 0.14, rng.uniform(0.15, 0.21))
    count = rng.randrange(4, 7)
    top = peaks(page, line, rng.uniform(0.2, 0.3), darker(p.ground, 0.55), count)
    page.line(top, 0.012, p.second)
    for k, (x, y) in enumerate(top):
        page.line([(x, y), (x + 0.05 * (1 if k % 2 else -1), line)], 0.006, p.second)
    page.rect(0, line, 1, 1, darker(p.ground, 0.6))
    floor_grid(page, line, p.second, 0.007, 8)
    _billing(page)


def _palms(page: Page) -> None:
    p, rng = page.palette, page.rng
    line = 0.72
    _dusk(page, line)
    _sun(page, 0.5, 0.45, rng.uniform(0.25, 0.32))
    dark = darker(p.ground, 0.75)
    for x in (rng.uniform(0.05, 0.18), rng.uniform(0.82, 0.95)):
        palm(page, x, 0.8, rng.uniform(0.5, 0.66), dark, 0.12 if x < 0.5 else -0.12)
    page.rect(0, line, 1, 1, dark)
    page.rect(0, line, 1, line + 0.01, p.second)
    page.rect(0, 0.95, 1, 0.957, p.second)
    _billing(page, False)


def _triangle(page: Page) -> None:
    p, rng = page.palette, page.rng
    _dusk(page, 0.7)
    floor_grid(page, 0.7, p.main, 0.006, 8)
    size, turn = rng.uniform(0.3, 0.37), rng.choice((-0.25, -0.25, 0.25))
    middle = 0.46 if turn < 0 else 0.52
    for scale, width, tone in ((1.0, 0.03, p.second), (0.97, 0.012, p.light), (0.8, 0.016, p.main)):
        corners = [around(0.5, middle, size * scale, turn + k / 3) for k in range(3)]
        page.line([*corners, corners[0], corners[1]], width, tone)
    _sun(page, 0.5, middle + (0.04 if turn < 0 else -0.04), size * 0.42)
    _billing(page, turn > 0)


def _canyon(page: Page) -> None:
    p, rng = page.palette, page.rng
    line = 0.6
    _dusk(page, line)
    _sun(page, 0.5, line - 0.08, 0.2)
    skyline(page, line, rng.uniform(0.2, 0.3), darker(p.ground, 0.6), p.second)
    page.rect(0, line, 1, 1, darker(p.ground, 0.65))
    page.polygon([(0.48, line), (0.52, line), (0.95, 1.01), (0.05, 1.01)], darker(p.ground, 0.8))
    for way in (-1, 1):
        page.line([(0.5 + way * 0.02, line), (0.5 + way * 0.46, 1.01)], 0.014, p.second)
        page.line([(0.5 + way * 0.05, line), (0.5 + way * 0.9, 1.01)], 0.008, p.main)
    share = 0.08
    while share < 1:
        y = line + (1 - line) * share
        page.rect(0.5 - 0.02 * share, y, 0.5 + 0.02 * share, y + 0.12 * share, lighter(p.main, 0.4))
        share *= 1.6
    _billing(page)


GRAMMAR = Grammar(
    genre="synthwave",
    layouts=(
        Layout(_sunset, "a sliced sun over a neon grid"),
        Layout(_wire_mountains, "wireframe mountains at dusk"),
        Layout(_palms, "palm silhouettes before a huge setting sun"),
        Layout(_triangle, "a neon triangle over the grid"),
        Layout(_canyon, "a highway into a glowing city"),
    ),
    palettes=(
        palette("violet and hot pink", "2b0f54 ff2e93 22d3ee ffb03a fff0fa"),
        palette("indigo and magenta", "1a1060 e032c8 3af0d0 ff8a5a f8f0ff"),
        palette("purple and coral", "33104f ff5a6a a06aff ffd05a fff2ec"),
        palette("midnight and cyan", "10184f b03af0 1fe0ff ff5ac0 f0faff"),
        palette("wine and neon orange", "3a0c3c ff4a3a ff3ac0 ffc02a fff2e0"),
        palette("deep blue and rose", "121a5a ff4a9a 5a8aff ffd08a fff4fa"),
    ),
)
