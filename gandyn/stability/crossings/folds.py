"""Folds of a branch of fixed points, by Newton's method on an augmented system."""

from __future__ import annotations

import numpy as np

from gandyn.stability.arithmetic.jets import Jet, lift
from gandyn.stability.arithmetic.ring import coefficients
from gandyn.stability.continuation.engine import newton
from gandyn.stability.crossings.spectral_sets import Sample
from gandyn.stability.maps.maps import Map


def find_fold(
    step: Map, last: Sample, unit: np.ndarray | None = None
) -> tuple[float, np.ndarray] | None:
    r"""Return the parameter and the state where a branch turns back, None if nowhere.

    Newton's method for (z, q, p) with

    .. math:: F(z, p) = z, \qquad DF(z, p)\, q = q, \qquad ⟨q_0, q⟩ = 1,

    whose Jacobian comes from Taylor arithmetic in two infinitesimals.

    Parameters
    ----------
    step : Map
    last : Sample
        The last point found before the fold.
    unit : ndarray, shape (S + 1,), optional
        What counts as 1 in each coordinate of z and in p.
    """
    values, vectors = np.linalg.eig(last.matrix)
    start = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    start = start / np.linalg.norm(start)
    size = len(start)
    unit = np.ones(size + 1) if unit is None else unit
    units = np.concatenate([unit[:-1], np.ones(size), unit[-1:]])
    unknown = np.concatenate([last.state, start, [last.parameter]])
    found = newton(lambda point: _linearised(step, point, start, size), unknown, units)
    return None if found is None else (float(found[-1]), found[:size])


def _linearised(
    step: Map, unknown: np.ndarray, start: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the residual, shape (2 S + 1,), and its Jacobian."""
    state, q, parameter = unknown[:size], unknown[size : 2 * size], unknown[-1]
    slopes = np.zeros((2 * size + 1, 2 * size + 1))
    for j, unit in enumerate(np.eye(2 * size + 1)):
        jets = lift(state, q, unit[:size])
        for i, turned in enumerate(unit[size : 2 * size]):
            parts = list(jets[i, 0].parts)
            parts[3] = turned  # q changes too
            jets[i, 0] = Jet(parts)
        image = step(jets, Jet([parameter, 0.0, unit[-1], 0.0]))
        slopes[:size, j] = coefficients(image, 2).real - unit[:size]
        slopes[size:-1, j] = coefficients(image, 3).real - unit[size:-1]
        slopes[-1, j] = start @ unit[size:-1]
    turned = coefficients(image, 1).real
    residual = [step.value(state, parameter) - state, turned - q, [start @ q - 1]]
    return np.concatenate(residual), slopes
