"""Branches of closed invariant curves, continued through their folds."""

from __future__ import annotations

import itertools
import math

import numpy as np

from gandyn._arguments import checked
from gandyn.errors import GandynError
from gandyn.stability.continuation.branch import Branch, Fold
from gandyn.stability.continuation.tracing import check_start, trace_branch
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.curves.curve_steps import CURVE_STRIDE, CurveProblem, between
from gandyn.stability.curves.invariant_curves import LIMIT, invariant_curve, refined
from gandyn.stability.maps.maps import Map

_ONSET = 1e-3
"""The first curve after a bifurcation, as a share of the way to go: so near the law of
the normal form, whose error is of the order of the distance, is a good guess."""


@checked
def continue_invariant_curve(
    map: Map,
    start: Bifurcation | InvariantCurve,
    low: float,
    high: float,
    *,
    downwards: bool = False,
    steps: int = CURVE_STRIDE.points - 1,
    limit: int = LIMIT,
) -> Branch[InvariantCurve]:
    r"""Continue an invariant curve in the parameter, through folds, with its stability.

    Pseudo-arclength continuation of the collocation equations of `invariant_curve` with
    the parameter free: a step of a given length along the tangent, then Newton's method
    orthogonally to it. From a Neimark–Sacker point it starts on the side where its
    curve is, the unstable one of a subcritical point too, which often turns back at a
    fold and becomes the stable curve of the hysteresis. Narrow tongues are leapt over.

    Parameters
    ----------
    map : Map
    start : Bifurcation or InvariantCurve
    low, high : float
        The interval of the parameter, with that of the start in it or at an end.
    downwards : bool
        Whether to set off from a curve towards ``low``. The way to the end aimed at is
        what steps in the parameter are measured by, from a bifurcation too.
    steps : int
        The most steps to take.
    limit : int
        Modes at which a curve counts as none.

    Returns
    -------
    Branch of InvariantCurve

    Raises
    ------
    GandynError
        If the interval is empty or the start not in it, or there is no curve to start
        with.

    References
    ----------
    Keller, *Numerical solution of bifurcation and nonlinear eigenvalue problems*, 1977;
    Chenciner, *Bifurcations de points fixes elliptiques*, Publ. Math. IHÉS 61 (1985)
    (folds of invariant curves, and the gaps in their branches).

    Examples
    --------
    The non-saturating Dirac-GAN with a strong R1 loses stability without warning: its
    unstable curve comes from a stable one that is there before.

    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> from gandyn.stability import RuleMap, critical_learning_rates
    >>> rule, game = Simultaneous(), DiracGAN("non-saturating", R1(0.8))
    >>> (born,) = critical_learning_rates(rule, game, "lr", 3.0, 3.4)
    >>> branch = continue_invariant_curve(RuleMap(rule, game), born, 3.0, 3.25)
    >>> [round(fold.value, 5) for fold in branch.bifurcations], branch.ends
    ([3.1864], ('start', 'interval'))
    >>> found = invariant_curves_at(RuleMap(rule, game), branch, 3.19)
    >>> [(c.stable, round(float(c.extent[0]), 5)) for c in found]
    [(False, 0.31312), (True, 0.58234)]
    """
    check_start(map.name, start.value, low, high)
    way = (low if downwards else high) - start.value
    if not way:
        raise GandynError(
            f"{map.name}: there is nothing to follow from {start.value:.6g}, the end "
            "of the interval aimed at: follow it the other way"
        )
    first, side = _first(map, start, way, limit)
    problem = CurveProblem(map, low, high, abs(way), limit)
    trail = trace_branch(
        problem, problem.first(first, side), CURVE_STRIDE._replace(points=steps + 1)
    )
    folds = [
        problem.fold(before, after)
        for before, after in itertools.pairwise(trail.points)
        if before.tangent.parameter * after.tangent.parameter < 0
    ]
    turns = tuple(Fold(map.name, fold) for fold in folds if fold is not None)
    curves = tuple(point.curve for point in trail.points)
    return Branch(map.name, curves, turns, ("start", trail.end), trail.reason)


def _first(
    map: Map, start: Bifurcation | InvariantCurve, way: float, limit: int
) -> tuple[InvariantCurve, float]:
    """Return the first curve, and which way the branch goes."""
    if isinstance(start, InvariantCurve):
        found = invariant_curve(map, start.value, start, limit=limit)
        return found, math.copysign(1.0, way)
    side = way if start.amplitude(start.value + _ONSET * way) > 0 else -way
    found = invariant_curve(map, start.value + _ONSET * side, start, limit=limit)
    return found, math.copysign(1.0, side)


@checked
def invariant_curves_at(
    map: Map, branch: Branch[InvariantCurve], value: float
) -> list[InvariantCurve]:
    """Return a branch's curves at a value of the parameter: several beside a fold.

    Raises
    ------
    NoCurve
        If the branch passes there in a tongue, where there is no smooth curve.
    """
    curves, places = branch.points, branch.values - value
    found = [curve for curve in curves if curve.value == value]
    for i in np.flatnonzero(places[1:] * places[:-1] < 0):
        share = float(places[i] / (places[i] - places[i + 1]))
        start = between(curves[i], curves[i + 1], share)
        guess = start._replace(parameter=float(value))
        found.append(refined(map, guess, curves[i].centre))
    return found
