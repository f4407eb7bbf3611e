"""The sweep of the Dirac-GAN, kernels beside C, JAX and numpy."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.report import Row, Scale, detail, interleaved
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.tiles import TILE, workers
from gandyn.games import R1, DiracGAN
from gandyn.rules import Rule
from gandyn.spec import parse_rule

RULES = ("alternating", "optimistic", "extragradient")
TARGETS = {"C": 1.0, "JAX": 2.0, "numpy": 5.0}
GAMMA = 0.1
STEPS = 2000
AGREEMENT = 1e-9
"""Largest difference of final states, where the orbit does not amplify rounding."""
NUDGES = ((1e-12, 0.0), (-1e-12, 0.0), (0.0, 1e-12))
AMPLIFIED = 1e-10
"""A cell is compared unless a start moved by a nudge ends farther off than this."""


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the ratios of every rule: a peer's seconds over the kernel's."""
    side, steps = scale.pick(256, 64), scale.pick(STEPS, 200)
    with tempfile.TemporaryDirectory() as folder:
        programs = peers.c_programs(Path(folder))
        for rule in RULES:
            yield from _of_rule(rule, programs, side, steps, scale.repeats)


def start_cells(side: int) -> peers.Start:
    """Return a grid of learning rates, 0.01 to 4 on both axes, and the start (½, ½)."""
    rates = np.geomspace(0.01, 4.0, side)
    lr_x, lr_y = (part.ravel() for part in np.meshgrid(rates, rates))
    return lr_x, lr_y, np.full(side**2, 0.5), np.full(side**2, 0.5)


def kernel_contender(rule: Rule, steps: int) -> peers.Contender:
    """Return the kernels on tiles in threads, as a sweep runs them."""
    paths = [("rule", "lr_x"), ("rule", "lr_y")]
    engine = make_engine(rule, DiracGAN(regulariser=R1(gamma=GAMMA)), paths)
    threads = len(os.sched_getaffinity(0))

    def run(start: peers.Start) -> peers.Result:
        tiles = [
            engine.start(dict(zip(paths, part[:2], strict=True)), *part[2:])
            for part in zip(*(np.split(a, _cuts(a.size)) for a in start), strict=True)
        ]
        begin = time.perf_counter()
        with workers(threads) as pool:
            list(pool.map(lambda cells: engine.advance(cells, steps), tiles))
        seconds = time.perf_counter() - begin
        x, y = np.concatenate([engine.players(cells) for cells in tiles], axis=1)
        return seconds, x, y

    return run


def _cuts(size: int) -> list[int]:
    return list(range(TILE, size, TILE))


def _of_rule(
    rule: str, programs: dict[str, Path], side: int, steps: int, repeats: int
) -> Iterator[Row]:
    start = start_cells(side)
    contenders = {
        "gandyn": kernel_contender(parse_rule(rule), steps),
        **{
            name: peers.c_contender(program, rule, steps, GAMMA)
            for name, program in programs.items()
        },
        "JAX": peers.jax_contender(rule, steps, GAMMA),
        "numpy": peers.numpy_contender(rule, steps, GAMMA),
    }
    compared = check_agreement(contenders, start)
    medians = interleaved(
        {name: lambda run=run: run(start)[0] for name, run in contenders.items()},
        repeats,
    )
    text = detail(medians)
    fastest = min(medians[name] for name in programs)
    best = {"C": fastest, **{name: medians[name] for name in ("JAX", "numpy")}}
    for name, target in TARGETS.items():
        peer = "optax in JAX" if (rule, name) == ("optimistic", "JAX") else name
        what = f"Dirac-GAN {side}x{side}, {steps} {rule} steps: speed over {peer}"
        yield Row(what, best[name] / medians["gandyn"], target, detail=text)
        text = ""
    speed = side**2 * steps / medians["gandyn"] / 1e6
    yield Row(
        f"Dirac-GAN, {rule}: speed", speed, unit="million cell-steps/s",
        detail=f"final states agree to {AGREEMENT:g} in all {compared:.0%} of the "
        "cells that do not amplify rounding",
    )  # fmt: skip


def check_agreement(
    contenders: dict[str, peers.Contender], start: peers.Start
) -> float:
    """Raise if final states differ; return the share of the cells compared."""
    mine = contenders["gandyn"]
    _, x, y = mine(start)
    steady = np.ones(x.shape, bool)
    for dx, dy in NUDGES:
        _, moved_x, moved_y = mine((*start[:2], start[2] + dx, start[3] + dy))
        steady &= np.hypot(moved_x - x, moved_y - y) < AMPLIFIED
    for name, run in contenders.items():
        _, their_x, their_y = run(start)
        apart = np.hypot(their_x - x, their_y - y)[steady].max()
        if not apart < AGREEMENT:
            raise AssertionError(f"{name} ends {apart:.1e} away from gandyn")
    return float(steady.mean())
