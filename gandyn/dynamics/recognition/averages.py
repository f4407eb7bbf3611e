"""Averages of orbits that circle: they converge to the mean, equilibrium or not."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.recognition.equilibria import nearest_equilibrium
from gandyn.dynamics.recognition.escapes import extent

_SAMPLES = 16
"""Times within half of the steps at which an average's distance is asked: where the
orbit turns, it comes and goes."""
_HALVED = 0.6
"""Largest of these distances over that half as early, which is 1/2 where the mean of a
bounded orbit is the equilibrium."""


def at_means(engine: Engine, cells: Cells, steps: int) -> np.ndarray:
    """Tell which averages of circling orbits have an equilibrium for their limit.

    The cells took so many steps, and take one and a half times as many again.
    """
    early: list[np.ndarray] = []
    late: list[np.ndarray] = []
    apart = max(steps // (2 * _SAMPLES), 1)
    for seen in (early, late):
        for _ in range(_SAMPLES):
            engine.advance(cells, apart)
            seen.append(engine.players(cells).copy())
        if seen is early:
            engine.advance(cells, max(steps - _SAMPLES * apart, 0))
    move, way = nearest_equilibrium(engine, cells, np.zeros_like(engine.numbers(cells)))
    limit = late[-1] + move[: len(late[-1])]
    then, now = (
        np.max([extent(z - limit) for z in seen], axis=0) for seen in (early, late)
    )
    return np.asarray(np.isfinite(way) & (now <= _HALVED * then))
