"""Classical: framed and centred, serif capitals, old paper, still lifes, strings and staves."""

from duck_and_cover.data.synthetic.figures import profile
from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import violin
from duck_and_cover.data.synthetic.page import Page, around
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.plants import leaf, sprig
from duck_and_cover.typography import Colour


def _framed(page: Page, ground: Colour, line: Colour) -> None:
    """The double frame every classical cover here has."""
    page.fill(ground)
    page.frame(0.035, 0.016, line)
    page.frame(0.07, 0.006, line)
    for x in (0.043, 0.957):
        for y in (0.043, 0.957):
            page.disc(x, y, 0.03, line)
            page.disc(x, y, 0.014, ground)


def _cartouche(page: Page, top: float, paper: Colour, ink: Colour) -> None:
    """The centred label with composer and work."""
    page.rect(0.14, top, 0.86, top + 0.25, ink)
    page.rect(0.15, top + 0.01, 0.85, top + 0.24, paper)
    page.text(page.artist.upper(), "inscription", (0.18, top + 0.03, 0.82, top + 0.12), ink)
    page.rect(0.42, top + 0.135, 0.58, top + 0.141, ink)
    small_print(page, page.album, (0.18, top + 0.15, 0.82, top + 0.22), ink, size=0.06)


def _label(page: Page) -> None:
    p, rng = page.palette, page.rng
    _framed(page, p.ground, p.accent)
    page.rect(0.1, 0.1, 0.9, 0.9, mix(p.ground, p.main, 0.35))
    page.glow(rng.uniform(0.35, 0.65), 0.62, 0.42, p.main)
    dark = darker(p.ground, 0.5)
    lean = rng.choice((-1, 1)) * rng.uniform(0.07, 0.15)
    violin(page, 0.5 - lean * 0.8, 0.68, rng.uniform(0.18, 0.21), lean, p.second, dark, p.light)
    page.frame(0.07, 0.006, p.accent)
    _cartouche(page, 0.12, p.light, dark)


def _portrait(page: Page) -> None:
    p, rng = page.palette, page.rng
    _framed(page, p.light, p.accent)
    page.oval(0.5, 0.4, 0.28, 0.32, p.accent)
    page.oval(0.5, 0.4, 0.26, 0.3, p.main if page.chance(0.6) else mix(p.light, p.second, 0.5))
    page.glow(0.42, 0.33, 0.24, p.second)
    way = rng.choice((-1, 1))
    profile(page, 0.5 - way * 0.02, 0.43, 0.24, way, darker(p.ground, 0.35))
    for side in (-1, 1):
        for k in range(6):
            turn = 0.25 - side * (0.04 + 0.045 * k)
            leaf(page, *around(0.5, 0.4, 0.32, turn), 0.07, turn - side * 0.2, p.second)
    page.text(page.artist.upper(), "inscription", (0.12, 0.76, 0.88, 0.84), darker(p.ground, 0.4))
    small_print(page, page.album, (0.14, 0.85, 0.86, 0.905), darker(p.ground, 0.2), size=0.055)


def _staves(page: Page) -> None:
    p, rng = page.palette, page.rng
    _framed(page, p.light, p.ground)
    ink = darker(p.ground, 0.3)
    for system in range(2):
        top = 0.42 + 0.25 * system
        for k in range(5):
            page.rect(0.11, top + 0.03 * k, 0.89, top + 0.03 * k + 0.006, ink)
        height = 0.06
        for k in range(8):
            height = max(0.0, min(0.12, height + rng.choice((-0.045, -0.03, -0.015, 0.015, 0.03))))
            x, y = 0.18 + 0.09 * k, top + height
            page.oval(x, y, 0.024, 0.018, p.accent if page.chance(0.25) else ink)
            way = 1 if height < 0.06 else -1
            page.line([(x - way * 0.02, y), (x - way * 0.02, y + way * 0.1)], 0.009, ink)
    _cartouche(page, 0.12, mix(p.light, p.second, 0.25), ink)


def _still_life(page: Page) -> None:
    p, rng = page.palette, page.rng
    _framed(page, p.accent, darker(p.ground, 0.4))
    dark = darker(p.ground, 0.55)
    page.rect(0.1, 0.1, 0.9, 0.9, dark)
    page.glow(0.35, 0.4, 0.35, p.ground)
    page.rect(0.1, 0.66, 0.9, 0.9, darker(p.main, 0.25))
    x = rng.uniform(0.36, 0.64)
    page.oval(x, 0.58, 0.1, 0.13, p.second)
    page.rect(x - 0.04, 0.4, x + 0.04, 0.5, p.second)
    page.oval(x - 0.04, 0.55, 0.022, 0.07, lighter(p.second, 0.5))
    for k in range(7):
        turn = -0.45 + 0.065 * k
        sprig(page, x, 0.42, rng.uniform(0.12, 0.2), turn, 2, mix(p.main, p.accent, 0.2))
        page.disc(
            *around(x, 0.4, rng.uniform(0.12, 0.22), turn + 0.02),
            0.035,
            rng.choice((p.light, p.accent, p.second)),
        )
    for _ in range(4):
        spot = (x + rng.choice((-1, 1)) * rng.uniform(0.1, 0.24), 0.69 + rng.uniform(-0.02, 0.03))
        page.disc(*spot, 0.05, rng.choice((p.accent, p.main, p.second)))
        page.disc(spot[0] - 0.015, spot[1] - 0.018, 0.014, p.light)
    page.text(page.artist.upper(), "inscription", (0.15, 0.76, 0.85, 0.83), p.light)
    small_print(page, page.album, (0.15, 0.835, 0.85, 0.885), p.accent, size=0.05)


def _arch(page: Page) -> None:
    p, rng = page.palette, page.rng
    _framed(page, p.main, p.accent)
    page.rect(0.22, 0.36, 0.78, 0.73, p.light)
    page.wedge(0.5, 0.37, 0.28, 0.5, 1.0, p.light)
    page.rect(0.28, 0.38, 0.72, 0.73, darker(p.ground, 0.3))
    page.wedge(0.5, 0.39, 0.22, 0.5, 1.0, darker(p.ground, 0.3))
    page.glow(0.5, rng.uniform(0.35, 0.6), 0.25, p.second)
    for x in (0.15, 0.85):
        page.rect(x - 0.04, 0.28, x + 0.04, 0.73, p.light)
        for k in range(3):
            page.rect(x - 0.028 + 0.022 * k, 0.3, x - 0.018 + 0.022 * k, 0.71, p.main)
        page.rect(x - 0.055, 0.25, x + 0.055, 0.29, p.light)
        page.rect(x - 0.055, 0.71, x + 0.055, 0.745, p.light)
    pipes = 7
    for k in range(pipes):
        x = 0.335 + 0.33 * k / (pipes - 1)
        tall = 0.16 + 0.16 * (1 - abs(k - 3) / 3)
        page.rect(x - 0.018, 0.72 - tall, x + 0.018, 0.72, p.accent)
    page.text(page.artist.upper(), "inscription", (0.12, 0.77, 0.88, 0.84), p.light)
    small_print(page, page.album, (0.14, 0.85, 0.86, 0.905), p.light, size=0.055)


GRAMMAR = Grammar(
    genre="classical",
    layouts=(
        Layout(_label, "a violin under an engraved label"),
        Layout(_portrait, "an oval portrait in a laurel wreath"),
        Layout(_staves, "handwritten staves under a centred title"),
        Layout(_still_life, "a still life of flowers and fruit in a gilded frame"),
        Layout(_arch, "organ pipes in an arch between two columns"),
    ),
    palettes=(
        palette("walnut, ivory and gold", "3a2416 7a4a26 a8703a c9a24d f3e8cc"),
        palette("burgundy and gold", "4a1420 7e2a34 a85a4a c8a050 f2e6d0"),
        palette("bottle green and ivory", "1e3a2e 3c6450 7e9a72 c2a258 f1ead2"),
        palette("royal blue and gold", "1c2a52 3a4f86 7a8cb0 cba84e f0ead8"),
        palette("sepia", "4a3826 86684a b0946c d0b07a f4ead4"),
        palette("plum and champagne", "3c2238 6e4462 a07c8e cbb080 f4ebdc"),
    ),
)
