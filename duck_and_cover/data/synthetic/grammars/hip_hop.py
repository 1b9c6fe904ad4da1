"""Hip hop: huge heavy type, skylines, brick walls with paint on them, gold and cassettes."""

from duck_and_cover.data.synthetic.figures import crown, person
from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout, small_print
from duck_and_cover.data.synthetic.page import Page, around
from duck_and_cover.data.synthetic.palettes import darker, lighter, mix, palette
from duck_and_cover.data.synthetic.shapes import skyline
from duck_and_cover.typography import Colour


def _sticker(page: Page) -> None:
    """A black warning label in a lower corner, on some covers."""
    if page.chance(0.4):
        x = page.rng.choice((0.04, 0.76))
        page.rect(x, 0.875, x + 0.2, 0.965, (235, 235, 235))
        page.rect(x + 0.008, 0.882, x + 0.192, 0.958, (12, 12, 12))
        page.text("EXPLICIT", "heavy", (x + 0.02, 0.886, x + 0.18, 0.92), (235, 235, 235))
        page.rect(x + 0.02, 0.925, x + 0.18, 0.95, (235, 235, 235))


def _tower(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.main, p.second, p.accent)
    skyline(page, 0.86, rng.uniform(0.3, 0.5), mix(p.ground, p.main, 0.35), None)
    skyline(page, 0.9, rng.uniform(0.18, 0.32), darker(p.ground, 0.5), p.accent)
    page.rect(0, 0.84, 1, 1, darker(p.ground, 0.5))
    page.text(
        page.artist.upper(),
        "heavy",
        (0.03, 0.04, 0.97, 0.46),
        p.light,
        lines=2,
        leading=1.0,
        shadow=darker(p.ground, 0.4),
    )
    small_print(page, page.album, (0.28, 0.87, 0.72, 0.95), p.accent)
    _sticker(page)


def _bricks(page: Page, tone: Colour) -> None:
    rng = page.rng
    page.fill(darker(tone, 0.5))
    for row in range(14):
        y = row / 14
        for column in range(-1, 6):
            x = (column + 0.5 * (row % 2)) / 5.5
            page.rect(x, y, x + 0.168, y + 0.06, mix(tone, (0, 0, 0), rng.uniform(0, 0.25)))


def _wall(page: Page) -> None:
    p, rng = page.palette, page.rng
    _bricks(page, mix(p.main, p.ground, 0.45))
    for tone in (p.second, p.accent):
        x, y = rng.uniform(0.2, 0.4), rng.uniform(0.35, 0.6)
        stroke = [(x, y)]
        for k in range(5):
            stroke.append(
                (
                    0.1 + 0.2 * k + rng.uniform(-0.05, 0.05),
                    rng.choice((0.28, 0.7)) + rng.uniform(-0.08, 0.08),
                )
            )
        page.line(stroke, rng.uniform(0.06, 0.1), tone)
        for point in stroke[::2]:
            page.rect(point[0], point[1], point[0] + 0.014, point[1] + rng.uniform(0.1, 0.24), tone)
    page.text(
        page.artist,
        "graffiti",
        (0.04, 0.26, 0.96, 0.74),
        p.light,
        lines=2,
        shadow=darker(p.ground, 0.6),
    )
    small_print(page, page.album, (0.05, 0.86, 0.7, 0.95), p.light, align="left")
    crown(page, rng.uniform(0.2, 0.8), 0.16, 0.09, p.accent, p.light)


def _crown(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(darker(p.ground, 0.5), p.ground)
    page.glow(0.5, 0.4, 0.5, p.main)
    person(page, 0.5, 0.76, rng.uniform(0.5, 0.58), darker(p.ground, 0.75))
    crown(page, 0.5, rng.uniform(0.17, 0.22), rng.uniform(0.14, 0.19), p.accent, p.light)
    for k in range(13):
        turn = 0.04 + 0.42 * k / 12
        page.disc(*around(0.5, 0.5, 0.22, turn), 0.018, lighter(p.accent, 0.2))
    page.disc(0.5, 0.75, 0.05, p.accent)
    page.rect(0, 0.78, 1, 1, darker(p.ground, 0.7))
    page.text(page.artist.upper(), "heavy", (0.04, 0.7, 0.96, 0.86), p.accent)
    small_print(page, page.album, (0.26, 0.88, 0.74, 0.96), p.light)
    _sticker(page)


def _cassette(page: Page) -> None:
    p, rng = page.palette, page.rng
    page.fill(p.second if page.chance(0.5) else p.main)
    page.polygon([(0, 0.3), (1, 0.1), (1, 0.62), (0, 0.82)], p.accent)
    page.rect(0.1, 0.28, 0.9, 0.74, darker(p.ground, 0.6))
    page.rect(0.15, 0.33, 0.85, 0.58, p.light)
    page.rect(0.15, 0.33, 0.85, 0.38, p.main)
    page.rect(0.28, 0.43, 0.72, 0.55, p.ground)
    for x in (0.36, 0.64):
        page.disc(x, 0.49, 0.05, p.light)
        page.disc(x, 0.49, 0.022, p.ground)
    page.polygon(
        [(0.25, 0.74), (0.3, 0.63), (0.7, 0.63), (0.75, 0.74)], mix(p.ground, p.light, 0.2)
    )
    page.text(page.artist.upper(), "heavy", (0.04, 0.04, 0.96, 0.25), darker(p.ground, 0.4))
    page.text(page.album.upper(), "heavy", (0.04, 0.79, 0.96, 0.95), p.light)
    rng.random()


def _giant(page: Page) -> None:
    p, rng = page.palette, page.rng
    ground, ink = rng.choice(((p.accent, p.ground), (p.ground, p.accent), (p.main, p.light)))
    page.fill(ground)
    if page.chance(0.5):
        page.polygon(
            [(0, rng.uniform(0.2, 0.6)), (1, 0), (1, 1), (0, 1)], mix(ground, p.second, 0.6)
        )
    letters = [word[0] for word in page.artist.upper().split() if word[0].isalpha()][:2]
    page.text(
        "".join(letters) or page.artist[:1],
        "block",
        (0.02, 0.1, 0.98, 0.8),
        ink,
        shadow=darker(ground, 0.5),
    )
    page.rect(0, 0.8, 1, 1, darker(p.ground, 0.6))
    page.text(page.artist.upper(), "heavy", (0.05, 0.82, 0.95, 0.91), p.light)
    small_print(page, page.album, (0.1, 0.92, 0.9, 0.98), p.accent, size=0.05)


GRAMMAR = Grammar(
    genre="hip hop",
    layouts=(
        Layout(_tower, "a city skyline under huge letters"),
        Layout(_wall, "graffiti on a brick wall"),
        Layout(_crown, "a crowned silhouette with a gold chain"),
        Layout(_cassette, "a cassette on bold stripes"),
        Layout(_giant, "giant initials"),
    ),
    palettes=(
        palette("black and gold", "1a1614 6b4a1e b07a1e f2b81f f8f0dc"),
        palette("brick and gold", "241414 8e2f24 c4602a f5b52a faf0e0"),
        palette("subway blue and orange", "161a2a 27508e d05a22 ffb02a f6f2e8"),
        palette("purple haze and gold", "1c1226 5a2f86 a0449a f7bd3a faf0ea"),
        palette("army green and gold", "181c14 4e5a2e 8a7a34 f0b42c f4f0e0"),
        palette("concrete and red", "1c1c20 70727a b8202a f2a81f f6f4ee"),
    ),
)
