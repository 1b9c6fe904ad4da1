"""Freed memory stays with the process, and goes, once asked to, where the C library can."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource
import sys
import torch
from duck_and_cover.generation.allocator import keep_freed_memory

torch.set_num_threads(1)
if sys.argv[1] == "kept":
    assert keep_freed_memory()
x = torch.ones(20_000_000)
x + 1
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    x + 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    """Pages that the system had to bring while 80 MB were taken and freed 20 times."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")


@glibc
def test_freed_memory_is_taken_again() -> None:
    assert faults("kept") < 0.6 * faults("given back")


GIVES_BACK = """
from pathlib import Path
import torch
from duck_and_cover.generation.allocator import give_back_freed_memory, keep_freed_memory

def resident():
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) // 1024

assert keep_freed_memory()
x = torch.ones(50_000_000)
y = torch.ones(1_000_000)  # stands behind x, which no trimming of the heap's end could free
before = resident()
del x
kept = resident()
give_back_freed_memory()
print(before - kept, before - resident())
"""


@glibc
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_what_is_kept_can_be_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    at_once, afterwards = map(int, done.stdout.split())
    assert at_once < 20 and afterwards > 150  # of 200 MB
