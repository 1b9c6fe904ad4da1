"""Memory is counted as it is taken, and what is free is what every limit leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.growth import Growth
from duck_and_cover.networks.condition_encoder import ConditionSpec
from duck_and_cover.networks.progan import ProGANDiscriminator, ProGANGenerator
from duck_and_cover.training.auto_batch import SAFE_SHARE
from duck_and_cover.training.building import quiet_libraries
from duck_and_cover.training.memory import LiveBytes, free_bytes, free_ram, most_bytes
from duck_and_cover.training.plan import try_steps
from duck_and_cover.training.progan import ProGANModule

CPU = torch.device("cpu")
GIB = 2**30


def test_what_lives_is_counted() -> None:
    weight = torch.ones(1000, requires_grad=True)
    counted = LiveBytes()
    with counted:
        part = weight[:500]  # a view of what was there before
        assert counted.now == 0
        x = part * 2
        y = x.exp().view(5, 100)  # keeps itself for its backward pass
        assert (counted.now, counted.peak) == (4000, 4000)
        x.add_(1)
        del x
        assert (counted.now, counted.peak) == (2000, 4000)
        z = y * 3
        del y
        assert counted.now == 4000
        (gradient,) = torch.autograd.grad(z.sum(), weight)
        del z
    assert counted.now == 4000 == gradient.nbytes  # what was kept is gone
    assert counted.peak >= 8000


def meminfo(proc: Path, available: int, groups: str = "") -> None:
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text(
        f"MemTotal: {99 * GIB // 1024} kB\nMemAvailable: {available // 1024} kB\n"
    )
    (proc / "self" / "cgroup").write_text(groups)


def group(folder: Path, names: tuple[str, str], limit: object, used: int, stat: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 7\n{stat}\n")


V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes")
V2 = ("memory.max", "memory.current")


def test_free_memory_is_the_machines(tmp_path: Path) -> None:
    meminfo(tmp_path, 3 * GIB)
    assert free_ram(tmp_path, tmp_path / "none") == 3 * GIB


def test_a_control_group_limits_it(tmp_path: Path) -> None:
    proc, tree = tmp_path / "proc", tmp_path / "cgroup"
    meminfo(proc, 30 * GIB, "0::/job/step\n")
    group(tree / "job" / "step", V2, "max", GIB, "inactive_file 0")
    # The parent's limit counts too; its page cache can be taken back.
    group(tree / "job", V2, 8 * GIB, 3 * GIB, f"inactive_file {GIB}")
    assert free_ram(proc, tree) == 6 * GIB


def test_the_first_version_of_groups_limits_it(tmp_path: Path) -> None:
    proc, tree = tmp_path / "proc", tmp_path / "cgroup"
    meminfo(proc, 30 * GIB, "5:devices:/x\n4:cpuset,memory:/seen/from/the/host\n0::/\n")
    group(tree / "memory", V1, 2 * GIB, 3 * GIB, f"total_inactive_file {GIB + 7}")
    assert free_ram(proc, tree) == 7


def test_processes_share_a_machines_memory() -> None:
    assert 0 < free_bytes([CPU] * 1000) <= free_bytes([CPU]) // 500


def module(micro_batch: int | None = None) -> ProGANModule:
    """A network whose pictures take far more than its weights."""
    torch.manual_seed(0)
    generator = ProGANGenerator(32, spec=ConditionSpec(2), latent=16, fmap_base=256, fmap_max=16)
    discriminator = ProGANDiscriminator(32, spec=ConditionSpec(2), fmap_base=256, fmap_max=16)
    growth = Growth(32, 1, batch_size=32)
    vocabulary = Vocabulary(("jazz", "punk"), 1950, 2020)
    return ProGANModule(generator, discriminator, growth, vocabulary, micro_batch=micro_batch)


def step(trained: ProGANModule, count: int) -> None:
    with quiet_libraries():
        try_steps(trained, 32, count, {"accelerator": "cpu", "devices": 1}, 1)


def test_slices_take_less_memory() -> None:
    whole, sliced, small = (
        most_bytes(lambda trained=trained, count=count: step(trained, count), CPU)  # type: ignore[misc]
        for trained, count in ((module(), 32), (module(4), 32), (module(), 4))
    )
    assert sliced < 0.3 * whole
    assert sliced < 1.2 * small


def rise(count: int) -> None:
    """Print what a step counts, and by how much it raises this process's peak."""
    step(module(), 4)  # code, threads, buffers
    before = highest()
    step(module(), count)
    after = highest()
    counted = [most_bytes(lambda n=n: step(module(), n), CPU) for n in (4, count)]  # type: ignore[misc]
    sys.stdout.write(f"{counted[1] - counted[0]} {after - before}\n")


def highest() -> int:
    """The most bytes in memory since the program began; ru_maxrss knows its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_is_counted_is_most_of_what_is_taken() -> None:
    """The rest, which kernels and the allocator take, is within what the safe share leaves."""
    done = subprocess.run(
        [sys.executable, __file__], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counted, taken = map(int, done.stdout.split())
    assert counted > 30 * 2**20
    assert 0.7 * counted < taken < counted / SAFE_SHARE["cpu"]


if __name__ == "__main__":
    torch.set_num_threads(1)
    rise(128)
