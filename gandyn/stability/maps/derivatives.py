"""Images, derivatives and Newton's method for many states of a map at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn.dynamics.engines.cells import TINY
from gandyn.stability.arithmetic.jets import Jet
from gandyn.stability.arithmetic.ring import coefficients

_Step = Callable[[Any, Any], Any]
"""A map or flow, of states (S, batch) and a parameter."""

_NEWTON = 60
"""Newton's steps: a double zero's error halves with each."""


def pushed(
    map: _Step, states: np.ndarray, parameter: Any, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of states and of directions at them, by complex steps.

    Parameters
    ----------
    map : Map or Flow
    states : ndarray, shape (S, N)
    parameter : float or ndarray of shape (N,), or a tuple of them
    directions : ndarray, shape (S, K, N)

    Returns
    -------
    ndarray, shape (S, N)
    ndarray, shape (S, K, N)
        DF times each direction, exact to rounding.
    """
    size, count, width = directions.shape
    raised = states[:, None, :] + 1j * TINY * directions
    with np.errstate(all="ignore"):
        image = map(raised.reshape(size, -1), _tiled(parameter, count))
        image = image.reshape(size, count, width)
        return image[:, 0].real.copy(), np.imag(image) / TINY


def _tiled(parameter: Any, count: int) -> Any:
    if isinstance(parameter, tuple):
        return tuple(_tiled(one, count) for one in parameter)
    return np.tile(parameter, count) if np.ndim(parameter) else parameter


def linearised(
    map: _Step, states: np.ndarray, parameter: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of states (S, N) and the derivatives there, (N, S, S)."""
    size, width = states.shape
    unit = np.repeat(np.eye(size)[:, :, None], width, axis=2)
    images, slopes = pushed(map, states, parameter, unit)
    return images, np.moveaxis(slopes, -1, 0)


def jacobians(map: _Step, states: np.ndarray, parameter: Any) -> np.ndarray:
    """Return the derivative at each of states (S, N), shape (N, S, S)."""
    return linearised(map, states, parameter)[1]


def parameter_derivatives(
    map: _Step, states: np.ndarray, parameter: float
) -> np.ndarray:
    """Return the derivative in the parameter at states (S, N), of the same shape.

    By Taylor arithmetic, and so for parameters that only real numbers go through.
    """
    jets = np.empty(states.shape, dtype=object)
    for place, value in np.ndenumerate(states):
        jets[place] = Jet([float(value), 0.0])
    image = map(jets, Jet([parameter, 1.0]))
    return coefficients(image, 1).real.astype(float).reshape(states.shape)


def newton_from(map: _Step, states: np.ndarray, parameter: float) -> np.ndarray:
    """Return what Newton's method makes of each start (S, N), NaN where it fails."""
    size = len(states)
    states = np.array(states, dtype=float)
    for _ in range(_NEWTON):
        live = np.flatnonzero(np.isfinite(states).all(axis=0))
        if not live.size:
            break
        here = states[:, live]
        with np.errstate(all="ignore"):
            gap = map(here, parameter).astype(float) - here
        matrices = jacobians(map, here, parameter) - np.eye(size)
        good = np.isfinite(gap).all(axis=0) & np.isfinite(matrices).all(axis=(1, 2))
        move = np.full(here.shape, np.nan)
        inverses = np.linalg.pinv(matrices[good])
        move[:, good] = (inverses @ gap.T[good][:, :, None])[:, :, 0].T
        states[:, live] = here - move
    return states
