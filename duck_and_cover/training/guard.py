"""Keeps a step that is not finite out of the networks, without waiting for the device.

One NaN that reaches Adam's moments is there for good. So each optimiser's step is preceded by a
check of its gradients on the device, and the fused kernel itself leaves everything as it was where
the check's flag is up, as it does for `torch.amp.GradScaler`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer

PATIENCE = 10  # bad steps in a row after which no good one is waited for


def seed_gradient(loss: Tensor) -> Tensor:
    """What backward starts from: 1, or NaN where the loss is not finite.

    A loss that is not finite may have finite gradients; with this it has none, and where gradients
    are summed over ranks all of them learn of it.
    """
    return loss.detach() * 0 + 1


class StepGuard:
    """Flags and counts of one training, as numbers on the device.

    A step is bad from the first gradient that is not finite: if the discriminator's are not, the
    generator, which would learn from its scores, skips the step too.
    """

    def __init__(self) -> None:
        self.restore({})

    def restore(self, counts: dict[str, int]) -> None:
        """Start from what `counts` gave, or from nothing."""
        self._bad = torch.zeros(())
        self._row = torch.tensor(float(counts.get("row", 0)))
        self._skipped = torch.tensor(float(counts.get("skipped", 0)))
        self._one = torch.ones(())

    @property
    def row(self) -> int:
        """Bad steps without a good one since; waits for the device."""
        return int(self._row)

    @property
    def skipped(self) -> int:
        """Bad steps since the training began; waits for the device."""
        return int(self._skipped)

    def counts(self) -> dict[str, int]:
        """For the checkpoint."""
        return {"row": self.row, "skipped": self.skipped}

    @torch.no_grad()
    def check(self, optimizer: Optimizer) -> None:
        """Let the coming `optimizer.step()` change nothing if a gradient is not finite.

        Args:
            optimizer: Adam with `fused=True`, whose gradients are ready.
        """
        weights = (p for group in optimizer.param_groups for p in group["params"])
        gradients = [p.grad for p in weights if p.grad is not None]
        if gradients:
            self._move_to(gradients[0].device)
            # The kernel that GradScaler uses: raises the flag and multiplies by 1, in one pass.
            torch._amp_foreach_non_finite_check_and_unscale_(gradients, self._bad, self._one)
        optimizer.found_inf = self._bad  # type: ignore[attr-defined]

    @torch.no_grad()
    def end_step(self) -> None:
        """Count the step, and begin the next one without a flag."""
        self._row.add_(1).mul_(self._bad)
        self._skipped.add_(self._bad)
        # A new tensor: in a replayed or delayed step the old one may still be read.
        self._bad = torch.zeros_like(self._bad)

    def _move_to(self, device: torch.device) -> None:
        if self._bad.device != device:
            moved = (t.to(device) for t in (self._bad, self._row, self._skipped, self._one))
            self._bad, self._row, self._skipped, self._one = moved
