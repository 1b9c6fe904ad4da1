"""How the processes of one training start, meet, and end together when one of them is gone.

A process that dies leaves the others waiting in an exchange that cannot end: at best until a socket
breaks, at worst until a timeout that must be long, because the first process judges and draws while
the others wait. So each process lets a counter rise beside the training, and looks at the others'.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch import Trainer
from lightning.pytorch.overrides.distributed import _sync_module_states
from lightning.pytorch.strategies import DDPStrategy, Strategy
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.training.devices import process_count, process_rank

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
GONE_SECONDS = 30.0  # without a beat: a process that computes beats on, in a thread of its own
LONGEST_WAIT = timedelta(hours=2)  # of one process for another that is alive


class Gone(DuckAndCoverError):
    """Another process of this training has ended before its time."""


def writes() -> bool:
    """Whether this process is the one that writes, known before the processes have met."""
    if process_count() > 1:
        return process_rank() == 0
    rank = int(getattr(rank_zero_only, "rank", 0))
    if "RANK" in os.environ:
        return rank == 0
    # Lightning starts the others of its machine, and knows only the rank among those until then.
    return rank == 0 and int(os.environ.get("NODE_RANK", "0")) == 0


def leave(reason: str) -> None:
    """End this process at once: its main thread may wait in an exchange that never ends."""
    log.error("%s", reason)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(Gone.exit_code)


class Heartbeat(threading.Thread):
    """Beats for this process; the first process watches all others, the others watch the first.

    Args:
        store: Where the counters are, by the address of the process that holds it.
        rank, count: Which process this is, of how many.
        on_loss: What to do when one is gone, with the reason; called once, in this thread.
        every, patience: Seconds between beats, and without one until a process counts as gone.
    """

    def __init__(
        self,
        store: TCPStore,
        rank: int,
        count: int,
        on_loss: Callable[[str], None] = leave,
        every: float = BEAT_SECONDS,
        patience: float = GONE_SECONDS,
    ) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self.store, self.rank, self.count, self.on_loss = store, rank, count, on_loss
        self.every, self.patience = every, patience
        self.ended = threading.Event()

    def run(self) -> None:
        """Beat and watch until `end`."""
        others = range(1, self.count) if self.rank == 0 else range(1)
        seen = {other: (0, time.monotonic()) for other in others}
        while not self.ended.wait(self.every):
            reason = ""
            try:
                self.store.add(f"beats/{self.rank}", 1)
                for other, (beats, _) in seen.items():
                    now = self.store.add(f"beats/{other}", 0)
                    if now != beats:
                        seen[other] = now, time.monotonic()
            except RuntimeError:  # the store ends with the process, or the agent, that holds it
                reason = "the first process of this training is gone"
            for other, (_, when) in seen.items():
                if time.monotonic() - when > self.patience:
                    reason = f"process {other} of {self.count} is gone"
            if reason and not self.ended.is_set():
                self.on_loss(f"{reason}; go on with train --resume")
                return

    def end(self) -> None:
        """Beat no more; the others are told otherwise that the work is done."""
        self.ended.set()


class _Launcher(_SubprocessScriptLauncher):
    """Starts the other processes of this machine; they are watched by heartbeats.

    Lightning's own way kills the first process without a word when another ends, even one that
    ends as it should, with the exit code 75.
    """

    def launch(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Start them where nobody else has, and run `function`."""
        self.cluster_environment.validate_settings(self.num_processes, self.num_nodes)
        if not self.cluster_environment.creates_processes_externally:
            self._call_children_scripts()
            threading.Thread(target=self._watch_start, daemon=True).start()
        kwargs.pop("trainer", None)
        return function(*args, **kwargs)

    def _watch_start(self) -> None:
        """Until all have met, nobody beats: one that fails before would be waited for."""
        while not dist.is_initialized():
            if any(process.poll() is not None for process in self.procs):
                leave("another process of this training could not start; its message is above")
            time.sleep(0.2)


class Together(DDPStrategy):
    """Data parallel without a wrapper: see `duck_and_cover.training.devices`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(timeout=LONGEST_WAIT, **settings)
        self.heartbeat: Heartbeat | None = None

    def _configure_launcher(self) -> None:
        assert self.cluster_environment is not None
        self._launcher = _Launcher(self.cluster_environment, self.num_processes, self.num_nodes)

    def setup_distributed(self) -> None:
        """Meet, and begin to beat."""
        super().setup_distributed()
        environment = self.cluster_environment
        assert environment is not None
        server = TCPStore(
            environment.main_address, environment.main_port, is_master=False, wait_for_workers=False
        )
        self.heartbeat = Heartbeat(server, process_rank(), process_count())
        self.heartbeat.start()

    def configure_ddp(self) -> None:
        """All begin with the first process's weights; nothing is wrapped."""
        assert self.model is not None
        _sync_module_states(self.model)

    def part(self) -> None:
        """Beat no more: the work is done, or the others shall know that this process has failed."""
        if self.heartbeat is not None:
            self.heartbeat.end()


def device_settings(trainer: Mapping[str, Any], strategy: Strategy | None = None) -> dict[str, Any]:
    """The Trainer's devices, nodes and strategy, from what was asked for and who started us.

    Under torchrun and SLURM their numbers count: the processes are there already.

    Args:
        trainer: `accelerator`, `devices`, `num_nodes` and `strategy`, as asked for.
        strategy: In place of the one that was asked for.

    Raises:
        UsageError: A strategy that does not train these models.
    """
    devices, nodes = trainer["devices"], int(trainer["num_nodes"])
    joined = strategy or trainer["strategy"]
    if "LOCAL_WORLD_SIZE" in os.environ:
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    elif SLURMEnvironment.detect():
        nodes = int(os.environ.get("SLURM_NNODES", "1"))
        devices = int(os.environ["SLURM_NTASKS"]) // nodes
    if isinstance(joined, str):
        if joined not in ("auto", "ddp"):
            raise UsageError(f"--strategy {joined}: take auto or ddp")
        several = nodes > 1 or _device_count(devices, trainer["accelerator"]) > 1
        joined = Together() if several else "auto"
    return {"devices": devices, "num_nodes": nodes, "strategy": joined}


def _device_count(devices: int | str | list[int], accelerator: str) -> int:
    """How many devices a machine's part of Lightning's setting means."""
    if isinstance(devices, list):
        return len(devices)
    if "," in str(devices):
        return len([device for device in str(devices).split(",") if device])
    if str(devices) in ("auto", "-1"):
        return torch.cuda.device_count() if accelerator in ("auto", "gpu", "cuda") else 1
    return int(devices)


@contextmanager
def company(trainer: Trainer) -> Iterator[None]:
    """Within it the processes of a trainer train; they end together.

    Raises:
        Gone: Instead of the library's error where another process is gone.
    """
    try:
        yield
        trainer.strategy.barrier()  # the first one writes to the end, and the others wait
    except RuntimeError as error:
        if process_count() > 1 and (isinstance(error, dist.DistError) or "gloo" in str(error)):
            raise Gone(
                f"another process of this training is gone (this is {process_rank()} of "
                f"{process_count()}); go on with train --resume"
            ) from error
        raise
    finally:
        if isinstance(trainer.strategy, Together):
            trainer.strategy.part()
