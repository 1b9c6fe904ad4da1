"""The studio's fonts: each is licensed, holds what its table says, and stands in for others."""

from __future__ import annotations

from importlib import resources

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from duck_and_cover.generation.typefaces import FACES, coverage, fonts_for, holds, open_font

STUDIO = resources.files("duck_and_cover") / "fonts" / "studio"
SCRIPTS = {
    "Łódź Ærø Đặng İstanbul": "NotoSans-Bold.ttf",
    "Ёжик Київ Θάνατος": "NotoSans-Bold.ttf",
    "שלום": "NotoSansHebrew-Bold.ttf",
    "فيروز": "NotoSansArabic-Bold.ttf",
    "आवाज़": "NotoSansDevanagari-Bold.ttf",
    "กรุงเทพ": "NotoSansThai-Bold.ttf",
    "방탄소년단뷁": "NotoSansCJK-Bold.otf",
    "ひらカタ漢字繁體简体": "NotoSansCJK-Bold.otf",
    "🎸🔥": "NotoEmoji-Bold.ttf",
}


def test_every_font_is_used_licensed_and_listed() -> None:
    files = {file.name for file in STUDIO.iterdir() if file.name != "coverage.json"}
    used = set(FACES.values()) | {font for role in FACES for font in fonts_for(role, "A Я")}
    assert files == set(coverage()) == used
    licences = (resources.files("duck_and_cover") / "fonts" / "LICENSES.txt").read_text("utf-8")
    assert all(file in licences for file in files)
    assert sum(len((STUDIO / file).read_bytes()) for file in files) < 7_000_000


@pytest.mark.parametrize("font", coverage())
def test_fonts_hold_what_the_table_says(font: str) -> None:
    ends = coverage()[font]
    listed = {c for a, b in zip(ends[::2], ends[1::2], strict=True) for c in range(a, b)}
    with (STUDIO / font).open("rb") as file:
        assert listed == set(TTFont(file).getBestCmap())
    assert open_font(font, 20).getbbox(chr(max(listed))) is not None


@pytest.mark.parametrize(("text", "font"), SCRIPTS.items())
def test_every_script_has_a_font(text: str, font: str) -> None:
    assert holds(font, text.replace(" ", ""))
    assert font in fonts_for("grotesk", text)


@pytest.mark.parametrize("role", FACES)
def test_every_face_sets_accents(role: str) -> None:
    assert fonts_for(role, "Motörhead & Beyoncé: Ágætis byrjun (1999)")[0] == FACES[role]


def test_a_face_that_lacks_a_letter_is_left_out_as_a_whole() -> None:
    assert fonts_for("heavy", "Łódź")[0] == FACES["heavy"]
    assert FACES["heavy"] not in fonts_for("heavy", "Kino Кино")
    assert fonts_for("heavy", "Kino Кино")[0] == "NotoSans-ExtraCondensedBlack.ttf"
    assert fonts_for("didone", "Кино")[0] == "NotoSerif-Bold.ttf"
    # Another script takes nothing from the letters beside it.
    assert fonts_for("heavy", "Live 東京")[0] == FACES["heavy"]
