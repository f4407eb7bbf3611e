"""How far a number of a state will yet go, beside what circles or is chaotic.

One that drifts is told by the orbit, one that decays by itself by the step.
"""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import linearised

LEGS = 8
"""Of the steps that are asked about: a number that goes to and fro does not go the same
way in all, nearly as far each time."""
_EVEN = (0.25, 1.25)
"""A leg over the one before, of a drift that slows down or hardly changes."""
_NOISE = 64 * np.finfo(float).eps
"""Of a leg, relative to the number that drifts."""


def drifts(places: np.ndarray) -> np.ndarray:
    """Return how far each number will yet drift, shape (slots, cells).

    By what it slows down from the first half of its `samples` to the second: as far as
    a geometric series goes. It is 0 where a number does not drift, and infinite where
    it does not slow down.
    """
    places = places[:: len(places) // LEGS]
    legs = np.diff(places, axis=0)
    noise = _NOISE * np.abs(places).max(axis=0)
    with np.errstate(all="ignore"):
        ratios = legs[1:] / legs[:-1]
        even = ((ratios >= _EVEN[0]) & (ratios <= _EVEN[1])).all(axis=0)
        even &= (np.abs(legs) > noise).all(axis=0)
        early, late = legs[: LEGS // 2].sum(axis=0), legs[LEGS // 2 :].sum(axis=0)
        slows = np.abs(early) - np.abs(late) > noise
        way = np.where(slows, late * late / (early - late), np.copysign(np.inf, late))
    return np.where(even, way, 0.0)


def decaying(engine: Engine, cells: Cells) -> np.ndarray:
    """Return how far each number will yet decay, shape (slots, cells).

    It is 0 where a number does not decay, where others have a part in it, and where
    its factor is another one at the end of the way.
    """
    still = np.zeros_like(engine.numbers(cells))
    residual, maps = linearised(engine, cells, still)
    own = np.diagonal(maps, axis1=1, axis2=2).T
    alone = (maps != 0).sum(axis=2).T == 1
    alone &= (own > 0) & (own < 1) & (residual != 0)
    way = np.where(alone, residual / np.where(alone, 1 - own, 1.0), 0.0)
    after = np.diagonal(linearised(engine, cells, way)[1], axis1=1, axis2=2).T
    return np.where(after == own, way, 0.0)
