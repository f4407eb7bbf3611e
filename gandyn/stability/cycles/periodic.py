"""Periodic orbits of maps, by Newton's method with multiple shooting."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.stability.cycles.shooting import Shot, close
from gandyn.stability.maps.iterates import whole
from gandyn.stability.maps.maps import Map
from gandyn.stability.maps.products import product_multipliers

_NEUTRAL = 1e-9
"""A multiplier this near to 1 is neutral: a manifold of orbits, or a fold."""
_HYPERBOLIC = 1e-9
"""A modulus this near to 1 is not told from 1."""
_REAL = 1e-9
"""A relative imaginary part below this is rounding."""
_SAME = 1e-9
"""Two states relatively nearer than this are one."""
_SURE = 10.0
"""Times its uncertainty a difference must be to be one."""


class PeriodicOrbit(Record):
    r"""An orbit :math:`z_0 → z_1 → … → z_p = z_0` of a map, p minimal.

    Attributes
    ----------
    period : int
        p.
    field : str
        The map's parameter.
    value : float
        Its value.
    states : ndarray, shape (p, S)
        In the order in which they are visited.
    multipliers : ndarray of complex, shape (S,)
        Of :math:`DF^p`, the same at every state; largest modulus first.
    residual : float
        The largest :math:`‖F(z_k) - z_{k+1}‖`.
    uncertainty : float
        Of the states: residual and rounding over the least singular value of the
        shooting system.
    neutral : int
        Multipliers at 1: directions along a manifold of orbits, or a fold.
    observed : int or None
        The leading coordinates that are players; None for all.
    """

    period: int
    field: str
    value: float
    states: np.ndarray = dataclasses.field(repr=False)
    multipliers: np.ndarray
    residual: float
    uncertainty: float
    neutral: int = 0
    observed: int | None = dataclasses.field(default=None, repr=False)

    derived = (
        "radius",
        "stable",
        "instability",
        "amplitude",
    )
    pairs = ("multipliers",)

    @property
    def radius(self) -> float:
        """The largest modulus of a multiplier, neutral ones left out."""
        far = np.argsort(np.abs(self.multipliers - 1))[self.neutral :]
        return float(np.max(np.abs(self.multipliers[far]), initial=0.0))

    @property
    def stable(self) -> bool:
        """Whether all multipliers that are not neutral are inside the circle."""
        return self.radius < 1 - _HYPERBOLIC

    @property
    def hyperbolic(self) -> bool:
        """Whether no multiplier is on the circle."""
        return bool(np.all(np.abs(np.abs(self.multipliers) - 1) > _HYPERBOLIC))

    @property
    def instability(self) -> tuple[str, ...]:
        """How nearby orbits leave: of ``"monotone"``, ``"flip"`` and ``"spiral"``.

        By the multipliers outside the circle: above 1, below -1, and pairs.
        """
        outside = self.multipliers[np.abs(self.multipliers) > 1 + _HYPERBOLIC]
        paired = np.abs(outside.imag) > _REAL * np.abs(outside)
        seen = {
            "monotone": np.any(~paired & (outside.real > 0)),
            "flip": np.any(~paired & (outside.real < 0)),
            "spiral": np.any(paired),
        }
        return tuple(name for name, is_there in seen.items() if is_there)

    @property
    def amplitude(self) -> float:
        """The root mean square distance of the players from their mean."""
        players = self.states[:, : self.observed]
        square = np.sum((players - players.mean(axis=0)) ** 2, axis=1)
        return math.sqrt(square.mean())

    def levels(self, coordinate: int) -> np.ndarray:
        """Return the values of a coordinate on the orbit, shape (p,)."""
        return self.states[:, coordinate]


@checked
def periodic_orbit(map: Map, start: Any, period: int, value: float) -> PeriodicOrbit:
    r"""Return the periodic orbit that Newton's method finds from a start.

    All p states are unknowns of one system, :math:`F(z_k) = z_{k+1 \bmod p}`, with
    exact derivatives: orbits too unstable to be followed once around are found. On a
    manifold of orbits each step is the shortest one. The period is checked to be
    minimal.

    Parameters
    ----------
    map : Map
    start : array_like, shape (S,) or (p, S)
        A state near the orbit, which is iterated, or a guess of all states.
    period : int
        p >= 1; at 1 a fixed point.
    value : float
        The map's parameter.

    Raises
    ------
    GandynError
        If no orbit is found (with the residual), if the one found has a shorter
        period, or where the step or its derivatives are not finite.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 10.1.

    Examples
    --------
    The Hénon map's orbit of period 2, whose states satisfy x₁ + x₂ = (1 - b)/a:

    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> orbit = periodic_orbit(henon, [1.2, -0.1], 2, 0.8)
    >>> round(float(orbit.states[:, 0].sum()), 12), orbit.stable
    (0.875, True)
    >>> orbit.multipliers.real.round(6)
    array([-0.431355, -0.208645])
    """
    period = whole(period, "period")
    if not math.isfinite(value):
        raise GandynError(f"{map.name} is {value}: it must be finite")
    states = _guess(map, start, period, value)
    shot, singular = close(map, states, value)
    orbit = orbit_record(map, shot, singular, value)
    found = _minimal_period(orbit)
    if found < period:
        what = "a fixed point" if found == 1 else f"an orbit of period {found}"
        raise GandynError(
            f"what was found at {map.name} = {value:.6g} is {what}, not an orbit "
            f"of minimal period {period}: start farther from it"
        )
    return orbit


def orbit_record(
    map: Map, shot: Shot, singular: np.ndarray, value: float
) -> PeriodicOrbit:
    """Return the record of an orbit that closes."""
    values = product_multipliers(shot.matrices)
    rounding = np.finfo(float).eps * (1 + np.abs(shot.states).max())
    least = singular[-1] if len(singular) else 1.0
    return PeriodicOrbit(
        len(shot.states), map.name, float(value), shot.states, values,
        shot.residual, float((shot.residual + rounding) / least),
        int(np.sum(np.abs(values - 1) < _NEUTRAL)), map.observed,
    )  # fmt: skip


def _minimal_period(orbit: PeriodicOrbit) -> int:
    """Return the least divisor of the period after which the states repeat."""
    states, period = orbit.states, orbit.period
    same = max(_SAME * (1 + np.abs(states).max()), _SURE * orbit.uncertainty)
    for shift in range(1, period):
        apart = np.abs(np.roll(states, -shift, axis=0) - states).max()
        if period % shift == 0 and apart <= same:
            return shift
    return period


def _guess(map: Map, start: Any, period: int, value: float) -> np.ndarray:
    states = np.asarray(start, dtype=float)
    if states.ndim not in (1, 2) or (states.ndim == 2 and len(states) != period):
        raise GandynError(
            f"a start has the shape (S,) or ({period}, S), not {states.shape}"
        )
    if states.ndim == 1:
        states = iterated(map, states, value, period)
    check_fits(map, states[0], value)
    if not np.isfinite(states).all():
        raise GandynError(
            f"the orbit of the start is not finite at {map.name} = {value:.6g}: "
            f"give a guess of all {period} states"
        )
    return states


def iterated(map: Map, state: np.ndarray, value: float, count: int) -> np.ndarray:
    """Return a state and its images, ``count`` states in all, shape (count, S)."""
    states = [check_fits(map, state, value)]
    for _ in range(count - 1):
        states.append(map.value(states[-1], value))
    return np.array(states)


def check_fits(map: Map, state: Any, value: float) -> np.ndarray:
    """Return a state that the map takes.

    Raises
    ------
    GandynError
        If it has not as many coordinates as the map.
    """
    state = np.asarray(state, dtype=float)
    try:
        size = len(map.value(state, value))
    except GandynError:
        raise
    except (IndexError, ValueError, TypeError):
        size = -1
    if size != len(state):
        raise GandynError(
            f"a state of {len(state)} coordinates does not fit the map of {map.name}"
        )
    return state
