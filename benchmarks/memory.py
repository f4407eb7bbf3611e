"""Peak memory of a sweep, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.report import Row, Scale

FACTOR, FIXED = 3, 100e6
"""A sweep may need this many times its result, and so many bytes more."""

PROGRAM = """
import json, resource, sys
from gandyn import sweep
from gandyn.dynamics import Axis
from gandyn.spec import parse_game, parse_rule

rule, game, low, high, side, steps = sys.argv[1:]
rule, game = parse_rule(rule), parse_game(game)
options = {"method": "simulate", "steps": int(steps)}

def run(side):
    axis = Axis(float(low), float(high), side, "log")
    return sweep(rule, game, {"lr_x": axis, "lr_y": axis}, **options)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

run(8)
before = peak()
result = run(int(side))
print(json.dumps({"grown": peak() - before, "result": result.nbytes}))
"""

CASES = {
    # every cell leaves the box within ten steps
    "4096x4096 short orbits": ("simultaneous", "bilinear", 10, 100, 4096, 16),
    # a tenth of the cells on attractors, which are recorded
    "512x512 Dirac-GAN": ("simultaneous", "dirac(regulariser=R1(0.3))",
                          0.1, 1.4, 512, 4096),
}  # fmt: skip


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the peak of each case over its allowance."""
    for name, (*words, side, steps) in CASES.items():
        side = scale.pick(side, side // 8)
        _measure(*words, 8, steps)  # compiles, which takes memory of its own
        bytes_ = _measure(*words, side, steps)
        allowed = FACTOR * bytes_["result"] + FIXED
        yield Row(
            f"sweep of {name} (side {side}): peak memory over 3 results + 100 MB",
            bytes_["grown"] / allowed, 1.0, at_least=False,
            detail=f"grew by {bytes_['grown'] / 1e6:.0f} MB, "
            f"the result has {bytes_['result'] / 1e6:.0f} MB",
        )  # fmt: skip


def _measure(*words: object) -> dict[str, int]:
    command = [sys.executable, "-c", PROGRAM, *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
