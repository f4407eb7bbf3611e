"""Weighted Birkhoff averages: means along an orbit that converge fast."""

from __future__ import annotations

import functools

import numpy as np


@functools.lru_cache(maxsize=64)
def birkhoff_weights(steps: int) -> np.ndarray:
    r"""Return weights exp(-1/(s(1-s))) that sum to one, s in (0, 1).

    Averages of a smooth observable along a quasi-periodic orbit with them converge
    faster than any power of the number of steps; unweighted ones as 1/steps.

    References
    ----------
    Das, Sander, Yorke et al., *Quantitative quasiperiodicity*, Nonlinearity 30 (2017).
    """
    s = np.arange(1, steps + 1) / (steps + 1)
    weights = np.exp(-1 / (s * (1 - s)))
    weights /= weights.sum()
    weights.flags.writeable = False
    return np.asarray(weights)


def birkhoff_average(values: np.ndarray) -> np.ndarray:
    """Return the weighted Birkhoff average over the first axis.

    Rows are added one after the other, so that a cell's bits do not depend on the
    cells beside it, as they do in a product of matrices.
    """
    return np.asarray(np.sum(values * birkhoff_weights(len(values))[:, None], axis=0))
