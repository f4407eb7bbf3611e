"""All parts on all trainings, one by one or in processes.

What processes are given lives here: they cannot import a package's ``__main__``.
"""

from __future__ import annotations

import importlib
import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch

from benchmarks.real_runs import CATALOGUE
from benchmarks.real_runs.units import kept


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
