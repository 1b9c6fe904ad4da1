"""Ambient: fog, horizons and soft light with nothing hard in them, and very small type."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.palettes import mix, palette
from duck_and_cover.data.synthetic.shapes import ridge


def _whisper(page: Page) -> None:
    """Artist and title at the head or foot, as small as can be read."""
    y = 0.06 if page.chance(0.6) else 0.85
    ink = page.readable_on(page.colour_at(0.5, y + 0.04))
    artist, album = page.artist.lower(), page.album.lower()
    if page.chance(0.5):
        page.text(artist, "light", (0.07, y, 0.93, y + 0.05), ink, size=0.06)
        page.text(album, "light", (0.07, y + 0.055, 0.93, y + 0.095), ink, size=0.045)
    else:
        page.text(artist, "light", (0.07, y, 0.5, y + 0.06), ink, align="left", size=0.06)
        page.text(album, "light", (0.54, y, 0.93, y + 0.06), ink, align="right", size=0.045)


def _horizon(page: Page) -> None:
    p, rng = page.palette, page.rng
    line, x = rng.uniform(0.5, 0.72), rng.uniform(0.25, 0.75)
    page.fill(p.main, mix(p.main, p.light, 0.5), p.light, p.light)
    page.glow(x, line - rng.uniform(0.0, 0.12), rng.uniform(0.2, 0.4), mix(p.accent, p.light, 0.5))
    steps = 40
    for k in range(steps):  # the water, darker towards the viewer
        y = line + (1 - line) * k / steps
        tone = mix(mix(p.second, p.light, 0.3), p.ground, (k / steps) ** 0.7)
        page.rect(0, y, 1, y + (1 - line) / steps + 0.01, tone)
    page.glow(x, 1.0, 0.3, mix(p.second, p.light, 0.4))
    page.fog(p.light, 0.4, 3)
    _whisper(page)


def _fog_hills(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light, mix(p.light, p.main, 0.6))
    page.glow(rng.uniform(0.2, 0.8), rng.uniform(0.15, 0.4), 0.3, mix(p.accent, p.light, 0.4))
    layers = rng.randrange(3, 6)
    for k in range(layers):
        tone = mix(mix(p.light, p.main, 0.4), p.ground, (k + 1) / layers * 0.85)
        ridge(page, 0.45 + 0.45 * k / layers, 0.09, tone, rng.uniform(0.6, 1.6))
        page.fog(p.light, 0.35, 3)
    _whisper(page)


def _orb(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground, p.main)
    x, y, radius = rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.62)
    for tone, scale in ((p.second, 1.25), (p.accent, 0.95), (p.light, 0.6)):
        page.glow(x, y, radius * scale, tone)
        x, y = x + rng.uniform(-0.07, 0.07), y + rng.uniform(-0.07, 0.07)
    page.fog(p.main, 0.4, 2)
    _whisper(page)


def _colour_fields(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.ground)
    split = rng.uniform(0.35, 0.65)
    for top, bottom, tone in ((0.13, split - 0.02, p.main), (split + 0.02, 0.87, p.second)):
        for k in range(9):
            inset = 0.012 * k
            page.rect(
                0.1 + inset,
                top + inset * 0.7,
                0.9 - inset,
                bottom - inset * 0.7,
                mix(p.ground, tone, (k + 1) / 9),
            )
    page.fog(p.light, 0.45, 4)
    _whisper(page)


def _drift(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main, p.light, p.second)
    for _ in range(rng.randrange(6, 11)):
        page.glow(
            rng.random(),
            rng.random(),
            rng.uniform(0.12, 0.35),
            rng.choice((p.light, p.accent, p.second, p.main)),
        )
    page.fog(p.light, 0.7, 2)
    page.fog(p.ground, 0.3, 2)
    _whisper(page)


GRAMMAR = Grammar(
    genre="ambient",
    layouts=(
        Layout(_horizon, "a misty horizon between water and sky"),
        Layout(_fog_hills, "hills fading into fog"),
        Layout(_orb, "a glowing orb out of focus"),
        Layout(_colour_fields, "two soft fields of colour"),
        Layout(_drift, "drifting clouds of soft light"),
    ),
    palettes=(
        palette("mist blue", "5d7f95 8fb3c4 b9d0d6 d9e4e2 eef3f0"),
        palette("dawn peach", "a98a92 e8b7a2 f2d2b8 f7e3c9 fbf3e6"),
        palette("moss and fog", "5f7a68 93ad94 b9c9ae d6dcc3 eef0e2"),
        palette("lilac", "75709c a9a1c8 c9bfdc e2d3e6 f4edf5"),
        palette("sand and sea", "6f8a8c a8b7a9 d8c9a8 e9dcbf f6f0e0"),
        palette("deep teal", "27525e 4b8088 82aeb0 b9d0c8 e6efe8"),
        palette("night indigo", "262d52 49558a 7b86b5 b0b2d4 e2e2f0"),
        palette("pale rose", "a5808a cfa6ac e3c6c4 efdcd6 f9f1ee"),
    ),
)
