"""Type: every bundled font loads, is licensed, and its words stay inside the box given them."""

from importlib import resources

import pytest
from PIL import Image

from duck_and_cover.typography import FONT_FILES, Align, fit_text, legible, load_font, set_text

FONTS = resources.files("duck_and_cover") / "fonts"


@pytest.mark.parametrize("role", FONT_FILES)
def test_every_font_loads_and_draws_accents(role: str) -> None:
    font = load_font(role, 40)
    missing = font.getmask("\N{SNOWMAN}").getbbox(), bytes(font.getmask("\N{SNOWMAN}"))
    for letter in "AZaz09&éÖñåç’–":
        mask = font.getmask(letter)
        assert mask.getbbox() is not None
        assert (mask.getbbox(), bytes(mask)) != missing, f"{role} lacks {letter}"


def test_every_font_file_has_a_role_and_a_licence() -> None:
    files = {file.name for file in FONTS.iterdir() if file.name.endswith(".ttf")}
    assert files == set(FONT_FILES.values())
    licences = (FONTS / "LICENSES.txt").read_text("utf-8")
    assert all(file in licences for file in files)
    assert "SIL OPEN FONT LICENSE" in licences and "Apache License" in licences


@pytest.mark.parametrize("role", FONT_FILES)
@pytest.mark.parametrize("align", ["left", "centre", "right"])
def test_words_stay_inside_their_box(role: str, align: Align) -> None:
    names = ("Å", "Gypsy Jàzz Quintet", "The Extraordinarily Long Name of a Band & Friends", "II")
    for name in names:
        for box in ((10, 20, 180, 60), (30, 30, 90, 150)):
            picture = Image.new("RGB", (200, 200))
            white = (255, 255, 255)
            taken = set_text(picture, name, role, box, white, align=align, max_lines=3)
            drawn = picture.getbbox()
            assert drawn is not None
            for edges in (drawn, taken):
                assert edges[0] >= box[0] - 1 and edges[1] >= box[1] - 1
                assert edges[2] <= box[2] + 1 and edges[3] <= box[3] + 1


def test_words_fill_their_box() -> None:
    fitted = fit_text("MERIDIAN", "heavy", (0, 0, 300, 100))
    left, top, right, bottom = fitted.box
    assert right - left > 250 or bottom - top > 85


def test_long_titles_break_between_words() -> None:
    fitted = fit_text("one two three four", "mono", (0, 0, 100, 100), max_lines=4)
    assert len(fitted.lines) > 1
    assert " ".join(fitted.lines) == "one two three four"


def test_what_fonts_lack_is_reduced_or_left_out() -> None:
    assert legible("Motörhead’s Café") == "Motörhead’s Café"
    assert legible("Đỗ Ķalnš") == "Do Kalns".replace("Do", "o")
    assert legible("方大同 Live") == "Live"


def test_same_words_same_pixels() -> None:
    pictures = []
    for _ in range(2):
        picture = Image.new("RGB", (120, 40))
        set_text(picture, "Blue Train", "didone", (4, 4, 116, 36), (255, 255, 255))
        pictures.append(picture.tobytes())
    assert pictures[0] == pictures[1]
