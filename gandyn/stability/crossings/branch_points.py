"""Points where branches of fixed points cross, by Newton on an augmented system."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.stability.arithmetic.jets import Jet, lift
from gandyn.stability.arithmetic.ring import coefficients
from gandyn.stability.continuation.engine import newton
from gandyn.stability.crossings.spectral_sets import Sample
from gandyn.stability.crossings.state_rounding import departures
from gandyn.stability.maps.maps import Map

_ROUNDINGS = 32.0
"""An unfolding within this many roundings of the step is none."""


class BranchPoint(NamedTuple):
    """A point where two branches cross, or all but cross.

    Attributes
    ----------
    value : float
    state : ndarray, shape (S,)
    left : ndarray, shape (S,)
        ψ, of length 1.
    unfolding : float
        How far a step must be moved along ψ for branches to cross: β.
    doubt : float
        The rounding of β.
    """

    value: float
    state: np.ndarray
    left: np.ndarray
    unfolding: float
    doubt: float

    @property
    def crosses(self) -> bool:
        """Whether branches cross, within the rounding of a step."""
        return bool(abs(self.unfolding) <= _ROUNDINGS * self.doubt)

    def measured_in(self, units: np.ndarray) -> BranchPoint:
        """Return the same point of a state that was measured in units."""
        return self._replace(state=self.state * units, left=self.left / units)


def find_branch_point(step: Map, near: Sample) -> tuple[float, np.ndarray] | None:
    """Return the parameter and the state where two branches cross, None if nowhere.

    Parameters
    ----------
    step : Map
    near : Sample
        A fixed point near the crossing.
    """
    found = nearest_branch_point(step, near)
    return (found.value, found.state) if found is not None and found.crosses else None


def nearest_branch_point(
    step: Map, near: Sample, unit: np.ndarray | None = None
) -> BranchPoint | None:
    r"""Return where two branches cross or all but cross, None if it is not found.

    At a crossing a fixed point is a multiple root, which Newton's method for F(z) = z
    finds with a third of the digits at a pitchfork. It is a regular solution
    (z, p, β, ψ) of

    .. math::
        F(z, p) - z + βψ = 0, \quad DF^T ψ = ψ, \quad ⟨ψ, F_p⟩ = 0, \quad ⟨ψ_0, ψ⟩ = 1

    with β = 0, whose Jacobian comes from Taylor arithmetic. With β ≠ 0 it is where the
    branches of an imperfect crossing are nearest.

    Parameters
    ----------
    step : Map
    near : Sample
        A fixed point near the crossing.
    unit : ndarray, shape (S + 1,), optional
        What counts as 1 in each coordinate of z and in p.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 10.2.3; Griewank, Reddien, SIAM J. Numer. Anal. 21 (1984).
    """
    values, vectors = np.linalg.eig(near.matrix.T)
    start = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    start = start / np.linalg.norm(start)
    size = len(start)
    unit = np.ones(size + 1) if unit is None else unit
    units = np.concatenate([unit, unit[:1], np.ones(size)])
    unknown = np.concatenate([near.state, [near.parameter, 0.0], start])
    found = newton(lambda point: _linearised(step, point, start), unknown, units)
    if found is None:
        return None
    state, value = found[:size], float(found[size])
    length = float(np.linalg.norm(found[size + 2 :]))
    left = found[size + 2 :] / length
    doubt = _rounding(step, state, value, left, np.abs(near.state))
    return BranchPoint(value, state, left, found[size + 1] * length, doubt)


def _rounding(
    step: Map, state: np.ndarray, value: float, left: np.ndarray, sizes: np.ndarray
) -> float:
    """Return the rounding of a step along ψ, from its departures from linearity.

    ``sizes`` are what the coordinates may be beside the state, which may be 0.
    """
    sizes = np.maximum(np.abs(state), sizes)
    scale = sizes.max() or 1.0
    seen = departures(step, state, value, np.full(len(sizes), scale))
    along = left @ seen
    least = np.finfo(float).eps * np.abs(left) @ sizes
    return float(max(np.abs(along).max(), least))


def crossing_directions(
    step: Map, point: BranchPoint, unit: np.ndarray
) -> list[np.ndarray]:
    r"""Return the directions (z', p') of two curves that cross, none if degenerate.

    In the plane of the null vectors φ of (DF - 1, F_p) they are the zeros of the
    quadratic form :math:`⟨ψ, D^2F(φ, φ)⟩`, with derivatives in (z, p).

    Parameters
    ----------
    step : Map
    point : BranchPoint
    unit : ndarray, shape (S + 1,)
        What counts as 1 in each coordinate of z and in p, also of the directions.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 10.3.1 (the algebraic branching equation).
    """
    state, value = point.state, point.value
    inner = step.jacobian(state, value) - np.eye(len(state))
    push = step.slope(state, value)
    slopes = np.column_stack([inner, push]) * unit
    basis = np.linalg.svd(slopes)[2][-2:]

    def form(u: np.ndarray, v: np.ndarray) -> float:
        u, v = u * unit, v * unit
        image = step(lift(state, u[:-1], v[:-1]), Jet([value, u[-1], v[-1], 0.0]))
        return float(point.left @ coefficients(image, 3).real)

    a, b, c = form(basis[0], basis[0]), form(*basis), form(basis[1], basis[1])
    inside = b * b - a * c
    if not inside > 0:
        return []
    root = -(b + np.copysign(np.sqrt(inside), b))
    return [root * basis[0] + a * basis[1], c * basis[0] + root * basis[1]]


def _linearised(
    step: Map, unknown: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the residual, shape (2 S + 2,), and its Jacobian."""
    size = len(start)
    state, parameter, beta = unknown[:size], unknown[size], unknown[size + 1]
    psi, unit, still = unknown[size + 2 :], np.eye(size), np.zeros(size)
    inner = step.jacobian(state, parameter) - unit
    moving = Jet([parameter, 1.0, 1.0, 0.0])
    image = step(lift(state, still, still), moving)
    push, bend = (coefficients(image, place).real for place in (1, 3))
    second, mixed = np.zeros((size, size)), np.zeros(size)
    for i in range(size):
        image = step(lift(state, unit[i], still), Jet([parameter, 0.0, 1.0, 0.0]))
        mixed[i] = psi @ coefficients(image, 3).real
        for j in range(i + 1):
            image = step(lift(state, unit[i], unit[j]), parameter)
            second[i, j] = second[j, i] = psi @ coefficients(image, 3).real
    slopes = np.zeros((2 * size + 2, 2 * size + 2))
    slopes[:size] = np.column_stack([inner, push, psi, beta * unit])
    slopes[size:-2] = np.column_stack([second, mixed, still, inner.T])
    slopes[-2] = np.concatenate([mixed, [psi @ bend, 0.0], push])
    slopes[-1, size + 2 :] = start
    gap = step.value(state, parameter) - state + beta * psi
    return np.concatenate([gap, inner.T @ psi, [psi @ push, start @ psi - 1]]), slopes
