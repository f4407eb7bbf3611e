"""Branches of periodic orbits: followed in the parameter, with what happens there."""

from __future__ import annotations

import itertools
import math

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.crossings.branch_points import find_branch_point
from gandyn.stability.crossings.branches import Branch, Sample, set_neutral_aside
from gandyn.stability.crossings.folds import find_fold
from gandyn.stability.crossings.locations import determinant
from gandyn.stability.crossings.normal_forms import normal_form
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.crossings.thresholds import at_one, crossings
from gandyn.stability.cycles.cycle_branches import CycleBranch
from gandyn.stability.cycles.cycle_continuation import Curve, Found, Trail, trace
from gandyn.stability.cycles.periodic import PeriodicOrbit, record
from gandyn.stability.cycles.shooting import shoot
from gandyn.stability.maps.iterates import Iterate
from gandyn.stability.maps.maps import Map

BESIDE = 0.01
"""The first amplitude beside a flip, in units of the states' scale."""
AT_ONE = 1e-3
"""Crossings nearer to 1 are located by their own equations."""


def follow_cycle(
    step: Map, orbit: PeriodicOrbit, until: float, until_fold: bool = False
) -> CycleBranch:
    r"""Follow a periodic orbit in the map's parameter, through folds.

    Pseudo-arclength continuation of the multiple-shooting system: each orbit is found
    in the plane normal to the last tangent, with steps by the tangent's turn.

    Parameters
    ----------
    step : Map
    orbit : PeriodicOrbit
        Where to begin, at ``orbit.value``.
    until : float
        Where to end, the direction to begin with. A branch that turns back ends as far
        beyond its start on the other side.
    until_fold : bool
        Whether to end behind the first fold.

    Raises
    ------
    GandynError
        If the interval is empty or not finite, or the map is not smooth at the orbit.

    References
    ----------
    Keller, *Numerical solution of bifurcation and nonlinear eigenvalue problems*, in
    Rabinowitz (ed.), Applications of Bifurcation Theory, Academic Press 1977;
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 10.2.

    Examples
    --------
    The logistic map's orbit of period 3 is born in a fold at r = 1 + √8, and doubles
    its period at 3.8415:

    >>> from gandyn.stability.cycles.periodic import periodic_orbit
    >>> logistic = Map(lambda z, r: r * z * (1 - z), "r")
    >>> orbit = periodic_orbit(logistic, [0.5], 3, 3.832)
    >>> branch = follow_cycle(logistic, orbit, 3.85)
    >>> [(one.kind, round(one.value, 4)) for one in branch.bifurcations]
    [('flip', 3.8415)]
    >>> (fold,) = follow_cycle(logistic, orbit, 3.82, until_fold=True).bifurcations
    >>> fold.kind, round(fold.value - 8**0.5, 12)
    ('fold', 1.0)
    """
    low, high = _window(step, orbit.value, until)
    curve = Curve(step, orbit.states, high - low)
    shot = shoot(step, orbit.states, orbit.value)
    tangent = curve.direction(shot, orbit.value, until - orbit.value)
    start = Found(shot, np.ones(1), orbit.value, tangent)
    trail = trace(curve, start, low, high, until_fold)
    return _branch(step, trail, None)


def period_two_branch(step: Map, flip: Bifurcation, until: float) -> CycleBranch:
    r"""Follow the orbits of period 2 from the flip that they are born at.

    The first is sought at the amplitude ε of the normal form
    :math:`η ↦ -(1 + α)η + bη^3`, at the parameter where :math:`α = bε^2`: on the side
    of the unstable fixed point if b > 0. The branch goes to that side, whichever
    ``until`` is on, and further through its folds; see `follow_cycle`. With an
    `Iterate` of p steps and a flip of it, the orbits have the map's period 2p.

    Parameters
    ----------
    step : Map
    flip : Bifurcation
        Of a fixed point of this map.
    until : float
        The branch ends here, or as far from the flip on the other side.

    Raises
    ------
    GandynError
        If the bifurcation is no flip, if the map is not smooth there, if ``until`` is
        the flip itself or not finite, or where no orbit is found beside it.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Theorem 4.3 and Section 10.3.

    Examples
    --------
    >>> from gandyn.stability.crossings.thresholds import bifurcations
    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> (flip,) = bifurcations(henon, [0.9, 0.3], 0.1, 1.0)
    >>> branch = period_two_branch(henon, flip, 1.0)
    >>> branch.end, branch.orbits[0].stable, branch.orbits[-1].stable
    ('interval', True, False)
    >>> [(one.kind, round(one.value, 12)) for one in branch.bifurcations]
    [('flip', 0.9125)]
    """
    if flip.kind != "flip":
        raise GandynError(f"a {flip.kind} has no branch of period 2: give a flip")
    low, high = _window(step, flip.value, until)
    curve = Curve(step, np.array([flip.state] * 2), high - low)
    start = _beside(step, flip, curve)
    return _branch(step, trace(curve, start, low, high), flip)


def _window(step: Map, value: float, until: float) -> tuple[float, float]:
    if not math.isfinite(until) or until == value:
        raise GandynError(
            f"{step.name}: there is nothing to follow from {value} to {until}"
        )
    width = abs(until - value)
    return value - width, value + width


def _beside(step: Map, flip: Bifurcation, curve: Curve) -> Found:
    """Return the first orbit of period 2 beside a flip."""
    form = normal_form(step, flip.state, flip.value, -1 + 0j)
    size = BESIDE * (1 + np.abs(flip.state).max())
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
            f"no orbit of period 2 found beside the flip at {step.name} = "
            f"{flip.value:.6g}"
        )
    return found


def _branch(step: Map, trail: Trail, origin: Bifurcation | None) -> CycleBranch:
    orbits = tuple(
        record(step, found.shot, found.singular, found.value) for found in trail.points
    )
    cycle = Iterate(step, orbits[0].period)
    seen = _bifurcations(cycle, trail.points)
    return CycleBranch(
        cycle.times, step.name, orbits, tuple(seen), trail.end, trail.reason, origin
    )


class _Piece(Branch):
    """A piece of a branch on which the parameter is monotone."""

    def __init__(self, cycle: Iterate, points: list[Found]) -> None:
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


def _bifurcations(cycle: Iterate, points: list[Found]) -> list[Bifurcation]:
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
            if abs(one.multiplier - 1) > AT_ONE
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
    piece: _Piece, before: Found, after: Found, share: float, fold: bool
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
