"""Primal-dual rules: alternation with an extrapolation between the moves."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive, Real
from gandyn.rules._base import Rule


class ChambollePock(Rule):
    r"""The primal-dual hybrid gradient method (PDHG) of Chambolle and Pock.

    .. math::
        x_{t+1} = x_t - \eta_x \nabla_x L_x(x_t, y_t), \quad
        \bar x = x_{t+1} + θ (x_{t+1} - x_t), \quad
        y_{t+1} = y_t - \eta_y \nabla_y L_y(\bar x, y_t)

    On the bilinear game with singular value σ and :math:`q = \eta_x\eta_yσ^2` the
    multipliers solve :math:`λ^2 - (2 - (1+θ)q)λ + 1 - θq = 0`: for θ = 1 of modulus
    :math:`\sqrt{1 - q}` up to q = 1, and stable iff q < 4/3.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    theta : float
        Extrapolation; 0 is `Alternating` (Arrow–Hurwicz), 1 the usual choice.

    Notes
    -----
    The proximal maps of the original are explicit gradient steps here, which is the
    same on bilinear games. The known condition q < 1 is that of the proof with
    proximal maps; the method itself is stable up to 4/3.

    References
    ----------
    Chambolle, Pock, *A first-order primal-dual algorithm for convex problems with
    applications to imaging*, Journal of Mathematical Imaging and Vision 40, 2011,
    Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> ChambollePock(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.5, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("PDHG", "CP")
    symmetric: ClassVar[bool] = False
    joint: ClassVar[bool | None] = False
    preserves_volume: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (({"theta": 0.0}, "Alternating"),)

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    theta: Real = 1.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        next_x = x - self.lr_x * game.gx(x, y)
        bar = next_x + self.theta * (next_x - x)
        return next_x, y - self.lr_y * game.gy(bar, y), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        return 1, (1 + self.theta) * q - 2, 1 - self.theta * q


class AlexGDA(Rule):
    r"""Alternating-extrapolation GDA (Alex-GDA).

    .. math::
        x_{t+1} &= x_t - \eta_x \nabla_x L_x(x_t, \tilde y_t), &
            \tilde x_{t+1} &= x_t + γ(x_{t+1} - x_t), \\
        y_{t+1} &= y_t - \eta_y \nabla_y L_y(\tilde x_{t+1}, y_t), &
            \tilde y_{t+1} &= y_t + δ(y_{t+1} - y_t)

    On the bilinear game with singular value σ and :math:`q = \eta_x\eta_yσ^2` the
    multipliers are 0 and the roots of
    :math:`λ(λ - 1)^2 + q\,(γλ + 1 - γ)(δλ + 1 - δ) = 0`, with a flip at
    :math:`q = 4/((2γ-1)(2δ-1))`. γ = δ = 1 is `Alternating`, δ = 1 with
    γ = 1 + θ `ChambollePock`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    gamma, delta : float
        Extrapolation of x and of y; above 1 beyond the new point.

    Notes
    -----
    The memory is y's last move; before the first step 0, so that
    :math:`\tilde y_0 = y_0`.

    References
    ----------
    Lee, Cho, Yun, *Fundamental Benefit of Alternating Updates in Minimax Optimization*,
    ICML 2024.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = AlexGDA(lr=0.5, gamma=2.0, delta=2.0), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.5, 1.0, (0.0,))
    """

    symmetric: ClassVar[bool] = False
    joint: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"gamma": 1.0, "delta": 1.0}, "Alternating"),
        ({"gamma": 2.0, "delta": 1.0}, "ChambollePock", {"theta": 1.0}),
    )

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    gamma: Real = 1.5
    delta: Real = 1.5

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return y's last move, 0."""
        return (0 * y,)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        (moved,) = memory
        next_x = x - self.lr_x * game.gx(x, y + (self.delta - 1) * moved)
        ahead = x + self.gamma * (next_x - x)
        moved = -self.lr_y * game.gy(ahead, y)
        return next_x, y + moved, (moved,)

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        g, d = self.gamma, self.delta
        mixed = g * (1 - d) + d * (1 - g)
        return 1, q * g * d - 2, 1 + q * mixed, q * (1 - g) * (1 - d)
