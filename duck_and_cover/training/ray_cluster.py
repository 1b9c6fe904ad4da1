"""Training on a Ray cluster: Ray starts the processes, and starts them anew when one is lost.

Ray Train brings the processes together, and Lightning trains in them as under torchrun. Checkpoints
are not Ray's but the run folder's, on a disk that all machines share.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
import torch
import torch.distributed as dist
from ray.train import FailureConfig, LoggingConfig, RunConfig, ScalingConfig, TrainingFailedError
from ray.train.lightning import RayLightningEnvironment
from ray.train.torch import TorchConfig, TorchTrainer, get_device

from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError
from duck_and_cover.training.fit import Judging, train
from duck_and_cover.training.processes import LONGEST_WAIT, Gone, Together
from duck_and_cover.training.ray_desk import ENDINGS, Lines, Listener, open_desk, watch
from duck_and_cover.training.run import RunFolder

RESTARTS = 3  # after which a training that loses its processes is given up
RAYS = "ray"  # its folder in the run's while it trains
OPEN = {  # read by Ray when its processes start
    # Ray's print writes past whoever redirects it, as the library that hashes functions does.
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Else Ray runs all its processes at the lowest priority, behind whatever the machine does.
    "RAY_worker_niceness": "0",
    # After the usual minute Ray would give up and start again, on a busy machine without end.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "600",
}


@dataclass(frozen=True)
class Order:
    """What each process is to do.

    Args:
        args: Of LightningCLI.
        out: The run folder.
        resume: Go on with the run in it.
        judge: As in `fit.train`.
        deadline: When to stop, by `time.time`, which machines have in common.
        folder: Where the person stands, for the paths in `args`.
        desk: The actor to speak with.
    """

    args: list[str]
    out: Path
    resume: bool
    judge: Judging | None
    deadline: float | None
    folder: Path
    desk: Any


class RayTogether(Together):
    """`Together`, on the device that Ray has given to this process."""

    @property
    def root_device(self) -> torch.device:
        """Not by this process's number on its machine: Ray may show it other devices."""
        device = get_device()
        assert isinstance(device, torch.device)
        return device


def work(order: dict[str, Any]) -> None:
    """What each process does by an `Order`, from the start or after one was lost."""
    desk, folder = order["desk"], Path(order["folder"])
    if ray.get(desk.ended.remote())[0]:
        return  # one process knew the end, and the others were lost for want of it
    os.chdir(folder)
    with redirect_stderr(Lines(desk)):
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
        try:
            _go_on(order)
        except Gone:
            raise  # Ray starts all anew
        except DuckAndCoverError as error:
            kind = next(name for name, kind in ENDINGS.items() if isinstance(error, kind))
            ray.get(desk.end.remote(kind, str(error)))


def _go_on(order: dict[str, Any]) -> None:
    """Train, from where the run stands."""
    begun = RunFolder(order["out"]).config.is_file()
    dist.barrier()  # all have looked before the first one writes
    deadline = order["deadline"]
    train(
        order["args"] if order["resume"] or not begun else [],
        resume=order["out"] if order["resume"] or begun else None,
        judge=order["judge"],
        deadline=None if deadline is None else deadline - time.time() + time.monotonic(),
        strategy=RayTogether(),
        plugins=[RayLightningEnvironment()],  # type: ignore[no-untyped-call]
        callbacks=[Listener(order["desk"])],
    )


def train_on_ray(
    args: list[str],
    out: Path,
    workers: int,
    resume: bool = False,
    judge: Judging | None = None,
    deadline: float | None = None,
) -> RunFolder:
    """`fit.train` in processes of a Ray cluster; each has one GPU where the cluster has any.

    Takes the cluster that RAY_ADDRESS names or that runs on this machine; where there is none,
    one is started on this machine and ended with the training. When a process is lost, all go on
    from the run's last checkpoint, at most `RESTARTS` times.

    Args:
        args: Of LightningCLI; a new run's name its folder too, as `run.out`.
        out: The run folder, on a disk that all machines of the cluster share.
        workers: How many processes.
        resume: Go on with the run in `out`.
        judge: As in `fit.train`.
        deadline: When to stop, by `time.monotonic`; None trains to the end.

    Raises:
        StoppedEarly: By a signal to this process or the deadline; what was trained is saved.
        UsageError: No cluster at RAY_ADDRESS, or what `fit.train` refuses.
        DuckAndCoverError: Processes were lost again and again.
    """
    if workers < 1:
        raise UsageError(f"--ray-workers {workers}: take 1 or more")
    run = RunFolder(out.absolute())
    if not resume:
        run.create()
    until = None if deadline is None else deadline - time.monotonic() + time.time()
    go_on = f"go on with: duck-and-cover train --resume {out}"
    with _cluster(workers):
        desk = open_desk(workers)
        order = Order(args, run.path, resume, judge, until, Path.cwd(), desk)
        unforeseen = ""
        try:
            watch(_trainer(order, workers).fit, desk)
        except TrainingFailedError as error:
            unforeseen = f"{_reason(error)}; {go_on}"
        except KeyboardInterrupt as stop:
            raise StoppedEarly(f"stopped at once; {go_on}") from stop
        kind, message = ray.get(desk.ended.remote())
        shutil.rmtree(run.path / RAYS, ignore_errors=True)
    if kind:
        raise ENDINGS[kind](message)
    if unforeseen:
        raise DuckAndCoverError(unforeseen)
    return run


@contextmanager
def _cluster(workers: int) -> Iterator[None]:
    """Within it there is one."""
    for name, value in OPEN.items():
        os.environ.setdefault(name, value)
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        ray.init(address="auto", **quiet)
    except ConnectionError as error:
        if address := os.environ.get("RAY_ADDRESS"):
            raise UsageError(f"no Ray cluster at RAY_ADDRESS {address}") from error
        cores = max(workers, os.cpu_count() or 1)
        ray.init(address="local", num_cpus=cores, include_dashboard=False, **quiet)
    try:
        yield
    finally:
        ray.shutdown()


def _trainer(order: Order, workers: int) -> TorchTrainer:
    """Ray's, which starts `work` in each process, and again in all where one is lost."""
    words = " ".join(order.args).replace("=", " ")
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus = found.get("GPU", 0) > 0 and "trainer.accelerator cpu" not in words
    options: dict[str, Any] = {  # Ray's own annotations are those of an older class
        "name": RAYS,
        "storage_path": str(order.out),
        "failure_config": FailureConfig(max_failures=RESTARTS),
        "logging_config": LoggingConfig(log_level="ERROR"),
    }
    return TorchTrainer(
        work,
        train_loop_config={**vars(order)},
        torch_config=TorchConfig(timeout_s=int(LONGEST_WAIT.total_seconds())),
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpus),
        run_config=RunConfig(**options),
    )


def _reason(error: TrainingFailedError) -> str:
    """The last line of what went wrong in the first process that failed."""
    failures = getattr(error, "worker_failures", {})
    first = failures[min(failures)] if failures else error
    lines = [line.strip() for line in str(first).splitlines() if line.strip()]
    return f"Ray gave up after {RESTARTS} restarts: {lines[-1] if lines else type(first).__name__}"
