"""Writing what must not be lost where the disk may be full: whole files or none, plain words."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.plugins.io import TorchCheckpointIO
from safetensors import SafetensorError

from duck_and_cover.errors import DuckAndCoverError


class NotSaved(DuckAndCoverError):
    """A file could not be written; the message says where, how much is missing, what to free."""


def tensor_bytes(tensors: Mapping[str, torch.Tensor]) -> int:
    """Size of tensors in a file."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


@contextmanager
def written(path: Path, needed: int) -> Iterator[None]:
    """Around the writing of `needed` bytes to a file or folder in a run's folder.

    Raises:
        NotSaved: In place of what the system says.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        free = shutil.disk_usage(path.parent).free
        raise NotSaved(
            f"cannot write {path} ({why}): it takes {megabytes(needed)} and {path.parent} has "
            f"{megabytes(free)} free; delete what is not needed on that disk, such as samples "
            "and old runs"
        ) from error


def megabytes(count: int) -> str:
    """Bytes as people read them, never as 0."""
    return f"{max(count / 1e6, 0.1):,.1f} MB"


def use_checkpoint_files(trainer: Trainer) -> None:
    """Have checkpoints written by `CheckpointFiles`, unless another way was asked for."""
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = CheckpointFiles()


class CheckpointFiles(TorchCheckpointIO):
    """Writes a checkpoint straight to its disk; what cannot be written whole is removed.

    Lightning writes it to the folder for temporary files first, often another disk, and leaves it
    there when the second copy fails.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write and flush to the disk.

        Raises:
            NotSaved: It is not there.
        """
        path, buffer = Path(path), io.BytesIO()
        torch.save(checkpoint, buffer)
        try:
            with written(path, buffer.tell()), open(path, "wb") as file:
                file.write(buffer.getbuffer())
                file.flush()
                os.fsync(file.fileno())
        except NotSaved:
            path.unlink(missing_ok=True)
            raise
