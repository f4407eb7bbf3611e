"""Train everything, and put forecasts and alarms to the test, in one command.

``python -m benchmarks.real_runs --folder FOLDER --write`` does all parts on all
trainings and writes `docs/results/real_runs.json` with its figures. What is done is
kept in the folder: the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
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
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--write", action="store_true", help="into docs/results")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # broken copies are full of them, and slow
    for seed in range(options.seeds):
        for name in options.trainings or CATALOGUE:
            for part in options.parts:
                do(part, name, seed, options.folder, options.device)
    if options.write:
        from benchmarks.real_runs import report

        report.write(options.folder, shlex.join(["python", "-m", *sys.argv]))
    return 0


def do(part: str, name: str, seed: int, folder: Path, device: str) -> Any:
    """Return the result of one part on one training of one seed."""
    training = CATALOGUE[name]()
    module = importlib.import_module(f"benchmarks.real_runs.{part}")
    settings = {"training": repr(training), "device": device, **module.SETTINGS}
    path = folder / part / f"{name}-{seed}.json"
    return kept(path, settings, lambda: module.found(training, seed, device, folder))


if __name__ == "__main__":
    sys.exit(main())
