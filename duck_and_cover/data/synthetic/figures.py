"""People and what is left of them: silhouettes, profiles, skulls, crowns."""

from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.shapes import curve, placed
from duck_and_cover.typography import Colour


def skull(page: Page, x: float, y: float, size: float, bone: Colour, hollow: Colour) -> None:
    """A skull from the front, `size` from its middle to its crown."""
    page.disc(x, y - size * 0.15, size * 0.85, bone)
    jaw = [(-0.62, 0.3), (0.62, 0.3), (0.44, 1.0), (-0.44, 1.0)]
    page.polygon(placed(jaw, x, y, size), bone)
    for way in (-1, 1):
        eye = [(0.14, 0.02), (0.32, -0.3), (0.66, -0.28), (0.7, 0.06), (0.42, 0.24)]
        page.polygon(placed([(across * way, down) for across, down in eye], x, y, size), hollow)
    page.polygon(placed([(0, 0.2), (0.15, 0.46), (-0.15, 0.46)], x, y, size), hollow)
    for k in range(-2, 3):
        tooth = x + k * size * 0.17
        page.rect(tooth - size * 0.028, y + size * 0.66, tooth + size * 0.028, y + size, hollow)


def horns(page: Page, x: float, y: float, size: float, fill: Colour) -> None:
    """Two horns for a skull of the same place and size."""
    for way in (-1, 1):
        outer = curve((0.35, -0.8), (1.15, -0.75), (1.2, -1.6), 8)
        inner = curve((1.2, -1.6), (1.0, -0.35), (0.78, -0.35), 8)
        page.polygon(placed([(a * way, d) for a, d in [*outer, *inner]], x, y, size), fill)


def person(
    page: Page, x: float, foot: float, height: float, fill: Colour, hat: bool = False
) -> None:
    """Head and shoulders, cut off at `foot`, with or without a brimmed hat."""
    head = height * 0.25
    middle = foot - height + head
    page.oval(x, middle, head * 0.82, head, fill)
    page.rect(x - head * 0.42, middle, x + head * 0.42, foot - height * 0.3, fill)
    slope = [(-1.75, 2.0), (-1.5, 1.62), (-0.55, 1.26), (0.55, 1.26), (1.5, 1.62), (1.75, 2.0)]
    shoulders = placed(slope, x, middle, head)
    page.polygon([*shoulders, (x + head * 1.85, foot), (x - head * 1.85, foot)], fill)
    if hat:
        page.oval(x, middle - head * 0.42, head * 1.5, head * 0.22, fill)
        crown = [
            (-0.85, -0.45),
            (-0.74, -1.2),
            (-0.3, -1.32),
            (0.0, -1.22),
            (0.3, -1.32),
            (0.74, -1.2),
            (0.85, -0.45),
        ]
        page.polygon(placed(crown, x, middle, head), fill)


def profile(page: Page, x: float, y: float, size: float, way: int, fill: Colour) -> None:
    """A bust in profile with its hair tied back, facing `way` (1 right, -1 left)."""
    outline = [
        (0.5, 1.0),
        (0.34, 0.66),
        (0.17, 0.52),
        (0.15, 0.36),
        (0.36, 0.37),
        (0.44, 0.28),
        (0.4, 0.19),
        (0.45, 0.13),
        (0.41, 0.07),
        (0.46, 0.01),
        (0.43, -0.04),
        (0.57, -0.1),
        (0.46, -0.28),
        (0.44, -0.38),
        (0.46, -0.52),
        (0.38, -0.7),
        (0.2, -0.84),
        (-0.1, -0.88),
        (-0.38, -0.76),
        (-0.54, -0.5),
        (-0.54, -0.2),
        (-0.42, 0.06),
        (-0.32, 0.22),
        (-0.34, 0.44),
        (-0.6, 0.62),
        (-0.84, 0.8),
        (-0.92, 1.0),
    ]
    page.polygon(placed([(a * way, d) for a, d in outline], x, y, size), fill)
    tail = [(-0.5, 0.0), (-0.74, -0.1), (-0.68, 0.08), (-0.78, 0.3), (-0.64, 0.52), (-0.5, 0.3)]
    page.polygon(placed([(a * way, d) for a, d in tail], x, y, size), fill)
    for k in range(3):
        page.disc(x - way * size * 0.42, y + size * (-0.3 + 0.16 * k), size * 0.13, fill)


def crown(page: Page, x: float, y: float, size: float, fill: Colour, jewel: Colour) -> None:
    """A three-pointed crown, base at y + size / 2."""
    outline = [
        (-1, 0.5),
        (-1.1, -0.45),
        (-0.5, 0.0),
        (0, -0.75),
        (0.5, 0.0),
        (1.1, -0.45),
        (1, 0.5),
    ]
    page.polygon(placed(outline, x, y, size), fill)
    page.rect(x - size, y + size * 0.58, x + size, y + size * 0.78, fill)
    for across, down in ((-1.1, -0.5), (0, -0.82), (1.1, -0.5)):
        page.disc(x + across * size, y + down * size, size * 0.12, jewel)
