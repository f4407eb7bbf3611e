"""The multipliers at points of a branch, compared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from gandyn.stability.maps.maps import Map

_CRITICAL = 1e-7
"""A multiplier nearer to 1 is not told from it: a double one moves by the root of
rounding."""


class Sample(NamedTuple):
    """A fixed point with the map's matrix and multipliers there."""

    parameter: float
    state: np.ndarray
    matrix: np.ndarray
    values: np.ndarray


def sample_at(step: Map, state: np.ndarray, parameter: float) -> Sample:
    """Return the sample at a state."""
    matrix = step.jacobian(state, parameter)
    return Sample(parameter, state, matrix, np.linalg.eigvals(matrix))


def matched(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return b in the order that is nearest to a, entry by entry."""
    _, order = scipy.optimize.linear_sum_assignment(np.abs(a[:, None] - b[None, :]))
    return b[order]


def set_neutral_aside(values: np.ndarray, count: int) -> np.ndarray:
    """Return the multipliers without the ``count`` ones nearest to 1."""
    return values[np.argsort(np.abs(values - 1), kind="stable")[count:]]


def near_one(values: np.ndarray) -> int:
    """Return how many multipliers are 1 within rounding."""
    return int(np.sum(np.abs(values - 1) < _CRITICAL))


def crosses_one(before: np.ndarray, after: np.ndarray, aside: int) -> bool:
    """Tell whether a real multiplier goes through 1 from one point to the next.

    It does if the sign of det(A - 1) turns, or one of two that are matched is on the
    other side; ``aside`` multipliers nearest to 1 are left out.
    """
    a, b = (set_neutral_aside(values, aside) for values in (before, after))
    below = [int(np.sum((values.imag == 0) & (values.real < 1))) for values in (a, b)]
    if (below[0] - below[1]) % 2:
        return True
    b = matched(a, b)
    real = (a.imag == 0) & (b.imag == 0)
    return bool(np.any(real & ((a.real - 1) * (b.real - 1) < 0)))
