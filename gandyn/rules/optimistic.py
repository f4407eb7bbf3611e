"""Optimistic gradient: the last gradient as a prediction of the next one."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive, Real
from gandyn.rules._orders import _GaussSeidel, _Jacobi, _Moves


class _OptimisticMoves(_Moves):
    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    ratio_x: Real = 1.0
    ratio_y: Real = 1.0

    def start_x(self, game: Any, x: Any, y: Any) -> Any:
        """Return x's gradient at the initial state."""
        return game.gx(x, y)

    def start_y(self, game: Any, x: Any, y: Any) -> Any:
        """Return y's gradient at the initial state."""
        return game.gy(x, y)

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x after its move, and the gradient it used."""
        gx = game.gx(x, y)
        return x - self.lr_x * (gx + self.ratio_x * (gx - memory)), gx

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y after its move, and the gradient it used."""
        gy = game.gy(x, y)
        return y - self.lr_y * (gy + self.ratio_y * (gy - memory)), gy

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}


class OptimisticGradient(_Jacobi, _OptimisticMoves):
    r"""Simultaneous optimistic gradient descent (OGDA, OMD).

    With :math:`g_t = v(z_t)` and a ratio r per player,

    .. math::
        z_{t+1} = z_t - \eta\,(g_t + r\,(g_t - g_{t-1})),

    by default (r = 1) :math:`z_{t+1} = z_t - 2\eta g_t + \eta g_{t-1}`. On the bilinear
    game with singular value σ, x = ησ and r = 1, the multipliers are
    :math:`λ = (1 \pm \sqrt{1 - 4x^2})/2 \pm ix`: :math:`|λ|^2 = (1 + \sqrt{1-4x^2})/2`
    up to x = ½, where they are a defective pair, and stable iff x < 1/√3.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        Weight of the correction; 0 is `Simultaneous`, 1 is OGDA. For small steps on a
        bilinear game it is stable iff r > ½.

    Notes
    -----
    Sources that write :math:`z_{t+1} = z_t - a\,g_t + b\,g_{t-1}` mean
    η = a - b and r = b/(a - b). Daskalakis et al. write a = 2η, b = η: the same η.
    The memory is the last gradient, before the first step that of the initial state:
    step one is a plain gradient step (a zero memory would make it one of length 2η).

    References
    ----------
    Daskalakis, Ilyas, Syrgkanis, Zeng, *Training GANs with Optimism*, ICLR 2018.
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = OptimisticGradient(lr=0.5), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    >>> rule.step(game, x, y, memory)
    (-0.5, 1.5, (1.5, -0.5))
    """

    aliases: ClassVar[tuple[str, ...]] = ("OGDA", "OGD", "OMD", "Optimistic")
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"ratio_x": 0.0, "ratio_y": 0.0}, "Simultaneous"),
    )

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        r, s = self.ratio_x, self.ratio_y
        mixed = (1 + r) * s + (1 + s) * r
        return 1, -2, 1 + q * (1 + r) * (1 + s), -q * mixed, q * r * s


class AlternatingOptimisticGradient(_GaussSeidel, _OptimisticMoves):
    r"""Alternating optimistic gradient: y uses gradients at the x it has seen.

    .. math::
        x_{t+1} &= x_t - \eta_x (g^x_t + r_x(g^x_t - g^x_{t-1})), &
            g^x_t &= \nabla_x L_x(x_t, y_t), \\
        y_{t+1} &= y_t - \eta_y (g^y_t + r_y(g^y_t - g^y_{t-1})), &
            g^y_t &= \nabla_y L_y(x_{t+1}, y_t).

    On the bilinear game with singular value σ, :math:`q = \eta_x\eta_yσ^2` and r = 1
    the multipliers are 0 and the roots of :math:`(λ - 1)^2λ + q\,(2λ - 1)^2 = 0`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        Weight of the correction, as in `OptimisticGradient`.
    y_first : bool
        Whether y moves first.

    Notes
    -----
    y's previous gradient is the one it used, at :math:`(x_t, y_{t-1})`, not one
    evaluated again at the state after the step.

    References
    ----------
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = AlternatingOptimisticGradient(lr=0.5), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.5, 1.0, (1.0, -0.5))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltOGDA", "AltOGD")
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"ratio_x": 0.0, "ratio_y": 0.0}, "Alternating"),
    )

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        r, s = self.ratio_x, self.ratio_y
        mixed = (1 + r) * s + (1 + s) * r
        return 1, q * (1 + r) * (1 + s) - 2, 1 - q * mixed, q * r * s
