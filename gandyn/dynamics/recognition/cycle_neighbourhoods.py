"""Whether an orbit is so near to a cycle that a whole turn is linear between them.

An orbit that passes the ghost of a fold returns ever more nearly, at the rate of its
tangents, and goes on. A memory that decays may take a cycle through its bifurcations.
"""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import numbers, reliance
from gandyn.dynamics.recognition.limits import NEWTON
from gandyn.dynamics.recognition.neighbourhoods import is_linear_by
from gandyn.dynamics.spectra import eigenvalues

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
    slots = len(numbers(engine, cells))
    for steps in np.unique(period):
        if steps * slots * slots > _MOST:
            continue
        which = np.flatnonzero(period == steps)
        most = max(1, _RECORDED // int(steps * slots))
        for first in range(0, which.size, most):
            some = which[first : first + most]
            turn = _Turn(engine, engine.take(cells, some), int(steps))
            with np.errstate(all="ignore"):
                radius = turn.radius()
                found[some] = np.log(np.where(radius < 1, radius, np.nan)) / steps
    return found


class _Turn:
    """So many steps of some cells as one map, at states that they are moved to."""

    def __init__(self, engine: Engine, cells: Cells, steps: int) -> None:
        self._engine, self._cells, self._steps = engine, cells, steps
        self._start, self._players = numbers(engine, cells), len(engine.players(cells))
        size, width = self._start.shape
        self._units = np.zeros((2, size, size, width))
        for i in range(size):
            self._units[0, i, i] = 1.0
            if size > 1:
                self._units[1, (i + 1) % size, i] = 1.0

    def radius(self) -> np.ndarray:
        """Return the leading modulus at a fixed point nearby, or infinity."""
        move, size = np.zeros_like(self._start), np.abs(self._start).max(axis=0)
        eye = np.eye(len(move))
        good = np.ones(move.shape[1], bool)
        for _ in range(NEWTON):
            residual, maps = self._displacement(move), self._slopes(move)
            kept = (reliance(maps) == 0) & (residual == 0)
            kept[: self._players] = False
            good &= (_radius(maps, kept) < 1) & np.isfinite(residual).all(axis=0)
            slopes = eye - maps
            slopes[~good] = eye
            slopes[:, range(len(eye)), range(len(eye))] += kept.T
            good &= np.linalg.det(slopes) != 0
            slopes[~good] = eye
            step = np.linalg.solve(slopes, residual.T[..., None])[..., 0].T
            move = np.where(good, move + step, 0.0)
            if np.all(np.abs(step[:, good]) <= _ARRIVED * size[good]):
                break
        maps = self._slopes(move)
        radius = _radius(maps, kept)
        good &= radius < 1
        every = np.ones(len(move), bool)
        good &= is_linear_by(self._displacement, maps, self._start, move, every)
        for share in _ON_THE_WAY:
            good &= _radius(self._slopes((1 - share) * move), kept) < 1
        return np.asarray(np.where(good, radius, np.inf))

    def _displacement(self, move: np.ndarray) -> np.ndarray:
        """Return what the turn moves all numbers of moved states by."""
        cells = self._engine.moved(self._cells, move)
        self._engine.advance(cells, self._steps)
        return numbers(self._engine, cells) - (self._start + move)

    def _slopes(self, move: np.ndarray) -> np.ndarray:
        """Return the turn's derivative, shape (cells, slots, slots)."""
        size, width = move.shape
        side = np.tile(np.arange(width), size)
        cells = self._engine.moved(
            self._engine.take(self._cells, side), np.tile(move, size)
        )
        units = self._units.reshape(2, size, -1)
        window = self._engine.observe(cells, self._steps, units)
        grown = REORTHOGONALISE * window.growth[0].sum(axis=0)[: side.size]
        columns = window.tangents[0, :, : side.size] * np.exp(grown)
        return columns.reshape(size, size, width).transpose(2, 0, 1)


def _radius(maps: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return the leading modulus but for what is kept, infinity if it is not finite."""
    finite = np.isfinite(maps).all(axis=(1, 2))
    others = np.where(kept.T[..., None] | ~finite[:, None, None], 0.0, maps)
    sizes = np.abs(eigenvalues(others)).max(axis=1)
    return np.asarray(np.where(finite, sizes, np.inf))
