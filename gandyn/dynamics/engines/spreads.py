"""How far the whole states of vector players lie from their mean."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine


class Spread:
    """Weighted root mean square distance of states from their mean.

    Sums are of distances from the first state, which keeps digits.

    Parameters
    ----------
    first : ndarray, shape (coordinates, cells)
    """

    def __init__(self, first: np.ndarray) -> None:
        self._first, self._mean = first, np.zeros_like(first)
        self._square = np.zeros(first.shape[1])

    def add(self, weight: float | np.ndarray, players: np.ndarray) -> None:
        """Take in a state with its weight, or one of each cell."""
        with np.errstate(all="ignore"):
            moved = players - self._first
            self._mean += weight * moved
            self._square += weight * np.add.reduce(moved * moved)

    @property
    def value(self) -> np.ndarray:
        """The spread of every cell; weights must have added up to one."""
        with np.errstate(all="ignore"):
            variance = self._square - np.add.reduce(self._mean * self._mean)
            return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def spread_over(engine: Engine, cells: Cells, period: np.ndarray) -> np.ndarray:
    """Return the spread of every cell's next states, as many as its period has.

    The cells go on by the longest period.
    """
    spread = Spread(engine.players(cells).copy())
    for step in range(int(period.max(initial=0))):
        engine.advance(cells, 1)
        spread.add((step < period) / period, engine.players(cells))
    return spread.value
