"""The stable periodic orbit that an orbit approaches, if it approaches one."""

from __future__ import annotations

import math

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.cycles.periodic import PeriodicOrbit, iterated, periodic_orbit
from gandyn.stability.maps.maps import Map

_NEARLY = 0.02
"""A return this near, over the orbit's extent, is worth a try of Newton's method."""
REST = 1e-9
"""A relative extent below this is a fixed point."""
_CAUGHT = 1e-3
"""An orbit this near, over the spacing of its states, is in the grip of a cycle."""
_PATIENCE = 20_000
"""Steps in which an orbit has to come that near."""


def attracting_orbit(
    map: Map, tail: np.ndarray, value: float, longest: int
) -> PeriodicOrbit | None:
    """Return the stable periodic orbit that an orbit is verified to approach.

    Parameters
    ----------
    map : Map
    tail : ndarray, shape (N, S)
        The last states, at least ``2 * longest``.
    value : float
    longest : int
    """
    for period in likely_periods(tail, longest):
        try:
            orbit = periodic_orbit(map, tail[-period:], period, value)
        except GandynError:
            continue
        if orbit.stable and orbit.hyperbolic and _caught(map, tail[-1], orbit):
            return orbit
    return None


def likely_periods(tail: np.ndarray, longest: int) -> list[int]:
    """Return the periods whose returns are near, and nearer than of all shorter ones.

    An orbit at rest has none.
    """
    extent = float(np.ptp(tail, axis=0).max())
    if extent <= REST * (1 + np.abs(tail).max()):
        return []
    found, best = [], _NEARLY * extent
    recent = tail[-longest:]
    for period in range(1, longest + 1):
        before = tail[-longest - period : -period]
        apart = float(np.abs(recent - before).max())
        if apart < best:
            found.append(period)
            best = apart / 2
    return found


def _caught(map: Map, state: np.ndarray, orbit: PeriodicOrbit) -> bool:
    """Tell whether an orbit comes near a cycle, and then nearer by its multipliers."""
    states = orbit.states
    apart = np.linalg.norm(states[:, None] - states[None, :], axis=2)
    spacing = float(np.min(apart + np.diag(np.full(len(states), np.inf))))
    floor = REST * (1 + np.abs(states).max()) + orbit.uncertainty
    left = _PATIENCE
    while left > 0:
        distance = _distance(state, states)
        if distance <= floor:
            return True
        rounds = 1
        if distance <= _CAUGHT * spacing:
            rounds = math.ceil(math.log(4) / -math.log(max(orbit.radius, REST)))
        count = min(rounds * orbit.period, left)
        state = iterated(map, state, orbit.value, count + 1)[-1]
        left -= count
        if distance <= _CAUGHT * spacing and _distance(state, states) < distance / 2:
            return True
    return False


def _distance(state: np.ndarray, states: np.ndarray) -> float:
    return float(np.linalg.norm(states - state, axis=1).min())
