"""Whether an orbit is so near to a cycle that a whole turn is linear between them.

An orbit that passes the ghost of a fold returns ever more nearly, at the rate of its
tangents, and goes on. A memory that decays may take a cycle through its bifurcations.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import keeping
from gandyn.dynamics.recognition.limits import NEWTON
from gandyn.dynamics.recognition.neighbourhoods import is_linear_by
from gandyn.dynamics.spectra import radius_beside

_ON_THE_WAY = (0.75, 0.5, 0.25)
"""Shares of the way at which the turn is asked: it is linear on it, but for what it
takes off."""
_ARRIVED = 1e-9
"""Of a state, what Newton's method moves it by last: the next step is its square."""
_RECORDED = 1 << 20
"""Steps of unit tangents times their number at once: their states are recorded."""
_MOST = 1 << 21
"""Steps of a turn, times the numbers of a state squared, that are followed."""


def nearby_exponents(engine: Engine, cells: Cells, period: np.ndarray) -> np.ndarray:
    """Return the leading exponent, per step, of the cycles that attract orbits nearby.

    NaN where an orbit is not in the linear neighbourhood of one. Newton's method goes
    to the fixed point of a turn. From there back to the orbit the turn must be linear,
    along each eigenvector by itself, and it must contract at both and on the way. What
    the memory copies is a parameter.
    """
    found = np.full(period.size, np.nan)
    slots = len(engine.numbers(cells))
    which = np.flatnonzero(period <= _MOST // slots**2)
    if which.size:
        turns = _Turns(engine, engine.take(cells, which), period[which])
        with np.errstate(all="ignore"):
            radius = turns.radius()
            found[which] = np.log(np.where(radius < 1, radius, np.nan))
    return found / period


class _Turns:
    """A turn of each cell, by its own number of steps, as one map of moved states."""

    def __init__(self, engine: Engine, cells: Cells, period: np.ndarray) -> None:
        self._engine, self._cells, self._period = engine, cells, period
        self._start, self._players = engine.numbers(cells), len(engine.players(cells))

    def radius(self) -> np.ndarray:
        """Return the leading modulus at a fixed point nearby, or infinity."""
        found = np.full(self._period.size, np.inf)
        move, kept, solved = self._fixed_point()
        which = np.flatnonzero(solved)
        move, kept = move[:, which], kept[:, which]
        maps, every = self._slopes(which, move), np.ones(len(move), bool)
        radius = radius_beside(maps, kept)
        displacement = partial(self._displacement, which)
        near = is_linear_by(displacement, maps, self._start[:, which], move, every)
        near &= radius < 1
        for share in _ON_THE_WAY:
            near &= radius_beside(self._slopes(which, (1 - share) * move), kept) < 1
        found[which[near]] = radius[near]
        return found

    def _fixed_point(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return moves to it, which numbers are parameters, and where there is one."""
        move, kept = np.zeros_like(self._start), np.zeros(self._start.shape, bool)
        which, good = np.arange(self._period.size), np.ones(self._period.size, bool)
        size, eye = np.abs(self._start).max(axis=0), np.eye(len(move))
        for _ in range(NEWTON):
            residual = self._displacement(which, move[:, which])
            maps = self._slopes(which, move[:, which])
            keeps = keeping(maps, residual, self._players)
            solved = (radius_beside(maps, keeps) < 1) & np.isfinite(residual).all(
                axis=0
            )
            slopes = np.where(solved[:, None, None], eye - maps, eye)
            slopes[:, range(len(eye)), range(len(eye))] += keeps.T
            solved &= np.linalg.det(slopes) != 0
            slopes[~solved] = eye
            step = np.linalg.solve(slopes, residual.T[..., None])[..., 0].T
            move[:, which] += np.where(solved, step, 0.0)
            kept[:, which], good[which] = keeps, solved
            which = which[
                solved & ~(np.abs(step) <= _ARRIVED * size[which]).all(axis=0)
            ]
            if not which.size:
                break
        return move, kept, good

    def _displacement(self, which: np.ndarray, move: np.ndarray) -> np.ndarray:
        """Return what turns move all numbers of some cells' moved states by."""
        after = np.empty_like(move)
        for steps, some in self._alike(which):
            cells = self._engine.take(self._cells, which[some])
            cells = self._engine.moved(cells, move[:, some])
            self._engine.advance(cells, steps)
            after[:, some] = self._engine.numbers(cells)
        return after - (self._start[:, which] + move)

    def _slopes(self, which: np.ndarray, move: np.ndarray) -> np.ndarray:
        """Return the derivatives of turns, shape (cells, slots, slots)."""
        size, width = move.shape
        maps = np.empty((width, size, size))
        for steps, some in self._alike(which):
            side = np.tile(some, size)
            cells = self._engine.take(self._cells, which[side])
            cells = self._engine.moved(cells, move[:, side])
            first = np.repeat(np.eye(size), some.size, axis=1)
            units = np.array(
                [first, np.roll(first, 1, axis=0) if size > 1 else 0 * first]
            )
            window = self._engine.observe(cells, steps, units)
            grown = REORTHOGONALISE * window.growth[0].sum(axis=0)[: side.size]
            columns = window.tangents[0, :, : side.size] * np.exp(grown)
            maps[some] = columns.reshape(size, size, some.size).transpose(2, 0, 1)
        return maps

    def _alike(self, which: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Yield a number of steps and the places of those of some cells that take it.

        So many at a time as can be recorded at once.
        """
        period = self._period[which]
        for steps in np.unique(period):
            places = np.flatnonzero(period == steps)
            most = max(1, _RECORDED // int(steps * len(self._start)))
            for first in range(0, places.size, most):
                yield int(steps), places[first : first + most]
