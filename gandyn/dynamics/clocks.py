"""Rules that count their steps: orbits that follow a fixed point as it slows down."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics._trials import flat
from gandyn.dynamics.cells import Cells, Engine
from gandyn.dynamics.escapes import extent
from gandyn.dynamics.limits import MARGIN, NEWTON
from gandyn.dynamics.linearising import linearised
from gandyn.dynamics.spectra import eigenvalues

_LATER = (1.0, 1e2, 1e4, 1e8)
"""Multiples of the clock at which the step's fixed point is asked for."""
_SUMMABLE = 10.0
"""Change of a number of the memory, times the square of the clock, that adds up to
little."""
_BEHIND = 0.1
"""Distance from the fixed point over the way that it still has to go: an orbit that
follows it is behind by a share of 1/t."""
_ARRIVED = 1e-3
"""Share of that way that may be left between the last two clocks."""
_SOLVED = 1e-10
"""What Newton's method may leave of the step's equation, relative to the state."""


def follow(engine: Engine, cells: Cells) -> np.ndarray:
    r"""Tell which cells converge as a power of the clock.

    Anchors pull by 1/t, so such an orbit has no rate. With the clock stopped at t the
    step has a fixed point :math:`z^*_t`; if it attracts at every clock, by a factor
    that stays below 1, and :math:`z^*_t` converges, then an orbit near it converges to
    the same limit: it is behind by no more than :math:`z^*_t` moves in a few steps.
    """
    _, _, state = engine.unpack(cells)
    start = flat(state, np.shape(state[0])[-1])
    size, width = start.shape
    players = len(engine.players(cells))
    clock, free = _roles(engine, cells, start, players)
    if not clock.any():
        return np.zeros(width, bool)
    move, radius, left = np.zeros((size, width)), np.zeros(width), np.zeros(width)
    ends = []
    for later in _LATER:
        move[clock] = (later - 1) * start[clock]
        for _ in range(NEWTON):
            residual, maps = linearised(engine, cells, move)
            inner, right = maps[:, free][:, :, free], residual[free].T[..., None]
            finite = np.isfinite(inner).all(axis=(1, 2)) & np.isfinite(right).all(
                (1, 2)
            )
            sizes = np.abs(eigenvalues(np.where(finite[:, None, None], inner, 0.0)))
            radius = np.maximum(radius, np.where(finite, sizes.max(axis=1), np.inf))
            good = radius < 1 - MARGIN
            step = np.zeros((width, right.shape[1]))
            slopes = np.eye(right.shape[1]) - inner[good]
            step[good] = np.linalg.solve(slopes, right[good])[..., 0]
            move[free] += step.T
        left = np.maximum(left, extent(step.T))
        ends.append(move[:players].copy())
    way, gap = extent(ends[-1] - ends[0]), extent(ends[0])
    noise = _SOLVED * extent(start[:players] + ends[0])
    last = extent(ends[-1] - ends[-2])
    near = (gap <= _BEHIND * way + noise) & (last <= _ARRIVED * way + noise)
    return (radius < 1 - MARGIN) & near & (left <= _ARRIVED * way + noise)


def _roles(
    engine: Engine, cells: Cells, start: np.ndarray, players: int
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which slots count the steps, and which neither do nor keep what they are."""
    residual, maps = linearised(engine, cells, np.zeros_like(start))
    change = np.abs(maps - np.eye(len(start))).max(axis=2).T
    clock = ((change == 0) & (residual == 1)).all(axis=1)
    clock[:players] = False
    slow = _SUMMABLE / np.min(start[clock], axis=0, initial=np.inf) ** 2
    kept = ((change <= slow) & (np.abs(residual) <= slow)).all(axis=1)
    kept[:players] = False
    return clock, ~(clock | kept)
