"""Fitting names to boxes: balanced lines, breaks where the script allows them, never outside."""

from __future__ import annotations

import pytest

from duck_and_cover.generation.names import clean
from duck_and_cover.generation.typefaces import fonts_for
from duck_and_cover.generation.wrapping import aligned_start, break_lines, fit

NAMES = (
    "II",
    "Blue Train",
    "The Extraordinarily Long Name of a Band & Friends",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk",
    "宇多田ヒカル、初恋「ファースト・ラブ」特別盤",
    "นานเท่าไรก็ไม่ลืม" * 4,
    "أنت عمري أنت عمري أنت عمري",
    "y" * 200,
    "長" * 200,
)


def lines_of(name: str, count: int) -> tuple[str, ...]:
    return break_lines(name, fonts_for("sans", name), count)


def test_lines_end_between_words_and_are_about_as_long() -> None:
    lines = lines_of("one two three four five six", 3)
    assert lines == ("one two", "three four", "five six")
    assert lines_of("one two", 5) == ("one", "two")
    assert lines_of("one", 3) == ("one",)


def test_long_words_are_parted_with_a_hyphen() -> None:
    lines = lines_of("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", 3)
    assert len(lines) == 3 and all(line.endswith("-") for line in lines[:-1])
    whole = "".join(line.removesuffix("-") for line in lines)
    assert whole == "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"


def test_scripts_without_spaces_break_after_any_letter_but_before_closing_signs() -> None:
    lines = lines_of("宇多田ヒカル、初恋「ファースト・ラブ」", 4)
    assert len(lines) == 4 and "".join(lines) == "宇多田ヒカル、初恋「ファースト・ラブ」"
    assert not any(line[0] in "、」ー・ァ" or line[-1] == "「" for line in lines)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("box", [(270.0, 120.0), (280.0, 40.0), (900.0, 300.0)])
@pytest.mark.parametrize("spacing", [0.0, 0.3])
def test_all_ink_fits_the_box(name: str, box: tuple[float, float], spacing: float) -> None:
    fitted = fit(
        clean(name),
        fonts_for("heavy", name),
        *box,
        max_lines=5,
        max_pixels=80,
        spacing=spacing,
    )
    assert fitted.width <= box[0] and fitted.height <= box[1]
    assert 4 <= fitted.pixels <= 80 and len(fitted.lines) <= 5
    assert list(fitted.baselines) == sorted(fitted.baselines)


def test_a_line_more_is_taken_only_where_letters_grow() -> None:
    fonts = fonts_for("heavy", "Blue Train")
    wide = fit("Blue Train", fonts, 1000, 60, max_lines=3, max_pixels=50)
    assert wide.lines == ("Blue Train",) and wide.pixels == 50
    tall = fit("Blue Train", fonts, 100, 300, max_lines=3, max_pixels=200)
    assert tall.lines == ("Blue", "Train")


def test_lines_stand_on_one_edge() -> None:
    fitted = fit("Till\nAve", fonts_for("slab", "TillAve"), 300, 300, max_lines=1, max_pixels=60)
    left = aligned_start("Till", fitted, 300, 0.0)
    right = aligned_start("Till", fitted, 300, 1.0)
    middle = aligned_start("Till", fitted, 300, 0.5)
    assert left <= 0 < middle < right
    assert middle == pytest.approx((left + right) / 2)
