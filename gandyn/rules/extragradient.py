"""Extragradient: look where the step would lead, then step from where you are."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import NonNegative, Positive
from gandyn.elementary import sqrt
from gandyn.rules._alike import _WhereAlike
from gandyn.rules._base import Rule
from gandyn.rules._orders import _GaussSeidel


class Extragradient(Rule):
    r"""Simultaneous extragradient (EG) with a separate extrapolation step.

    With the extrapolation steps :math:`e_x = r_x\eta_x`, :math:`e_y = r_y\eta_y`:

    .. math::
        \tilde z_t = z_t - e\,v(z_t), \qquad z_{t+1} = z_t - \eta\,v(\tilde z_t)

    On the bilinear game with singular value σ the multipliers solve
    :math:`λ^2 - (2 - (b_x + b_y)σ^2)λ + (1 - b_xσ^2)(1 - b_yσ^2) + \eta_x\eta_yσ^2 = 0`
    with :math:`b_x = \eta_x e_y`, :math:`b_y = \eta_y e_x`. For e = η common to both
    players :math:`|λ|^2 = 1 - (\eta σ)^2 + (\eta σ)^4`: stable iff ησ < 1, fastest at
    ησ = 1/√2 with :math:`|λ| = \sqrt 3/2`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        Each player's extrapolation step in units of its learning rate, >= 0. 1 is the
        classical method, 0 is `Simultaneous`. An extrapolation step of 5 beside
        ``lr_x=0.1`` is ``ratio_x=50``.

    Notes
    -----
    Zhang and Yu write the extrapolation steps themselves as γ, not as ratios. The
    memory is empty: both gradients are evaluated anew, four gradient calls per step.

    References
    ----------
    Korpelevich, *The extragradient method for finding saddle points and other
    problems*, Matecon 1976.
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020.
    Mokhtari, Ozdaglar, Pattathil, *A Unified Analysis of Extra-gradient and Optimistic
    Gradient Methods for Saddle Point Problems*, AISTATS 2020.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> Extragradient(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.25, 1.25, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("EG", "SimEG", "Korpelevich")
    joint = _WhereAlike()  # type: ignore[assignment]
    preserves_volume: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"ratio_x": 0.0, "ratio_y": 0.0}, "Simultaneous"),
    )

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    ratio_x: NonNegative = 1.0
    ratio_y: NonNegative = 1.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        half_x = x - self.ratio_x * self.lr_x * game.gx(x, y)
        half_y = y - self.ratio_y * self.lr_y * game.gy(x, y)
        next_x = x - self.lr_x * game.gx(half_x, half_y)
        return next_x, y - self.lr_y * game.gy(half_x, half_y), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 2, "gy": 2}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b_x = self.ratio_y * self.lr_x * self.lr_y * sigma * sigma
        b_y = self.ratio_x * self.lr_x * self.lr_y * sigma * sigma
        return 1, b_x + b_y - 2, (1 - b_x) * (1 - b_y) + q

    def contraction(self, mu: Any, lipschitz: Any) -> Any:
        """Return the certified factor √(1 - ab/(a + b)), a = 1 - η²L², b = 2ημ.

        With half step p = z - z̃ and q = z̃ - z*, one step takes at least
        a|p|² + b|q|² >= ab/(a + b)·|p + q|² off |z - z*|², for ηL <= 1.
        """
        a = 1 - (self.lr_x * lipschitz) ** 2
        b = 2 * self.lr_x * mu
        plain = self.lr_x == self.lr_y and self.ratio_x == self.ratio_y == 1
        if not plain or a < 0 or a + b == 0:
            return None
        return sqrt(1 - a * b / (a + b))


class AlternatingExtragradient(_GaussSeidel):
    r"""Alternating (Gauss–Seidel) extragradient: y extrapolates from the new x.

    With :math:`T_x, T_y` the players' components of one `Extragradient` step:

    .. math::
        x_{t+1} = T_x(x_t, y_t), \qquad y_{t+1} = T_y(x_{t+1}, y_t)

    so both extrapolation points are recomputed for the second player. On the bilinear
    game with singular value σ, with :math:`b_x = \eta_x e_y`, :math:`b_y = \eta_y e_x`,

    .. math::
        λ^2 - (2 - (b_x + b_y + \eta_x\eta_y)σ^2)λ + (1 - b_xσ^2)(1 - b_yσ^2) = 0;

    for e = η common to both players it is stable iff ησ < 1 (a flip).

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        Extrapolation steps in units of the learning rates, as in `Extragradient`.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> AlternatingExtragradient(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ((), ()))
    (0.25, 0.875, ((), ()))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltEG",)
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"ratio_x": 0.0, "ratio_y": 0.0}, "Alternating"),
    )

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    ratio_x: NonNegative = 1.0
    ratio_y: NonNegative = 1.0

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x after its extragradient move, and its memory."""
        half_x = x - self.ratio_x * self.lr_x * game.gx(x, y)
        half_y = y - self.ratio_y * self.lr_y * game.gy(x, y)
        return x - self.lr_x * game.gx(half_x, half_y), memory

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y after its extragradient move, and its memory."""
        half_x = x - self.ratio_x * self.lr_x * game.gx(x, y)
        half_y = y - self.ratio_y * self.lr_y * game.gy(x, y)
        return y - self.lr_y * game.gy(half_x, half_y), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 3, "gy": 3}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b_x = self.ratio_y * self.lr_x * self.lr_y * sigma * sigma
        b_y = self.ratio_x * self.lr_x * self.lr_y * sigma * sigma
        return 1, b_x + b_y + q - 2, (1 - b_x) * (1 - b_y)


class PastExtragradient(Rule):
    r"""Past extragradient (PEG, Popov): extrapolate with the last gradient.

    .. math::
        \tilde z_t = z_t - e\,v(\tilde z_{t-1}), \qquad
        z_{t+1} = z_t - \eta\,v(\tilde z_t), \qquad e = r\eta

    One gradient per player and step. The extrapolated points :math:`\tilde z_t` follow
    `OptimisticGradient` with the same ``ratio`` exactly, so both have the same
    multipliers: with e = η on the bilinear game :math:`λ^2 - λ(1 - 2iησ) - iησ = 0`,
    stable iff ησ < 1/√3.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    ratio_x, ratio_y : float
        Extrapolation steps in units of the learning rates, >= 0.

    Notes
    -----
    The memory is the last gradient at an extrapolated point; before the first step it
    is the gradient of the initial state (:math:`\tilde z_{-1} = z_0`).

    References
    ----------
    Popov, *A modification of the Arrow–Hurwicz method for search of saddle points*,
    Mathematical Notes 28, 1980.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = PastExtragradient(lr=0.5), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.25, 1.25, (1.5, -0.5))
    """

    aliases: ClassVar[tuple[str, ...]] = ("PEG", "Popov")
    joint = _WhereAlike()  # type: ignore[assignment]
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"ratio_x": 0.0, "ratio_y": 0.0}, "Simultaneous"),
    )

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    ratio_x: NonNegative = 1.0
    ratio_y: NonNegative = 1.0

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the gradients of the initial state."""
        return game.gx(x, y), game.gy(x, y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        past_x, past_y = memory
        half_x = x - self.ratio_x * self.lr_x * past_x
        half_y = y - self.ratio_y * self.lr_y * past_y
        gx, gy = game.gx(half_x, half_y), game.gy(half_x, half_y)
        return x - self.lr_x * gx, y - self.lr_y * gy, (gx, gy)

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        r, s = self.ratio_x, self.ratio_y
        mixed = (1 + r) * s + (1 + s) * r
        return 1, -2, 1 + q * (1 + r) * (1 + s), -q * mixed, q * r * s
