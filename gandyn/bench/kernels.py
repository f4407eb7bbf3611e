"""Races that are large enough for a compiled kernel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gandyn.bench.contenders import Contender
from gandyn.bench.problem import Problem
from gandyn.bench.protocol import TARGETS
from gandyn.bench.watch import Watch
from gandyn.dynamics.hitting import has_kernel, hitting_times
from gandyn.rules import CATALOGUE

WORTH = 10_000_000
"""Steps of all cells, times the numbers in a matrix, from which compiling pays."""

VERDICT = np.array(["undecided", "reached", "diverges", "nan"], dtype=object)
"""By `gandyn.dynamics.hitting.Stop`."""


def pays(contender: Contender, problem: Problem, cells: int, steps: int) -> bool:
    """Return whether a race is for a kernel, by what is planned and nothing else.

    The hits of a kernel are those of the arrays to rounding, which chaotic orbits
    amplify: so which of them it is must not depend on what has been compiled before.

    Examples
    --------
    >>> from gandyn.bench import find_contenders, find_problems
    >>> contender = find_contenders(["Adam"])[0]["Adam"]
    >>> problem = find_problems(["dirac-minimax-r1"])["dirac-minimax-r1"]
    >>> pays(contender, problem, 128, 1000), pays(contender, problem, 20_000, 1000)
    (False, True)
    """
    size = max(1, int(np.size(getattr(problem.game, "A", 1))))
    return (
        cells * steps * size >= WORTH
        and type(contender.rule) in CATALOGUE.values()
        and problem.noise is None
        and problem.points is not None
        and has_kernel(contender.rule, problem.game)
    )


def in_kernels(
    contender: Contender,
    problem: Problem,
    values: Mapping[str, np.ndarray],
    count: int,
    replicates: list[tuple[int, int]],
    seed: int,
    steps: int,
) -> Watch:
    """Return what a kernel sees of every replicate of every setting."""
    own, x, y = problem.cells(values, count, replicates, seed)
    watch, points = Watch(problem, x, y), np.asarray(problem.points)
    swept = {("rule", path): each for path, each in own.items()}
    found = hitting_times(
        contender.rule, problem.game, swept, (x, y), np.array(TARGETS), watch.bound,
        steps, points if points.size else None,
    )  # fmt: skip
    watch.hits, watch.at_hit = found.hits, found.at_hit
    watch.verdict = VERDICT[found.stop]
    return watch
