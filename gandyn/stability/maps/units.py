"""Units in which the numbers of a state are alike."""

from __future__ import annotations

import numpy as np
import scipy

_WIDE = 2.0**13
"""Units that are as far apart, or sizes as far from 1, count: the least of tolerances
beside states of size 1 is 1e-14, and the root of rounding is 1e-8."""
_LEAST = 1e-12
"""A state that is smaller is 0 but for rounding, and has no size of its own."""


def natural_units(matrix: np.ndarray) -> np.ndarray:
    """Return units in which a map's rows and columns are of a size, powers of 2.

    By LAPACK: scipy's `matrix_balance` takes units beyond 2^63 for indexes, and warns.
    """
    (balanced,) = scipy.linalg.get_lapack_funcs(("gebal",), (matrix,))
    return np.asarray(balanced(matrix, scale=1, permute=0)[3])


def _may_be_wide(matrix: np.ndarray) -> bool:
    """Tell whether units may be far apart, without LAPACK, which is slow to load.

    Two of them are not farther apart than the root of the ratio of the entries across,
    to within a few powers of 2. Of more numbers LAPACK has to say it.
    """
    if len(matrix) != 2:
        return True
    least, most = sorted((abs(matrix[0, 1]), abs(matrix[1, 0])))
    return bool(8 * np.sqrt(most) >= _WIDE * np.sqrt(least))


def measured(matrix: np.ndarray, units: float | np.ndarray) -> np.ndarray:
    """Return a map's matrix, or several, of states that are measured in units."""
    return np.asarray(matrix * units / np.reshape(units, (-1, 1)))


def shortest(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the shortest solution of linear equations for a state.

    Where rounding hides directions, it is looked for in units of each number: in
    others small numbers that move slowly have no singular value of their own.

    Examples
    --------
    >>> matrix = np.array([[1e-5, 0.0], [1e12, 1.0]])
    >>> float(shortest(matrix, np.array([2e-5, 0.0]))[0].round(9))
    2.0
    """
    found, _, rank, _ = np.linalg.lstsq(matrix, right, rcond=None)
    if rank < len(matrix):
        units = natural_units(matrix)
        inner = measured(matrix, units)
        again, _, more, _ = np.linalg.lstsq(inner, right / units, rcond=None)
        if more > rank:
            return np.asarray(again * units)
    return np.asarray(found)


def state_units(matrix: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Return units in which a state is of size 1, and a map of it too; or ones.

    Parameters
    ----------
    matrix : ndarray, shape (S, S)
        Of the map at the state.
    state : ndarray, shape (S,)

    Examples
    --------
    >>> state_units(np.array([[0.5, 1e-12], [1e11, 0.7]]), np.array([0.0, 1e3]))
    array([1.49011612e-08, 2.04800000e+03])
    >>> state_units(np.array([[0.5, 0.1], [2.0, 0.7]]), np.array([0.0, 30.0]))
    array([1., 1.])
    """
    units = np.ones(len(matrix))
    if _may_be_wide(matrix):
        wide = natural_units(matrix)
        units = wide if wide.max() >= _WIDE * wide.min() else units
    size = float(np.abs(state / units).max(initial=0.0))
    if not np.abs(state).max(initial=0.0) > _LEAST or 1 / _WIDE < size < _WIDE:
        return units
    return np.asarray(units * 2.0 ** np.round(np.log2(size)))
