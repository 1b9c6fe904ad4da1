"""The cover pyramid: every cover decoded once, kept as uint8 at every resolution up to a limit.

    <cache>/pyramids/<key>/   4.npy 8.npy ... top.npy   (N, R, R, 3) uint8, memory-mapped
                              rows.npy                  (N,) the dataset's rows that these are
                              sides.npy                 (N,) pixels of their sides in the files
                              skipped.json              the rows that cannot be shown, and why
                              pyramid.json              sizes and checksums, to know damage by

Above the limit covers are decoded whenever they are read: see `large.py`.
Channels stand last, as they come from the decoder; torch takes the permuted view as channels_last.
The key follows from the pictures alone, so that new genres or years cost no decoding.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from duck_and_cover.data.cache import (
    appearing_folder,
    cache_folder,
    one_at_a_time,
    remove_folder,
)
from duck_and_cover.data.labels import labels_of
from duck_and_cover.data.large import LargeCovers
from duck_and_cover.data.pyramid_builder import (
    ABOUT,
    ROWS,
    SIDES,
    SKIPPED,
    build,
    level_file,
    sample_checksum,
    warn_of_enlarged,
)
from duck_and_cover.data.schema import SCHEMA_VERSION
from duck_and_cover.data.workers import cpu_count
from duck_and_cover.errors import UsageError
from duck_and_cover.labels import Labels

if TYPE_CHECKING:
    import datasets

log = logging.getLogger(__name__)

LOWEST = 4
PYRAMID_MAX = 128  # the highest level that is stored: 65 kB a cover, where 256 would take 262 kB
# Rises when the same pictures give other files.
PYRAMID_VERSION = 2

Pixels = npt.NDArray[np.uint8]


class CoverPyramid:
    """Covers at every resolution, read by row number. `open_or_build` makes one.

    Attributes:
        labels: what is known of each cover.
        fingerprint: of the pictures, their genres and years: the data a model was trained on.
        skipped: name and reason of the pictures that cannot be shown; the rows above are without.
        resolutions: the levels that are stored.
        large: what decodes the covers above them; None where nothing is read there.
    """

    def __init__(
        self,
        folder: Path,
        resolutions: tuple[int, ...],
        labels: Labels,
        fingerprint: str,
        skipped: list[tuple[str, str]],
        large: LargeCovers | None = None,
    ) -> None:
        self.folder, self.resolutions, self.labels = folder, resolutions, labels
        self.fingerprint, self.skipped = fingerprint, skipped
        self.large = large
        self._levels: dict[int, Pixels] | None = None

    @classmethod
    def open_or_build(
        cls,
        dataset: datasets.Dataset,
        top: int,
        *,
        limit: int = PYRAMID_MAX,
        cache: Path | None = None,
        processes: int | None = None,
    ) -> CoverPyramid:
        """The pyramid of a dataset in the schema: from the cache, or decoded now.

        Args:
            dataset: covers as `load_covers` gives them.
            top: the highest resolution that will be read, a power of two.
            limit: the highest that is stored; above it each reading decodes.
            cache: the folder of pyramids; None for `pyramids` in the cache folder.
            processes: how many to decode with; None for all processors.

        Raises:
            UsageError: `top` or `limit` is no power of two from 4 on.
            DuckAndCoverError: not one picture can be shown, or the disk is too full.
        """
        for name, side in (("resolution", top), ("pyramid_max", limit)):
            if side < LOWEST or side & (side - 1):
                raise UsageError(f"{name}: {side} is none of 4, 8, 16, 32, 64, 128, 256, 512, ...")
        stored = min(top, limit)
        resolutions = tuple(2**power for power in range(2, stored.bit_length()))
        pictures = _pictures_digest(dataset)
        key = f"{pictures[:20]}-{stored}px-v{SCHEMA_VERSION}.{PYRAMID_VERSION}"
        folder = (cache or cache_folder() / "pyramids") / key
        # A whole pyramid needs no lock, and so no right to write where it stands.
        if find_damage(folder, resolutions, len(dataset)):
            with one_at_a_time(folder):
                _make_whole(folder, resolutions, dataset, processes or cpu_count())
        return cls._open(folder, resolutions, dataset, pictures, top > stored)

    @classmethod
    def _open(
        cls,
        folder: Path,
        resolutions: tuple[int, ...],
        dataset: datasets.Dataset,
        pictures: str,
        goes_higher: bool,
    ) -> CoverPyramid:
        rows = np.load(folder / ROWS)
        labels = labels_of(dataset)
        described = json.dumps([labels.genres, labels.years.tolist()]).encode()
        fingerprint = hashlib.sha256(pictures.encode() + described).hexdigest()[:20]
        skipped = [(name, reason) for name, reason in _json(folder / SKIPPED)]
        large = LargeCovers(dataset, rows) if goes_higher else None
        return cls(folder, resolutions, labels.at(rows), fingerprint, skipped, large)

    @property
    def levels(self) -> dict[int, Pixels]:
        """Memory-mapped (N, R, R, 3) by resolution, opened on first use in each process."""
        if self._levels is None:
            self._levels = {
                resolution: np.load(level_file(self.folder, resolution), mmap_mode="r")
                for resolution in self.resolutions
            }
        return self._levels

    def read(self, indices: npt.NDArray[np.integer[Any]], resolution: int) -> Pixels:
        """Covers by row number: (B,) -> (B, R, R, 3) uint8, a copy of one's own."""
        if resolution not in self.levels:
            assert self.large is not None, f"opened for {self.resolutions[-1]}x at most"
            return self.large.read(indices, resolution)
        return np.take(np.asarray(self.levels[resolution]), indices, axis=0)

    def close(self) -> None:
        """Let go of the pages that were read; the next reading maps them anew."""
        self._levels = None

    def warn_of_enlarged(self, resolution: int) -> None:
        """Say how many covers have fewer pixels than the training wants."""
        warn_of_enlarged(np.load(self.folder / SIDES), resolution)

    def __len__(self) -> int:
        return len(self.labels)

    def __getstate__(self) -> dict[str, Any]:
        # Worker processes map the files anew; pickling a map would copy all of its pixels.
        return self.__dict__ | {"_levels": None}


def _make_whole(
    folder: Path, resolutions: tuple[int, ...], dataset: datasets.Dataset, processes: int
) -> None:
    """Build the pyramid if, now that nobody else builds it, it is still missing or damaged."""
    damage = find_damage(folder, resolutions, len(dataset))
    if damage and folder.exists():
        log.warning("pyramid %s is damaged (%s); building it anew", folder, damage)
        remove_folder(folder)
    if damage:
        with appearing_folder(folder) as temporary:
            build(dataset, temporary, resolutions, processes)


def find_damage(folder: Path, resolutions: tuple[int, ...], dataset_rows: int) -> str:
    """What is wrong with a pyramid's folder in a few words; "" when nothing is."""
    try:
        about = _json(folder / ABOUT)
        if about["dataset_rows"] != dataset_rows or about["resolutions"] != list(resolutions):
            return "of another dataset"
        if not 0 < about["covers"] == len(np.load(folder / ROWS)) == len(np.load(folder / SIDES)):
            return "its rows are incomplete"
        _json(folder / SKIPPED)
        for resolution in resolutions:
            level = np.load(level_file(folder, resolution), mmap_mode="r")
            if level.shape != (about["covers"], resolution, resolution, 3):
                return f"level {resolution} is incomplete"
            if sample_checksum(level) != about["checksums"][str(resolution)]:
                return f"level {resolution} has other pixels than were written"
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        return str(error).partition("\n")[0]
    return ""


def _pictures_digest(dataset: datasets.Dataset) -> str:
    """SHA-256 of what the pictures are: bytes, or path, size and time of change of local files."""
    digest = hashlib.sha256()
    images = dataset.select_columns(["image"]).with_format("arrow")
    for start in range(0, len(images), 1000):  # bounds what stands in memory at a time
        for image in images[start : start + 1000]["image"]:
            digest.update(_picture_state(image))
    return digest.hexdigest()


def _picture_state(image: Any) -> bytes:
    """32 bytes that change when the picture does. `image`: an arrow scalar of bytes and path."""
    content = image["bytes"].as_buffer() if image.is_valid else None
    if content is not None:
        return hashlib.sha256(content).digest()
    path = (image["path"].as_py() if image.is_valid else None) or ""
    try:
        state = Path(path).stat()
    except (OSError, ValueError):
        return hashlib.sha256(path.encode()).digest()
    return hashlib.sha256(f"{path}\n{state.st_size}\n{state.st_mtime_ns}".encode()).digest()


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
