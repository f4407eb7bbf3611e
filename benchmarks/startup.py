"""Cold starts: the command line, and the compilation of kernels."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.report import Row, Scale, clocked, detail, interleaved
from benchmarks.stopping import default_diagram

GANDYN = (sys.executable, "-m", "gandyn.cli")
IMPORTS = "import numba, xarray, matplotlib.pyplot"
SIDE = 32
COMPILED = 3.0
"""Seconds that a user waits at most, once, for a pair of rule and game."""
PAIRS = {
    "alternating": "dirac(regulariser=R1(0.3))",
    "optimistic": "dirac(regulariser=R1(0.3))",
    "lookahead(extragradient, k=5)": "dirac(regulariser=R1(0.3))",
    "adam": "dirac(loss='non-saturating')",
    "extragradient": "bilinear",
}

COMPILE = """
import sys, time
import numpy as np
from gandyn.dynamics.engines.choice import make_engine
from gandyn.spec import parse_game, parse_rule

rule, game = parse_rule(sys.argv[1]), parse_game(sys.argv[2])
engine = make_engine(rule, game, [])
half = np.full(64, 0.5)

def seconds():
    cells = engine.start({}, half, half)
    begin = time.perf_counter()
    engine.advance(cells, 8)
    engine.observe(cells, 8)
    return time.perf_counter() - begin

first = seconds()
print(first - seconds())
"""


def rows(scale: Scale) -> Iterator[Row]:
    """Yield ratios of starts, then seconds of compilation of each pair."""
    with tempfile.TemporaryDirectory() as folder:
        yield _help(scale, Path(folder))
        yield _second_run(scale, Path(folder))
        for rule, game in PAIRS.items():
            yield _compilation(rule, game, Path(folder), scale)


def _help(scale: Scale, folder: Path) -> Row:
    medians = interleaved(
        {
            "gandyn --help": _process((*GANDYN, "--help"), folder),
            "import click": _process((sys.executable, "-c", "import click"), folder),
        },
        scale.repeats,
    )
    ratio = medians["gandyn --help"] / medians["import click"]
    return Row(
        "start: gandyn --help over import click", ratio, 3.0, at_least=False,
        detail=detail(medians),
    )  # fmt: skip


def _second_run(scale: Scale, folder: Path) -> Row:
    """Compare a second ``gandyn phase`` with its imports and its sweep alone."""
    axes = ("--x", f"lr_x=0.1:30:{SIDE}:log", "--y", f"lr_y=0.1:30:{SIDE}:log")
    target = ("--overwrite", "-o", str(folder / "phase.png"))
    command = "gandyn phase"
    medians = interleaved(
        {
            command: _process((*GANDYN, "phase", *axes, *target), folder),
            "imports": _process((sys.executable, "-c", IMPORTS), folder),
            "sweep": clocked(lambda: default_diagram(SIDE)),
        },
        scale.repeats,
    )
    ratio = medians[command] / (medians["imports"] + medians["sweep"])
    return Row(
        f"second gandyn phase, {SIDE}x{SIDE}, over its imports and its sweep",
        ratio, 1.5, at_least=False, detail=detail(medians),
    )  # fmt: skip


def _compilation(rule: str, game: str, folder: Path, scale: Scale) -> Row:
    cold = folder / "cold"
    seconds = []
    for _ in range(scale.pick(3, 1)):
        done = subprocess.run(
            [sys.executable, "-c", COMPILE, rule, game],
            check=True, capture_output=True, text=True,
            env={**os.environ, "GANDYN_CACHE": str(cold)},
        )  # fmt: skip
        seconds.append(float(done.stdout))
        shutil.rmtree(cold)
    return Row(
        f"kernels of {rule} on {game}: compilation, empty cache",
        statistics.median(seconds), COMPILED, at_least=False, unit="s",
    )  # fmt: skip


def _process(command: Sequence[str], folder: Path) -> Callable[[], float]:
    """Return the seconds of a process that has kernels and bytecode on disk.

    Of installed packages the bytecode always is, whatever this process may write.
    """
    environment = {**os.environ, "GANDYN_CACHE": str(folder / "warm"),
                   "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment)

    return clocked(run)
