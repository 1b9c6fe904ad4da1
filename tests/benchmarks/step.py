"""What one training step and one picture cost, beside the plain script's, each in its own process.

python -m tests.benchmarks.step [--rounds 3] [--threads 2] [CASE ...]

A line a contender: images/s, CPU seconds and GFLOP an image, the most memory that its process held;
in brackets what it is of the plain one's. Contenders take turns, and medians are printed. On a CPU
the first line is what one large product reaches; the lines' last figure is their share of that.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders import Case, Measurement

ROOT = Path(__file__).parents[2]
CASES = {
    "paper64": Case("progan", 64, 4),
    "quick32": Case("quickstart", 32, 16, fmap_base=256, fmap_max=64),
    "sample128": Case("progan", 128, 1, sampling=True),
    "sample512": Case("progan", 512, 1, sampling=True),
}
GPU_CASES = {
    f"gpu{r}": Case("progan", r, batch, device="cuda")
    for r, batch in ((64, 64), (128, 32), (256, 16), (512, 8))
}
# Ours by what of it is chosen; the options of the module stand behind the precision.
CONTENDERS: dict[str, dict[str, Any]] = {
    "plain": {"plain": True},
    "ours": {},
    "ours reuse": {"reuse": True},
    "ours bf16": {"precision": "bf16-mixed"},
    "ours bf16 reuse": {"precision": "bf16-mixed", "reuse": True},
}


@dataclass(frozen=True)
class Line:
    """One contender at one case: medians of its measurements."""

    name: str
    median: Measurement

    def text(self, plain: Measurement, rates: dict[str, float]) -> str:
        """For people.

        Args:
            rates: GFLOP/s of one large product by precision; empty where they are not known.
        """
        m, rate = self.median, rates.get(CONTENDERS[self.name].get("precision", "32-true"))
        parts = (
            f"  {self.name:<16}",
            f"{m.images_per_s:9.3f} images/s ({m.images_per_s / plain.images_per_s:5.2f}x)",
            f"{m.cpu_s:8.4f} CPU s",
            f"{m.gflop:8.2f} GFLOP ({m.gflop / plain.gflop:4.2f}x)",
            f"{m.memory_mib:6.0f} MiB ({m.memory_mib / plain.memory_mib:4.2f}x)",
            f"{m.bf16_share:6.1%} of bf16 peak" if m.bf16_share else "",
            f"{m.gflop * m.images_per_s / rate:4.0%} of the rate" if rate else "",
        )
        return "  ".join(part for part in parts if part)


def measure(case: Case, threads: int) -> Measurement:
    """One measurement in a process of its own, whose peak memory is nobody else's."""
    command = [sys.executable, "-m", "tests.benchmarks.contenders", json.dumps(asdict(case))]
    done = subprocess.run(
        [*command, str(threads)], stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True
    )
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


def matmul_rates(threads: int) -> dict[str, float]:
    """GFLOP/s of one large product by precision, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.contenders", "rates", str(threads)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates


def median(found: list[Measurement]) -> Measurement:
    """Field by field."""
    values = [asdict(m) for m in found]
    return Measurement(**{k: statistics.median(v[k] for v in values) for k in values[0]})


def compare(case: Case, names: list[str], rounds: int, threads: int) -> Iterator[Line]:
    """The contenders in turn, `rounds` times."""
    found: dict[str, list[Measurement]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(measure(case.with_changes(CONTENDERS[name]), threads))
    for name in names:
        yield Line(name, median(found[name]))


def main() -> None:
    """Measure the cases asked for, all of them by default."""
    import torch

    cases = CASES | (GPU_CASES if torch.cuda.is_available() else {})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(cases))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS))
    asked = parser.parse_args()
    machine = matmul_rates(asked.threads)
    each = ", ".join(f"{rate:.0f} in {name}" for name, rate in machine.items())
    sys.stdout.write(f"one large product on the CPU: GFLOP/s {each}\n")
    for name in asked.cases or cases:
        case = cases[name]
        names = asked.contenders or [n for n in CONTENDERS if not (case.sampling and "reuse" in n)]
        lines = list(compare(case, names, asked.rounds, asked.threads))
        rates = machine if case.device == "cpu" else {}
        what = "a picture" if case.sampling else "a step"
        sys.stdout.write(f"{name}: {what} at {case.resolution}x{case.resolution}, ")
        sys.stdout.write(f"batch {case.batch}, {asked.threads} threads\n")
        for line in lines:
            sys.stdout.write(line.text(lines[0].median, rates) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
