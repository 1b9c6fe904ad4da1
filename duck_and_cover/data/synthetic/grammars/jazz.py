"""Jazz: modernist blocks in two inks, cut and staggered type, circles, keys and horns."""

from duck_and_cover.data.synthetic.figures import person
from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.motifs import saxophone
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import contrasting, darker, mix, palette
from duck_and_cover.typography import Colour


def _stagger(page: Page, top: float, bottom: float, ink: Colour) -> None:
    """The artist's words between two heights, each line stepping to the right."""
    rng, lines = page.rng, [""]
    for word in page.artist.lower().split():  # short words stand with their neighbour
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()]
        lines += [""] if len(word) > 3 and len(lines) < 3 else []
    lines = [line for line in lines if line]
    role = "heavy" if page.year < 1975 or page.year > 2008 else "wide"
    height, x = min(0.12, (bottom - top) / len(lines)), 0.05
    for k, line in enumerate(lines):
        y = top + k * height
        page.text(line, role, (x, y, 0.95, y + height * 0.9), ink, align="left", size=height * 1.2)
        x = min(0.4, x + rng.choice((0.0, 0.06, 0.12)))


def _blocks(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light)
    columns, rows = rng.choice(((3, 3), (4, 3), (2, 3), (4, 4)))
    top = rng.choice((0.0, 0.36))
    inks = (p.main, p.main, p.ground, p.second, p.light)
    for row in range(rows):
        for column in range(columns):
            x, y = column / columns, top + row * 0.64 / rows
            tone = rng.choice(inks)
            page.rect(x + 0.008, y + 0.008, x + 1 / columns - 0.008, y + 0.64 / rows - 0.008, tone)
            if page.chance(0.3) and tone != p.light:
                page.disc(x + 0.5 / columns, y + 0.32 / rows, 0.24 / columns, p.light)
    y = 0.04 if top else 0.68
    _stagger(page, y, y + 0.21, p.ground)
    small_print(
        page, page.album, (0.3, y + 0.225, 0.95, y + 0.28), p.main, align="right", size=0.06
    )


def _keys(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main)
    top = rng.uniform(0.4, 0.5)
    keys, lean = rng.randrange(6, 10), rng.uniform(-0.3, 0.3)
    for k in range(-3, keys + 3):
        x = k / keys
        page.polygon(
            [(x + lean, top), (x + 0.92 / keys + lean, top), (x + 0.92 / keys, 1.01), (x, 1.01)],
            p.second if page.chance(0.15) else p.light,
        )
    for k in range(-3, keys + 3):
        if k % 7 not in (2, 6):
            x = (k + 0.68) / keys
            page.polygon(
                [
                    (x + lean, top),
                    (x + 0.55 / keys + lean, top),
                    (x + 0.55 / keys + lean * 0.45, top + 0.33),
                    (x + lean * 0.45, top + 0.33),
                ],
                p.ground,
            )
    _stagger(page, 0.04, top - 0.11, p.light)
    ink = contrasting(p.main, p.accent, p.light)
    small_print(
        page, page.album, (0.05, top - 0.09, 0.95, top - 0.03), ink, align="left", size=0.06
    )


def _circles(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light if page.chance(0.5) else p.second)
    count = rng.randrange(3, 6)
    for k in range(count):
        radius = rng.choice((0.1, 0.16, 0.22, 0.28))
        x, y = (k + 0.5) / count + rng.uniform(-0.08, 0.08), rng.uniform(0.42, 0.82)
        page.disc(x, y, radius, rng.choice((p.main, p.ground, p.accent)))
        if page.chance(0.5):
            page.wedge(x, y, radius, 0.25, 0.75, rng.choice((p.ground, p.main)))
        if page.chance(0.4):
            page.disc(x, y, radius * 0.35, p.light)
    page.rect(0, 0, 1, 0.3, p.ground)
    _stagger(page, 0.04, 0.28, p.light)
    small_print(page, page.album, (0.4, 0.31, 0.96, 0.37), p.ground, align="right", size=0.06)


def _horn(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main)
    split = rng.uniform(0.3, 0.6)
    page.rect(split, 0, 1, 1, p.second if page.chance(0.5) else p.ground)
    page.disc(rng.uniform(0.4, 0.7), 0.6, rng.uniform(0.2, 0.28), p.accent)
    x, size = rng.uniform(0.4, 0.58), rng.uniform(0.3, 0.34)
    saxophone(page, x, 0.62, size, p.light, darker(p.ground, 0.3))
    _stagger(page, 0.05, 0.26, p.light)
    small_print(page, page.album, (0.05, 0.92, 0.95, 0.975), p.light, align="left", size=0.055)


def _duotone(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main)
    x = rng.choice((0.3, 0.7))
    page.rect(x - 0.3, 0, x + 0.3, 0.76, mix(p.main, p.ground, 0.35))
    page.glow(x + 0.12, 0.25, 0.35, p.main)
    person(page, x, 0.76, rng.uniform(0.52, 0.64), darker(p.ground, 0.35), page.chance(0.4))
    for k in range(rng.randrange(3, 6)):  # paper strips along the other side
        left = (0.64 if x < 0.5 else 0.04) + 0.32 * k / 6
        page.rect(
            left, 0.06, left + 0.035, rng.uniform(0.25, 0.68), rng.choice((p.accent, p.light))
        )
    page.rect(0, 0.74, 1, 1, p.light)
    page.text(page.artist.lower(), "heavy", (0.04, 0.77, 0.96, 0.88), p.ground, align="left")
    small_print(page, page.album, (0.04, 0.89, 0.96, 0.96), p.main, align="left", size=0.06)


def _strips(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light)
    count = rng.randrange(7, 12)
    for k in range(count):
        x = 0.04 + 0.92 * k / count
        low, high = rng.uniform(0.34, 0.55), rng.uniform(0.62, 0.97)
        page.rect(x, low, x + 0.62 / count, high, rng.choice((p.main, p.main, p.ground, p.accent)))
    _stagger(page, 0.04, 0.25, p.ground)
    small_print(page, page.album, (0.35, 0.26, 0.96, 0.32), p.main, align="right", size=0.06)


GRAMMAR = Grammar(
    genre="jazz",
    layouts=(
        Layout(_blocks, "modernist blocks in two inks"),
        Layout(_keys, "slanted piano keys"),
        Layout(_circles, "cut-paper circles and halves"),
        Layout(_horn, "a saxophone across two colours"),
        Layout(_duotone, "a duotone portrait with paper strips"),
        Layout(_strips, "upright paper strips in rhythm"),
    ),
    palettes=(
        palette("cobalt and black", "101418 1f55b0 5b9bd0 f2c12e f4f0e4"),
        palette("vermilion and black", "16110f d8401f f0853a f3c53f f5efe0"),
        palette("olive and ink", "14160f 7a8a1f b4b53c e0612a f3f0dd"),
        palette("teal and brown", "20150f 117a7a 62b0a0 e59a2c f4eede"),
        palette("mustard and black", "17130d d99a12 efc24a c4381f f6f0de"),
        palette("violet and ink", "15111c 5a3fa0 9a86cc f0a53a f4f0ea"),
    ),
)
