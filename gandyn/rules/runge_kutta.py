"""Runge–Kutta steps of the gradient flow (ODE-GAN)."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive
from gandyn.rules._base import Rule


class _FlowStep(Rule):
    joint: ClassVar[bool | None] = True

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1

    def shift(self, game: Any, x: Any, y: Any, p: Any, q: Any) -> Any:
        """Return the flow's increment -lr v(x + p, y + q)."""
        return -self.lr_x * game.gx(x + p, y + q), -self.lr_y * game.gy(x + p, y + q)


class RungeKutta2(_FlowStep):
    r"""Heun's method on the flow, the second-order step of ODE-GAN.

    .. math::
        k_1 = -\eta v(z_t), \quad k_2 = -\eta v(z_t + k_1), \quad
        z_{t+1} = z_t + (k_1 + k_2)/2

    For an eigenvalue λ of J the multiplier is :math:`1 - s + s^2/2`, s = ηλ. On the
    bilinear game :math:`|μ|^2 = 1 + (\eta σ)^4/4`: outside the unit circle for every
    learning rate.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, the step size of the flow scaled per player, > 0; ``lr`` sets
        both.

    Notes
    -----
    The midpoint rule, another "RK2", has the same multipliers.

    References
    ----------
    Qin, Wu, Springenberg, Brock, Donahue, Lillicrap, Kohli, *Training Generative
    Adversarial Networks by Solving Ordinary Differential Equations*, NeurIPS 2020.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> RungeKutta2(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.375, 1.375, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("RK2", "Heun", "ODEGAN2")
    order: ClassVar[int] = 2

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        p1, q1 = self.shift(game, x, y, 0 * x, 0 * y)
        p2, q2 = self.shift(game, x, y, p1, q1)
        return x + (p1 + p2) / 2, y + (q1 + q2) / 2, memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 2, "gy": 2}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        re = 1 - q / 2
        return 1, -2 * re, re * re + q


class RungeKutta4(_FlowStep):
    r"""The classical fourth-order Runge–Kutta step on the flow (ODE-GAN).

    For an eigenvalue λ of J the multiplier is
    :math:`1 - s + s^2/2 - s^3/6 + s^4/24`, s = ηλ. On the bilinear game it is stable
    iff ησ < 2√2.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, the step size of the flow scaled per player, > 0; ``lr`` sets
        both.

    References
    ----------
    Qin, Wu, Springenberg, Brock, Donahue, Lillicrap, Kohli, *Training Generative
    Adversarial Networks by Solving Ordinary Differential Equations*, NeurIPS 2020.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> x, y, _ = RungeKutta4(lr=0.5).step(Bilinear(1.0), 1.0, 0.0, ())
    >>> round(x, 6), round(y, 6)
    (0.877604, 0.479167)
    """

    aliases: ClassVar[tuple[str, ...]] = ("RK4", "ODEGAN")
    order: ClassVar[int] = 4

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        p1, q1 = self.shift(game, x, y, 0 * x, 0 * y)
        p2, q2 = self.shift(game, x, y, p1 / 2, q1 / 2)
        p3, q3 = self.shift(game, x, y, p2 / 2, q2 / 2)
        p4, q4 = self.shift(game, x, y, p3, q3)
        next_x = x + (p1 + 2 * p2 + 2 * p3 + p4) / 6
        return next_x, y + (q1 + 2 * q2 + 2 * q3 + q4) / 6, memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 4, "gy": 4}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        re, im = 1 - q / 2 + q * q / 24, 1 - q / 6
        return 1, -2 * re, re * re + q * im * im
