"""Mode locking: periodic orbits on a closed invariant curve, verified."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.cycles.attracting import attracting_orbit
from gandyn.stability.cycles.cycles import continue_periodic_orbit
from gandyn.stability.cycles.periodic import PeriodicOrbit, iterated, periodic_orbit
from gandyn.stability.cycles.turning import Turning
from gandyn.stability.maps.iterates import whole
from gandyn.stability.maps.maps import Map, RuleMap

_REACH = 0.05
"""How far in the field folds are looked for, relative to it."""
_BETWEEN = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Where between two states of a stable orbit its partner is looked for."""


class ModeLocking(Record):
    """A stable periodic orbit that goes round a fixed point p times in q steps.

    Attributes
    ----------
    winding : int
        p, counted on the orbit; coprime to q.
    period : int
        q, minimal.
    field : str
    value : float
    orbit : PeriodicOrbit
        Stable, and hyperbolic: it persists in an interval of the field.
    saddle : PeriodicOrbit or None
        The unstable orbit of the same p and q beside it, where one was found.
    centre : ndarray, shape (S,)
        The fixed point.
    """

    winding: int
    period: int
    field: str
    value: float
    orbit: PeriodicOrbit = dataclasses.field(repr=False)
    saddle: PeriodicOrbit | None = dataclasses.field(repr=False)
    centre: np.ndarray = dataclasses.field(repr=False)

    @property
    def rotation(self) -> float:
        """Turns per step, p/q."""
        return self.winding / self.period


@checked
def mode_locking(
    map: Map,
    start: Any,
    value: float,
    centre: Any = None,
    longest: int = 64,
    transient: int = 5_000,
) -> ModeLocking | None:
    r"""Return the mode locking that an orbit settles into, None if none is verified.

    Close returns of the orbit suggest periods. Each is tried: Newton's method must find
    an orbit of that minimal period, with all multipliers off and inside the circle;
    it must wind p times round the fixed point with p and q coprime; and the orbit must
    be seen to approach it. A rotation number near p/q is no evidence.

    Parameters
    ----------
    map : Map
    start : array_like, shape (S,)
        A state in the basin.
    value : float
    centre : array_like, shape (S,), optional
        The fixed point, or near it. By default the game's equilibrium, or what Newton's
        method finds from the mean of the orbit.
    longest : int
        The longest period tried.
    transient : int
        Steps before returns are looked at.

    Returns
    -------
    ModeLocking or None
        None does not say that the orbit is quasi-periodic: the period may be longer, or
        the approach too slow.

    Raises
    ------
    GandynError
        If the orbit is not finite, or nothing turns about the fixed point.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 7.3 (Arnold tongues).

    Examples
    --------
    The delayed logistic map turns by nearly 1/6 per step where its cycle is born, and
    locks to 1/7 later:

    >>> delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")
    >>> found = mode_locking(delayed, [0.5, 0.6], 2.18)
    >>> (found.winding, found.period), found.orbit.stable, found.saddle.stable
    ((1, 7), True, False)
    """
    longest, transient = whole(longest, "longest"), whole(transient, "transient")
    tail = iterated(map, np.asarray(start, float), value, transient + 4 * longest)
    if not np.isfinite(tail[-1]).all():
        raise GandynError(
            f"the orbit is not finite at {map.name} = {value:.6g}: start elsewhere"
        )
    tail = tail[-4 * longest :]
    guess = centre_guess(map, value, tail) if centre is None else centre
    turning = Turning(map, guess, value)
    orbit = attracting_orbit(map, tail, value, longest)
    winding = 0 if orbit is None else turning.winding(orbit.states)
    if orbit is None or math.gcd(winding, orbit.period) > 1:
        return None
    return ModeLocking(
        winding, orbit.period, map.name, float(value), orbit,
        _partner(map, orbit, winding, turning), turning.centre,
    )  # fmt: skip


def centre_guess(map: Map, value: float, states: np.ndarray) -> np.ndarray:
    """Return where the fixed point that an orbit turns about may be."""
    if isinstance(map, RuleMap):
        return map.state(None, value)
    return np.asarray(states.mean(axis=0))


def _partner(
    map: Map, orbit: PeriodicOrbit, winding: int, turning: Turning
) -> PeriodicOrbit | None:
    """Return the saddle between the states of a stable orbit, if it is found.

    States are interpolated as functions of the angle.
    """
    w = turning.coordinate(orbit.states)
    order = np.argsort(np.angle(w))
    angles, states = np.angle(w)[order], orbit.states[order]
    if not np.all(np.diff(angles) > 0):
        return None
    closed = np.append(angles, angles[0] + 2 * np.pi)
    curve = CubicSpline(closed, np.vstack([states, states[:1]]), bc_type="periodic")
    # states follow each other along the orbit, and so do the gaps behind them
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order))
    gaps = np.diff(closed)[rank]
    guesses = [curve(closed[rank] + share * gaps) for share in _BETWEEN]
    for guess in itertools.chain(guesses, _beyond_folds(map, orbit)):
        try:
            found = periodic_orbit(map, guess, orbit.period, orbit.value)
        except GandynError:
            continue
        beside = not found.stable and found.hyperbolic
        if beside and turning.winding(found.states) == winding:
            return found
    return None


def _beyond_folds(map: Map, orbit: PeriodicOrbit) -> Iterator[np.ndarray]:
    """Yield guesses of the orbit that a stable one meets in its folds."""
    reach = _REACH * (1 + abs(orbit.value))
    low, high = orbit.value - reach, orbit.value + reach
    for downwards in (False, True):
        branch = continue_periodic_orbit(map, orbit, low, high, downwards=downwards)
        aside, states = branch.values - orbit.value, branch.along("states")
        for i in np.flatnonzero(aside[1:] * aside[:-1] < 0):
            share = aside[i] / (aside[i] - aside[i + 1])
            yield states[i] * (1 - share) + states[i + 1] * share


@checked
def locking_interval(
    map: Map, locking: ModeLocking, low: float, high: float
) -> tuple[Bifurcation | None, Bifurcation | None]:
    r"""Return the edges of a mode locking's interval of the field: folds of F^q.

    The stable orbit is followed each way to where it meets the saddle.

    Parameters
    ----------
    map : Map
    locking : ModeLocking
    low, high : float
        Where to look; ``low < locking.value < high``.

    Returns
    -------
    left, right : Bifurcation or None
        None where the orbit has no fold before the end, or gets lost.

    Raises
    ------
    GandynError
        If the locking is not inside the interval.

    Examples
    --------
    >>> delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")
    >>> found = mode_locking(delayed, [0.5, 0.6], 2.18)
    >>> edges = locking_interval(delayed, found, 2.1, 2.25)
    >>> [(edge.kind, round(edge.value, 6)) for edge in edges]
    [('fold', 2.176398), ('fold', 2.200661)]
    """
    if not low < locking.value < high:
        raise GandynError(
            f"{map.name}: the locking at {locking.value:.6g} is not between {low} and "
            f"{high}"
        )
    left, right = (
        _first_fold(map, locking.orbit, low, high, downwards)
        for downwards in (True, False)
    )
    return left, right


def _first_fold(
    map: Map, orbit: PeriodicOrbit, low: float, high: float, downwards: bool
) -> Bifurcation | None:
    branch = continue_periodic_orbit(
        map, orbit, low, high, downwards=downwards, until_fold=True
    )
    folds = (one for one in branch.bifurcations if one.kind == "fold")
    return next(folds, None)
