"""Loads whatever a user may name as data: the same splits and columns come out of all of it.

synthetic                covers drawn on this machine, kept in the cache folder
synthetic-unlettered     the same before artist and title are printed on them
owner/name[/config]      a dataset on the Hugging Face Hub
folder of pictures       with metadata.csv|jsonl|parquet, with sub-folders by genre, or plain
parquet                  a file, a pattern (`covers/*.parquet`) or a folder of them
folder of a Hub dataset  with the configurations that its card names; `folder/config` is one
folder of save_to_disk   a Dataset or a DatasetDict

Of several configurations the default is taken where none is named.
"""

from __future__ import annotations

import glob
import logging
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from duck_and_cover.data.columns import to_schema
from duck_and_cover.data.drawn import drawn_covers
from duck_and_cover.data.folders import METADATA, files_below, read_pictures
from duck_and_cover.data.splits import split_covers, split_name
from duck_and_cover.errors import DuckAndCoverError, UsageError

if TYPE_CHECKING:
    import datasets

log = logging.getLogger(__name__)

SYNTHETIC = "synthetic"
DRAWN = (SYNTHETIC, "synthetic-unlettered")
FORMS = (
    "a Hub id (owner/name or owner/name/configuration), a folder of pictures, parquet files, "
    f"a save_to_disk folder or '{SYNTHETIC}'"
)

Load = Callable[..., Any]

_HUB_ID = re.compile(r"([A-Za-z0-9][\w.-]*/[\w.-]+)(?:/([\w.-]+))?")
_FRONT_MATTER = re.compile(r"---\s*\n(.*?)\n---\s*\n", re.DOTALL)


def load_covers(
    data: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    synthetic_count: int = 6000,
    synthetic_size: int = 128,
    seed: int = 0,
    processes: int | None = None,
) -> datasets.DatasetDict:
    """Train, validation and test covers in the schema of `schema.py`, pictures not decoded.

    Splits that the data has are kept; otherwise `splits.py` divides 90/5/5 by artist.

    Args:
        data: one of the forms above.
        columns: our column name to the data's own, where it is not understood by itself.
        synthetic_count: how many covers to draw, of those that are drawn here.
        synthetic_size: pixels of the side of a drawn cover.
        seed: which drawn covers; it has no part in how data is divided.
        processes: how many to draw with; None for all processors.

    Raises:
        UsageError: there is no such data, it holds no pictures, or `columns` does not fit it.
    """
    name = str(data)
    if name in DRAWN:
        lettered = name == SYNTHETIC
        drawn = drawn_covers(synthetic_count, synthetic_size, seed, processes, lettered)
        parts = {"train": drawn}
    else:
        parts = find_parts(name)
    covers = {split: to_schema(part, columns) for split, part in parts.items()}
    if not any(map(len, covers.values())):
        raise UsageError(f"data: '{name}' has no covers")
    return split_covers(covers)


def find_parts(name: str, load: Load | None = None) -> dict[str, Any]:
    """The parts of what the user names, which may be splits, as they are.

    Args:
        name: one of the forms above but `synthetic`.
        load: what takes the arguments of `load_dataset`, which is the default.
    """
    from datasets import load_dataset

    load = load or load_dataset
    path = Path(name).expanduser()
    if path.exists() or glob.has_magic(name):
        return _from_disk(path, load)
    if configs := _configs(path.parent):
        return _configured(path.parent, path.name, configs, load)
    if found := _HUB_ID.fullmatch(name):
        return _from_hub(found[1], found[2], load)
    raise UsageError(f"data: no '{name}' here; give {FORMS}")


def _from_disk(path: Path, load: Load) -> dict[str, Any]:
    try:
        if glob.has_magic(str(path)) and not path.exists():
            matches = [Path(match) for match in sorted(glob.glob(str(path)))]
            return _from_parquet(matches, path, load)
        if path.is_file():
            return _from_file(path, load)
        if (path / "dataset_dict.json").is_file() or (path / "state.json").is_file():
            return _saved(path)
        if configs := _configs(path):
            return _configured(path, None, configs, load)
        files = files_below(path)
    except OSError as error:
        raise UsageError(f"data: cannot read '{path}': {error.strerror or error}") from error
    # A folder downloaded from the Hub may have a picture or two beside its parquet files.
    if files.parquet and not files.metadata:
        return _from_parquet(files.parquet, path, load)
    if files.pictures:
        return read_pictures(path, files)
    raise UsageError(f"data: no pictures and no parquet files in '{path}'; give {FORMS}")


def _from_file(path: Path, load: Load) -> dict[str, Any]:
    if path.name.lower() in METADATA:
        return read_pictures(path.parent, files_below(path.parent))
    if path.suffix.lower() == ".parquet":
        return _from_parquet([path], path, load)
    raise UsageError(f"data: '{path}' is no parquet file; give {FORMS}")


def _saved(path: Path) -> dict[str, datasets.Dataset]:
    from datasets import load_from_disk

    try:
        return _by_split(load_from_disk(str(path)))
    # What arrow and `datasets` raise for a folder whose files are missing, cut off or foreign.
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"data: '{path}' is damaged: {_first_line(error)}") from error


def _from_parquet(paths: Sequence[Path], given: Path, load: Load) -> dict[str, Any]:
    """Parquet files, by the split in their names: `train-00000-of-00002.parquet`, `test/0.parquet`.

    `datasets` unpacks them once into its own cache, from where pictures are read as needed.
    """
    from datasets.exceptions import DatasetGenerationError

    if not paths:
        raise UsageError(f"data: no file matches '{given}'")
    files: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        files[_split_in(path, given)].append(str(path))
    try:
        with _quiet_unless_terminal():
            return _by_split(load("parquet", data_files=dict(files)))
    except (DatasetGenerationError, ValueError, OSError) as error:
        cause = _first_line(error.__cause__ or error)
        raise UsageError(f"data: cannot read '{given}': {cause}") from error


def _configs(folder: Path) -> list[str]:
    """The configurations that the card of a dataset's folder names; none where none can be read."""
    import yaml

    try:
        text = (folder / "README.md").read_text(encoding="utf-8")
        found = _FRONT_MATTER.match(text)
        matter: Any = yaml.safe_load(found[1] if found else "")
        return [str(entry["config_name"]) for entry in matter["configs"]]
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
        return []


def _configured(
    folder: Path, config: str | None, configs: Sequence[str], load: Load
) -> dict[str, Any]:
    """One configuration of a dataset's folder, the default one where None is given."""
    from datasets.exceptions import DatasetsError

    if config is not None and config not in configs:
        raise _no_config(str(folder), config, ", ".join(configs))
    try:
        with _quiet_unless_terminal():
            return _by_split(load(str(folder), config))
    except (DatasetsError, ValueError, OSError) as error:
        cause = _one_line(error.__cause__ or error)
        raise UsageError(f"data: cannot read '{folder}': {cause}") from error


def _from_hub(name: str, config: str | None, load: Load) -> dict[str, Any]:
    from datasets.exceptions import DatasetNotFoundError, DatasetsError
    from huggingface_hub.constants import HF_HUB_OFFLINE
    from huggingface_hub.errors import HfHubHTTPError

    try:
        with _quiet_unless_terminal():
            return _by_split(load(name, config))
    except DatasetNotFoundError as error:
        raise UsageError(
            f"data: no folder '{name}' here and no such dataset on the Hub, or it is private"
        ) from error
    except ConnectionError as error:
        kind = UsageError if HF_HUB_OFFLINE else DuckAndCoverError
        why = "HF_HUB_OFFLINE is set" if HF_HUB_OFFLINE else "it cannot be reached"
        raise kind(f"data: no folder '{name}' here, and none from the Hub: {why}") from error
    except (DatasetsError, HfHubHTTPError) as error:
        raise DuckAndCoverError(f"data: cannot load '{name}': {_first_line(error)}") from error
    except (ValueError, FileNotFoundError) as error:
        _, named, configs = str(error).partition("not found. Available: ")
        if config and named:
            raise _no_config(name, config, configs.strip("[]").replace("'", "")) from error
        raise UsageError(f"data: cannot load '{name}': {_one_line(error)}") from error


def _no_config(name: str, config: str, there: str) -> UsageError:
    return UsageError(f"data: '{name}' has no configuration '{config}'; there are {there}")


def _split_in(path: Path, given: Path) -> str:
    """The split named by a parquet file or by the folders between it and what the user named."""
    below = path.relative_to(given).parts if path.is_relative_to(given) else (path.name,)
    words = [word for part in reversed(below) for word in re.split(r"[-_.0-9]+", part)]
    return next(filter(None, map(split_name, words)), "train")


def _by_split(covers: Any) -> dict[str, Any]:
    return dict(covers) if isinstance(covers, dict) else {"train": covers}


@contextmanager
def _quiet_unless_terminal() -> Iterator[None]:
    """Keep the bars of `datasets` out of log files."""
    from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if sys.stderr.isatty() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _one_line(error: BaseException) -> str:
    """All that an error says, as far as a line holds it."""
    return " ".join(str(error).split())[:300] or type(error).__name__
