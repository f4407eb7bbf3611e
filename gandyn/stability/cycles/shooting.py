"""Multiple shooting: all states of a periodic orbit as unknowns of one system."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from gandyn.errors import GandynError
from gandyn.stability.continuation.newton import Newton, iterate
from gandyn.stability.maps.maps import SETTLED, STILL, Map

_NEWTON = Newton(most=60, still=STILL, at_last=math.inf)
"""Damped moves, far from the orbit, take more than a few; whether what is left after
all of them is an orbit its residual tells."""
_HALVINGS = 12
"""A move is halved so often to bring the residual down: one cut to 1/4096 that does not
is up against rounding, or a singularity."""
MANIFOLD_RANK = 1e-12
"""A relative singular value below this belongs to a manifold of orbits."""
_LARGEST = 4096
"""Unknowns p S of the dense system: more would take minutes."""


@functools.cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> Any:
    """Return a context in which BLAS has one thread.

    On matrices of some hundred rows several spend their time waiting for each other.
    """
    return _pools().limit(limits=1, user_api="blas")


class Shot(NamedTuple):
    """States, how far the orbit is from closing, and the derivatives."""

    states: np.ndarray
    gaps: np.ndarray
    """F(z_k) - z_{k+1}, shape (p, S)."""
    matrices: np.ndarray
    """DF(z_k), shape (p, S, S)."""

    @property
    def residual(self) -> float:
        """The largest ‖F(z_k) - z_{k+1}‖."""
        return float(np.linalg.norm(self.gaps, axis=1).max())


_Closing = tuple[Shot, np.ndarray]


def _gaps_of(map: Map, states: np.ndarray, value: float) -> np.ndarray:
    """Return F(z_k) - z_{k+1} around the cycle, shape (p, S)."""
    with np.errstate(all="ignore"):
        images = np.asarray(map(states.T, value), dtype=float).T
        return np.asarray(images - np.roll(states, -1, axis=0))


def shoot(map: Map, states: np.ndarray, value: float) -> Shot:
    """Return the states with their gaps and derivatives.

    Raises
    ------
    GandynError
        If the step or its derivatives are not finite.
    """
    gaps = _gaps_of(map, states, value)
    if not np.isfinite(gaps).all():
        raise GandynError(f"the step is not finite at {map.name} = {value:.6g}")
    return Shot(states, gaps, map.jacobians(states.T, value))


def system(matrices: np.ndarray) -> np.ndarray:
    """Return the derivative of all gaps in all states, shape (p S, p S)."""
    count, size = matrices.shape[:2]
    if count * size > _LARGEST:
        raise GandynError(
            f"period {count} in {size} dimensions has more than {_LARGEST} unknowns: "
            "ask for a shorter period"
        )
    whole = np.zeros((count, size, count, size))
    k = np.arange(count)
    whole[k, :, k, :] = matrices
    whole[k, :, (k + 1) % count, :] -= np.eye(size)
    return whole.reshape(count * size, count * size)


def close(map: Map, states: np.ndarray, value: float) -> tuple[Shot, np.ndarray]:
    """Return the orbit that closes near some states, by damped Newton steps.

    On a manifold of orbits each step is the shortest one.

    Returns
    -------
    shot : Shot
    singular : ndarray
        The singular values of the system there, those of a manifold left out.

    Raises
    ------
    GandynError
        If none is found; with the residual.
    """

    def move(at: _Closing, _: int) -> tuple[_Closing, float]:
        last = at[0]
        with one_thread():
            step, _, rank, singular = np.linalg.lstsq(
                system(last.matrices), last.gaps.ravel(), rcond=MANIFOLD_RANK
            )
        better = _better(map, last, step.reshape(states.shape), value)
        if better is None:
            return (last, singular[:rank]), 0.0
        size = np.linalg.norm(step) / (1 + np.linalg.norm(better.states))
        return (better, singular[:rank]), float(size)

    start: _Closing = shoot(map, states, value), np.zeros(0)
    found = iterate(move, start, _NEWTON)
    shot, singular = start if found is None else found.at
    if not shot.residual <= SETTLED * (1 + np.abs(shot.states).max()):
        raise GandynError(
            f"no orbit of period {len(states)} found at {map.name} = {value:.6g}: "
            f"the residual is {shot.residual:.3g}"
        )
    return shot, singular


def _better(map: Map, last: Shot, move: Any, value: float) -> Shot | None:
    """Return the states after as much of a step as brings the residual down."""
    for halved in range(_HALVINGS):
        states = last.states - move / 2**halved
        gaps = _gaps_of(map, states, value)
        if np.linalg.norm(gaps) < np.linalg.norm(last.gaps):
            return Shot(states, gaps, map.jacobians(states.T, value))
    return None
