"""The linearised step of a batch of cells, by the complex step."""

from __future__ import annotations

from functools import partial

import numpy as np

from gandyn.dynamics.engines._trials import flat, image_of, spread
from gandyn.dynamics.engines.cells import TINY, Cells, Engine

_TOGETHER = 1 << 14
"""Numbers of tilted states that are stepped at once."""


def reliance(maps: np.ndarray) -> np.ndarray:
    """Return how much a step changes each number by any, shape (slots, cells).

    Where it is 0 the number is copied, or counts, whatever the others are.
    """
    return np.asarray(np.abs(maps - np.eye(maps.shape[1])).max(axis=2).T)


def counting(maps: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Tell which numbers change by what does not depend on any of them."""
    return np.asarray((reliance(maps) == 0) & (residual != 0))


def keeping(maps: np.ndarray, residual: np.ndarray, players: int) -> np.ndarray:
    """Tell which numbers of the memory stay as they are, whatever the others are.

    They are parameters of the others' map.
    """
    kept = (reliance(maps) == 0) & (residual == 0)
    kept[:players] = False
    return np.asarray(kept)


def linearised(
    engine: Engine, cells: Cells, move: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return F(z) - z, shape (slots, cells), and DF(z), shape (cells, slots, slots).

    At states moved from those of the cells, on all of x, y and memory.
    """
    size, width = move.shape
    maps, residual = np.empty((width, size, size)), np.empty((size, width))
    together = max(1, _TOGETHER // max(size * width, 1))
    for first in range(0, size, together):
        slots = np.arange(first, min(first + together, size))
        side = np.tile(np.arange(width), slots.size)
        rule, game, start = engine.unpack(engine.take(cells, side))
        state, step = spread(start, move[:, side]), partial(rule.step, game)
        tilt = np.zeros((size, slots.size, width), complex)
        tilt[slots, np.arange(slots.size)] = 1j * TINY
        with np.errstate(all="ignore"):
            after = image_of(step, state, tilt.reshape(size, -1))
            columns = np.imag(after).reshape(size, slots.size, width) / TINY
            residual = np.real(after[:, :width]) - flat(state, side.size)[:, :width]
        maps[:, :, slots] = columns.transpose(2, 0, 1)
    return residual, maps
