"""Numbers of a state that drift one way beside what circles or is chaotic."""

from __future__ import annotations

import numpy as np

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
