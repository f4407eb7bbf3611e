"""The duality gap of linear zero-sum games, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from gandyn.dynamics.exact.linear import dense_jacobian, reference_equilibrium
from gandyn.errors import GandynError
from gandyn.games import Game

_TOLERANCE = 1e-12
"""Relative to J: entries and eigenvalues of a block that count as 0."""

_Gap = Callable[[np.ndarray, np.ndarray], np.ndarray]


def duality_gap(game: Game, radius: float) -> _Gap:
    r"""Return the duality gap of a linear zero-sum game as a function of states.

    In coordinates around the equilibrium such a game is
    :math:`L = \tfrac12 x^T P x + x^T B y - \tfrac12 y^T Q y`, and the gap

    .. math::
        \max_{y'} L(x, y') - \min_{x'} L(x', y)
        = \tfrac12 x^T P x + h_Q(B^T x) + \tfrac12 y^T Q y + h_P(B y).

    What the opponent gains from a pull w is :math:`h_M(w) = \tfrac12 w^T M^{-1} w` if
    its own block M is positive definite: it answers anywhere. If M is zero, the answer
    is sought in the ball of the given radius around the equilibrium:
    :math:`h_0(w) = R\,\lVert w \rVert` (the restricted, or partial, gap). Either way
    the gap is 0 at solutions and positive elsewhere.

    Parameters
    ----------
    game : Game
        With a known equilibrium.
    radius : float
        R, in the units of the state; looked at only where a player's own block is zero.

    Returns
    -------
    callable
        Takes states (x, y) with cells on the trailing axis, returns the gap of each.

    Raises
    ------
    GandynError
        If the game is not linear or not zero-sum, has no known equilibrium, or a
        player's own block is neither positive definite nor zero.

    References
    ----------
    Nesterov, *Dual extrapolation and its applications to solving variational
    inequalities and related problems*, Mathematical Programming 109, 2007 (restricted
    merit functions). Chambolle, Pock, *A first-order primal-dual algorithm for convex
    problems with applications to imaging*, Journal of Mathematical Imaging and Vision
    40, 2011 (the partial gap).

    Examples
    --------
    >>> from gandyn.games import Bilinear, Quadratic
    >>> duality_gap(Bilinear(2.0), 3.0)(np.array([1.0, 0.0]), np.array([0.5, 0.0]))
    array([9., 0.])
    >>> duality_gap(Quadratic(1.0, 2.0, -4.0), 3.0)(np.array([1.0]), np.array([1.0]))
    array([5.])
    """
    if not game.linear:
        _refuse(game, "its class is not declared linear")
    x, y = reference_equilibrium(game)
    J, n = dense_jacobian(game, x, y), np.size(x)
    P, B, Q = J[:n, :n], J[:n, n:], J[n:, n:]
    rounding = _TOLERANCE * float(np.linalg.norm(J))
    sign = np.where(np.arange(len(J)) < n, 1, -1)
    if np.linalg.norm(J.T - sign[:, None] * J * sign) > rounding:
        _refuse(game, "it is not zero-sum")
    gain_x = _gain(game, "x", P, radius, rounding)
    gain_y = _gain(game, "y", Q, radius, rounding)

    def gap(x_cells: np.ndarray, y_cells: np.ndarray) -> np.ndarray:
        p, q = _around(x, x_cells), _around(y, y_cells)
        own = np.sum(p * (P @ p), 0) + np.sum(q * (Q @ q), 0)
        return np.asarray(own / 2 + gain_y(B.T @ p) + gain_x(B @ q))

    return gap


def _gain(
    game: Game, player: str, block: np.ndarray, radius: float, rounding: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what a player gains at best from a pull, by its own block."""
    if np.linalg.norm(block) <= rounding:
        return lambda pull: radius * np.linalg.norm(pull, axis=0)
    if np.linalg.eigvalsh(block)[0] <= rounding:
        _refuse(game, f"{player}'s own block is neither positive definite nor zero")
    whiten = np.linalg.inv(np.linalg.cholesky(block))
    return lambda pull: np.sum((whiten @ pull) ** 2, 0) / 2


def _around(point: Any, cells: np.ndarray) -> np.ndarray:
    return np.reshape(cells, (np.size(point), -1)) - np.reshape(point, (-1, 1))


def _refuse(game: Game, why: str) -> NoReturn:
    raise GandynError(
        f"{type(game).__name__} has no duality gap in closed form: {why}; "
        "measure the distance or the residual"
    )
