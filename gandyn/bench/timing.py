"""Wall time of a step, apart from what is counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import numpy as np

from gandyn._node import replace
from gandyn.bench.contenders import Contender
from gandyn.bench.problem import Problem
from gandyn.bench.protocol import Protocol

REPEATS = 7
STEPS = 20


def step_seconds(
    contender: Contender,
    problem: Problem,
    values: Mapping[str, np.ndarray],
    setting: int,
    protocol: Protocol,
) -> float:
    """Return the seconds of one step of one run, in Python: warm, a median.

    Parameters
    ----------
    contender : Contender
    problem : Problem
    values : dict of str to ndarray
        The settings by path; ``setting`` is the place of the one that is timed.
    setting : int
    protocol : Protocol

    Notes
    -----
    Of small games it is what Python and the library's calls cost, not arithmetic.
    """
    own = {path: float(v[setting]) for path, v in values.items()}
    rule, replicates = replace(contender.rule, own), problem.replicates(protocol)[:1]
    x, y = problem.states(replicates, protocol.seed)
    if not contender.batched:
        x, y = x[..., 0], y[..., 0]
    game = problem.oracle(problem.draws(replicates, protocol.seed))
    times = []
    with np.errstate(all="ignore"):
        memory = rule.init(game, x, y)
        for _ in range(REPEATS + 1):
            begin = time.perf_counter()
            state = x, y, memory
            for _ in range(STEPS):
                state = rule.step(game, *state)
            times.append(time.perf_counter() - begin)
    return statistics.median(times[1:]) / STEPS
