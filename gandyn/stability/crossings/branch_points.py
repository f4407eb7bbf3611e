"""Points where branches of fixed points cross, by Newton on an augmented system."""

from __future__ import annotations

import numpy as np

from gandyn.stability.calculus.jets import Jet, coefficients, lift
from gandyn.stability.calculus.maps import Map
from gandyn.stability.crossings.branches import Sample

NEWTON = 30
"""Newton's steps; from a located crossing it takes a few."""
STILL = 1e-13
"""A relative step at the level of rounding."""
CROSSES = 1e-9
"""The largest unfolding at which two branches still cross."""


def find_branch_point(step: Map, near: Sample) -> tuple[float, np.ndarray] | None:
    r"""Return the parameter and the state where two branches cross, None if nowhere.

    There a fixed point is a multiple root, which Newton's method for F(z) = z finds
    with a third of the digits at a pitchfork. It is a regular solution (z, p, β, ψ) of

    .. math::
        F(z, p) - z + βψ = 0, \quad DF^T ψ = ψ, \quad ⟨ψ, F_p⟩ = 0, \quad ⟨ψ_0, ψ⟩ = 1

    with β = 0, whose Jacobian comes from Taylor arithmetic.

    Parameters
    ----------
    step : Map
    near : Sample
        A fixed point near the crossing.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 10.2.3; Griewank, Reddien, SIAM J. Numer. Anal. 21 (1984).
    """
    values, vectors = np.linalg.eig(near.matrix.T)
    start = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    start = start / np.linalg.norm(start)
    size = len(start)
    unknown = np.concatenate([near.state, [near.parameter, 0.0], start])
    for _ in range(NEWTON):
        residual, slopes = _linearised(step, unknown, start)
        if not (np.isfinite(residual).all() and np.isfinite(slopes).all()):
            return None
        move = np.linalg.lstsq(slopes, residual, rcond=None)[0]
        unknown = unknown - move
        if np.linalg.norm(move) <= STILL * (1 + np.linalg.norm(unknown)):
            crosses = abs(unknown[size + 1]) <= CROSSES
            return (float(unknown[size]), unknown[:size]) if crosses else None
    return None


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
