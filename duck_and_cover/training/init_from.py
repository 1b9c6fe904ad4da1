"""Training in two acts: a new run starts from what another one, or a generator, has learnt.

    pre-train on many covers without labels  ->  run or generator folder  ->  fine-tune on few with

What the networks have in common is copied, by name and shape. Beyond that

- genres keep their embeddings by name, wherever they stand in the new vocabulary;
- where the latent meets a condition that the source did not have, in the first layer and in styles,
  the condition weighs nothing at first, and so does a style behind a convolution that had none: the
  generator begins by drawing what the source drew;
- where one generator adds up the pictures of its resolutions (`skips`) and the other does not,
  their toRGB layers mean different things: the source's last one draws all of its picture, and
  those below it add nothing at first; of a sum nothing is taken;
- all else that is new, such as blocks of a higher resolution, begins as in any new network.

The optimisers and the clock start anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.folder import GeneratorConfig, architecture_of, load_generator
from duck_and_cover.generation.hub import find_generator
from duck_and_cover.networks.base import Generator
from duck_and_cover.networks.layers import Style
from duck_and_cover.networks.progan import ProGANGenerator
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.carry_genres import by_genre, carry_genres
from duck_and_cover.training.run import RunFolder

OPTION = "--init-from"
MOST_NAMES = 12  # in a line of the log


@dataclass(frozen=True)
class Source:
    """What a training starts from.

    Args:
        name: As the person gave it.
        network: The averaged generator.
        config, vocabulary: Of its folder.
        weights: Of a run's checkpoint, by the module's names; of a generator alone, its own.
    """

    name: str
    network: Generator
    config: GeneratorConfig
    vocabulary: Vocabulary
    weights: Mapping[str, Tensor]

    def part(self, network: str) -> dict[str, Tensor]:
        """Of `generator`, `generator_ema` or `discriminator`, by the network's names."""
        start = f"{network}."
        return {n.removeprefix(start): w for n, w in self.weights.items() if n.startswith(start)}

    def start_resolution(self, top: int) -> int:
        """Where a plan that grows to `top` begins: at what the source has wholly faded in."""
        whole = self.config.alpha == 1 or self.config.resolution == 4
        return min(self.config.resolution if whole else self.config.resolution // 2, top)

    def scales(self, found: Vocabulary, years: Sequence[int] | None) -> Vocabulary:
        """The vocabulary found in new data, on the source's scales where they hold.

        A year means to the networks where it lies in the vocabulary's range, and a sound how far
        it is from the mean. So a narrower range is widened to the source's, and features keep its
        means and deviations; years beyond its range make a range of their own.

        Args:
            years: The range that was asked for, which is kept.
        """
        was = self.vocabulary
        within = was.first_year <= found.first_year and found.last_year <= was.last_year
        if found.last_year and within and years is None:
            found = replace(found, first_year=was.first_year, last_year=was.last_year)
        if found.audio_means and was.audio_means:
            means, deviations = was.audio_means, was.audio_deviations
            found = replace(found, audio_means=means, audio_deviations=deviations)
        return found


def read_source(name: str) -> Source:
    """A run folder, by its newest whole checkpoint, or a generator folder or Hub id.

    Raises:
        UsageError: There is no such thing.
        DuckAndCoverError: It is damaged.
    """
    try:
        folder = find_generator(name)
    except UsageError as error:
        raise UsageError(f"{OPTION}: {error}") from error
    network, config, vocabulary = load_generator(folder)
    run = RunFolder(Path(name))
    checkpoint = run.checkpoint() if run.config.is_file() else None
    if checkpoint is not None:
        weights = torch.load(checkpoint, weights_only=True, map_location="cpu")["state_dict"]
    else:
        own = network.state_dict().items()
        parts = ("generator", "generator_ema")
        weights = {f"{part}.{tensor}": value for part in parts for tensor, value in own}
    return Source(name, network, config, vocabulary, weights)


@dataclass
class Tally:
    """Tensors of a training that were copied or are new, and of the source that are of no use."""

    copied: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def start_from(module: GANModule, source: Source) -> str:
    """Copy into the module's networks what fits of the source; the same in every process.

    Returns:
        A line for the log: what was copied, what is new, what was not used.

    Raises:
        UsageError: The networks have nothing in common.
    """
    name = architecture_of(module.generator)
    if name != source.config.architecture:
        raise UsageError(
            f"{OPTION} {source.name}: it is a {source.config.architecture}, which cannot start a "
            f"{name}: take the {source.config.architecture} preset, or a {name} to start from"
        )
    tally = Tally()
    for part in ("generator", "discriminator"):
        _copy(part, getattr(module, part), source, module.vocabulary, tally)
    weights = [n for n in tally.copied if n.startswith("generator.") and n.endswith("weight")]
    if all(".encoder." in name for name in weights):
        raise UsageError(f"{OPTION} {source.name}: {_unlike(module.generator, source.network)}")
    _copy("generator_ema", module.generator_ema, source, module.vocabulary, Tally())
    return _line(source, tally, module)


@torch.no_grad()
def _copy(
    part: str, network: nn.Module, source: Source, vocabulary: Vocabulary, tally: Tally
) -> None:
    there, here = source.part(part), network.state_dict()
    copied = carry_genres(network, there, source.vocabulary, vocabulary)
    unlike = _unlike_pictures(network, source)
    for name, tensor in here.items():
        old = there.get(name)
        if name in copied or name in unlike or old is None:
            continue
        if tensor.shape == old.shape and not by_genre(name):
            tensor.copy_(old)
            copied.add(name)
        elif part != "discriminator" and _widen(name, network, tensor, old, source.network):
            copied.add(name)
    for name, layer in network.named_modules():
        behind = f"{name.replace('style', 'conv')}.weight"
        if isinstance(layer, Style) and behind in copied and f"{name}.dense.weight" not in there:
            layer.dense.weight.zero_()
    for name in unlike if _sums_pictures(network) else ():
        here[name].zero_()
    tally.copied += [f"{part}.{name}" for name in here if name in copied]
    tally.new += [f"{part}.{name}" for name in here if name not in copied]
    tally.unused += [f"{part}.{name}" for name in there if name not in copied]


def _unlike_pictures(network: nn.Module, source: Source) -> set[str]:
    """Names of the toRGB layers' tensors that mean something else in the source."""
    sums, summed = _sums_pictures(network), _sums_pictures(source.network)
    if not isinstance(network, ProGANGenerator) or sums == summed:
        return set()
    last = source.start_resolution(network.resolution)
    names = [f"to_rgb.{name}" for name in network.to_rgb.state_dict()]
    return {name for name in names if summed or int(name.split(".")[1]) < last}


def _sums_pictures(network: nn.Module) -> bool:
    return isinstance(network, ProGANGenerator) and network.skips


def _widen(name: str, network: nn.Module, tensor: Tensor, old: Tensor, before: Generator) -> bool:
    """Copy z's share of a layer that z and the condition enter together; whether it is one.

    The condition's share is left at zero: what the encoder says, which has learnt nothing yet, must
    not disturb what the rest of the network makes of z.
    """
    assert isinstance(network, Generator)
    z = network.latent
    widths = [g.settings["condition_width"] for g in (network, before)]
    axes = [i for i, (a, b) in enumerate(zip(tensor.shape, old.shape, strict=False)) if a != b]
    if tensor.dim() != old.dim() or len(axes) != 1 or before.latent != z:
        return False
    (axis,) = axes
    if [tensor.shape[axis], old.shape[axis]] != [z + width for width in widths]:
        return False
    # Equalised layers scale their weights by the number of inputs.
    layers = [g.get_submodule(name.rpartition(".")[0]) for g in (network, before)]
    now, was = (float(getattr(layer, "scale", 1.0)) for layer in layers)
    tensor.zero_().narrow(axis, 0, z).copy_(old.narrow(axis, 0, z) * (was / now))
    return True


def _unlike(here: Generator, there: Generator) -> str:
    """How two generators that have nothing in common differ, beside their conditions."""
    apart = [
        f"{name} {there.settings[name]} (here {value})"
        for name, value in here.settings.items()
        if name not in ("resolution", "spec", "condition_width") and there.settings[name] != value
    ]
    return (
        f"none of its weights fit: it has {', '.join(apart)}; set the same in "
        "--model.init_args.generator.init_args and those of the discriminator"
    )


def _line(source: Source, tally: Tally, module: GANModule) -> str:
    was, now = source.vocabulary, module.vocabulary
    count, new = len(tally.copied), tally.new
    parts = [f"init from {source.name}: {count} of {count + len(new)} tensors"]
    if not source.part("discriminator"):
        parts.append("the discriminator is new")
        new = [name for name in new if not name.startswith("discriminator.")]
    if module.growth.start_resolution is not None:
        parts.append(f"grows from {module.growth.start}x{module.growth.start}")
    for what, names in (
        ("new", _modules(new)),
        ("new genres", [genre for genre in now.genres if genre not in was.genres]),
        ("not used", _modules(tally.unused)),
        ("genres not used", [genre for genre in was.genres if genre not in now.genres]),
    ):
        if names:
            parts.append(f"{what}: {_few(names)}")
    if now.last_year and was.last_year and _years(now) != _years(was):
        parts.append(f"years are learnt anew: {_years(now)} here, {_years(was)} there")
    return "; ".join(parts)


def _modules(tensors: Sequence[str]) -> list[str]:
    """Names of tensors as those of the parts of networks that they belong to."""
    return list(dict.fromkeys(".".join(n.rpartition(".")[0].split(".")[:3]) or n for n in tensors))


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _years(vocabulary: Vocabulary) -> str:
    return f"{vocabulary.first_year} to {vocabulary.last_year}"
