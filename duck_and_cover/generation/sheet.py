"""Many covers in one picture: contact sheets and sample grids."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from duck_and_cover.conditions import Condition, Vocabulary

ROWS, COLUMNS = 16, 8  # of a sheet of all that a model knows
GAP, PAPER, INK = 2, (24, 24, 27), (228, 228, 231)


def contact_sheet(
    pictures: npt.NDArray[np.uint8],
    columns: int,
    rows: Sequence[str] = (),
    cell: int | None = None,
) -> Image.Image:
    """Covers (N, R, R, 3) in rows of `columns`, each row with its name where `rows` gives one.

    Args:
        cell: Pixels of a cover's side on the sheet; by default R, or the multiple of it that
            reaches 64, so that small covers can be seen.
    """
    count, side = pictures.shape[:2]
    cell = cell or side * max(1, -(-64 // side))
    font = ImageFont.load_default(max(10, cell // 6))
    label = max((int(font.getlength(name)) for name in rows), default=0)
    left = label + 3 * GAP if label else 0
    height = -(-count // columns)
    sheet = Image.new(
        "RGB", (left + columns * (cell + GAP) + GAP, height * (cell + GAP) + GAP), PAPER
    )
    draw = ImageDraw.Draw(sheet)
    for i, picture in enumerate(pictures):
        x, y = left + GAP + i % columns * (cell + GAP), GAP + i // columns * (cell + GAP)
        sheet.paste(Image.fromarray(picture).resize((cell, cell), Image.Resampling.NEAREST), (x, y))
    for row, name in enumerate(rows):
        y = GAP + row * (cell + GAP) + cell // 2
        draw.text((left - GAP, y), name, fill=INK, font=font, anchor="rm")
    return sheet


def sheet_conditions(vocabulary: Vocabulary) -> tuple[list[Condition], list[str]]:
    """What a sheet of `COLUMNS` columns shows of a model, and the names of its rows.

    Rows are genres (evenly chosen where there are many), columns are years from first to last.
    """
    genres = vocabulary.genres
    names = list(genres[:: -(-len(genres) // ROWS)]) if genres else [""] * (ROWS // 2)
    first, last = vocabulary.first_year, vocabulary.last_year
    years = [first + (last - first) * i // (COLUMNS - 1) for i in range(COLUMNS)]
    conditions = [
        Condition((name,) if name else (), year if last else None)
        for name in names
        for year in years
    ]
    return conditions, names if genres else []
