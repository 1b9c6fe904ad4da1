"""Reggae: red, gold and green in bands and rays, palms, lions, islands and speaker stacks."""

from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.page import Page, around
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.plants import palm
from duck_and_cover.data.synthetic.shapes import rays, ridge, star_points
from duck_and_cover.typography import Colour


def _bands(page: Page) -> tuple[Colour, Colour, Colour]:
    """The flag's colours from above."""
    p = page.palette
    return (p.second, p.accent, p.main) if page.chance(0.5) else (p.main, p.accent, p.second)


def _billing(page: Page, top: bool, ink: Colour) -> None:
    y = 0.05 if top else 0.77
    role = page.rng.choice(("block", "slab", "heavy"))
    page.text(page.artist.upper(), role, (0.05, y, 0.95, y + 0.11), ink)
    small_print(page, page.album, (0.08, y + 0.12, 0.92, y + 0.18), ink, size=0.065)


def _flag(page: Page) -> None:
    p, rng = page.palette, page.rng
    tones = _bands(page)
    upright = page.chance(0.35)
    for k, tone in enumerate(tones):
        if upright:
            page.rect(k / 3, 0, (k + 1) / 3, 1, tone)
        else:
            page.rect(0, k / 3, 1, (k + 1) / 3, tone)
    for _ in range(rng.randrange(1, 4)):
        palm(
            page,
            rng.uniform(0.2, 0.8),
            0.8,
            rng.uniform(0.45, 0.7),
            darker(p.ground, 0.4),
            rng.uniform(-0.2, 0.2),
        )
    page.oval(0.5, 0.84, 0.7, 0.1, darker(p.ground, 0.4))
    page.rect(0, 0.78, 1, 1, darker(p.ground, 0.4))
    _billing(page, False, p.accent)


def _sun_rays(page: Page) -> None:
    p, rng = page.palette, page.rng
    x, y = rng.uniform(0.3, 0.7), rng.uniform(0.45, 0.65)
    rays(page, x, y, _bands(page), rng.choice((12, 18, 24)), rng.random())
    page.disc(x, y, rng.uniform(0.16, 0.24), p.accent)
    ridge(page, 0.74, 0.05, darker(p.main, 0.45))
    palm(page, rng.choice((0.15, 0.85)), 0.78, rng.uniform(0.4, 0.55), darker(p.ground, 0.4), 0.1)
    page.rect(0, 0.76, 1, 1, darker(p.ground, 0.3))
    _billing(page, False, p.light)


def _lion(page: Page) -> None:
    p, rng = page.palette, page.rng
    tones = _bands(page)
    page.fill(darker(p.ground, 0.2))
    x, y = 0.5, 0.46
    for radius, tone, count in ((0.46, tones[0], 22), (0.38, tones[1], 18), (0.3, tones[2], 16)):
        page.polygon(star_points(x, y, radius, 0.78, count, rng.random()), tone)
    fur, ink = mix(p.accent, p.light, 0.25), darker(p.ground, 0.5)
    for way in (-1, 1):
        page.disc(x + way * 0.15, y - 0.15, 0.055, fur)
    page.oval(x, y - 0.02, 0.17, 0.19, fur)
    page.oval(x, y + 0.1, 0.1, 0.1, lighter(fur, 0.3))
    page.polygon([(x - 0.055, y + 0.02), (x + 0.055, y + 0.02), (x, y + 0.09)], ink)
    page.line([(x, y + 0.08), (x, y + 0.13)], 0.012, ink)
    for way in (-1, 1):
        page.polygon(
            [(x + way * 0.04, y - 0.04), (x + way * 0.11, y - 0.075), (x + way * 0.1, y - 0.03)],
            ink,
        )
        page.arc(x + way * 0.04, y + 0.12, 0.04, 0.012, 0.05, 0.45, ink)
    page.rect(0, 0.79, 1, 1, darker(p.ground, 0.2))
    _billing(page, False, p.light)


def _sound_system(page: Page) -> None:
    p, rng = page.palette, page.rng
    for k, tone in enumerate(_bands(page)):
        page.polygon(
            [
                (-0.1 + 0.4 * k, 0),
                (0.34 + 0.4 * k, 0),
                (0.3 + 0.4 * k - 0.2, 1),
                (-0.34 + 0.4 * k, 1),
            ],
            tone,
        )
    box = darker(p.ground, 0.55)
    columns = rng.choice((2, 3))
    wide = 0.74 / columns
    for column in range(columns):
        left = 0.13 + column * wide
        top = rng.choice((0.26, 0.3, 0.34))
        page.rect(left + 0.01, top, left + wide - 0.01, 1, box)
        for y, share in ((top + 0.13, 0.36), (top + 0.36, 0.42), (top + 0.53, 0.2)):
            page.disc(left + wide / 2, y, wide * share, mix(box, p.light, 0.35))
            page.disc(left + wide / 2, y, wide * share * 0.8, box)
            page.disc(left + wide / 2, y, wide * share * 0.3, rng.choice((p.accent, p.second)))
    _billing(page, True, darker(p.ground, 0.4))


def _island(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.second, mix(p.second, p.accent, 0.7), p.accent, p.light)
    x = rng.uniform(0.3, 0.7)
    page.disc(x, 0.55, rng.uniform(0.18, 0.26), p.accent)
    page.rect(0, 0.58, 1, 1, p.main)
    for k in range(6):
        y = 0.6 + 0.03 * k
        half = 0.2 - 0.025 * k
        page.rect(x - half, y, x + half, y + 0.012, p.accent)
    place = rng.choice((0.2, 0.8))
    page.oval(place, 0.76, 0.34, 0.08, darker(p.ground, 0.4))
    for _ in range(2):
        palm(
            page,
            place + rng.uniform(-0.1, 0.1),
            0.74,
            rng.uniform(0.4, 0.6),
            darker(p.ground, 0.4),
            rng.uniform(-0.25, 0.25),
        )
    for k, tone in enumerate(_bands(page)):
        page.rect(0, 0.76 + 0.08 * k, 1, 0.85 + 0.08 * k, tone)
    page.rect(0, 0.785, 1, 0.965, darker(p.ground, 0.3))
    _billing(page, False, p.light)


def _waves(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.light)
    tones = _bands(page)
    phase, slope = rng.random(), rng.uniform(-0.2, 0.2)
    for k in range(6):
        outline = [
            (
                s / 16,
                0.25
                + 0.09 * k
                + slope * (s / 16 - 0.5)
                + around(0, 0, 0.06, phase + 1.2 * s / 16)[1],
            )
            for s in range(17)
        ]
        page.polygon([(-0.01, 1.01), *outline, (1.01, 1.01)], tones[k % 3])
    page.rect(0, 0.77, 1, 1, darker(p.ground, 0.35))
    x = rng.uniform(0.3, 0.7)
    page.polygon(star_points(x, 0.4, 0.2, 0.44, 6), darker(p.ground, 0.4))
    page.polygon(star_points(x, 0.4, 0.12, 0.44, 6), p.accent)
    _billing(page, False, p.accent)


GRAMMAR = Grammar(
    genre="reggae",
    layouts=(
        Layout(_flag, "palms before bands of red, gold and green"),
        Layout(_sun_rays, "a sun throwing red, gold and green rays"),
        Layout(_lion, "a lion with a tricoloured mane"),
        Layout(_sound_system, "a stack of loudspeakers"),
        Layout(_island, "an island at sunset"),
        Layout(_waves, "waves of red, gold and green with a star"),
    ),
    palettes=(
        palette("red, gold and green", "1c1a10 1f8a3c d8232a ffc61f fff3cc"),
        palette("deep green and crimson", "12201a 0f6a3a b81c2c f5b81f f8efcc"),
        palette("lime, gold and red", "1e1c12 4aa02a e0342a ffd52a fdf5d0"),
        palette("sun-bleached red, gold and green", "2a2418 5a9458 d0584a f2c860 faf2d8"),
        palette("olive, amber and brick", "221c12 5c7a2a b8402a f0a82a f6ecc8"),
    ),
)
