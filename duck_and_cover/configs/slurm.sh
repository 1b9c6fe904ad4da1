#!/bin/bash
# Trains on SLURM: one process a GPU, stopped in time, asked for again until the run is done.
#
#   duck-and-cover slurm-script > covers.sh      then set the lines below, and:
#   sbatch covers.sh --data OWNER/NAME --kimg 5000
#
# What follows covers.sh goes to `duck-and-cover train` when the run begins. Submit it from the
# folder that shall hold the run, on a disk that all nodes share, with the program on the PATH.

#SBATCH --job-name=covers
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --requeue
# Two minutes before the time is over all processes are told: they save, and leave with 75.
#SBATCH --signal=USR1@120

run=runs/$SLURM_JOB_NAME-$SLURM_JOB_ID

if [ -e "$run/config.yaml" ]; then
    set -- --resume "$run"
else
    set -- --out "$run" "$@"
fi

# The first process to leave must not end the one that still writes.
srun --kill-on-bad-exit=0 duck-and-cover train "$@"
code=$?

if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
