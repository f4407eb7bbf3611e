"""Limit cycles of flows, stable or not, with their Floquet multipliers."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any

import numpy as np
from numpy.polynomial import legendre

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.flows.collocation import NODES, STAGES, ClosedOrbit, NotIsolated
from gandyn.stability.flows.collocation_newton import OrbitSystem
from gandyn.stability.flows.cycle_checks import check_own_motion, solved
from gandyn.stability.flows.cycle_guesses import (
    from_hopf,
    from_samples,
    remeshed,
    settled,
)
from gandyn.stability.flows.hopf import HopfPoint
from gandyn.stability.maps.maps import Flow
from gandyn.stability.maps.products import product_multipliers

_FAMILY = 1e-7
"""A second multiplier this near to 1: the cycle is one of a family, or at a fold."""

_NEAR = 0.3
"""A cycle farther from the motion's turn than this part of its extent is another one:
a turn counts as nearly closed from a gap of a fifth on."""
_PLACES = 400
"""States on a cycle between which a distance from it is measured."""


class LimitCycle(Record):
    r"""An isolated closed orbit of a flow.

    Attributes
    ----------
    value, period : float
        The parameter, and the time of one turn.
    amplitude : float
        Root mean square distance from the time average.
    lowest, highest : ndarray, shape (S,)
        Extremes of every coordinate.
    multipliers : ndarray of complex, shape (S - 1,)
        The nontrivial Floquet multipliers, largest modulus first. In the plane
        :math:`\exp\oint \mathrm{tr}\,J` to relative accuracy; otherwise to rounding of
        the largest.
    defect : float
        |μ - 1| of the trivial multiplier, as computed: 0 but for errors.
    stable : bool
        Whether all nontrivial multipliers are inside the unit circle.
    residual : float
        Largest |dz/dt - f(z)| between collocation points and at the ends of intervals,
        relative to the largest |f|.
    orbit : Orbit
        The collocation polynomial.
    """

    value: float
    period: float
    amplitude: float
    lowest: np.ndarray
    highest: np.ndarray
    multipliers: np.ndarray
    defect: float
    stable: bool
    residual: float
    orbit: ClosedOrbit = field(repr=False)

    pairs = ("multipliers",)
    omitted = ("orbit",)

    def at(self, times: Any) -> np.ndarray:
        """Return the states at times, shape (S, number); 0 is the first mesh point."""
        return self.orbit.at(np.asarray(times, dtype=float) / self.period)

    def levels(self, coordinate: int) -> np.ndarray:
        """Return the least and the largest value of a coordinate, shape (2,)."""
        return np.array([self.lowest[coordinate], self.highest[coordinate]])


@checked
def limit_cycle(
    flow: Flow,
    start: Any,
    value: float | None = None,
    *,
    period: float | None = None,
    backward: bool = False,
) -> LimitCycle:
    r"""Return a limit cycle of a flow.

    The boundary value problem :math:`u' = T f(u)`, :math:`u(0) = u(1)` is solved by
    Gauss collocation with 8 points per interval and Newton's method with exact
    derivatives, on a mesh that is refined where the solution bends; so cycles that
    repel are found as well as those that attract.

    Parameters
    ----------
    flow : Flow
    start : array_like, HopfPoint or LimitCycle
        A state of shape (S,), from which the motion is followed until it settles on a
        cycle; states of shape (S, K) at equal times on about one turn, with ``period``;
        a Hopf point, whose predicted cycle is the guess; or a cycle at another value.
    value : float, optional
        The parameter's; the current one of a game's flow, or the given cycle's,
        by default.
    period : float, optional
        The guess of T that belongs to the states. Of states on several turns the cycle
        has the time of one: its minimal period.
    backward : bool
        Follow the motion from a state backwards in time, to a cycle that repels.

    Returns
    -------
    LimitCycle

    Raises
    ------
    NonSmooth
        If the field jumps on the way.
    GandynError
        If the motion comes to rest, leaves, or does not close; if Newton's method finds
        no closed orbit, or one of a family; if derivatives on the way are not finite.

    References
    ----------
    Ascher, Mattheij, Russell, *Numerical Solution of Boundary Value Problems for
    Ordinary Differential Equations*, SIAM 1995, Chapter 5. Kuznetsov, *Elements of
    Applied Bifurcation Theory*, 4th edition, Springer 2023, Section 10.1.4.

    Examples
    --------
    >>> from gandyn.games import Forsaken
    >>> from gandyn.stability.flows.flows import GameFlow
    >>> flow = GameFlow(Forsaken())
    >>> cycle = limit_cycle(flow, [1.0, 0.4])
    >>> round(cycle.period, 9), cycle.stable
    (7.548003762, True)
    >>> inner = limit_cycle(flow, [0.2, 0.4], backward=True)
    >>> round(inner.period, 9), inner.multipliers.real.round(8).tolist()
    (7.169877696, [1.91978077])
    """
    value = _value(flow, start, value)
    if isinstance(start, LimitCycle):
        cycle = cycle_record(flow, solved(flow, remeshed(start.orbit, value)))
    elif isinstance(start, HopfPoint):
        cycle = cycle_record(flow, solved(flow, from_hopf(flow, start, value)))
    else:
        states = np.asarray(start, dtype=float)
        if states.ndim not in (1, 2) or not np.isfinite(states).all():
            raise GandynError(
                "a limit cycle starts from a finite state of shape (S,), from states "
                f"of shape (S, K) on one turn, a HopfPoint or a LimitCycle: {start!r}"
            )
        if states.ndim == 2:
            guess = from_samples(states, period, value)
            cycle = cycle_record(flow, solved(flow, guess))
        else:
            cycle = _followed(flow, states, value, backward)
    if np.any(np.abs(cycle.multipliers - 1) < _FAMILY):
        raise GandynError(
            f"the closed orbit at {flow.name} = {value:.6g} is not isolated: a second "
            "multiplier is 1, so it is one of a family, or at a fold of cycles"
        )
    return cycle


def _value(flow: Flow, start: Any, value: float | None) -> float:
    if value is None and isinstance(start, LimitCycle):
        value = start.value
    if value is None and hasattr(flow, "current"):
        value = flow.current()
    if value is None or not math.isfinite(value):
        raise GandynError(f"give a finite value of {flow.name}, got {value!r}")
    return float(value)


def _followed(
    flow: Flow, state: np.ndarray, value: float, backward: bool
) -> LimitCycle:
    """Return the cycle on which the motion from a state settles."""
    for guess in settled(flow, state, value, -1.0 if backward else 1.0):
        try:
            cycle = cycle_record(flow, solved(flow, guess))
        except (NonSmooth, NotIsolated):
            raise
        except GandynError:
            continue
        moduli = np.abs(cycle.multipliers)
        drawn = np.all(moduli >= 1 - _FAMILY if backward else moduli <= 1 + _FAMILY)
        size = np.ptp(guess.nodes, axis=1).max()
        if drawn and _apart(guess.nodes, cycle.orbit) < _NEAR * size:
            return cycle
    raise GandynError(
        f"the motion from the given state at {flow.name} = {value:.6g} settled on no "
        "limit cycle: start nearer to one, or give states on about one turn and their "
        "period"
    )


def _apart(states: np.ndarray, orbit: ClosedOrbit) -> float:
    """Return the largest distance of states from an orbit."""
    places = orbit.at(np.linspace(0, 1, _PLACES, endpoint=False))
    places = np.concatenate([places, orbit.nodes], axis=1)
    gaps = np.abs(states[:, :, None] - places[:, None, :]).max(axis=0)
    return float(gaps.min(axis=1).max())


def cycle_record(flow: Flow, orbit: ClosedOrbit) -> LimitCycle:
    """Return the record of a closed orbit.

    Raises
    ------
    NonSmooth
        If the field's derivatives are not those of its values.
    """
    multipliers, defect = _floquet(flow, orbit)
    lowest, highest = _extremes(orbit)
    return LimitCycle(
        orbit.parameter, orbit.period, orbit.size(), lowest, highest, multipliers,
        defect, bool(np.all(np.abs(multipliers) < 1)), _residual(flow, orbit), orbit,
    )  # fmt: skip


def _floquet(flow: Flow, orbit: ClosedOrbit) -> tuple[np.ndarray, float]:
    transfers = OrbitSystem(flow, orbit, free=False).transfer
    check_own_motion(flow, orbit, transfers)
    values = product_multipliers(transfers)
    trivial = int(np.argmin(np.abs(values - 1)))
    rest = np.delete(values, trivial)
    defect = float(abs(values[trivial] - 1))
    if len(values) == 2:  # to relative accuracy, however small
        with np.errstate(over="ignore", under="ignore"):
            rest = np.array([np.prod(np.linalg.det(transfers)) + 0j])
    return rest[np.argsort(-np.abs(rest), kind="stable")], defect


def _extremes(orbit: ClosedOrbit) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and largest value of every coordinate of the polynomial."""
    pairs = [*zip(orbit.series, orbit.velocity, strict=True)]
    return (
        np.array([-_peak(-series, velocity) for series, velocity in pairs]),
        np.array([_peak(series, velocity) for series, velocity in pairs]),
    )


def _peak(series: np.ndarray, velocity: np.ndarray) -> float:
    """Return the largest value of one coordinate, looked for near the largest seen."""
    places = np.linspace(-1, 1, 4 * STAGES)
    seen = legendre.legval(places, series.T)
    top = int(np.argmax(seen.max(axis=1)))
    found = float(seen.max())
    for i in (top - 1, top, (top + 1) % len(series)):
        roots = legendre.legroots(velocity[i])
        inside = roots.real[(abs(roots.imag) < 1e-6) & (abs(roots.real) <= 1)]
        values = legendre.legval(inside, series[i])
        found = max(found, float(values.max(initial=-math.inf)))
    return found


def _residual(flow: Flow, orbit: ClosedOrbit) -> float:
    between = np.concatenate([[-1.0], NODES[:-1] + NODES[1:] - 1, [1.0]])
    size = len(orbit.nodes)
    states = orbit.series @ legendre.legvander(between, STAGES).T
    slopes = orbit.velocity @ legendre.legvander(between, STAGES - 1).T
    values = flow(states.reshape(size, -1), orbit.parameter).reshape(states.shape)
    return float(np.abs(slopes - values).max() / np.abs(values).max())
