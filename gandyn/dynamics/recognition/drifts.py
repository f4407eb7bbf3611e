"""Numbers of a state that drift one way beside what circles or is chaotic."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import numbers

_LEGS = 8
"""Of the steps that are asked about: a number that goes to and fro does not go the same
way in all, nearly as far each time."""
_EVEN = (0.25, 1.25)
"""A leg over the one before, of a drift that slows down or hardly changes."""
_NOISE = 64 * np.finfo(float).eps
"""Of a leg, relative to the number that drifts."""


def drifts(engine: Engine, before: Cells, steps: int) -> np.ndarray:
    """Return how far each number will yet drift, shape (slots, cells).

    After so many steps from the cells ``before``, by what they slow down from the first
    half of them to the second: that of a geometric series. It is 0 where a number does
    not drift, and infinite where it does not slow down.
    """
    cells = engine.take(before, np.arange(engine.players(before).shape[1]))
    places = [numbers(engine, cells)]
    for _ in range(_LEGS):
        engine.advance(cells, steps // _LEGS)
        places.append(numbers(engine, cells))
    legs = np.diff(places, axis=0)
    noise = _NOISE * np.abs(places).max(axis=0)
    with np.errstate(all="ignore"):
        ratios = legs[1:] / legs[:-1]
        even = ((ratios >= _EVEN[0]) & (ratios <= _EVEN[1])).all(axis=0)
        even &= (np.abs(legs) > noise).all(axis=0)
        early, late = legs[: _LEGS // 2].sum(axis=0), legs[_LEGS // 2 :].sum(axis=0)
        slows = np.abs(early) - np.abs(late) > noise
        way = np.where(slows, late * late / (early - late), np.copysign(np.inf, late))
    return np.where(even, way, 0.0)
