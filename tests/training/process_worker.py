"""What one of several processes does in the tests of many devices; a script for torchrun."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch

from duck_and_cover.errors import UsageError
from duck_and_cover.training.devices import check_clock, process_rank
from duck_and_cover.training.fit import train
from duck_and_cover.training.progan import ProGANModule


class Stop(Exception):
    """Ends a run from within."""


class PlainDescent(ProGANModule):
    """SGD: Adam would make whole steps out of the rounding of gradients that ought to be zero."""

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """The generator's, the discriminator's."""
        networks = (self.generator, self.discriminator)
        return [
            torch.optim.SGD(network.parameters(), lr=self.lr, fused=True) for network in networks
        ]

    def on_train_batch_start(self, *args: object) -> None:
        """Break off before the step that begins at STOP_AT images."""
        if self.images_shown >= int(os.environ.get("STOP_AT", "1000000")):
            raise Stop
        mark = os.environ.get("KILL_MARK")  # once, in the second process, after 48 images
        if mark and process_rank() == 1 and self.images_shown >= 48 and not Path(mark).exists():
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def manual_backward(self, loss: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        """Spoil one process's gradients in the step that begins at NAN_AT images."""
        if self.images_shown == int(os.environ.get("NAN_AT", "-1")) and process_rank() == 1:
            loss = loss * float("nan")
        super().manual_backward(loss, *args, **kwargs)

    def on_train_end(self) -> None:
        """Leave what this process has come to in the folder WEIGHTS."""
        if folder := os.environ.get("WEIGHTS"):
            torch.save(self.state_dict(), Path(folder) / f"{process_rank()}.pt")


def main(config: str, out: Path) -> None:
    """A whole run, and unless it is to be ALONE a spoilt one and one broken off.

    Each process names folders of its own.
    """
    rank = os.environ["RANK"]
    train(["--config", config, f"--run.out={out}/whole-{rank}"])
    if os.environ.get("ALONE"):
        return
    os.environ |= {"NAN_AT": "40", "WEIGHTS": str(out / "spoilt")}
    train(["--config", config, f"--run.out={out}/spoilt-{rank}"])
    del os.environ["NAN_AT"]
    os.environ["STOP_AT"] = "45"
    try:
        train(["--config", config, f"--run.out={out}/broken-{rank}"])
    except Stop:
        torch.distributed.barrier()
    try:
        check_clock(int(rank), torch.device("cpu"))
    except UsageError:
        return
    raise AssertionError("processes that start at different moments were not told apart")


if __name__ == "__main__":
    # The configuration names this file's classes as a module's, and that is another `Stop`.
    importlib.import_module("process_worker").main(sys.argv[1], Path(sys.argv[2]))
