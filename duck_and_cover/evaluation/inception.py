"""The features that published FIDs are measured in: Inception with its TensorFlow weights.

The network, its resizing and the weights are torch-fidelity's, which an extra installs.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import torch

from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.features import Extractor, Pictures, as_tensor, weights_digest

LAYER = "2048"  # the last pooling, before the classes


def inception_features(weights: Path | None = None) -> Extractor:
    """The 2048 features of the TensorFlow Inception, on a graphics card where there is one.

    Args:
        weights: torch-fidelity's file; None downloads it once.

    Raises:
        UsageError: torch-fidelity is missing, or there are no weights.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import (  # type: ignore[import-untyped]
            URL_INCEPTION_V3,
            FeatureExtractorInceptionV3,
        )
    except ModuleNotFoundError as error:
        install = "pip install 'duck-and-cover[inception]'"
        raise UsageError(f"--features inception: needs torch-fidelity: {install}") from error
    path = weights or _downloaded(URL_INCEPTION_V3)
    try:
        # torch-fidelity unpickles whatever it is given, so that nothing but tensors may get there.
        torch.load(path, weights_only=True, map_location="cpu")
        network = FeatureExtractorInceptionV3(
            "inception-v3-compat", [LAYER], feature_extractor_weights_path=str(path)
        )
    except FileNotFoundError as error:
        raise UsageError(f"--inception-weights {path}: there is no such file") from error
    except (RuntimeError, OSError, EOFError, TypeError, pickle.UnpicklingError) as error:
        get = f"get {URL_INCEPTION_V3}"
        raise UsageError(
            f"--inception-weights {path}: not the Inception's weights; {get}"
        ) from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.to(device)

    def look(pictures: Pictures) -> torch.Tensor:
        features: torch.Tensor = network(as_tensor(pictures).to(device))[0]
        return features

    return Extractor("inception", f"inception-{LAYER}-{weights_digest(network)}", look)


def _downloaded(url: str) -> Path:
    """The weights in PyTorch's own cache, fetched where they are not there yet."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / url.rsplit("/", 1)[-1]
    try:
        torch.hub.load_state_dict_from_url(
            url, str(folder), "cpu", sys.stderr.isatty(), check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f"--features inception: its weights cannot be had ({reason}); get {url} elsewhere "
            "and name it with --inception-weights FILE, or take --features judge"
        ) from error
    return path
