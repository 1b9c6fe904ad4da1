"""K-pop: pastels, hearts and stickers, holographic sheen, photo cards and round type."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import sparkle
from duck_and_cover.data.synthetic.page import Page, around
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.plants import leaf
from duck_and_cover.data.synthetic.shapes import checks, heart
from duck_and_cover.typography import Colour


def _flower(page: Page, x: float, y: float, size: float, petal: Colour, eye: Colour) -> None:
    for k in range(5):
        page.disc(*around(x, y, size * 0.55, k / 5 - 0.05), size * 0.42, petal)
    page.disc(x, y, size * 0.34, eye)


def _sticker(page: Page, x: float, y: float, size: float) -> None:
    """A heart, a flower, a glint or a smile, with a white rim."""
    p, rng = page.palette, page.rng
    tone = rng.choice(p.bright)
    kind = rng.randrange(4)
    if kind == 0:
        heart(page, x, y, size * 1.18, (255, 255, 255))
        heart(page, x, y, size, tone)
    elif kind == 1:
        _flower(page, x, y, size * 1.15, (255, 255, 255), tone)
        _flower(page, x, y, size, tone, p.light)
    elif kind == 2:
        sparkle(page, x, y, size * 1.3, (255, 255, 255))
    else:
        page.disc(x, y, size * 1.12, (255, 255, 255))
        page.disc(x, y, size, tone)
        for way in (-1, 1):
            page.oval(x + way * size * 0.32, y - size * 0.2, size * 0.1, size * 0.17, p.ground)
        page.arc(x, y, size * 0.6, size * 0.12, 0.08, 0.42, p.ground)


def _logo(page: Page, box: tuple[float, float, float, float], ink: Colour, rim: Colour) -> None:
    page.text(
        page.artist.upper(),
        page.rng.choice(("block", "block", "neon", "wide")),
        box,
        ink,
        shadow=rim,
    )


def _stickers(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light, mix(p.light, p.main, 0.8))
    for k in range(rng.randrange(11, 16)):
        turn, far = k * 0.381, 0.26 + 0.26 * rng.random()
        _sticker(page, *around(0.5, 0.5, far, turn), rng.uniform(0.06, 0.12))
    page.rect(0.1, 0.39, 0.9, 0.61, (255, 255, 255))
    _logo(page, (0.13, 0.41, 0.87, 0.53), p.ground, p.main)
    small_print(page, page.album, (0.13, 0.545, 0.87, 0.595), p.ground, size=0.05)


def _hologram(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main, p.light, p.second, p.light, p.accent, across=page.chance(0.5))
    for tone in (p.main, p.second, p.accent, p.light):
        page.glow(rng.random(), rng.random(), rng.uniform(0.3, 0.5), tone)
    page.disc(0.5, 0.45, 0.33, (255, 255, 255))
    page.disc(0.5, 0.45, 0.31, p.second)
    page.glow(0.4, 0.36, 0.26, (255, 255, 255))
    page.glow(0.62, 0.58, 0.2, p.accent)
    for k in range(6):
        sparkle(
            page,
            *around(0.5, 0.45, 0.4, k / 6 + rng.random() * 0.1),
            rng.uniform(0.04, 0.1),
            (255, 255, 255),
        )
    _logo(page, (0.06, 0.37, 0.94, 0.53), p.ground, (255, 255, 255))
    small_print(page, page.album, (0.08, 0.86, 0.92, 0.93), p.ground)


def _portrait(page: Page, x: float, y: float, wide: float, tall: float, ground: Colour) -> None:
    """One member's photo card."""
    p, rng = page.palette, page.rng
    page.rect(x, y, x + wide, y + tall, ground)
    hair = rng.choice((p.ground, darker(p.accent, 0.25), darker(p.main, 0.3), p.ground))
    skin = (246, 214, 190)
    cx, cy, r = x + wide / 2, y + tall * 0.47, min(wide, tall) * 0.22
    page.disc(cx, cy - r * 0.2, r * 1.35, hair)
    if page.chance(0.6):
        page.rect(cx - r * 1.3, cy - r * 0.2, cx + r * 1.3, cy + r * 1.5, hair)
    page.rect(cx - r * 0.4, cy + r * 0.5, cx + r * 0.4, y + tall * 0.78, darker(skin, 0.1))
    page.oval(cx, cy + r * 0.12, r * 0.92, r * 1.05, skin)
    page.rect(cx - r * 0.9, cy - r * 0.95, cx + r * 0.9, cy - r * 0.4, hair)
    for way in (-1, 1):
        page.disc(cx + way * r * 0.36, cy + r * 0.12, r * 0.11, p.ground)
        page.disc(cx + way * r * 0.56, cy + r * 0.42, r * 0.15, (250, 170, 170))
    page.arc(cx, cy + r * 0.4, r * 0.24, r * 0.08, 0.05, 0.45, (200, 80, 90))
    page.rect(cx - wide * 0.32, y + tall * 0.77, cx + wide * 0.32, y + tall, rng.choice(p.bright))


def _cards(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light)
    columns, rows = rng.choice(((2, 2), (3, 2), (4, 2), (3, 1)))
    wide, tall = 0.92 / columns, 0.68 / rows
    for row in range(rows):
        for column in range(columns):
            tone = lighter(p.bright[(row + column) % 3], 0.25)
            _portrait(page, 0.05 + column * wide, 0.06 + row * tall, wide - 0.02, tall - 0.02, tone)
    for _ in range(3):
        _sticker(page, rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.72), 0.06)
    _logo(page, (0.05, 0.76, 0.95, 0.88), p.ground, p.main)
    small_print(page, page.album, (0.08, 0.9, 0.92, 0.955), p.ground, size=0.055)


def _bubbles(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(mix(p.main, p.light, 0.5), p.light, mix(p.second, p.light, 0.4))
    for _ in range(rng.randrange(12, 18)):
        x, y, radius = rng.random(), rng.random(), rng.uniform(0.05, 0.17)
        tone = rng.choice(p.bright)
        page.disc(x, y, radius, mix(tone, p.light, 0.35))
        page.ring(x, y, radius, 0.012, (255, 255, 255))
        page.oval(
            x - radius * 0.35, y - radius * 0.4, radius * 0.25, radius * 0.16, (255, 255, 255)
        )
    heart(page, 0.5, 0.48, 0.36, (255, 255, 255))
    heart(page, 0.5, 0.48, 0.33, p.main)
    _logo(page, (0.2, 0.33, 0.8, 0.47), (255, 255, 255), p.ground)
    small_print(page, page.album, (0.24, 0.49, 0.76, 0.56), (255, 255, 255), size=0.055)


def _gingham(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light)
    cell = rng.choice((0.1, 0.125, 0.1667))
    checks(page, 0, 0, cell, 11, 11, lighter(rng.choice((p.main, p.second)), 0.2))
    _flower(page, 0.5, 0.42, 0.37, (255, 255, 255), (255, 255, 255))
    _flower(page, 0.5, 0.42, 0.33, p.accent, p.light)
    for x in (0.12, 0.88):
        _sticker(page, x, rng.uniform(0.12, 0.3), 0.08)
        _sticker(page, x, rng.uniform(0.5, 0.68), 0.08)
    leaf(page, 0.5, 0.42, 0.01, 0, p.light)
    page.rect(0, 0.76, 1, 1, (255, 255, 255))
    _logo(page, (0.06, 0.78, 0.94, 0.89), p.ground, p.main)
    small_print(page, page.album, (0.08, 0.905, 0.92, 0.96), p.ground, size=0.055)


GRAMMAR = Grammar(
    genre="k-pop",
    layouts=(
        Layout(_stickers, "a wreath of glossy stickers"),
        Layout(_hologram, "a holographic disc with sparkles"),
        Layout(_cards, "photo cards of the members"),
        Layout(_bubbles, "a big heart among soap bubbles"),
        Layout(_gingham, "a cartoon flower on gingham"),
    ),
    palettes=(
        palette("bubblegum and mint", "4a3a72 ff9ccb 9fe3d0 ffd86e fff2f7"),
        palette("lavender and lemon", "40347a c4a6f5 ffe680 ff9fb8 f7f1ff"),
        palette("baby blue and pink", "2c3a80 9cc8ff ffb3d9 fff08a f1f7ff"),
        palette("peach and aqua", "5a3060 ffb199 8fdde0 ffe08a fff4ec"),
        palette("strawberry milk", "6a2448 ff86a8 ffc4b0 b0e0a0 fff2f0"),
        palette("lilac and lime", "3a3278 c9a8ff c8f08a ff9ad0 f8f4ff"),
    ),
)
