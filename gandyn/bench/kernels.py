"""Races that are large enough for a compiled kernel."""

from __future__ import annotations

import math

import numpy as np

from gandyn.bench.heat import Heat
from gandyn.bench.protocol import TARGETS
from gandyn.bench.watch import Watch
from gandyn.dynamics.hitting import has_kernel, hitting_times
from gandyn.rules import CATALOGUE

WORTH = 10_000_000
"""Steps of all cells, times the numbers in a matrix, from which compiling pays."""

VERDICT = np.array(["undecided", "reached", "diverges", "nan"], dtype=object)
"""By `gandyn.dynamics.hitting.Stop`."""


def pays(heat: Heat) -> bool:
    """Return whether a heat is for a kernel, by what is planned and nothing else.

    The hits of a kernel are those of the arrays to rounding, which chaotic orbits
    amplify: so which of them it is must not depend on what has been compiled before.
    """
    rule, problem = heat.contender.rule, heat.problem
    numbers = math.prod(heat.shape) * max(
        1, int(np.size(getattr(problem.game, "A", 1)))
    )
    return (
        numbers * heat.steps >= WORTH
        and type(rule) in CATALOGUE.values()
        and problem.noise is None
        and problem.points is not None
        and has_kernel(rule, problem.game)
    )


def in_kernels(heat: Heat) -> Watch:
    """Return what a kernel sees of every replicate of every setting."""
    own, x, y = heat.cells()
    watch, points = Watch(heat.problem, x, y), np.asarray(heat.problem.points)
    found = hitting_times(
        heat.contender.rule,
        heat.problem.game,
        {("rule", path): values for path, values in own.items()},
        (x, y),
        np.array(TARGETS),
        watch.bound,
        heat.steps,
        points if points.size else None,
    )
    watch.hits, watch.at_hit = found.hits, found.at_hit
    watch.verdict = VERDICT[found.stop]
    return watch
