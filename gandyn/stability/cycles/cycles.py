"""Branches of periodic orbits: continued in the parameter, with what happens there."""

from __future__ import annotations

import itertools
import math

import numpy as np

from gandyn._arguments import checked
from gandyn.errors import GandynError
from gandyn.stability.continuation.branch import Branch
from gandyn.stability.continuation.tracing import Trail, check_start, trace_branch
from gandyn.stability.crossings.branch_points import find_branch_point
from gandyn.stability.crossings.branches import Branch as FollowedPoint
from gandyn.stability.crossings.branches import Sample, set_neutral_aside
from gandyn.stability.crossings.folds import find_fold
from gandyn.stability.crossings.locations import determinant
from gandyn.stability.crossings.normal_forms import normal_form
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.crossings.thresholds import at_one, crossings
from gandyn.stability.cycles.cycle_continuation import (
    ORBIT_STRIDE,
    OrbitCurve,
    OrbitPoint,
)
from gandyn.stability.cycles.periodic import PeriodicOrbit, orbit_record
from gandyn.stability.cycles.shooting import shoot
from gandyn.stability.maps.iterates import Iterate
from gandyn.stability.maps.maps import Map

_BESIDE = 0.01
"""The first amplitude beside a flip, in units of the states' scale: the normal form is
right to its square, and Newton's method has digits enough to part two states."""
_AT_ONE = 1e-3
"""Crossings nearer to 1 are located by their own equations."""


@checked
def continue_periodic_orbit(
    map: Map,
    start: PeriodicOrbit | Bifurcation,
    low: float,
    high: float,
    *,
    downwards: bool = False,
    until_fold: bool = False,
) -> Branch[PeriodicOrbit]:
    r"""Continue a periodic orbit in the map's parameter, through folds.

    Pseudo-arclength continuation of the multiple-shooting system: each orbit is found
    in the plane normal to the last tangent, with steps by the tangent's turn.

    From a flip the orbits of twice the period are followed. The first is sought at the
    amplitude ε of the normal form :math:`η ↦ -(1 + α)η + bη^3`, at the parameter where
    :math:`α = bε^2`: on the side of the unstable fixed point if b > 0, to which the
    branch goes. With an `Iterate` of p steps and a flip of it, the orbits have the
    map's period 2p.

    Parameters
    ----------
    map : Map
    start : PeriodicOrbit or Bifurcation
        Where to begin; of bifurcations, a flip of a fixed point of this map.
    low, high : float
        The interval of the parameter, with that of the start in it or at an end.
    downwards : bool
        Whether to set off from an orbit towards ``low``.
    until_fold : bool
        Whether to end behind the first fold.

    Returns
    -------
    Branch of PeriodicOrbit
        Its bifurcations are of the map's iterate: folds, and crossings of the unit
        circle with their normal forms.

    Raises
    ------
    GandynError
        If the interval is empty or the start not in it, the map is not smooth at the
        orbit, the bifurcation is no flip, or no orbit is found beside it.

    References
    ----------
    Keller, *Numerical solution of bifurcation and nonlinear eigenvalue problems*, in
    Rabinowitz (ed.), Applications of Bifurcation Theory, Academic Press 1977;
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Theorem 4.3 and Sections 10.2 and 10.3.

    Examples
    --------
    The logistic map's orbit of period 3 is born in a fold at r = 1 + √8, and doubles
    its period at 3.8415:

    >>> from gandyn.stability.cycles.periodic import periodic_orbit
    >>> logistic = Map(lambda z, r: r * z * (1 - z), "r")
    >>> orbit = periodic_orbit(logistic, [0.5], 3, 3.832)
    >>> branch = continue_periodic_orbit(logistic, orbit, 3.82, 3.85)
    >>> [(one.kind, round(one.value, 4)) for one in branch.bifurcations]
    [('flip', 3.8415)]
    >>> branch = continue_periodic_orbit(logistic, orbit, 3.82, 3.85, downwards=True)
    >>> fold = branch.bifurcations[0]
    >>> fold.kind, round(fold.value - 8**0.5, 12)
    ('fold', 1.0)

    The orbits of period 2 that are born at a flip:

    >>> from gandyn.stability.crossings.thresholds import bifurcations
    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> (flip,) = bifurcations(henon, [0.9, 0.3], 0.1, 1.0)
    >>> branch = continue_periodic_orbit(henon, flip, 0.1, 1.0)
    >>> branch.ends, branch.stable[[0, -1]].tolist()
    (('start', 'interval'), [True, False])
    >>> [(one.kind, round(one.value, 12)) for one in branch.bifurcations]
    [('flip', 0.9125)]
    """
    check_start(map.name, start.value, low, high)
    if isinstance(start, Bifurcation):
        if start.kind != "flip":
            raise GandynError(
                f"a {start.kind} has no branch of period 2: give a flip, or an orbit"
            )
        states = np.array([start.state] * 2)
        curve = OrbitCurve(map, states, low, high, until_fold)
        first = _beside(map, start, curve)
    else:
        curve = OrbitCurve(map, start.states, low, high, until_fold)
        shot = shoot(map, start.states, start.value)
        tangent = curve.direction(shot, start.value, downwards)
        first = OrbitPoint(shot, np.ones(1), start.value, tangent)
    return _branch(map, trace_branch(curve, first, ORBIT_STRIDE))


def _beside(map: Map, flip: Bifurcation, curve: OrbitCurve) -> OrbitPoint:
    """Return the first orbit of period 2 beside a flip."""
    form = normal_form(map, flip.state, flip.value, -1 + 0j)
    size = _BESIDE * (1 + np.abs(flip.state).max())
    shift = form.coefficient * size**2 / flip.speed if flip.speed else 0.0
    most = 0.1 * curve.scale[-1]
    if abs(shift) > most:
        shift, size = math.copysign(most, shift), size * math.sqrt(most / abs(shift))
    if not math.isfinite(shift):
        shift = 0.0
    apart = np.array([form.right.real, -form.right.real])
    tangent = np.append(apart.ravel(), 0.0) / np.linalg.norm(apart)
    guess = curve.join(flip.state + size * apart, flip.value + shift)
    found = curve.correct(guess, tangent)
    if found is None:
        raise GandynError(
            f"no orbit of period 2 found beside the flip at {map.name} = "
            f"{flip.value:.6g}"
        )
    return found


def _branch(map: Map, trail: Trail[OrbitPoint]) -> Branch[PeriodicOrbit]:
    orbits = tuple(
        orbit_record(map, found.shot, found.singular, found.value)
        for found in trail.points
    )
    seen = _bifurcations(Iterate(map, orbits[0].period), trail.points)
    return Branch(map.name, orbits, tuple(seen), ("start", trail.end), trail.reason)


class _Piece(FollowedPoint):
    """A piece of a branch on which the parameter is monotone."""

    def __init__(self, cycle: Iterate, points: list[OrbitPoint]) -> None:
        super().__init__(cycle, points[0].shot.states[0], points[0].value)
        self.samples = [
            self.keep(point.shot.states[0], point.value) for point in points
        ]

    def tests(self) -> np.ndarray:
        """Return det(DF^p - 1) at each sample, without neutral multipliers."""
        neutral = self.neutral()
        return np.array(
            [
                determinant(set_neutral_aside(one.values, neutral), 1)
                for one in self.samples
            ]
        )


def _bifurcations(cycle: Iterate, points: list[OrbitPoint]) -> list[Bifurcation]:
    """Return the crossings on each piece and the folds between, in order."""
    turns = np.sign([point.tangent[-1] for point in points])
    cuts = [0, *(np.flatnonzero(turns[1:] * turns[:-1] < 0) + 1), len(points)]
    found: list[Bifurcation] = []
    for low, high in itertools.pairwise(cuts):
        piece = _Piece(cycle, points[low:high])
        seen = [
            one
            for one in crossings(
                piece, sorted(piece.samples, key=lambda s: s.parameter)
            )
            if abs(one.multiplier - 1) > _AT_ONE
        ]
        tests = piece.tests()
        for i in np.flatnonzero(tests[1:] * tests[:-1] < 0):
            share = tests[i] / (tests[i] - tests[i + 1])
            seen += _at_one(piece, points[low + i], points[low + i + 1], share, False)
        found += sorted(seen, key=lambda one: turns[low] * one.value)
        if high < len(points):
            before, after = points[high - 1], points[high]
            slope = abs(before.tangent[-1]), abs(after.tangent[-1])
            found += _at_one(piece, before, after, slope[0] / sum(slope), True)
    return found


def _at_one(
    piece: _Piece, before: OrbitPoint, after: OrbitPoint, share: float, fold: bool
) -> list[Bifurcation]:
    """Return the fold, or the crossing of branches, between two orbits, if located.

    Near both Newton's method at a fixed parameter goes astray.
    """
    apart = after.shot.states[0] - before.shot.states[0]
    state = before.shot.states[0] + share * apart
    value = before.value + share * (after.value - before.value)
    matrix = piece.step.jacobian(state, value)
    sample = Sample(value, state, matrix, np.linalg.eigvals(matrix))
    try:
        turn = (find_fold if fold else find_branch_point)(piece.step, sample)
    except (GandynError, ZeroDivisionError, OverflowError):
        return []
    if turn is None or not np.linalg.norm(turn[1] - state) <= np.linalg.norm(apart):
        return []
    ends = sorted((before.value, after.value))
    if fold:
        ends = sorted((before.value, turn[0]))
    return [at_one(piece, *turn, (ends[0], ends[1]), fold)]
