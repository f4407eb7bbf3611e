"""Sweeps into a store: their time beside that in memory, their memory, their kills."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.report import Row, Scale

LARGE, PAIRS = 4096, 7
"""Cells along an axis of sweeps that are killed; pairs of sweeps that are timed."""
TIMED = {"simulated": (1024,), "exact": (1024, 2048, LARGE)}
"""Cells along an axis of sweeps that are timed with a store and in memory."""
OVERHEAD, MEMORY = 1.1, 1e9

PROGRAM = """
import json, resource, sys, time
from gandyn import Axis, sweep
from gandyn.spec import parse_game, parse_rule
from gandyn.store import worker_processes

game, side, steps, store, workers = sys.argv[1:]
axis = Axis(0.1, 1.4, int(side), "log")
options = {"steps": int(steps)} if int(steps) else {}
problem = parse_rule("alternating"), parse_game(game), {"lr_x": axis, "lr_y": axis}

def run(**more):
    begin, used = time.perf_counter(), time.process_time()
    found = sweep(*problem, **options, **more)
    return time.perf_counter() - begin, time.process_time() - used

small = Axis(0.1, 1.4, 8, "log")
own = {"store": store} if store else {}
warm = {"store": f"{store}.warm.zarr"} if store else {}
sweep(*problem[:2], {"lr_x": small, "lr_y": small}, **options, **warm)  # compiles
if int(workers):
    with worker_processes(int(workers)) as pool:
        took, used = run(executor=pool, **own)
else:
    took, used = run(**own)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": took, "cpu": used, "peak": peak}))
"""

CASES = {
    "simulated": ("dirac(regulariser=R1(0.3))", 1000),
    "exact": ("bilinear", 0),
}
"""Games, and the steps of a cell, 0 for maps."""


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the overhead of a store, its memory, and a sweep that is killed."""
    for name, sides in TIMED.items():
        for side in scale.pick(sides, (64,)):
            yield _overhead(name, *CASES[name], side, scale.pick(PAIRS, 1))
    yield _memory(scale.pick(10_000, 512))
    large = scale.pick(LARGE, 64)
    for name, (game, steps) in CASES.items():
        yield _killed(name, game, steps, large)


def _overhead(name: str, game: str, steps: int, side: int, pairs: int) -> Row:
    pairs_of = []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as folder:
            stored = _run(game, side, steps, f"{folder}/a.zarr")
        pairs_of.append((stored, _run(game, side, steps, "")))
    ratio, cpu = (
        float(np.median([one[key] / two[key] for one, two in pairs_of]))
        for key in ("seconds", "cpu")
    )
    took = np.median([one["seconds"] for one, _ in pairs_of])
    return Row(
        f"{name} sweep of {side}² cells: time with a store over that in memory",
        ratio, OVERHEAD, at_least=False,
        detail=f"{took:.2f} s with a store; ratio of processor time {cpu:.3f}; "
        f"{pairs} pairs",
    )  # fmt: skip


def _memory(side: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        found = _run("bilinear", side, 0, f"{folder}/a.zarr")
    return Row(
        f"exact sweep of {side}² cells into a store: peak memory in GB",
        found["peak"] / 1e9, MEMORY / 1e9, at_least=False,
        detail=f"{side**2 / found['seconds']:.3g} cells/s",
    )  # fmt: skip


def _killed(name: str, game: str, steps: int, side: int) -> Row:
    """Kill a sweep three times, go on with processes, and compare the bytes."""
    with tempfile.TemporaryDirectory() as folder:
        want, hit = Path(folder, "want.zarr"), Path(folder, "hit.zarr")
        whole = _run(game, side, steps, str(want))
        kills, rng = 0, random.Random(0)
        for _ in range(3):
            process = _start(game, side, steps, str(hit))
            while not hit.exists() and process.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0.1, 0.3) * whole["seconds"])
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.communicate()
        rest = _run(game, side, steps, str(hit), workers=2)
        same = _content(want) == _content(hit)
    return Row(
        f"{name} sweep of {side}² cells, killed {kills} times: share of equal files",
        float(same), 1.0, at_least=True,
        detail=f"undisturbed {whole['seconds']:.1f} s, the rest {rest['seconds']:.1f} "
        f"s on two processes; peak {whole['peak'] / 1e6:.0f} MB",
    )  # fmt: skip


def _content(store: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file()
    }


def _start(
    game: str, side: int, steps: int, store: str, workers: int = 0
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, game, str(side), str(steps), store]
    return subprocess.Popen(
        [*command, str(workers)], stdout=subprocess.PIPE, text=True, env=os.environ
    )


def _run(
    game: str, side: int, steps: int, store: str, workers: int = 0
) -> dict[str, float]:
    process = _start(game, side, steps, store, workers)
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the sweep ended with {process.returncode}")
    found: dict[str, float] = json.loads(said)
    return found
