"""Train everything, and put forecasts and alarms to the test, in one command.

``python -m benchmarks.real_runs --folder FOLDER --write`` does all parts on all
trainings and writes `docs/results/real_runs.json` with its figures. What is done is
kept in the folder: the same command goes on where it was stopped. On ``--device cuda``
it also does all that `benchmarks.gpu` does, into the folder's ``gpu``.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import multiprocessing
import shlex
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch

from benchmarks.real_runs import CATALOGUE
from benchmarks.real_runs.units import kept

PARTS = ("truths", "rehearsals", "detections", "costs")


def main() -> int:
    """Return 0."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_runs", description=__doc__
    )
    parser.add_argument(
        "trainings", nargs="*", choices=[[], *CATALOGUE], metavar="NAME"
    )
    parser.add_argument("--folder", type=Path, required=True, help="for what is done")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; default: cpu")
    parser.add_argument("--seeds", type=int, default=2, help="default: 2")
    parser.add_argument("--workers", type=int, default=1, help="processes; default: 1")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--write", action="store_true", help="into docs/results")
    options = parser.parse_args()
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error("--device cuda: torch sees no CUDA device here")
    work(options)
    if options.device.startswith("cuda"):
        gpu = importlib.import_module("benchmarks.gpu")
        gpu.main([str(options.folder / "gpu"), "--device", options.device])
    if options.write:
        line = ["python", "-m", "benchmarks.real_runs", *sys.argv[1:]]
        report = importlib.import_module("benchmarks.real_runs.report")
        report.write(options.folder, shlex.join(line))
    return 0


def work(options: Any) -> None:
    """Do all parts that are wanted on all trainings that are."""
    trainings = itertools.product(
        range(options.seeds), options.trainings or CATALOGUE, options.parts
    )
    jobs = [(*job, options.folder, options.device) for job in trainings]
    if options.workers <= 1:
        for job in jobs:
            do(*job)
        return
    context = multiprocessing.get_context("spawn")  # torch's threads survive no fork
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        for future in [pool.submit(do, *job) for job in jobs]:
            future.result()


def do(seed: int, name: str, part: str, folder: Path, device: str) -> None:
    """Do one part on one training of one seed, unless it is done."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # broken copies are full of them, and slow
    training = CATALOGUE[name]()
    module = importlib.import_module(f"benchmarks.real_runs.{part}")
    settings = {"training": repr(training), "device": device, **module.SETTINGS}
    path = folder / part / f"{name}-{seed}.json"
    kept(path, settings, lambda: module.found(training, seed, device))


if __name__ == "__main__":
    sys.exit(main())
