"""The motion of a game, dz/dt = -v(z), as a flow with a field of the game free."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._parameters import find_parameter
from gandyn.dynamics.exact.linear import dense_jacobian, reference_equilibrium
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.stability.maps.maps import Flow
from gandyn.stability.maps.points import checked_point

_GIVEN = 1e-6
"""A relative residual up to which a given point is an equilibrium."""
_RATIO = "tau"
"""The name of the ratio of the players' rates, which is no field of a game."""


class GameFlow(Flow):
    r"""The motion of a game, with one of its fields or the ratio of rates free.

    .. math:: \dot x = -\nabla_x L_x(x, y), \qquad \dot y = -τ\,\nabla_y L_y(x, y)

    Parameters
    ----------
    game : Game
    field : str
        A numeric field of the game, named as in `sweep`, or ``"tau"``, the ratio τ of
        y's rate to x's (``"game.tau"`` is a field of that name).
    tau : float
        The ratio where another field is free.

    Raises
    ------
    UnknownName
        If the game has no such field.
    FieldError
        If τ is not positive, here or as the parameter.

    References
    ----------
    Heusel et al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local
    Nash Equilibrium*, NeurIPS 2017; Fiez, Ratliff, *Local Convergence Analysis of
    Gradient Descent Ascent with Finite Timescale Separation*, ICLR 2021.

    Examples
    --------
    The torus game's equilibrium (0, 0) is stable for τ > (1 - a)/(1 + b):

    >>> from gandyn.games import TorusGame
    >>> from gandyn.stability.flows.hopf import hopf_points
    >>> flow = GameFlow(TorusGame(a=0.15, b=0.15), "tau")
    >>> (found,) = hopf_points(flow, flow.state(), 0.5, 1.0)
    >>> round(found.value, 12), found.criticality
    (0.739130434783, 'subcritical')
    """

    def __init__(self, game: Game, field: str = _RATIO, tau: float = 1.0) -> None:
        super().__init__(self._velocity, field)
        self.game, self.tau = game, _checked_ratio(tau)
        self._field = None if field == _RATIO else find_parameter({"game": game}, field)
        self.name = self._field.name if self._field else field
        shapes = game.shape
        self._sizes = [math.prod(shape) for shape in shapes]
        self._players = [*zip(shapes, self._sizes, strict=True)]

    def current(self) -> float:
        """Return the free field's value in the game as given."""
        if self._field is None:
            return self.tau
        node: Any = self.game
        for name in self._field.paths[0].split("."):
            node = getattr(node, name)
        return float(node)

    def at(self, parameter: Any) -> tuple[Game, Any]:
        """Return the game with the field set, and τ."""
        if self._field is None:
            return self.game, _checked_ratio(parameter)
        return self._field.set_in({"game": self.game}, parameter)["game"], self.tau

    def state(
        self, point: tuple[Any, Any] | None = None, parameter: float | None = None
    ) -> np.ndarray:
        """Return a point as one vector of shape (S,), the first equilibrium by default.

        Raises
        ------
        GandynError
            If the point has another shape than the players, or is not finite.
        """
        game, _ = self.at(self.current() if parameter is None else parameter)
        return _joined(game, reference_equilibrium(game) if point is None else point)

    def _velocity(self, state: Any, parameter: Any) -> Any:
        game, tau = self.at(parameter)
        batch, n = state.shape[1:], self._sizes[0]
        (shape_x, _), (shape_y, _) = self._players
        x, y = state[:n].reshape(*shape_x, *batch), state[n:].reshape(*shape_y, *batch)
        gx, gy = game.gx(x, y), game.gy(x, y)
        return [*self._rows(gx, 0, batch, -1.0), *self._rows(gy, 1, batch, -tau)]

    def _rows(self, g: Any, player: int, batch: tuple[int, ...], rate: Any) -> Any:
        shape, size = self._players[player]
        whole = (*shape, *batch)
        g = g if np.shape(g) == whole else np.broadcast_to(g, whole)
        return rate * g.reshape(size, *batch)


@checked
def game_eigenvalues(
    game: Game, point: tuple[Any, Any] | None = None, tau: float = 1.0
) -> np.ndarray:
    r"""Return the eigenvalues of the game Jacobian at an equilibrium.

    They are those of J, the derivative of v, with y's rows times τ. The motion's own
    eigenvalues have the opposite sign: it is stable iff every real part here is > 0.

    Parameters
    ----------
    game : Game
    point : pair, optional
        An equilibrium; the game's first one by default.
    tau : float
        Ratio of y's rate to x's.

    Returns
    -------
    ndarray of complex, shape (S,)
        Smallest real part first: the direction that decays slowest, or grows.

    Raises
    ------
    GandynError
        If the point is no equilibrium (with its residual), or derivatives there are not
        finite.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Theorem A.3.

    Examples
    --------
    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> print(game_eigenvalues(DiracGAN(regulariser=R1(0.8))))
    [0.4+0.3j 0.4-0.3j]
    """
    matrix = game_matrix(game, point)
    rates = np.ones(len(matrix))
    rates[math.prod(game.shape[0]) :] = _checked_ratio(tau)
    values = np.linalg.eigvals(rates[:, None] * matrix).astype(complex)
    return values[np.lexsort((-values.imag, np.round(values.real, 12)))]


def game_matrix(game: Game, point: tuple[Any, Any] | None = None) -> np.ndarray:
    """Return J at an equilibrium, shape (S, S), after checking that it is one.

    Raises
    ------
    GandynError
        If the point is no equilibrium, or derivatives there are not finite.
    """
    point = reference_equilibrium(game) if point is None else point
    state = _joined(game, point)
    left = float(np.linalg.norm(GameFlow(game).value(state, 1.0)))
    if not left <= _GIVEN * (1 + np.linalg.norm(state)):
        raise GandynError(
            f"the point is no equilibrium of {type(game).__name__}: |v| = {left:.3g} "
            "there; give one of game.equilibria()"
        )
    x, y = (np.asarray(part, dtype=float) for part in point)
    matrix = dense_jacobian(game, x, y)
    if not np.isfinite(matrix).all():
        raise GandynError(
            f"the derivatives of {type(game).__name__} are not finite at that point"
        )
    return np.asarray(matrix, dtype=float)


def _joined(game: Game, point: tuple[Any, Any]) -> np.ndarray:
    """Return a point of a game as one vector."""
    return np.concatenate([np.ravel(part) for part in checked_point(game, point)])


def _checked_ratio(tau: Any) -> Any:
    """Return τ, if it is positive; what is no plain number is not checked."""
    if isinstance(tau, int | float | np.floating) and not 0 < tau < math.inf:
        raise FieldError(f"tau must be positive and finite, got {tau!r}")
    return tau
