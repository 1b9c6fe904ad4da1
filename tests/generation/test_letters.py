"""Lines of letters: which way they run, and where their ink lies."""

from __future__ import annotations

import pytest
from PIL import Image

from duck_and_cover.generation.letters import draw_line, ink, runs, side_bearings
from duck_and_cover.generation.names import clean
from duck_and_cover.generation.typefaces import FACES, fonts_for, shapes_letters

shaping = pytest.mark.skipif(not shapes_letters(), reason="Pillow finds no FriBidi here")
LINES = (
    "AVATAR To Łódź",
    "Любовь",
    "فيروز Live 1979",
    "שלום עולם (Demo)",
    "हिन्दी संगीत",
    "ไทยแลนด์",
    "宇多田ヒカル",
    "봄날",
    "🎸 ♥ \ue000",
    "Z\u0336a\u0337lgo",
)


def test_runs_stand_in_the_order_in_which_they_are_seen() -> None:
    def seen(line: str) -> list[str]:
        return [run.text.strip() for run in runs(line, fonts_for("sans", line)) if run.text.strip()]

    assert seen("Live فيروز 1979 (Demo)") == ["Live", "1979", "فيروز", "(Demo)"]
    assert seen("فيروز Live") == ["Live", "فيروز"]
    assert {run.right_to_left for run in runs("שלום", fonts_for("sans", "שלום"))} == {True}


def test_what_no_font_has_is_a_box() -> None:
    fonts = fonts_for("sans", "a\ue000")
    assert [(run.text, run.font is None) for run in runs("a\ue000", fonts)] == [
        ("a", False),
        ("\ue000", True),
    ]
    mask = Image.new("L", (200, 100))
    draw_line(mask, (10, 80), "\ue000", fonts, 60)
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    assert right - left > 20 and bottom - top > 30
    assert mask.getpixel(((left + right) // 2, (top + bottom) // 2)) == 0


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("role", ["heavy", "didone", "mono", "italic"])
@pytest.mark.parametrize("spacing", [0.0, 0.2])
def test_ink_lies_within_its_edges(line: str, role: str, spacing: float) -> None:
    line = clean(line)
    fonts = fonts_for(role, line)
    left, top, right, bottom = ink(line, fonts, 70, spacing)
    mask = Image.new("L", (1400, 300))
    draw_line(mask, (100, 150), line, fonts, 70, spacing)
    drawn = mask.getbbox()
    assert drawn is not None
    assert drawn[0] >= 100 + left - 1 and drawn[2] <= 100 + right + 1
    assert drawn[1] >= 150 + top - 1 and drawn[3] <= 150 + bottom + 1
    before, after = side_bearings(line, fonts, 70, spacing)
    assert abs(drawn[0] - (100 + left + before)) < 5 and abs(drawn[2] - (100 + right - after)) < 5


def test_spacing_parts_letters_that_stand_apart_and_no_others() -> None:
    def width(line: str, spacing: float) -> float:
        edges = ink(line, fonts_for("sans", line), 100, spacing)
        return edges[2] - edges[0]

    assert width("ABC", 0.3) > width("ABC", 0.0) + 50
    assert width("فيروز", 0.3) == width("فيروز", 0.0)
    assert width("हिन्दी", 0.3) == width("हिन्दी", 0.0)


@shaping
def test_arabic_letters_are_joined() -> None:
    joined = ink("ببب", fonts_for("sans", "ب"), 100)
    alone = ink("ب", fonts_for("sans", "ب"), 100)
    assert joined[2] - joined[0] < 2.5 * (alone[2] - alone[0])


@shaping
def test_pairs_are_kerned() -> None:
    fonts = (FACES["didone"],)
    pair = ink("AV", fonts, 200)[2]
    assert pair < ink("A", fonts, 200)[2] + ink("V", fonts, 200)[2] - 5
