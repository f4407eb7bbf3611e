"""Default diagrams beside an earlier commit's, and what recording costs the kernels."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Row, Scale, detail, interleaved
from gandyn.dynamics.engines.choice import make_engine
from gandyn.spec import parse_game, parse_rule

ROOT = Path(__file__).parents[1]
GAME = "dirac(regulariser=R1(0.3))"
SIDES = {
    "simultaneous": 256,
    "alternating": 256,
    "optimistic": 256,
    "adam": 48,
    "lookahead(extragradient, k=5)": 48,
}
"""Rules and the sides of their diagrams; earlier code takes minutes for larger ones."""
REPEATS = 2
FASTER = 8.0
RECORDED = ("simultaneous", "alternating", "optimistic", "extragradient", "adam")
SHARE = 0.5
"""Least speed of steps that record states and two tangents, over steps alone."""
CELLS, STEPS = 64, 4096
"""One window, written over the one before, as a thread of a sweep records it."""

WORKER = """
import sys, time
import numpy as np
from gandyn import Axis, sweep
from gandyn.spec import parse_game, parse_rule

rule, game = parse_rule(sys.argv[1]), parse_game(sys.argv[2])
inner = "inner." if hasattr(rule, "inner") else ""
for line in sys.stdin:
    side, target = line.split()
    axis = Axis(0.1, 30, int(side), "log")
    begin = time.perf_counter()
    found = sweep(rule, game, {f"{inner}lr_x": axis, f"{inner}lr_y": axis})
    seconds = time.perf_counter() - begin
    np.save(target, found.verdict.values)
    print(seconds, flush=True)
"""


def rows(scale: Scale) -> Iterator[Row]:
    """Yield ratios of whole diagrams, then those of recorded steps."""
    with tempfile.TemporaryDirectory() as folder:
        earlier = check_out(scale.earlier, Path(folder) / "earlier")
        for rule, side in SIDES.items():
            yield _of_rule(rule, scale.pick(side, 8), earlier, scale)
    for rule in RECORDED:
        yield _recording(rule, scale)


def check_out(commit: str, target: Path) -> Path:
    """Unpack the package of an earlier commit, or take the folder that is named."""
    if Path(commit).is_dir():
        return Path(commit).resolve()
    packed = subprocess.run(
        ["git", "archive", commit, "gandyn"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(target, filter="data")
    return target


def _of_rule(rule: str, side: int, earlier: Path, scale: Scale) -> Row:
    roots = {"now": ROOT, "earlier": earlier}
    with tempfile.TemporaryDirectory() as folder:
        seen = {name: Path(folder) / f"{name}.npy" for name in roots}
        with contextlib.ExitStack() as stack:
            runs = {
                name: stack.enter_context(diagrams(rule, side, root, seen[name]))
                for name, root in roots.items()
            }
            medians = interleaved(runs, min(scale.repeats, REPEATS))
        verdicts = [np.load(path) for path in seen.values()]
    apart = np.mean(verdicts[0] != verdicts[1])
    return Row(
        f"diagram {side}x{side} of {rule}: speed over the earlier commit's",
        medians["earlier"] / medians["now"], FASTER,
        detail=f"{detail(medians)}; {apart:.1%} of the verdicts differ",
    )  # fmt: skip


@contextlib.contextmanager
def diagrams(
    rule: str, side: int, root: Path, seen: Path
) -> Iterator[Callable[[], float]]:
    """Give a contender that draws diagrams in a process of its own.

    Its first call, untimed, draws a small one: the process has its kernels then.
    """
    sides = iter([8])
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, rule, GAME],
        env={**os.environ, "PYTHONPATH": str(root)}, text=True, cwd=seen.parent,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as worker:  # fmt: skip

        def run() -> float:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(f"{next(sides, side)} {seen}\n")
            worker.stdin.flush()
            return float(worker.stdout.readline())

        yield run


def _recording(rule: str, scale: Scale) -> Row:
    paths = [("rule", "lr_x"), ("rule", "lr_y")]
    engine = make_engine(parse_rule(rule), parse_game(GAME), paths)
    rates = (part.ravel() for part in np.meshgrid(*[np.geomspace(0.1, 30, 8)] * 2))
    swept = dict(zip(paths, rates, strict=True))
    half = np.full(CELLS, 0.5)
    steps = scale.pick(STEPS, 64)

    used = engine.observe(engine.start(swept, half, half), steps)

    def timed(run: Callable[..., Any], **over: Any) -> float:
        cells = engine.start(swept, half, half)
        begin = time.perf_counter()
        run(cells, steps, **over)
        return time.perf_counter() - begin

    medians = interleaved(
        {
            "advance": lambda: timed(engine.advance),
            "observe": lambda: timed(engine.observe, over=used),
        },
        scale.pick(51, 1),
    )
    return Row(
        f"{rule}: steps recorded with two tangents, over steps alone",
        medians["advance"] / medians["observe"], SHARE,
        detail=", ".join(
            f"{name} {CELLS * steps / seconds / 1e6:.0f} million steps/s a thread"
            for name, seconds in medians.items()
        ),
    )  # fmt: skip
