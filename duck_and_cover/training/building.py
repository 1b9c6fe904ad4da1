"""From arguments to everything that a run is made of: the YAML's fields, the plan, the parts."""

import logging
import warnings
from argparse import ArgumentError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch import Trainer
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from lightning.pytorch.strategies import Strategy
from rich.console import Console
from rich.table import Table

from duck_and_cover.data.module import CoverDataModule
from duck_and_cover.errors import UsageError
from duck_and_cover.growth import Growth
from duck_and_cover.training.base import GANModule
from duck_and_cover.training.init_from import read_source
from duck_and_cover.training.plan import peak_memory, plan
from duck_and_cover.training.processes import device_settings
from duck_and_cover.training.progress import clock

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunSettings:
    """What a run leaves behind.

    Args:
        out: The run folder.
        checkpoint_kimg: How often to save; None is a twentieth of the run, at most 50.
        sample_kimg: How often to draw the sample grid; None is a fortieth of the run.
        eval_kimg: How often to ask the judge; None is an eighth of the run, 0 never.
        wandb: Log to Weights & Biases too, offline as its own settings say.
        tensorboard: Log to TensorBoard too.
        milestones: How many generators to keep along the run; 0 for none.
        init_from: A run, generator folder or Hub id whose weights the run begins with, as far as
            they fit. A plan that grows then begins at its resolution; see `init_from.Source`.
    """

    out: Path = Path("runs/progan")
    checkpoint_kimg: float | None = None
    sample_kimg: float | None = None
    eval_kimg: float | None = None
    wandb: bool = False
    tensorboard: bool = False
    milestones: int = 8
    init_from: str | None = None

    def __post_init__(self) -> None:
        if self.milestones < 0:
            raise UsageError(f"milestones {self.milestones}: take 0 or more")


def presets() -> list[str]:
    """Names of the presets in the package."""
    folder = files("duck_and_cover.configs")
    return sorted(
        f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")
    )


def preset_path(name: str) -> Path:
    """The YAML file of a preset's name, or of a path."""
    if name in presets():
        with as_file(files("duck_and_cover.configs") / f"{name}.yaml") as path:
            return path
    if not Path(name).is_file():
        raise UsageError(f"--config {name}: take a YAML file or one of {', '.join(presets())}")
    return Path(name)


class TrainCLI(LightningCLI):
    """LightningCLI with the plan and the run folder beside model, data and trainer."""

    def __init__(
        self, args: list[str], strategy: Strategy | None = None, plugins: Sequence[Any] = ()
    ) -> None:
        self.strategy, self.plugins = strategy, plugins
        super().__init__(
            GANModule,
            CoverDataModule,
            subclass_mode_model=True,
            save_config_callback=None,
            seed_everything_default=0,
            trainer_defaults={
                "max_epochs": 1,
                "logger": False,
                "enable_checkpointing": False,
                "enable_progress_bar": False,
                "enable_model_summary": False,
                "use_distributed_sampler": False,
            },
            parser_kwargs={"exit_on_error": False},
            args=args,
            run=False,
            auto_configure_optimizers=False,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """The plan and the run folder; one seed, one plan for all."""
        parser.add_class_arguments(Growth, "growth")
        parser.add_class_arguments(RunSettings, "run")
        parser.link_arguments("growth", "data.growth")
        parser.link_arguments("growth", "model.init_args.growth")
        parser.link_arguments("seed_everything", "data.seed", compute_fn=int)
        parser.link_arguments("seed_everything", "model.init_args.seed", compute_fn=int)

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse; a new run that begins with another one's weights grows from its resolution on."""
        assert isinstance(args, list)
        super().parse_arguments(parser, args)
        name, growth = self.config.run.init_from, self.config.growth
        self.source = read_source(name) if name else None
        asked = any(arg.startswith("--growth.start_resolution") for arg in args)
        # The configuration of a run that has begun has a vocabulary, and is not changed any more.
        begun = self.config.data.vocabulary is not None
        if self.source and growth.start_resolution and not asked and not begun:
            start = self.source.start_resolution(growth.resolution)
            super().parse_arguments(parser, [*args, f"--growth.start_resolution={start}"])

    def instantiate_trainer(self, **settings: Any) -> Trainer:
        """The Trainer, with the devices that are there and our way of joining them."""
        settings.update(device_settings(self.config_init.trainer, self.strategy))
        named = settings.get("plugins") or []
        named = named if isinstance(named, list) else [named]
        self.plugins = settings["plugins"] = [*named, *self.plugins]
        return super().instantiate_trainer(**settings)

    def before_instantiate_classes(self) -> None:
        """Ask the data for its vocabulary; networks are as large as it and as the plan say."""
        config = self.config
        settings = config.data.as_dict()
        growth = Growth(**{k: v for k, v in settings.pop("growth").items()})
        data = CoverDataModule(growth=growth, **settings)
        vocabulary = data.vocabulary
        if self.source and settings["vocabulary"] is None:
            vocabulary = self.source.scales(vocabulary, settings["years"])
        config.data.vocabulary = vocabulary.settings()
        model = config.model.init_args
        if "latent" in model.discriminator.init_args:  # what it reconstructs is the generator's
            model.discriminator.init_args.latent = model.generator.init_args.latent
        # From here on the configuration is whole: the file that makes this run again.
        self.whole_config = str(self.parser.dump(config, skip_unset=False))
        model.vocabulary = Namespace(vocabulary.settings())  # type: ignore[no-untyped-call]
        for network in (model.generator, model.discriminator):
            network.init_args.resolution = growth.resolution
            network.init_args.spec = Namespace(vocabulary.spec.settings())  # type: ignore[no-untyped-call]


def build(
    args: list[str], strategy: Strategy | None = None, plugins: Sequence[Any] = ()
) -> TrainCLI:
    """Everything of a run from the arguments of LightningCLI; nothing is trained yet.

    Raises:
        UsageError: An argument that the parser refuses, or a plan for networks that do not grow.
    """
    try:
        with quiet_libraries():
            cli = TrainCLI(args, strategy, plugins)
    # What networks and modules refuse when they are built comes as a ValueError around it.
    except (ArgumentError, ValueError) as error:
        inner = _own(error)
        raise inner or UsageError(_first_reason(str(error))) from error
    start, generator = cli.model.growth.start, cli.model.generator
    if str(start) not in generator.to_rgb:
        name = type(generator).__name__
        raise UsageError(f"{name} has no pictures of {start}x{start}: leave start_resolution null")
    return cli


def _own(error: BaseException | None) -> UsageError | None:
    """The error of ours that the parser has wrapped, if there is one."""
    while error is not None and not isinstance(error, UsageError):
        error = error.__cause__ or error.__context__
    return error


def _first_reason(text: str) -> str:
    """The parser's key and its innermost reason, without the values that it prints along."""
    lines = [line for line in text.splitlines() if line.strip(" -")]
    lines = [line for line in lines if not line.strip(" -").startswith(("Given value", "Subtypes"))]
    deepest = max(lines, key=lambda line: len(line) - len(line.lstrip(" -")))
    parts = dict.fromkeys(line.strip(" -") for line in (lines[0], deepest))
    return " ".join(parts)[:300]


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Without what Lightning and jsonargparse say about their own insides."""
    if not log.isEnabledFor(logging.DEBUG):
        for name in ("lightning.pytorch", "lightning.fabric"):
            logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        for module in ("lightning", "jsonargparse", "torch"):
            warnings.filterwarnings("ignore", module=module)
        warnings.filterwarnings("ignore", message=".*eval mode at the start of training")
        yield


def show_fields() -> None:
    """Print every field of the YAML, with its help."""
    TrainCLI(["--help"])


def show_plan(cli: TrainCLI) -> None:
    """Print what the run would cost, resolution by resolution; a few steps are tried for it."""
    table = Table(title=f"{cli.model.growth.kimg:g} kimg on {cli.trainer.accelerator.name()}")
    for name in ("resolution", "from kimg", "covers", "batch", "steps", "GFLOP", "time"):
        table.add_column(name, justify="right")
    with quiet_libraries():
        parts = plan(cli.model, trainer_settings(cli), cli.trainer.world_size)
    shown = 0
    for part in parts:
        about = "" if part.measured else "about "
        table.add_row(
            f"{part.resolution}x{part.resolution}",
            f"{shown / 1000:g}",
            f"{part.images:,}",
            str(part.batch_size),
            f"{-(-part.images // part.batch_size):,}",
            f"{part.gflop:.3g}",
            about + clock(part.seconds),
        )
        shown += part.images
    console = Console()
    console.print(table)
    total = clock(sum(part.seconds for part in parts))
    console.print(f"in all {total}, at most {peak_memory() / 2**30:.1f} GiB of memory so far")


def trainer_settings(cli: TrainCLI) -> dict[str, Any]:
    """The device part of the Trainer's settings, for one device."""
    return {"devices": 1} | {key: cli.config.trainer[key] for key in ("accelerator", "precision")}
