"""Understands the columns a user's dataset has, whatever they are called, as those of the schema.

Only the picture is required. Pictures are never touched here: their column is renamed and cast,
and the others, which are small, are read once and written anew beside it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.data.cells import as_audio_features, as_genres, as_text, as_texts, as_year
from duck_and_cover.data.schema import COLUMNS, features
from duck_and_cover.errors import UsageError

if TYPE_CHECKING:
    import datasets

log = logging.getLogger(__name__)

# Other names of our columns, the likelier first; case, spaces and hyphens do not matter.
SYNONYMS = {
    "image": ("cover", "img", "picture", "cover_image", "album_cover", "artwork"),
    "album_name": ("album", "title", "album_title", "release_title"),
    "artist_name": ("artist", "artists", "artist_names", "band"),
    "genres": ("genre", "labels", "label", "tags"),
    "release_date": ("date", "released"),
    "release_year": ("year",),
    "tracks": ("track_names", "track_titles", "tracklist"),
    "caption": ("text", "description"),
    "image_url": ("cover_url", "url"),
    "licence_note": ("license_note", "licence", "license"),
}


def find_columns(there: Sequence[str], mapping: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our names to the dataset's own, of those columns that it has.

    Args:
        there: the dataset's column names.
        mapping: our name to the user's, for columns that would not be understood.

    Raises:
        UsageError: the mapping names a column that there is not, or that we do not have.
    """
    ours = {_plain(name): name for name in COLUMNS}
    ours |= {other: name for name, others in SYNONYMS.items() for other in others}
    found: dict[str, str] = {}
    for name, theirs in (mapping or {}).items():
        if _plain(name) not in ours:
            raise UsageError(f"columns: no column '{name}'; ours are {', '.join(COLUMNS)}")
        if theirs not in there:
            raise UsageError(f"columns: no column '{theirs}' here; there are {', '.join(there)}")
        found[ours[_plain(name)]] = theirs
    taken = set(found.values())
    free = {_plain(column): column for column in reversed(there) if column not in taken}
    for name in COLUMNS:
        for known in (name, *SYNONYMS.get(name, ())):
            if name not in found and known in free:
                found[name] = free.pop(known)
    return found


def to_schema(
    covers: datasets.Dataset,
    mapping: Mapping[str, str] | None = None,
    source: str = "folder",
    quiet: bool = False,
) -> datasets.Dataset:
    """The same covers with the schema's columns, pictures not decoded.

    Args:
        covers: any dataset with a column of pictures.
        mapping: see `find_columns`.
        source: what stands in the `source` column when there is none.
        quiet: whether cells that cannot be true are left out without a word.
    """
    from datasets import concatenate_datasets

    covers = covers.with_format(None)
    found = find_columns(covers.column_names, mapping)
    image = picture_column(covers.features, found.pop("image", None), mapping)
    both = [_pictures(covers, image), describe(covers, found, source, quiet)]
    return concatenate_datasets(both, axis=1).select_columns(list(COLUMNS))


def picture_column(
    kinds: Mapping[str, Any], by_name: str | None, mapping: Mapping[str, str] | None = None
) -> str | None:
    """The column of pictures: as mapped, else by its type, which is surer than a name.

    Args:
        kinds: the types of the dataset's columns, its `features`.
        by_name: what `find_columns` takes for it.
        mapping: see `find_columns`.
    """
    from datasets import Image

    if "image" in (mapping or {}):
        return by_name
    typed = [name for name, kind in kinds.items() if isinstance(kind, Image)]
    return typed[0] if len(typed) == 1 else by_name


def describe(
    covers: datasets.Dataset,
    found: Mapping[str, str],
    source: str = "folder",
    quiet: bool = False,
) -> datasets.Dataset:
    """What is known of covers: the schema's columns but for the picture.

    Args:
        covers: any dataset.
        found: our names to its own, as `find_columns` gives them.
        source: what stands in the `source` column when there is none.
        quiet: whether cells that cannot be true are left out without a word.
    """
    from datasets import Dataset, Features

    cells = _cells(covers, found)
    others = {name: kind for name, kind in features().items() if name != "image"}
    missing: list[Any] = [None] * len(covers)
    rows = {name: list(map(_READ[name], cells.get(name, missing))) for name in others}
    if "source" not in found:
        rows["source"] = [source] * len(covers)
    rows["release_year"] = _years(cells, len(covers), quiet)
    return Dataset.from_dict(rows, features=Features(others))


def _cells(covers: datasets.Dataset, found: Mapping[str, str]) -> dict[str, list[Any]]:
    """The cells of the columns found, by our names, as Python values."""
    flat = [] if "audio_features" in found else _flat_audio_features(covers.column_names)
    wanted = list(dict.fromkeys([*found.values(), *flat]))
    if not wanted:
        return {}
    table = covers.select_columns(wanted).with_format("arrow")[:]
    cells = {ours: table[theirs].to_pylist() for ours, theirs in found.items()}
    for ours, theirs in found.items():
        names = _class_names(covers.features[theirs])
        if names:
            cells[ours] = [_named(cell, names) for cell in cells[ours]]
    if flat:
        columns = {name.strip().lower(): table[name].to_pylist() for name in flat}
        cells["audio_features"] = [
            dict(zip(columns, values, strict=True))
            for values in zip(*columns.values(), strict=True)
        ]
    return cells


def _years(cells: Mapping[str, Sequence[Any]], count: int, quiet: bool) -> list[int | None]:
    """Years from the year column, and from the date where that gives none."""
    nothing: Sequence[Any] = [None] * count
    pairs = zip(cells.get("release_year", nothing), cells.get("release_date", nothing), strict=True)
    years, refused = [], 0
    for year, day in pairs:
        years.append(as_year(year) or as_year(day))
        refused += years[-1] is None and bool(as_text(year) or as_text(day))
    if refused and not quiet:
        log.warning("%d of %d covers have a release year that cannot be; left out", refused, count)
    return years


def _pictures(covers: datasets.Dataset, column: str | None) -> datasets.Dataset:
    """The column of pictures alone, as `image`."""
    from datasets import Image

    there = ", ".join(covers.column_names)
    if column is None:
        raise UsageError(f"columns: which column is 'image'? there are {there}")
    pictures = covers.select_columns([column])
    try:
        pictures = pictures.cast_column(column, Image(decode=False))
    # Arrow's and datasets' errors for types that are no pictures.
    except (TypeError, ValueError, NotImplementedError) as error:
        raise UsageError(f"columns: '{column}' holds no pictures; there are {there}") from error
    return pictures if column == "image" else pictures.rename_column(column, "image")


def _class_names(kind: Any) -> list[str]:
    """The names behind a column of class numbers, or behind a column of lists of them."""
    inner = getattr(kind, "feature", kind)
    return list(getattr(inner, "names", None) or [])


def _named(cell: Any, names: Sequence[str]) -> Any:
    if isinstance(cell, list):
        return [_named(number, names) for number in cell]
    return [names[cell]] if isinstance(cell, int) and 0 <= cell < len(names) else None


def _flat_audio_features(there: Sequence[str]) -> list[str]:
    """Columns named as audio features, as Spotify's tables have them."""
    return [name for name in there if name.strip().lower() in AUDIO_FEATURES]


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


_READ: dict[str, Callable[[Any], Any]] = {
    **{name: as_text for name in COLUMNS},
    "genres": as_genres,
    "release_year": as_year,
    "tracks": as_texts,
    "audio_features": as_audio_features,
    "caption": lambda cell: as_text(cell) or None,
}
