"""Train everything, and put forecasts and alarms to the test, in one command.

``python -m benchmarks.real_runs --folder FOLDER --write`` does all parts on all
trainings and writes `docs/results/real_runs.json` with its figures. What is done is
kept in the folder: the same command goes on where it was stopped. On ``--device cuda``
it also does all that `benchmarks.gpu` does, into the folder's ``gpu``.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from pathlib import Path

import torch

from benchmarks.real_runs import CATALOGUE
from benchmarks.real_runs.work import work

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


if __name__ == "__main__":
    sys.exit(main())
