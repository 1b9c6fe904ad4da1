"""What a report says, as plain values: the one form that report.json, the plots and the page share.

Numbers that are not known are nan here and null in the file, so that any JSON reader takes it.
"""

from __future__ import annotations

import json
import math
import types
import typing
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.report.files import write_whole

REPORT_VERSION = 1
FILE = "report.json"

Better = Literal["lower", "higher", "near"]
Kind = Literal["run", "generator", "pictures"]
T = TypeVar("T")


@dataclass(frozen=True)
class Figure:
    """One number of a model, beside what real covers give."""

    name: str  # with the number of covers: kid_10k
    value: float
    floor: float | None  # one half of the real covers against the other half, same count
    std: float | None  # over subsets
    better: Better  # `near`: the closer to `real`, the better
    real: float | None  # the same figure of held-out real covers


@dataclass(frozen=True)
class GenreRow:
    """One genre: generated beside real. Unknown is nan."""

    name: str
    count: int  # generated covers that it was measured on
    accuracy: float
    real_accuracy: float
    year_error: float  # mean absolute, years
    real_year_error: float
    ms_ssim: float
    real_ms_ssim: float


@dataclass(frozen=True)
class Confusion:
    """Rows asked for, columns seen by the judge, shares of the row; at most 20 genres."""

    labels: list[str]
    generated: list[list[float]]
    real: list[list[float]]


@dataclass(frozen=True)
class Years:
    """Years asked for and years seen, of up to 500 generated and 500 real covers."""

    asked: list[float]
    seen: list[float]
    real_asked: list[float]
    real_seen: list[float]


@dataclass(frozen=True)
class PrCurve:
    """Precision against recall of two distributions (Sajjadi et al. 2018), each 0 to 1."""

    precision: list[float]
    recall: list[float]


@dataclass(frozen=True)
class Memorisation:
    """Are generated covers nearer to the training covers than held-out real ones are?"""

    features: str
    statistic: float
    p: float  # small: nearer than chance allows
    generated_median: float
    held_out_median: float
    training_covers: int
    generated: int


@dataclass(frozen=True)
class Conditioning:
    """What one change of the condition does to a cover of the same z."""

    genre_flip_rate: float  # share of covers in which the judge sees the new genre
    year_slope: float  # years seen per year asked for: 1 obeys, 0 ignores
    changes: dict[str, float]  # genre, year, text, z: shares of two random real covers' distance


@dataclass(frozen=True)
class Flag:
    """Something that a reader must know before any figure."""

    kind: str  # ignores-genre, collapsed, stereotyped, copies, ignores-year, wrong-years, ...
    text: str


@dataclass(frozen=True)
class Curve:
    """A metric over training."""

    name: str
    kimg: list[float]
    values: list[float]


@dataclass(frozen=True)
class ModelReport:
    """Everything that was found of one model."""

    name: str
    kind: Kind
    kimg: float | None  # of training
    resolution: int
    count: int  # generated covers
    figures: list[Figure]
    genres: list[GenreRow]
    confusion: Confusion | None = None
    years: Years | None = None
    pr_curve: PrCurve | None = None
    memorisation: list[Memorisation] = field(default_factory=list)
    conditioning: Conditioning | None = None
    discriminator: dict[str, float] | None = None  # "real", "generated": its own class accuracy
    flags: list[Flag] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)  # samples, nearest: file beside the JSON


@dataclass(frozen=True)
class Report:
    """One evaluation of one or several models against the same real covers."""

    version: int  # REPORT_VERSION
    made: str  # when, ISO 8601
    command: str
    data: dict[str, object]
    settings: dict[str, object]
    versions: dict[str, str]
    models: list[ModelReport]

    def as_json(self) -> str:
        """The text of report.json: strict JSON, unknown numbers as null."""
        return json.dumps(_plain(asdict(self)), indent=1, allow_nan=False) + "\n"

    def write(self, folder: Path) -> Path:
        """Write report.json into an existing folder, whole or not at all."""
        return write_whole(folder / FILE, self.as_json())

    @staticmethod
    def read(path: Path) -> Report:
        """Read a report from its file, or from the folder that holds it.

        Raises:
            UsageError: There is none, it is damaged, or a newer version of the package wrote it.
        """
        path = path / FILE if path.is_dir() else path
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            version = found["version"]
        except FileNotFoundError:
            raise UsageError(
                f"{path}: no such report; `duck-and-cover evaluate` makes one"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path}: not a report ({error!r})") from None
        if not isinstance(version, int) or version > REPORT_VERSION:
            raise UsageError(
                f"{path}: of version {version}, and this package knows {REPORT_VERSION}; update it"
            )
        try:
            return _read(Report, found, "report")
        except ValueError as error:
            raise UsageError(f"{path}: damaged: {error}; make it again") from None


def _plain(value: Any) -> Any:
    """The same as JSON has it: null for a number that is not finite, text for a path."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bool | str | None):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):  # of numpy too
        return float(value) if math.isfinite(value) else None
    return str(value)


def _read(kind: type[T], value: Any, where: str) -> T:
    """A dataclass from the JSON of it; every field checked against its annotation."""
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not an object")
    hints = typing.get_type_hints(kind)
    names = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    missing = [name for name in names if name not in value]
    if missing:
        raise ValueError(f"{where} lacks {missing[0]!r}")
    return kind(**{name: _value(hints[name], value[name], f"{where}.{name}") for name in names})


def _value(hint: Any, value: Any, where: str) -> Any:
    """One JSON value as what `hint` says it is."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is types.UnionType:
        return None if value is None else _value(inner[0], value, where)
    if hint is float and value is None:
        return math.nan
    if is_dataclass(hint):
        return _read(typing.cast(type, hint), value, where)
    if origin is Literal and value in inner:
        return value
    if origin is list and isinstance(value, list):
        return [_value(inner[0], item, f"{where}[{i}]") for i, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {key: _value(inner[1], item, f"{where}[{key!r}]") for key, item in value.items()}
    if hint is object:
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint in (int, str) and isinstance(value, hint) and not isinstance(value, bool):
        return value
    raise ValueError(f"{where} is {value!r:.60}")
