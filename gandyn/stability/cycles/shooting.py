"""Multiple shooting: all states of a periodic orbit as unknowns of one system."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from gandyn.errors import GandynError
from gandyn.stability.maps.maps import STILL, Map

NEWTON = 60
"""Newton's steps; damped ones, far from the orbit, take more than a few."""
HALVINGS = 12
"""Of a step that does not bring the residual down."""
RANK = 1e-12
"""A relative singular value below this belongs to a manifold of orbits."""
SETTLED = 1e-10
"""A relative residual that rounding leaves at an ill-conditioned orbit."""
LARGEST = 4096
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


def gaps_of(step: Map, states: np.ndarray, parameter: float) -> np.ndarray:
    """Return F(z_k) - z_{k+1} around the cycle, shape (p, S)."""
    with np.errstate(all="ignore"):
        images = np.asarray(step(states.T, parameter), dtype=float).T
        return np.asarray(images - np.roll(states, -1, axis=0))


def shoot(step: Map, states: np.ndarray, parameter: float) -> Shot:
    """Return the states with their gaps and derivatives.

    Raises
    ------
    GandynError
        If the step or its derivatives are not finite.
    """
    gaps = gaps_of(step, states, parameter)
    if not np.isfinite(gaps).all():
        raise GandynError(f"the step is not finite at {step.name} = {parameter:.6g}")
    return Shot(states, gaps, step.jacobians(states.T, parameter))


def system(matrices: np.ndarray) -> np.ndarray:
    """Return the derivative of all gaps in all states, shape (p S, p S)."""
    count, size = matrices.shape[:2]
    if count * size > LARGEST:
        raise GandynError(
            f"period {count} in {size} dimensions has more than {LARGEST} unknowns: "
            "ask for a shorter period"
        )
    whole = np.zeros((count, size, count, size))
    k = np.arange(count)
    whole[k, :, k, :] = matrices
    whole[k, :, (k + 1) % count, :] -= np.eye(size)
    return whole.reshape(count * size, count * size)


def close(step: Map, states: np.ndarray, parameter: float) -> tuple[Shot, np.ndarray]:
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
    shot = shoot(step, states, parameter)
    for _ in range(NEWTON):
        with one_thread():
            move, _, rank, singular = np.linalg.lstsq(
                system(shot.matrices), shot.gaps.ravel(), rcond=RANK
            )
        better = _better(step, shot, move.reshape(states.shape), parameter)
        if better is None:
            break
        shot = better
        if np.linalg.norm(move) <= STILL * (1 + np.linalg.norm(shot.states)):
            break
    if not shot.residual <= SETTLED * (1 + np.abs(shot.states).max()):
        raise GandynError(
            f"no orbit of period {len(states)} found at {step.name} = {parameter:.6g}: "
            f"the residual is {shot.residual:.3g}"
        )
    return shot, singular[:rank]


def _better(step: Map, last: Shot, move: Any, parameter: float) -> Shot | None:
    """Return the states after as much of a step as brings the residual down."""
    for halved in range(HALVINGS):
        states = last.states - move / 2**halved
        gaps = gaps_of(step, states, parameter)
        if np.linalg.norm(gaps) < np.linalg.norm(last.gaps):
            return Shot(states, gaps, step.jacobians(states.T, parameter))
    return None
