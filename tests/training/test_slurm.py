"""The batch script for SLURM, with a stand-in for SLURM: two ranks, stopped, requeued, finished."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import torch

from duck_and_cover.training.run import RunFolder

ROOT = Path(__file__).parents[2]
JOB = {
    "JOB_NAME": "covers",
    "JOB_ID": 7,
    "NTASKS": 2,
    "NTASKS_PER_NODE": 2,
    "NNODES": 1,
    "NODEID": 0,
}
# Starts the ranks, tells those of the first start to stop once they have trained, as --signal does,
# and answers with their highest exit code.
SRUN = """#!/bin/bash
echo "$*" >> srun.log
shift
for rank in 0 1; do
    SLURM_PROCID=$rank SLURM_LOCALID=$rank "$@" & ranks+=($!)
done
if [ ! -e scontrol.log ]; then
    until [ -e runs/covers-7/checkpoints/last.ckpt ]; do
        kill -0 "${ranks[@]}" 2> /dev/null || break
        sleep 0.05
    done
    kill -USR1 "${ranks[@]}"
fi
highest=0
for rank in "${ranks[@]}"; do
    wait "$rank"; code=$?
    [ "$code" -gt "$highest" ] && highest=$code
done
exit "$highest"
"""
SCONTROL = """#!/bin/bash
echo "$*" >> scontrol.log
"""
PROGRAM = f"""#!/bin/bash
exec {sys.executable} -m duck_and_cover "$@"
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def run_command(
    command: list[str], folder: Path, **more: object
) -> subprocess.CompletedProcess[str]:
    variables = {f"SLURM_{name}": value for name, value in JOB.items()}
    variables |= {"SLURM_NODELIST": "localhost", "MASTER_PORT": free_port(), "OMP_NUM_THREADS": 1}
    env = os.environ | {name: str(value) for name, value in variables.items()}
    env["PATH"] = os.pathsep.join([str(folder / "bin"), env["PATH"]])
    env["PYTHONPATH"] = str(ROOT)
    return subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True, timeout=600)


def commands(folder: Path) -> None:
    """Put the stand-ins on the PATH."""
    (folder / "bin").mkdir()
    for name, text in {"srun": SRUN, "scontrol": SCONTROL, "duck-and-cover": PROGRAM}.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)


def test_the_batch_script_trains_to_the_end_over_a_requeue(tmp_path: Path) -> None:
    commands(tmp_path)
    printed = run_command(["duck-and-cover", "slurm-script"], tmp_path)
    (tmp_path / "covers.sh").write_text(printed.stdout)
    words = "--config progan --config smoke --resolution 8 --kimg 0.6 --trainer.accelerator=cpu"
    words += " --run.eval_kimg=0 --run.checkpoint_kimg=0.016 --run.sample_kimg=1"
    submit = ["bash", "covers.sh", *words.split()]

    first = run_command(submit, tmp_path)
    assert first.returncode == 75, first.stderr
    assert "stopped by" in first.stderr and "Traceback" not in first.stderr
    assert (tmp_path / "scontrol.log").read_text() == "requeue 7\n"
    run = RunFolder(tmp_path / "runs" / "covers-7")
    shown = torch.load(run.last, weights_only=True)["images_shown"]
    assert 0 < shown < 600 and shown % 128 == 0  # the vote, in every 16th step of 8

    second = run_command(submit, tmp_path)
    assert second.returncode == 0, second.stderr
    assert (tmp_path / "scontrol.log").read_text() == "requeue 7\n"
    assert torch.load(run.last, weights_only=True)["images_shown"] == 600
    starts = (tmp_path / "srun.log").read_text().splitlines()
    assert [line.split()[:4] for line in starts] == [
        ["--kill-on-bad-exit=0", "duck-and-cover", "train", "--out"],
        ["--kill-on-bad-exit=0", "duck-and-cover", "train", "--resume"],
    ]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["covers-7"]


def test_the_batch_script_tells_slurm_what_the_program_relies_on() -> None:
    text = (ROOT / "duck_and_cover" / "configs" / "slurm.sh").read_text()
    asked = {line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith("#SBATCH")}
    assert {"--requeue", "--signal=USR1@120", "--open-mode=append"} <= asked
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
