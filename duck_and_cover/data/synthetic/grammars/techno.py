"""Techno: strict grids and concentric geometry in black and white with one accent, mono type."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import mix, palette
from duck_and_cover.typography import Colour


def _inks(page: Page) -> tuple[Colour, Colour, Colour]:
    """Paper, ink and accent: black on white, or white on black."""
    p = page.palette
    accent = page.rng.choice((p.main, p.main, p.accent))
    return (p.light, p.ground, accent) if page.chance(0.5) else (p.ground, p.light, accent)


def _caption(page: Page, ink: Colour, accent: Colour) -> None:
    """Catalogue lines set flush left at the foot."""
    page.text(page.artist.lower(), "mono", (0.06, 0.84, 0.7, 0.9), ink, align="left", size=0.07)
    page.text(page.album.lower(), "mono", (0.06, 0.905, 0.7, 0.95), ink, align="left", size=0.05)
    page.text(
        f"{page.rng.randrange(1, 100):03d}",
        "mono",
        (0.76, 0.84, 0.94, 0.95),
        accent,
        align="right",
        size=0.1,
    )


def _dots(page: Page) -> None:
    rng = page.rng
    paper, ink, accent = _inks(page)
    page.fill(paper)
    count = rng.choice((7, 8, 10, 12))
    cx, cy = rng.uniform(0, count), rng.uniform(0, count)
    reach, special = rng.uniform(0.5, 1.2) * count, rng.randrange(count * count)
    for row in range(count):
        for column in range(count):
            far = ((row - cy) ** 2 + (column - cx) ** 2) ** 0.5 / reach
            radius = 0.36 / count * max(0.18, min(1.15, 1.15 - far))
            tone = accent if row * count + column == special or far < 0.2 else ink
            page.disc(
                0.08 + 0.84 * (column + 0.5) / count,
                0.06 + 0.74 * (row + 0.5) / count,
                radius,
                tone,
            )
    _caption(page, ink, accent)


def _rings(page: Page) -> None:
    rng = page.rng
    paper, ink, accent = _inks(page)
    page.fill(paper)
    x, y = rng.choice(((0.5, 0.42), (0.5, 0.42), (0.94, 0.06), (0.06, 0.06)))
    count = rng.randrange(6, 12)
    outer = 0.36 if x == 0.5 else 0.78
    chosen = rng.randrange(count)
    for k in range(count):
        radius = outer * (1 - k / count)
        page.ring(
            x,
            y,
            radius,
            outer / count * rng.choice((0.3, 0.5, 0.5)),
            accent if k == chosen else ink,
        )
    if page.chance(0.5):
        page.rect(0, y, 1, y + 0.004 + 0.03 * rng.random(), paper)
    page.rect(0, 0.82, 1, 1, paper)
    _caption(page, ink, accent)


def _barcode(page: Page) -> None:
    rng = page.rng
    paper, ink, accent = _inks(page)
    page.fill(paper)
    upright = page.chance(0.6)
    place, chosen = 0.06, rng.randrange(4, 14)
    k = 0
    while place < (0.94 if upright else 0.78):
        thick = rng.choice((0.008, 0.016, 0.03, 0.05))
        tone = accent if k == chosen else ink
        end = min(place + thick, 0.94 if upright else 0.8)
        if upright:
            page.rect(place, 0.06, end, 0.8, tone)
        else:
            page.rect(0.06, place, 0.94, end, tone)
        place += thick + rng.choice((0.012, 0.02, 0.034))
        k += 1
    _caption(page, ink, accent)


def _modules(page: Page) -> None:
    rng = page.rng
    paper, ink, accent = _inks(page)
    page.fill(paper)
    count = rng.choice((3, 4, 5))
    cell, left, top = 0.76 / count, 0.12, 0.05
    for row in range(count):
        for column in range(count):
            x, y = left + column * cell, top + row * cell
            tone = accent if page.chance(0.14) else ink
            kind = rng.randrange(5)
            if kind < 2:  # a quarter disc
                corner = rng.randrange(4)
                turn = corner / 4
                page.wedge(
                    x + (cell if corner in (1, 2) else 0),
                    y + (cell if corner > 1 else 0),
                    cell,
                    turn,
                    turn + 0.25,
                    tone,
                )
            elif kind == 2:
                page.rect(x, y, x + cell, y + cell / 2, tone)
            elif kind == 3:
                page.disc(x + cell / 2, y + cell / 2, cell * 0.45, tone)
    _caption(page, ink, accent)


def _interference(page: Page) -> None:
    rng = page.rng
    paper, ink, accent = _inks(page)
    page.fill(paper)
    gap = rng.uniform(0.03, 0.045)
    offset = rng.uniform(0.08, 0.2)
    for x, tone in ((0.5 - offset, ink), (0.5 + offset, accent if page.chance(0.4) else ink)):
        radius = 0.7
        while radius > 0.02:
            page.ring(x, 0.42, radius, gap * 0.36, tone)
            radius -= gap
    page.rect(0, 0.82, 1, 1, paper)
    page.rect(0, 0, 0.06, 1, paper)
    page.rect(0.94, 0, 1, 1, paper)
    page.rect(0, 0, 1, 0.05, paper)
    _caption(page, ink, accent)


def _column(page: Page) -> None:
    rng = page.rng
    paper, ink, accent = _inks(page)
    page.fill(paper)
    count = rng.randrange(9, 15)
    for k in range(count):
        y = 0.06 + 0.74 * k / count
        grow = k / count
        thick = 0.74 / count * (0.12 + 0.8 * (grow if count % 2 else 1 - grow))
        page.rect(0.06, y, 0.94, y + thick, ink)
    size = rng.uniform(0.14, 0.2)
    x, y = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.55)
    if page.chance(0.5):
        page.disc(x, y, size, accent)
    else:
        page.rect(x - size, y - size, x + size, y + size, accent)
    _caption(page, ink, mix(accent, ink, 0.2))


GRAMMAR = Grammar(
    genre="techno",
    layouts=(
        Layout(_dots, "a matrix of growing dots"),
        Layout(_rings, "concentric rings"),
        Layout(_barcode, "a barcode of bars"),
        Layout(_modules, "a grid of quarter circles"),
        Layout(_interference, "interfering circles"),
        Layout(_column, "bars of growing weight with one form"),
    ),
    palettes=(
        palette("black, white and red", "101010 e8202a 8a8a8a ff5a2a f2f2f0"),
        palette("black, white and yellow", "121212 f5d800 8c8c8c ffb000 f2f2ee"),
        palette("black, white and blue", "0f1013 1f5aff 8a8c90 00a0ff f2f3f5"),
        palette("black, white and green", "0f1211 00c060 8a8e8c a0e000 f1f3f1"),
        palette("black, white and orange", "121010 ff6a00 8e8a88 ffa000 f3f1ee"),
        palette("black, white and violet", "111014 7a3cff 8b8a90 c060ff f2f1f4"),
    ),
)
