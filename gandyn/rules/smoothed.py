"""Smoothed gradient play: a slow copy of one player pulls it back."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Fraction01, NonNegative, Positive
from gandyn.rules._base import Rule


class SmoothedGDA(Rule):
    r"""Smoothed alternating gradient descent: x is tied to a slow copy of itself.

    With the copy z of x, :math:`z_0 = x_0`,

    .. math::
        x_{t+1} = x_t - \eta_x \big(\nabla_x L_x(x_t, y_t) + p (x_t - z_t)\big), \quad
        y_{t+1} = y_t - \eta_y \nabla_y L_y(x_{t+1}, y_t), \quad
        z_{t+1} = z_t + β (x_{t+1} - z_t)

    On the bilinear game with singular value σ and :math:`q = \eta_x\eta_yσ^2` the
    multipliers are the roots of

    .. math:: (λ - 1)^2 (λ - (1 - \eta_x p)(1 - β)) + q λ (λ - 1 + β).

    For p = 0 or β = 1 the copy has no effect on the players: the rule is `Alternating`,
    neutral; in between it is stable for small learning rates.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    p : float
        The pull of the copy, >= 0, in the units of L_x's curvature.
    beta : float
        The speed of the copy, between 0 and 1.

    References
    ----------
    Zhang, Xiao, Sun, Luo, *A Single-Loop Smoothed Gradient Descent-Ascent Algorithm for
    Nonconvex-Concave Min-Max Problems*, NeurIPS 2020, Algorithm 2.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = SmoothedGDA(lr=0.5, p=1.0, beta=0.5), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, (0.0,))
    (0.0, 1.0, (0.0,))

    Here q = 1/4, and the polynomial is (λ - 1)²(λ - 1/4) + λ(λ - 1/2)/4:

    >>> import numpy as np
    >>> from gandyn.dynamics import one_step_map
    >>> bool(np.allclose(np.poly(one_step_map(rule, game)), [1, -2, 1.375, -0.25]))
    True
    """

    aliases: ClassVar[tuple[str, ...]] = ("Smoothed-AGDA", "SAGDA")
    symmetric: ClassVar[bool] = False
    joint: ClassVar[bool | None] = False
    rate_times_loss: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"p": 0.0}, "Alternating"),
        ({"beta": 1.0}, "Alternating"),
    )

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    p: NonNegative = 1.0
    beta: Fraction01 = 0.1

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the copy, x itself."""
        return (x,)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        (slow,) = memory
        x = x - self.lr_x * (game.gx(x, y) + self.p * (x - slow))
        y = y - self.lr_y * game.gy(x, y)
        return x, y, (slow + self.beta * (x - slow),)

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        s, b = (1 - self.lr_x * self.p) * (1 - self.beta), self.beta
        return 1, q - 2 - s, 1 + 2 * s + q * (b - 1), -s
