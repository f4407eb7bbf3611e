"""From a branch of fixed points to another that crosses it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn.errors import GandynError
from gandyn.stability.continuation.engine import REACH, Curve
from gandyn.stability.crossings.branch_equations import FixedPointEquations
from gandyn.stability.crossings.branch_points import (
    crossing_directions,
    nearest_branch_point,
)
from gandyn.stability.crossings.branches import Branch, Sample
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.maps.maps import Map

_AWAY = 0.01
"""How far from the crossing the other branch is looked for, in the branch's units."""
_HALVINGS = 20
"""How often it is looked for nearer, if it is not found there."""
_BESIDE = 1e-2
"""The part of the way back from the crossing at which the followed branch is looked at,
for its direction."""
_SMALL = 0.1
"""The part of a state that counts as 1, if the branch followed moves it less."""
_MET = 1e-12
"""An unfolding, in units, that is as good as none at a crossing that was located."""
_UPRIGHT = 1e-6
"""A direction with a smaller part in the parameter does not move it."""


@checked
def switch_branch(
    step: Map, state: Any, low: float, crossing: Bifurcation
) -> tuple[Sample, ...]:
    r"""Return points of the branch that crosses another, one on each side.

    Where two branches cross, their directions are the zeros of the quadratic form
    :math:`⟨ψ, D^2F(φ, φ)⟩` on the null vectors of (DF - 1, F_p). One is that of the
    branch through the state; along the other a point is predicted on each side of the
    crossing and corrected in the plane normal to it.

    Parameters
    ----------
    step : Map
    state : array_like, shape (S,)
        A fixed point at ``low``, of the branch that was followed to the crossing.
    low : float
    crossing : Bifurcation
        A transcritical or a pitchfork on that branch, from `bifurcations`.

    Returns
    -------
    tuple of Sample
        Two points with ``parameter``, ``state``, ``matrix`` and ``values``, from where
        `bifurcations` can go on: before and behind the crossing, or of a pitchfork's
        pair the two on its one side.

    Raises
    ------
    GandynError
        If no other branch crosses there, or no point of it is found.

    References
    ----------
    Keller, *Numerical Solution of Bifurcation and Nonlinear Eigenvalue Problems*,
    Academic Press 1977; Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th
    edition, Springer 2023, Section 10.3.1.

    Examples
    --------
    The pair of a pitchfork, from its trunk, flips at p = 1:

    >>> from gandyn.stability.crossings.thresholds import bifurcations
    >>> step = Map(lambda z, p: (z[0] * (1 + p - z[0] * z[0]),), "p")
    >>> (fork,) = bifurcations(step, [0.0], -1.0, 0.5)
    >>> below, above = switch_branch(step, [0.0], -1.0, fork)
    >>> bool(below.state[0] < 0 < above.state[0]), below.parameter > 0
    (True, True)
    >>> (flip,) = bifurcations(step, above.state, above.parameter, 1.5)
    >>> flip.kind, round(flip.value, 12)
    ('flip', 1.0)
    """
    sample = _sample(step, np.append(crossing.state, crossing.value))
    width = abs(crossing.value - low)
    branch = Branch(step, state, low, width)
    beside = branch.at(crossing.value - _BESIDE * (crossing.value - low))
    least = _SMALL * (1 + float(np.linalg.norm(sample.state)))
    size = max(least, float(np.linalg.norm(branch.at(low).state - sample.state)))
    unit = np.append(np.full(len(sample.state), size), width)
    near = nearest_branch_point(step, sample, unit)
    ways = [] if near is None else crossing_directions(step, near, unit)
    if near is None or not abs(near.unfolding) <= _MET * size or not ways:
        raise GandynError(
            f"no other branch crosses at {step.name} = {crossing.value:.6g}: give a "
            "transcritical or a pitchfork of this branch"
        )
    place = np.append(near.state, near.value)
    own = (place - np.append(beside.state, beside.parameter)) / unit
    way = min((one / np.linalg.norm(one) for one in ways), key=lambda w: abs(w @ own))
    way = way * _orientation(way)
    curve = Curve(FixedPointEquations(step, low, crossing.value), unit)
    return _beside(step, curve, place, -way), _beside(step, curve, place, way)


def _beside(step: Map, curve: Curve, place: np.ndarray, way: np.ndarray) -> Sample:
    """Return the point of a branch beside a crossing, in a direction."""
    length = _AWAY
    for _ in range(_HALVINGS):
        guess = place + curve.unit * (length * way)
        landed = curve.correct(guess, way, REACH * length)
        if landed is not None:
            return _sample(step, landed[0])
        length /= 2
    raise GandynError(
        f"no fixed point of the other branch is found beside {step.name} = "
        f"{place[-1]:.6g}"
    )


def _orientation(way: np.ndarray) -> float:
    """Return the sign that makes a direction go on in the parameter, else the state."""
    leading = way[-1] if abs(way[-1]) > _UPRIGHT else way[np.argmax(np.abs(way))]
    return float(np.sign(leading))


def _sample(step: Map, place: np.ndarray) -> Sample:
    state, parameter = place[:-1], float(place[-1])
    matrix = step.jacobian(state, parameter)
    return Sample(parameter, state, matrix, np.linalg.eigvals(matrix))
