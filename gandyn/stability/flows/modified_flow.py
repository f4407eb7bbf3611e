"""The modified flow of a rule: the differential equation that its orbits follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.series import MixedSigns
from gandyn.stability.flows.slow_maps import SlowMap
from gandyn.stability.maps.maps import Flow

_HIGHEST = 6
"""Orders that are computed; the series diverges in the end."""


class ModifiedFlow(Flow):
    """The flow that `modified_flow` returns: its parameter is the learning rate.

    Attributes
    ----------
    rule : Rule
    game : Game
    order : int
    """

    def __init__(self, rule: Rule, game: Game, order: int = 2) -> None:
        if order not in range(1, _HIGHEST + 1):
            raise GandynError(f"order must be from 1 to {_HIGHEST}, got {order!r}")
        super().__init__(self._velocity, "lr")
        self.rule, self.game, self.order = rule, game, order
        self._slow = SlowMap(rule, game)

    def current(self) -> float:
        """Return the rule's own learning rate."""
        return self._slow.unit

    def state(self, point: tuple[Any, Any] | None = None) -> np.ndarray:
        """Return a point as one vector (x, y), the first equilibrium by default."""
        whole = self._slow.map.state(point, tuple(self._rates()))
        return whole[: self._slow.players]

    def terms(self, state: Any) -> list[np.ndarray]:
        """Return f₁, f₂, ... at a state of shape (n,), or at states (n, batch)."""
        state = np.asarray(state)
        flat = state[:, None] if state.ndim == 1 else state
        found = self._terms(flat if flat.dtype.kind in "cO" else flat.astype(float))
        return [f[:, 0] for f in found] if state.ndim == 1 else found

    def multipliers(self, state: Any, lr: float) -> np.ndarray:
        r"""Return the predicted multipliers exp(h μ) of the rule at an equilibrium.

        μ are the eigenvalues of the flow's Jacobian; the rule's own multipliers that go
        to 1 with the learning rate differ by :math:`O(h^{\mathrm{order}+1})`.
        """
        values = np.exp(lr * np.linalg.eigvals(self.jacobian(state, lr)))
        return np.asarray(values[np.argsort(-np.abs(values), kind="stable")])

    def _rates(self) -> list[float]:
        return [self._slow.unit * ratio for ratio in self._slow.ratios]

    def _terms(self, states: np.ndarray) -> list[np.ndarray]:
        try:
            return self._slow.velocities(states, self.order)
        except MixedSigns:
            columns = [
                self._slow.velocities(states[:, i : i + 1], self.order)
                for i in range(states.shape[1])
            ]
            return [
                np.concatenate(parts, axis=1) for parts in zip(*columns, strict=True)
            ]

    def _velocity(self, state: Any, lr: Any) -> Any:
        batch = state.shape[1:]
        flat = state.reshape(len(state), -1)
        flat = flat if flat.dtype.kind in "cO" else flat.astype(float)
        *lower, total = self._terms(flat)
        for term in reversed(lower):
            total = total * lr + term
        return total.reshape(len(state), *batch)


@checked
def modified_flow(rule: Rule, game: Game, order: int = 2) -> ModifiedFlow:
    r"""Return the modified flow of a rule on a game, by backward error analysis.

    .. math:: \dot z = f_1(z) + h f_2(z) + \dots + h^{p-1} f_p(z)

    for p = ``order``: its solution at the times h, 2h, ... is the rule's orbit with an
    error :math:`O(h^{p+1})` per step. For a rule :math:`z ↦ Φ(z, h)` without memory,
    with Φ_k the coefficient of :math:`h^k`,

    .. math:: f_1 = Φ_1, \qquad f_2 = Φ_2 - \tfrac12 Φ_1' Φ_1,

    which for simultaneous play is :math:`-v - \tfrac h2 J v`. The memory of a rule with
    one is replaced by its value on the slow manifold, the solution of the invariance
    equation, order by order.

    Parameters
    ----------
    rule : Rule
        Autonomous. All its learning rates are multiples of h in the ratios given; h
        itself is the first one, ``lr_x``. Time has the unit of h per step.
    game : Game
    order : int
        How many terms, 1 to 6; 2 is the flow with the O(lr) correction.

    Returns
    -------
    ModifiedFlow
        A `Flow` in (x, y) with the learning rate h as its parameter.

    Raises
    ------
    GandynError
        If the rule changes with time, has no learning rate, moves the players at
        learning rate 0, or its memory is not contracted there (a momentum of 1).
    NonSmooth
        Where the step has no Taylor series in the learning rate.

    References
    ----------
    Hairer, Lubich, Wanner, *Geometric Numerical Integration*, 2nd edition, Springer
    2006, Section IX.1. Rosca, Wu, Dherin, Barrett, *Discretization Drift in Two-Player
    Games*, ICML 2021, Theorems 3.1 and 3.2. Kirchgraber, *Multi-step methods are
    essentially one-step methods*, Numerische Mathematik 48 (1986).

    Examples
    --------
    Alternating play has no drift on the bilinear game to this order, simultaneous play
    spirals out:

    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Alternating, Simultaneous
    >>> modified_flow(Simultaneous(), Bilinear(1.0)).jacobian([0.0, 0.0], 0.1)
    array([[ 0.05, -1.  ],
           [ 1.  ,  0.05]])
    >>> modified_flow(Alternating(), Bilinear(1.0)).jacobian([0.0, 0.0], 0.1)
    array([[ 0.05, -1.  ],
           [ 1.  , -0.05]])
    """
    return ModifiedFlow(rule, game, order)
