"""How much memory a device has to spare, and how much of it a piece of work takes."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the tensors made within it that are alive, and the most at any moment.

    Those that wait for a backward pass are among them. What a kernel takes for itself is not.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now: int = 0
        self.peak: int = 0
        self._alive: dict[int, weakref.ref[torch.UntypedStorage]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        given = {id(storage) for storage in _storages((args, kwargs))}
        for storage in _storages(out):
            if id(storage) not in given:  # neither a view nor written in place
                self._count(storage)
        return out

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = id(storage), storage.nbytes()
        if key in self._alive:  # two outputs in one
            return

        def forget(_: object) -> None:
            self.now -= size
            del self._alive[key]

        self._alive[key] = weakref.ref(storage, forget)
        self.now += size
        self.peak = max(self.peak, self.now)


def _storages(tree: object) -> list[torch.UntypedStorage]:
    """Of the tensors in nested lists, tuples and dicts."""
    return [leaf.untyped_storage() for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def most_bytes(work: Callable[[], object], device: torch.device) -> int:
    """The most memory that tensors take while `work` runs.

    On a CUDA device it is the allocator's, with what was there before; elsewhere that of the
    tensors that `work` makes.
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return int(torch.cuda.max_memory_allocated(device))
    counted = LiveBytes()
    with counted:
        work()
    return counted.peak


def free_bytes(devices: list[torch.device]) -> int:
    """What each of these devices has to spare; of several, the one that has least decides."""
    if devices[0].type == "cuda":
        torch.cuda.empty_cache()
        return min(int(torch.cuda.mem_get_info(device)[0]) for device in devices)
    return free_ram() // len(devices)


def free_ram(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes of RAM that this process may still take: of the machine, and within its control groups.

    Args:
        proc, cgroups: Where Linux tells; elsewhere half of the machine's memory is taken as free.
    """
    try:
        lines = (proc / "meminfo").read_text().splitlines()
    except OSError:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    available = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return min([int(available) * 1024, *_left_in_groups(proc, cgroups)])


def _left_in_groups(proc: Path, cgroups: Path) -> Iterator[int]:
    """What is left in each control group, of version 1 or 2, that limits this process's memory."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            names, root = ("memory.max", "memory.current", "inactive_file"), cgroups
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            root = cgroups / "memory"
        else:
            continue
        group = root / path.lstrip("/")
        # In a container the path may be the host's, and the limit stand at the root.
        for folder in [group, *(parent for parent in group.parents if parent.is_relative_to(root))]:
            yield from _left_in(folder, *names)


def _left_in(folder: Path, limit: str, usage: str, reclaimable: str) -> Iterator[int]:
    """What one group may still take; nothing where it has no limit."""
    try:
        most = (folder / limit).read_text().strip()
        used = int((folder / usage).read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except OSError:
        return
    if most != "max":
        yield max(int(most) - used + int(stat.get(reclaimable, 0)), 0)
