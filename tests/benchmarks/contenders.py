"""One measurement of one contender, in a process that does nothing else.

python -m tests.benchmarks.contenders CASE_AS_JSON|rates THREADS
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
import yaml
from lightning.pytorch import Callback, Trainer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader
from torch.utils.flop_counter import flop_registry

from duck_and_cover.generation.allocator import keep_freed_memory
from duck_and_cover.growth import Growth
from duck_and_cover.networks.condition_encoder import ConditionSpec, ConditionTensors
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.building import preset_path, quiet_libraries
from duck_and_cover.training.plan import SameBatch, peak_memory
from duck_and_cover.training.progan import ProGANModule
from tests.benchmarks.reference import LATENT, PlainGenerator, PlainStep

GENRES = 16
TIMED_ROUNDS = 2
# Dense bfloat16 peaks in GFLOP/s by a part of the device's name.
PEAKS = {"H100": 989e3, "H200": 989e3, "A100": 312e3, "L40": 362e3, "4090": 165e3}
# What torch's own counter leaves out: sums of products in place.
FORMULAS: dict[Any, Any] = {
    **flop_registry,
    torch.ops.aten.baddbmm_: flop_registry[torch.ops.aten.baddbmm],
}


@dataclass(frozen=True)
class Case:
    """What is measured."""

    preset: str
    resolution: int
    batch: int
    fmap_base: int = 8192  # the paper's
    fmap_max: int = 512
    sampling: bool = False
    plain: bool = False
    reuse: bool = False
    precision: str = "32-true"
    device: str = "cpu"

    def with_changes(self, changes: Mapping[str, Any]) -> Case:
        """The same case for another contender."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Measurement:
    """What it cost, an image."""

    images_per_s: float
    cpu_s: float
    gflop: float
    memory_mib: float
    bf16_share: float  # of the device's peak; 0 where that is not known


class Flops(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts by torch's own formulas; its counter's module hooks fail within double backward."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        formula = FORMULAS.get(func._overloadpacket)
        if formula is not None:
            self.count += formula(*args, **(kwargs or {}), out_val=out)
        return out


class Stopwatch:
    """Counts the first round of steps, times the others."""

    def __init__(self, steps: int, device: str) -> None:
        self.steps, self.device, self.done, self.flops = steps, device, 0, Flops()
        self.walls: list[float] = []
        self.cpus: list[float] = []

    def begin(self) -> None:
        """Before a step."""
        if self.done == 0:
            self.flops.__enter__()  # type: ignore[no-untyped-call]

    def end(self) -> None:
        """After a step."""
        self.done += 1
        if self.done == self.steps:
            self.flops.__exit__(None, None, None)  # type: ignore[no-untyped-call]
        if self.done % self.steps == 0:
            if self.device == "cuda":
                torch.cuda.synchronize()
            self.walls.append(time.perf_counter())
            self.cpus.append(time.process_time())

    def measurement(self, batch: int) -> Measurement:
        """Of all rounds but the first."""
        images = batch * self.steps
        rounds = len(self.walls) - 1
        seconds = (self.walls[-1] - self.walls[0]) / rounds
        gflop = self.flops.count / images / 1e9
        return Measurement(
            images / seconds,
            (self.cpus[-1] - self.cpus[0]) / rounds / images,
            gflop,
            peak_memory() / 2**20,
            gflop * images / seconds / bf16_peak() if self.device == "cuda" else 0.0,
        )


def bf16_peak() -> float:
    """GFLOP/s of the CUDA device, infinite where its name is not known."""
    name = torch.cuda.get_device_name()
    return next((peak for part, peak in PEAKS.items() if part in name), float("inf"))


def in_turn(step: Callable[[], None], case: Case) -> Measurement:
    """Call a step until it has been measured."""
    watch = Stopwatch(1, case.device)
    for _ in range(1 + TIMED_ROUNDS):
        watch.begin()
        step()
        watch.end()
    return watch.measurement(case.batch)


class _Watched(Callback):
    """The stopwatch around Lightning's steps."""

    def __init__(self, watch: Stopwatch) -> None:
        self.watch = watch

    def on_train_batch_start(self, *args: Any) -> None:
        """Begin."""
        self.watch.begin()

    def on_train_batch_end(self, *args: Any) -> None:
        """End."""
        self.watch.end()


def preset_settings(case: Case) -> dict[str, Any]:
    """The model's settings of the preset."""
    settings = yaml.safe_load(preset_path(case.preset).read_text(encoding="utf-8"))
    arguments: dict[str, Any] = settings["model"]["init_args"]
    return arguments


def our_module(case: Case) -> ProGANModule:
    """The preset's module at the case's size, wholly grown."""
    settings = preset_settings(case)
    widths = {"fmap_base": case.fmap_base, "fmap_max": case.fmap_max}
    size = {"resolution": case.resolution, "spec": ConditionSpec(GENRES)} | widths
    generator = settings.pop("generator")["init_args"] | size
    discriminator = settings.pop("discriminator")["init_args"] | size
    if case.fmap_max == 512:
        generator["latent"] = LATENT
    place, name = settings.pop("loss")["class_path"].rsplit(".", 1)
    settings["loss"] = getattr(importlib.import_module(place), name)()
    settings["reuse"] = case.reuse
    growth = Growth(case.resolution, 1000, case.resolution, batch_size=case.batch)
    networks = ProGANGenerator(**generator), ProGANDiscriminator(**discriminator)
    return ProGANModule(*networks, growth=growth, **settings)


def our_step(case: Case) -> Measurement:
    """Lightning's loop around `ProGANModule.training_step`, over whole rounds of penalties."""
    module = our_module(case)
    steps = module.penalty_every
    watch = Stopwatch(steps, case.device)
    condition = ConditionTensors.nothing(case.batch, GENRES)
    data = SameBatch(case.resolution, condition, steps * (1 + TIMED_ROUNDS))
    trainer = Trainer(
        accelerator=case.device,
        devices=1,
        precision=case.precision,  # type: ignore[arg-type]
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[_Watched(watch)],
    )
    with quiet_libraries():
        trainer.fit(module, DataLoader(data, batch_size=None))
    return watch.measurement(case.batch)


def sampling_step(case: Case) -> Callable[[], None]:
    """A call draws a batch of pictures."""
    z = torch.randn(case.batch, LATENT, device=case.device)
    widths = (case.resolution, case.fmap_base, case.fmap_max)
    if case.plain:
        plain = PlainGenerator(*widths).to(case.device)

        @torch.no_grad()
        def draw_plainly() -> None:
            plain(z)

        return draw_plainly
    keep_freed_memory()  # as the commands that draw do
    condition = ConditionTensors.nothing(case.batch, GENRES).to(case.device)
    ours = ProGANGenerator(case.resolution, ConditionSpec(GENRES), LATENT, *widths[1:]).to(
        case.device
    )
    ours.eval().requires_grad_(False)
    half = case.precision == "bf16-mixed"

    @torch.no_grad()
    def draw() -> None:
        with torch.autocast(case.device, torch.bfloat16, enabled=half):
            ours(z, condition)

    return draw


def measurement(case: Case) -> Measurement:
    """What a case costs."""
    if case.sampling:
        return in_turn(sampling_step(case), case)
    if case.plain:
        sizes = (case.resolution, case.batch, case.fmap_base, case.fmap_max)
        return in_turn(PlainStep(*sizes, case.device), case)
    return our_step(case)


def matmul_rates(side: int = 1024, tries: int = 6) -> dict[str, float]:
    """GFLOP/s that this machine reaches in one large product, the best of some, by precision."""
    rates = {}
    for name, kind in (("32-true", torch.float32), ("bf16-mixed", torch.bfloat16)):
        a, b = torch.randn(2, side, side).to(kind)
        out, seconds = torch.mm(a, b), []
        for _ in range(tries):
            began = time.perf_counter()
            torch.mm(a, b, out=out)
            seconds.append(time.perf_counter() - began)
        rates[name] = 2 * side**3 / min(seconds) / 1e9
    return rates


def main() -> None:
    """Print one measurement as JSON, or what the machine can do at all."""
    torch.set_num_threads(int(sys.argv[2]))
    torch.manual_seed(0)
    if sys.argv[1] == "rates":
        sys.stdout.write(json.dumps(matmul_rates()) + "\n")
        return
    found = measurement(Case(**json.loads(sys.argv[1])))
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    main()
