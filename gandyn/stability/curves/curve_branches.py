"""Branches of closed invariant curves, followed through their folds."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.curves.curve_steps import Walk, between
from gandyn.stability.curves.invariant_curves import LIMIT, invariant_curve, refined
from gandyn.stability.maps.maps import Map

ONSET = 1e-3
"""The first curve after a bifurcation, as a share of the way to go."""


@dataclasses.dataclass(frozen=True)
class CurveBranch:
    """Invariant curves of a map as its parameter varies, in the order of the branch.

    Attributes
    ----------
    step : Map
    curves : tuple of InvariantCurve
    folds : tuple of InvariantCurve
        Where the branch turns back: two curves, one of them unstable, meet and vanish.
    ended : str
        Why the branch ends.
    """

    step: Map = dataclasses.field(repr=False)
    curves: tuple[InvariantCurve, ...] = dataclasses.field(repr=False)
    folds: tuple[InvariantCurve, ...] = dataclasses.field(repr=False)
    ended: str

    @property
    def values(self) -> np.ndarray:
        """The parameter of each curve, shape (n,)."""
        return np.array([curve.value for curve in self.curves])

    @property
    def amplitudes(self) -> np.ndarray:
        """The amplitude of each curve."""
        return np.array([curve.amplitude for curve in self.curves])

    @property
    def rotations(self) -> np.ndarray:
        """The rotation number of each curve, turns per step."""
        return np.array([curve.rotation for curve in self.curves])

    @property
    def stable(self) -> np.ndarray:
        """Which curves attract."""
        return np.array([curve.stable for curve in self.curves])

    @property
    def field(self) -> str:
        """What the parameter is called."""
        return self.step.name

    def lines(self, coordinate: int) -> np.ndarray:
        """Return what a diagram of a coordinate draws along the branch, (n, 2).

        That is the least and the largest value on each curve.
        """
        swept = np.array([curve.points()[coordinate] for curve in self.curves])
        return np.stack([swept.min(axis=1), swept.max(axis=1)], axis=1)

    def at(self, parameter: float) -> list[InvariantCurve]:
        """Return the branch's curves at a parameter: more than one beside a fold.

        Raises
        ------
        NoCurve
            If the branch passes there in a tongue, where there is no smooth curve.
        """
        places = self.values - parameter
        found = [c for c in self.curves if c.value == parameter]
        for i in np.flatnonzero(places[1:] * places[:-1] < 0):
            share = float(places[i] / (places[i] - places[i + 1]))
            guess = between(self.curves[i], self.curves[i + 1], share)
            start = guess._replace(parameter=float(parameter))
            found.append(refined(self.step, start, self.curves[i].centre))
        return found


def follow_curve(
    step: Map,
    start: Bifurcation | InvariantCurve,
    until: float,
    steps: int = 200,
    limit: int = LIMIT,
) -> CurveBranch:
    r"""Follow an invariant curve in the parameter, through folds, with its stability.

    Pseudo-arclength continuation of the collocation equations of `invariant_curve` with
    the parameter free: a step of a given length along the tangent, then Newton's method
    orthogonally to it. From a Neimark–Sacker point it starts on the side where its
    curve is, the unstable one of a subcritical point too, which often turns back at a
    fold and becomes the stable curve of the hysteresis. Narrow tongues are leapt over.

    Parameters
    ----------
    step : Map
    start : Bifurcation or InvariantCurve
    until : float
        Where to end. The branch may go four times as far the other way before a fold
        turns it round.
    steps : int
        The most steps to take.
    limit : int
        Modes at which a curve counts as none.

    Returns
    -------
    CurveBranch

    Raises
    ------
    GandynError
        If ``until`` is not finite or where the branch starts, or there is no curve to
        start with.

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
    >>> branch = follow_curve(RuleMap(rule, game), born, until=3.25)
    >>> [round(fold.value, 5) for fold in branch.folds]
    [3.1864]
    >>> [(c.stable, round(float(c.extent[0]), 5)) for c in branch.at(3.19)]
    [(False, 0.31312), (True, 0.58234)]
    """
    first, origin, side = _first(step, start, until, limit)
    walk = Walk(step, origin, float(until), limit, side, first)
    ended = f"stopped after {steps} steps"
    for _ in range(steps):
        stop = walk.advance()
        if stop:
            ended = stop
            break
    return CurveBranch(step, tuple(walk.curves), tuple(walk.folds), ended)


def _first(
    step: Map, start: Bifurcation | InvariantCurve, until: float, limit: int
) -> tuple[InvariantCurve, float, float]:
    """Return the first curve, where the branch begins, and which way it goes."""
    if not isinstance(start, Bifurcation | InvariantCurve):
        raise GandynError(
            "a branch starts at a Bifurcation or an InvariantCurve: find one by "
            "bifurcations or invariant_curve"
        )
    origin = start.value
    way = float(until) - origin
    if not (math.isfinite(way) and way):
        raise GandynError(
            f"{step.name}: the branch starts at {origin:.6g}; until must be another "
            f"finite value, got {until}"
        )
    if isinstance(start, InvariantCurve):
        found = invariant_curve(step, origin, start, limit=limit)
        return found, origin, math.copysign(1.0, way)
    side = way if start.amplitude(origin + ONSET * way) > 0 else -way
    found = invariant_curve(step, origin + ONSET * side, start, limit=limit)
    return found, origin, math.copysign(1.0, side)
