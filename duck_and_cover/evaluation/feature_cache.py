"""Features of real covers, kept: they are the same for every model that is held against them.

    <cache>/features/<key>.safetensors     "features" (N, D) float32, and a checksum of them

The key follows from the pictures and from what looks at them.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from duck_and_cover.data.cache import cache_folder
from duck_and_cover.evaluation.features import Extractor, Features, Pictures

log = logging.getLogger(__name__)

FEATURES_VERSION = 1  # rises when the same extractor and pictures give other features


@dataclass(frozen=True)
class Origin:
    """Where pictures come from: enough to know them by."""

    data: str  # fingerprint of the data
    split: str
    rows: Sequence[int] | npt.NDArray[np.integer]


def remembered_features(
    extractor: Extractor, pictures: Pictures, origin: Origin, what: str = "real covers"
) -> Features:
    """Features float32 (N, D) of pictures (N, R, R, 3) from the cache, or looked at now."""
    assert len(origin.rows) == len(pictures)
    path = cache_folder() / "features" / f"{_key(extractor, pictures, origin)}.safetensors"
    if path.exists():
        try:
            return _read(path, len(pictures))
        except (SafetensorError, OSError, ValueError) as error:
            log.warning("%s is damaged (%s); looking at the covers anew", path, error)
    features = extractor(pictures, what)
    try:
        _write(path, features)
    except (SafetensorError, OSError) as error:
        log.warning("the features are not kept for next time: %s", error)
    return features


def _key(extractor: Extractor, pictures: Pictures, origin: Origin) -> str:
    digest = hashlib.blake2b(digest_size=16)
    about = (origin.data, origin.split, pictures.shape[1], extractor.fingerprint, FEATURES_VERSION)
    digest.update(repr(about).encode())
    digest.update(np.asarray(origin.rows, dtype=np.int64).tobytes())
    return digest.hexdigest()


def _read(path: Path, count: int) -> Features:
    """Raise ValueError where the file is not what was written."""
    with safe_open(path, framework="numpy") as file:
        checksum = (file.metadata() or {}).get("checksum")
        if "features" not in file.keys():
            raise ValueError("no features in it")
        features: Features = file.get_tensor("features")
    if len(features) != count or checksum != _checksum(features):
        raise ValueError("its checksum is another")
    return features


def _write(path: Path, features: Features) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        save_file({"features": features}, fresh, metadata={"checksum": _checksum(features)})
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _checksum(features: Features) -> str:
    return hashlib.blake2b(np.ascontiguousarray(features).tobytes(), digest_size=16).hexdigest()
