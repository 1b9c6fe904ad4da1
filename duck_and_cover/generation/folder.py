"""The generator folder: what training exports, what the Hub holds, what CoverGenerator loads.

    generator.safetensors   the averaged weights
    config.json             architecture, vocabulary, resolution, kimg, data fingerprint, version
    README.md               the model card; samples.png, its picture, where it is made to be shown

Nothing in it is ever unpickled or executed: an architecture is a name out of `ARCHITECTURES`.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from duck_and_cover import __version__
from duck_and_cover.conditions import Vocabulary
from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.generation.card import SAMPLES, model_card
from duck_and_cover.networks.acgan import ACGANGenerator
from duck_and_cover.networks.base import Generator
from duck_and_cover.networks.condition_encoder import ConditionSpec
from duck_and_cover.networks.dcgan import DCGANGenerator
from duck_and_cover.networks.progan import ProGANGenerator
from duck_and_cover.networks.wgan import WGANGenerator

FORMAT = 2  # 1 knew genres and years alone
# What a file that is not what it should be makes its readers raise.
DAMAGE = (
    SafetensorError,
    RuntimeError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ValueError,
    ArithmeticError,
)
WEIGHTS, CONFIG, CARD = "generator.safetensors", "config.json", "README.md"
ARCHITECTURES: Mapping[str, type[Generator]] = {
    "acgan": ACGANGenerator,
    "dcgan": DCGANGenerator,
    "progan": ProGANGenerator,
    "wgan_gp": WGANGenerator,
}


@dataclass(frozen=True)
class GeneratorConfig:
    """All of config.json.

    Args:
        architecture: A name of `ARCHITECTURES`.
        generator: Its constructor's arguments.
        vocabulary: As `Vocabulary.settings` gives it.
        resolution: The resolution that the weights are trained to, at most the architecture's top.
        alpha: Weight of that resolution; below 1 in the middle of a fade.
        kimg: Thousands of images shown.
        data: Name and fingerprint of the training covers.
        metrics: By log name, as of the last evaluation.
        format, version: Of this layout; of the package that wrote it.
    """

    architecture: str
    generator: dict[str, Any]
    vocabulary: dict[str, Any]
    resolution: int
    alpha: float = 1.0
    kimg: float = 0.0
    data: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    format: int = FORMAT
    version: str = __version__


def architecture_of(network: nn.Module) -> str:
    """The name under which a generator's class is stored."""
    return next(name for name, kind in ARCHITECTURES.items() if type(network) is kind)


def save_generator(
    folder: Path,
    network: nn.Module,
    config: GeneratorConfig,
    samples: Image.Image | None = None,
) -> None:
    """Write a generator folder; one that is there is replaced as a whole.

    Args:
        samples: A sheet of its covers, for the card.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        save_file({k: v.contiguous() for k, v in network.state_dict().items()}, fresh / WEIGHTS)
        (fresh / CONFIG).write_text(json.dumps(config.__dict__, indent=2) + "\n", encoding="utf-8")
        if samples is not None:
            samples.save(fresh / SAMPLES)
        (fresh / CARD).write_text(model_card(config, samples is not None), encoding="utf-8")
        fresh.chmod(0o755)
        # A folder cannot be replaced by one rename: the old one steps aside first, where
        # `load_generator` finds it if this is the last that happens.
        old = _aside(folder)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def standing(folder: Path) -> Path:
    """The folder, or the one that it was about to replace when its writer was killed."""
    return _aside(folder) if not folder.exists() and _aside(folder).exists() else folder


def load_generator(folder: Path) -> tuple[Generator, GeneratorConfig, Vocabulary]:
    """The network in evaluation mode, its description and its vocabulary.

    Raises:
        UsageError: There is no generator in the folder.
        DuckAndCoverError: There is one, but it is damaged or of a newer version.
    """
    folder = standing(folder)
    if not (folder / CONFIG).is_file() or not (folder / WEIGHTS).is_file():
        raise UsageError(f"no generator in {folder}: {CONFIG} and {WEIGHTS} must be there")
    config = _read_config(folder / CONFIG)
    try:
        vocabulary = Vocabulary.from_settings(config.vocabulary)
        settings = {**config.generator, "spec": ConditionSpec.of(config.generator["spec"])}
        kind = ARCHITECTURES[config.architecture]
        with torch.device("meta"):  # a description may ask for more memory than there is
            _fits(kind(**settings), folder / WEIGHTS)
        network = kind(**settings)
        network.load_state_dict(load_file(folder / WEIGHTS))
        _check(config, network, vocabulary)
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:200]
        raise DuckAndCoverError(f"the generator in {folder} is damaged: {reason}") from error
    return network.eval().requires_grad_(False), config, vocabulary


def _fits(network: nn.Module, weights: Path) -> None:
    """Raise a ValueError where a file's tensors are not those of the network."""
    asked = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    with safe_open(weights, "pt") as file:
        found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
    for name in sorted(asked.keys() | found.keys()):
        if asked.get(name) != found.get(name):
            raise ValueError(f"{name} is {found.get(name)}, not {asked.get(name)}")


def _check(config: GeneratorConfig, network: Generator, vocabulary: Vocabulary) -> None:
    """Raise a ValueError where the description is at odds with itself."""
    r = config.resolution
    if not (isinstance(r, int) and 4 <= r <= network.resolution and r & (r - 1) == 0):
        raise ValueError(f"resolution {r!r} does not fit a network of {network.resolution}")
    if not (isinstance(config.alpha, int | float) and 0 <= config.alpha <= 1):
        raise ValueError(f"alpha {config.alpha!r} is no number from 0 to 1")
    spec = ConditionSpec.of(network.settings["spec"])
    if network.encoder is not None and vocabulary.spec != spec:
        raise ValueError(f"{vocabulary.spec} of the vocabulary, {spec} of the network")


def _read_config(path: Path) -> GeneratorConfig:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        found = values.get("format", FORMAT)
        if found != FORMAT:
            what = "upgrade" if found > FORMAT else "train it anew, or take the version before"
            raise DuckAndCoverError(
                f"{path} is of format {found}; this version reads {FORMAT}: {what}"
            )
        config = GeneratorConfig(**values)
    except (ValueError, TypeError, AttributeError) as error:
        raise DuckAndCoverError(f"{path} is damaged: {error}") from error
    if not isinstance(config.architecture, str) or config.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise DuckAndCoverError(f"{path}: architecture {config.architecture!r} is none of {known}")
    return config
