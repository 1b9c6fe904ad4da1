"""Reads one cell of a user's table as what the schema wants there.

People write genres as a list, as `rock|pop`, as `["rock", "pop"]`, and years as 1988, "1988-05",
1988.0 or a timestamp; what is missing is None, NaN, "" or "nan". None of that is an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.data.schema import FIRST_YEAR, last_year

_NOTHING = frozenset({"", "nan", "none", "null", "nat", "[]"})
_SEPARATORS = re.compile(r"[|,;]")
# Four digits by themselves, or the first four of 198805 and 19880524.
_YEAR = re.compile(r"(?<!\d)(\d{4})(?:\d\d){0,2}(?!\d)")


def as_text(cell: Any) -> str:
    """The cell as text, "" when it is missing; dates in ISO form, several texts by commas."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace").strip()
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, list | tuple):
        return ", ".join(filter(None, map(as_text, cell)))
    text = str(cell).strip()
    return "" if text.lower() in _NOTHING else text


def as_genres(cell: Any) -> list[str]:
    """Lower-case names, each once, in the order given; a text may name several."""
    names = cell if isinstance(cell, list | tuple) else _split(as_text(cell))
    lowered = (" ".join(as_text(name).lower().split()) for name in names)
    return list(dict.fromkeys(filter(None, lowered)))


def as_texts(cell: Any) -> list[str]:
    """A list of texts. A single text is a list in JSON or with `|`; titles have commas in them."""
    if isinstance(cell, list | tuple):
        return [text for text in map(as_text, cell) if text]
    text = as_text(cell)
    listed = _json(text, list)
    return as_texts(listed if listed is not None else text.split("|")) if text else []


def as_year(cell: Any) -> int | None:
    """The first year in the cell, FIRST_YEAR to the next year; None when there is none."""
    found = _YEAR.search(as_text(cell))
    year = int(found.group(1)) if found else 0
    return year if FIRST_YEAR <= year <= last_year() else None


def as_audio_features(cell: Any) -> dict[str, float | None] | None:
    """Numbers by the schema's names, those that are missing None; None when all are."""
    given = _json(cell, dict) if isinstance(cell, str) else cell
    if not isinstance(given, dict):
        return None
    numbers = {name: _number(given.get(name)) for name in AUDIO_FEATURES}
    return numbers if any(number is not None for number in numbers.values()) else None


def _split(text: str) -> Iterable[str]:
    if not text.startswith("["):
        return _SEPARATORS.split(text)
    listed = _json(text, list)
    if listed is not None:
        return map(as_text, listed)
    # Python's way of writing a list, as pandas leaves it in CSV files.
    return (name.strip(" '\"") for name in _SEPARATORS.split(text.strip("[]")))


def _json(text: str, kind: type) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, kind) else None


def _number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
