"""Momentum with a complex decay: a memory that oscillates."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import NonNegative, Positive, Real
from gandyn.elementary import cos, sin
from gandyn.rules._orders import _GaussSeidel, _Jacobi, _Moves


class _ComplexMoves(_Moves):
    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    beta_abs: NonNegative = 0.9
    beta_arg: Real = 0.39269908169872414

    def start_x(self, game: Any, x: Any, y: Any) -> Any:
        """Return the parts of x's buffer before the first step, 0."""
        return 0 * x, 0 * x

    def start_y(self, game: Any, x: Any, y: Any) -> Any:
        """Return the parts of y's buffer before the first step, 0."""
        return 0 * y, 0 * y

    def buffer(self, g: Any, memory: Any) -> Any:
        """Return the real and imaginary part of β μ - g."""
        re, im = memory
        c = self.beta_abs * cos(self.beta_arg)
        s = self.beta_abs * sin(self.beta_arg)
        return c * re - s * im - g, s * re + c * im

    def uncoupled(self) -> Any:
        """Return the polynomial of a player without gradients, squared."""
        c, m = self.beta_abs * cos(self.beta_arg), self.beta_abs * self.beta_abs
        a, b, d = -2 * c - 1, m + 2 * c, -m
        low = b * b + 2 * a * d, 2 * b * d, d * d
        return 1, 2 * a, a * a + 2 * b, 2 * d + 2 * a * b, *low

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x and its buffer after its move."""
        re, im = self.buffer(game.gx(x, y), memory)
        return x + self.lr_x * re, (re, im)

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y and its buffer after its move."""
        re, im = self.buffer(game.gy(x, y), memory)
        return y + self.lr_y * re, (re, im)

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}


class ComplexMomentum(_Jacobi, _ComplexMoves):
    r"""Simultaneous complex momentum.

    With a complex buffer μ and :math:`β = |β|e^{iφ}`,

    .. math::
        μ_{t+1} = β μ_t - v(z_t), \qquad z_{t+1} = z_t + \eta\,\mathrm{Re}\,μ_{t+1}.

    On the bilinear game with singular value σ the multipliers solve

    .. math::
        (λ - 1)(λ^2 - 2\,\mathrm{Re}β\,λ + |β|^2)
            \pm i\sqrt{\eta_x\eta_y}\,σ\,λ(λ - \mathrm{Re}β) = 0,

    and with c = Re β, s = Im β small steps are stable iff
    :math:`(3 - c)s^2 > (1 - c)^2(1 + c)`: simultaneous play can converge, which no real
    momentum (s = 0) lets it.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    beta_abs, beta_arg : float
        Modulus and angle (radians) of the momentum of both players; angle 0 is
        `HeavyBall`, π negative momentum.

    Notes
    -----
    The memory holds the real and the imaginary part of each buffer, 0 before the first
    step. The buffer is not scaled by the learning rate, unlike `HeavyBall`'s velocity.

    References
    ----------
    Lorraine, Acuna, Vicol, Duvenaud, *Complex Momentum for Optimization in Games*,
    AISTATS 2022.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = ComplexMomentum(lr=0.5, beta_abs=0.5, beta_arg=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    >>> rule.step(game, x, y, memory)[:2]
    (-0.5, 2.0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("CM",)
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"beta_abs": 0.0}, "Simultaneous"),
        ({"beta_arg": 0.0}, "HeavyBall", {"beta_x": "beta_abs", "beta_y": "beta_abs"}),
    )

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        c = self.beta_abs * cos(self.beta_arg)
        s6, s5, s4, s3, s2, s1, s0 = self.uncoupled()
        return s6, s5, s4 + q, s3 - 2 * q * c, s2 + q * c * c, s1, s0


class AlternatingComplexMomentum(_GaussSeidel, _ComplexMoves):
    r"""Alternating complex momentum: y's gradient is taken at the new x.

    As `ComplexMomentum`. On the bilinear game with singular value σ the multipliers
    solve

    .. math::
        (λ - 1)^2 (λ^2 - 2\,\mathrm{Re}β\,λ + |β|^2)^2
            + \eta_x\eta_yσ^2\,λ^3 (λ - \mathrm{Re}β)^2 = 0.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    beta_abs, beta_arg : float
        Modulus and angle (radians) of the momentum of both players.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Lorraine, Acuna, Vicol, Duvenaud, *Complex Momentum for Optimization in Games*,
    AISTATS 2022.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = AlternatingComplexMomentum(lr=0.5), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.5, 1.25, ((-1.0, 0.0), (0.5, 0.0)))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltCM",)
    reduces: ClassVar[tuple[Any, ...]] = (({"beta_abs": 0.0}, "Alternating"),)

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        c = self.beta_abs * cos(self.beta_arg)
        s6, s5, s4, s3, s2, s1, s0 = self.uncoupled()
        return s6, s5 + q, s4 - 2 * q * c, s3 + q * c * c, s2, s1, s0
