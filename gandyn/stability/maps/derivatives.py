"""Images, derivatives and Newton's method for many states of a map at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.stability.maps.maps import TINY, Map

NEWTON = 60
"""Newton's steps: a double zero's error halves with each."""


def pushed(
    step: Map, states: np.ndarray, parameter: Any, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of states and of directions at them, by complex steps.

    Parameters
    ----------
    step : Map
    states : ndarray, shape (S, N)
    parameter : float or ndarray, shape (N,)
    directions : ndarray, shape (S, K, N)

    Returns
    -------
    ndarray, shape (S, N)
    ndarray, shape (S, K, N)
        DF times each direction, exact to rounding.
    """
    size, count, width = directions.shape
    raised = states[:, None, :] + 1j * TINY * directions
    if np.ndim(parameter):
        parameter = np.tile(parameter, count)
    with np.errstate(all="ignore"):
        image = step(raised.reshape(size, -1), parameter).reshape(size, count, width)
        return image[:, 0].real.copy(), np.imag(image) / TINY


def jacobians(step: Map, states: np.ndarray, parameter: Any) -> np.ndarray:
    """Return the derivative at each of states (S, N), shape (N, S, S)."""
    size, width = states.shape
    unit = np.repeat(np.eye(size)[:, :, None], width, axis=2)
    return np.moveaxis(pushed(step, states, parameter, unit)[1], -1, 0)


def newton_from(step: Map, states: np.ndarray, parameter: float) -> np.ndarray:
    """Return what Newton's method makes of each start (S, N), NaN where it fails."""
    size = len(states)
    states = np.array(states, dtype=float)
    for _ in range(NEWTON):
        live = np.flatnonzero(np.isfinite(states).all(axis=0))
        if not live.size:
            break
        here = states[:, live]
        with np.errstate(all="ignore"):
            gap = step(here, parameter).astype(float) - here
        matrices = jacobians(step, here, parameter) - np.eye(size)
        good = np.isfinite(gap).all(axis=0) & np.isfinite(matrices).all(axis=(1, 2))
        move = np.full(here.shape, np.nan)
        inverses = np.linalg.pinv(matrices[good])
        move[:, good] = (inverses @ gap.T[good][:, :, None])[:, :, 0].T
        states[:, live] = here - move
    return states
