"""Opponent shaping: players that reckon with the other's next step."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Fraction01, NonNegative, Positive
from gandyn.elementary import cross_gradients, inner, select
from gandyn.rules._base import Rule


class _OpponentAware(Rule):
    """Each player knows how the other's step, of e = ratio·lr, moves its gradient."""

    second_order: ClassVar[bool] = True
    joint: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"ratio_x": 0.0, "ratio_y": 0.0}, "Simultaneous"),
    )

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    ratio_x: NonNegative = 1.0
    ratio_y: NonNegative = 1.0

    def ahead(self, game: Any, x: Any, y: Any, gx: Any, gy: Any) -> Any:
        """Return v - J_off (e v): the gradients if the opponent had moved."""
        ax, _ = game.jvp(x, y, 0 * gx, self.ratio_y * self.lr_y * gy)
        _, ay = game.jvp(x, y, self.ratio_x * self.lr_x * gx, 0 * gy)
        return gx - ax, gy - ay

    def shaping(self, game: Any, x: Any, y: Any) -> Any:
        """Return e times the shaping terms: (e_y J_yxᵀ ∂L_x/∂y, e_x J_xyᵀ ∂L_y/∂x)."""
        cross_x, cross_y = cross_gradients(game, x, y)
        sx, _ = game.vjp(x, y, 0 * x, self.ratio_y * self.lr_y * cross_x)
        _, sy = game.vjp(x, y, self.ratio_x * self.lr_x * cross_y, 0 * y)
        return sx, sy


class LookAheadPlay(_OpponentAware):
    r"""LookAhead: each player's gradient where the opponent will be.

    With the opponents' steps :math:`e = r\eta` and the off-diagonal part of J,

    .. math::
        x_{t+1} = x_t - \eta_x (g_x - e_y J_{xy} g_y), \qquad
        y_{t+1} = y_t - \eta_y (g_y - e_x J_{yx} g_x).

    On the bilinear game its one-step matrix is that of `Extragradient` with the
    extrapolation steps e; so with equal ones, e = η, it is stable iff ησ < 1.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        The step that the opponent expects of each player, in units of its learning
        rate, >= 0.

    Notes
    -----
    Not `Lookahead`, the optimizer of slow and fast weights: in the literature on games
    both go by the name; this one has "Play" appended.

    References
    ----------
    Zhang, Lesser, *Multi-agent learning with policy prediction*, AAAI 2010.
    Letcher, Foerster, Balduzzi, Rocktäschel, Whiteson, *Stable Opponent Shaping in
    Differentiable Games*, ICLR 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> LookAheadPlay(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.25, 1.25, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("PolicyPrediction", "IGAPP")

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        ux, uy = self.ahead(game, x, y, game.gx(x, y), game.gy(x, y))
        return x - self.lr_x * ux, y - self.lr_y * uy, memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "jvp": 2}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b_x = self.ratio_y * self.lr_x * self.lr_y * sigma * sigma
        b_y = self.ratio_x * self.lr_x * self.lr_y * sigma * sigma
        return 1, b_x + b_y - 2, (1 - b_x) * (1 - b_y) + q


class LOLA(_OpponentAware):
    r"""Learning with opponent-learning awareness (LOLA), first order.

    Player x descends the first-order expansion of :math:`L_x(x, y - e_y g_y)`, as a
    function of x also through :math:`g_y`, and y likewise:

    .. math::
        x_{t+1} = x_t - \eta_x
            (g_x - e_y J_{xy} g_y - e_y J_{yx}^T ∂L_x/∂y), \qquad e = r\eta.

    In a zero-sum game both corrections are equal: LOLA is `LookAheadPlay` with ratios
    twice as large, so on the bilinear game (r = 1) it is stable iff ησ < √3/2.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        The step that the opponent expects of each player, in units of its learning
        rate, >= 0.

    Notes
    -----
    The original LOLA leaves out the term :math:`e_y J_{xy} g_y` of the expansion's
    gradient in some of its forms; this is the exact gradient of the expansion, as in
    Letcher et al. A game that is not zero-sum must have ``cross(x, y)``.

    References
    ----------
    Foerster, Chen, Al-Shedivat, Whiteson, Abbeel, Mordatch, *Learning with
    Opponent-Learning Awareness*, AAMAS 2018.
    Letcher, Foerster, Balduzzi, Rocktäschel, Whiteson, *Stable Opponent Shaping in
    Differentiable Games*, ICLR 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> LOLA(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        ux, uy = self.ahead(game, x, y, game.gx(x, y), game.gy(x, y))
        sx, sy = self.shaping(game, x, y)
        return x - self.lr_x * (ux - sx), y - self.lr_y * (uy - sy), memory

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b_x = 2 * self.ratio_y * self.lr_x * self.lr_y * sigma * sigma
        b_y = 2 * self.ratio_x * self.lr_x * self.lr_y * sigma * sigma
        return 1, b_x + b_y - 2, (1 - b_x) * (1 - b_y) + q


class StableOpponentShaping(_OpponentAware):
    r"""Stable opponent shaping (SOS): LOLA where it helps, LookAhead near equilibria.

    With :math:`ξ_0` the direction of `LookAheadPlay` and -eχ the rest of `LOLA`'s,

    .. math::
        z_{t+1} = z_t - \eta\,(ξ_0 - p\,eχ), \qquad p = \min(p_1, p_2),

    where :math:`p_1 = 1` if :math:`⟨-eχ, ξ_0⟩ \ge 0`, else
    :math:`\min(1, -a‖ξ_0‖^2/⟨-eχ, ξ_0⟩)`, and :math:`p_2 = ‖v‖^2` if ‖v‖ < b, else 1.
    At an equilibrium its multipliers are those of `LookAheadPlay`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        The step that the opponent expects of each player, in units of its learning
        rate, >= 0.
    a, b : float
        The two bounds of the criterion, between 0 and 1.

    References
    ----------
    Letcher, Foerster, Balduzzi, Rocktäschel, Whiteson, *Stable Opponent Shaping in
    Differentiable Games*, ICLR 2019, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> StableOpponentShaping(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("SOS",)
    linear: ClassVar[bool] = False
    rate_times_loss: ClassVar[bool | None] = False
    scales: ClassVar[bool | None] = False

    a: Fraction01 = 0.5
    b: Fraction01 = 0.1

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        ux, uy = self.ahead(game, x, y, gx, gy)
        sx, sy = self.shaping(game, x, y)
        against = inner(game, sx, ux) + inner(game, sy, uy)
        allowed = self.a * (inner(game, ux, ux) + inner(game, uy, uy))
        small = inner(game, gx, gx) + inner(game, gy, gy)
        # only where against > allowed >= 0 does the ratio count, and lies in [0, 1]
        ratio = allowed / select(allowed - against, 1.0 + 0 * against, against)
        p1 = select(allowed - against, 1.0 + 0 * ratio, select(ratio, ratio, 0 * ratio))
        p2 = select(small - self.b * self.b, 1.0 + 0 * small, small)
        p = select(p1 - p2, p2, p1)
        return x - self.lr_x * (ux - p * sx), y - self.lr_y * (uy - p * sy), memory

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b_x = self.ratio_y * self.lr_x * self.lr_y * sigma * sigma
        b_y = self.ratio_x * self.lr_x * self.lr_y * sigma * sigma
        return 1, b_x + b_y - 2, (1 - b_x) * (1 - b_y) + q
