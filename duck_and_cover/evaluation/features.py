"""What covers are compared by: networks that turn pictures into features, whoever brings them.

`extractor_for` takes the name that a person gives: `judge`, `inception`, a TorchScript file or
`module:callable`. Whatever it is, its features are checked before anyone computes with them.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.evaluation.progress import track

if TYPE_CHECKING:
    from duck_and_cover.evaluation.judge import Judge

Pictures = npt.NDArray[np.uint8]  # (N, R, R, 3)
Features = npt.NDArray[np.float32]  # (N, D)

BATCH = 64


@dataclass(frozen=True)
class Extractor:
    """A way to see covers: pictures (N, R, R, 3) -> features (N, D)."""

    name: str  # as a person gave it
    fingerprint: str  # changes when the features would
    look: Callable[[Pictures], Any]  # one batch -> (B, D), unchecked

    def __call__(self, pictures: Pictures, what: str = "covers") -> Features:
        """Features float32 (N, D) of pictures (N, R, R, 3), batch by batch.

        Args:
            pictures: At least one.
            what: Of whom, for the progress bar.

        Raises:
            DuckAndCoverError: What comes out is no finite float (N, D).
        """
        found: Features | None = None
        for start in track(range(0, len(pictures), BATCH), f"{self.name} features of {what}"):
            part = pictures[start : start + BATCH]
            features = self.batch(part)
            if found is None:
                found = np.empty((len(pictures), features.shape[1]), np.float32)
            if features.shape[1] != found.shape[1]:
                widths = f"{found.shape[1]} features for some covers, {features.shape[1]}"
                raise self._trouble(f"it gave {widths} for others")
            found[start : start + BATCH] = features
        assert found is not None, "no pictures"
        return found

    def batch(self, pictures: Pictures) -> Features:
        """Features float32 (B, D) of one batch, checked but for the sense of its numbers."""
        try:
            with torch.no_grad():
                features = self.look(pictures)
        except DuckAndCoverError:
            raise
        except Exception as error:  # another's code may raise anything
            raise self._trouble(f"{type(error).__name__}: {error}") from error
        if not isinstance(features, (Tensor, np.ndarray)):
            raise self._trouble(f"it gave {_a(features)}, no tensor (N, D)")
        features = torch.as_tensor(features)
        if features.ndim != 2 or len(features) != len(pictures) or not features.shape[1]:
            shape = tuple(features.shape)
            raise self._trouble(f"it gave the shape {shape} for {len(pictures)} covers, not (N, D)")
        if not features.is_floating_point():
            raise self._trouble(f"it gave {str(features.dtype).removeprefix('torch.')}, not float")
        if not features.isfinite().all():
            raise self._trouble("it gave nan or infinity")
        found: Features = features.detach().float().cpu().numpy()
        return found

    def _trouble(self, what: str) -> DuckAndCoverError:
        return DuckAndCoverError(f"--features {self.name}: " + " ".join(what.split())[:300])


def _a(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def extractor_for(
    name: str, judge: Judge | None = None, inception_weights: Path | None = None
) -> Extractor:
    """The extractor that a person names.

    Args:
        name: `judge`, `inception`, `FILE.pt` or `module:callable`; naming a file or module runs
            the code in it.
        judge: Of the data; needed for `judge` alone.
        inception_weights: For `inception` without a download.

    Raises:
        UsageError: There is no such extractor, or it cannot be loaded.
    """
    if name == "judge":
        assert judge is not None
        return judge_features(judge)
    if name == "inception":
        from duck_and_cover.evaluation.inception import inception_features

        return inception_features(inception_weights)
    if name.endswith(".pt"):
        return torchscript_features(Path(name))
    if ":" in name:
        return callable_features(name)
    raise UsageError(f"--features {name}: take judge, inception, FILE.pt or module:callable")


def judge_features(judge: Judge) -> Extractor:
    """The judge's 128 features."""
    fingerprint = f"judge-{judge.resolution}px-{weights_digest(judge.network)}"
    return Extractor("judge", fingerprint, lambda pictures: judge.look(pictures).features)


def as_tensor(pictures: Pictures) -> Tensor:
    """Pictures (N, R, R, 3) -> uint8 (N, 3, R, R), a copy of their own."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))


def weights_digest(network: torch.nn.Module) -> str:
    """A digest of all that a network has learnt."""
    digest = hashlib.blake2b(digest_size=16)
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode())
        digest.update(np.ascontiguousarray(value.cpu().numpy()).tobytes())
    return digest.hexdigest()


def torchscript_features(path: Path) -> Extractor:
    """The features of a TorchScript file; loading one runs the code in it.

    Raises:
        UsageError: There is no such file, or it is not TorchScript.
    """
    if not path.is_file():
        raise UsageError(f"--features {path}: there is no such file")
    try:
        with warnings.catch_warnings():  # a file that runs anywhere has no other form
            warnings.filterwarnings("ignore", message=".*torch.jit.load.* is deprecated")
            network = torch.jit.load(path, map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"--features {path}: this is no TorchScript file") from error
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    return Extractor(path.name, f"file-{digest}", lambda pictures: network(as_tensor(pictures)))


def callable_features(name: str) -> Extractor:
    """The features of `module:callable`, the module in the current folder or installed.

    Raises:
        UsageError: The module cannot be imported, or has no such callable.
        DuckAndCoverError: Called, it gives no features.
    """
    module_name, _, attribute = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # another's module may raise anything
        reason = " ".join(str(error).split())[:300]
        raise UsageError(
            f"--features {name}: {module_name} cannot be imported: {reason}"
        ) from error
    function = getattr(module, attribute, None)
    if not callable(function):
        what = "is not callable" if hasattr(module, attribute) else "is missing"
        raise UsageError(f"--features {name}: {attribute or 'a name'} {what} in {module_name}")
    extractor = Extractor(name, "", lambda pictures: function(as_tensor(pictures)))
    return Extractor(name, _behaviour(extractor, module), extractor.look)


def _behaviour(extractor: Extractor, module: object) -> str:
    """A fingerprint of code whose weights nobody knows: its source, and what it does."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        digest.update(inspect.getsource(module).encode())  # type: ignore[arg-type]
    except (OSError, TypeError):  # compiled
        digest.update(b"no source")
    probes = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    digest.update(extractor.batch(probes).tobytes())
    return f"callable-{digest.hexdigest()}"
