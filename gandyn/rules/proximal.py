"""The proximal point method: implicit steps."""

from __future__ import annotations

from math import nan
from typing import Any, ClassVar

from gandyn._node import Count, Positive
from gandyn.elementary import inner, rounding, select
from gandyn.rules._base import Rule


class ProximalPoint(Rule):
    r"""Proximal point method (PPM): implicit Euler, by Newton's method.

    .. math::
        z_{t+1} = z_t - \eta\,v(z_{t+1})

    For an eigenvalue λ of J (one learning rate) the multiplier is 1/(1 + ηλ): on the
    bilinear game with singular value σ of modulus :math:`1/\sqrt{1 + \eta_x\eta_yσ^2}`,
    stable for every learning rate.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    iterations : int
        Newton iterations from :math:`z_t`; one is exact on a linear game.
    tol : float
        Largest residual :math:`|z_{t+1} + \eta v(z_{t+1}) - z_t|`, relative to
        :math:`\sqrt{1 + |z_t|^2}`, of a step that counts as solved. Up to 16 rounding
        units of the state's precision count as solved too: single precision cannot
        reach the default.

    Notes
    -----
    A step that Newton's method has not solved is no proximal step: the state becomes
    NaN, never something that looks like an answer. Such a cell or orbit ends as
    ``unsolved``, an orbit with the residual.

    References
    ----------
    Rockafellar, *Monotone operators and the proximal point algorithm*, SIAM Journal on
    Control and Optimization 14, 1976.
    Grimmer, Lu, Worah, Mirrokni, *The landscape of the proximal point method for
    nonconvex-nonconcave minimax optimization*, Mathematical Programming 2023.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> ProximalPoint(lr=1.0).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("PPM", "PP", "ImplicitEuler")
    second_order: ClassVar[bool] = True
    inverts: ClassVar[str] = "I + lr J"
    joint: ClassVar[bool | None] = True

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    iterations: Count = 8
    tol: Positive = 1e-9

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        p, q = self.newton(game, x, y)
        r, s = self.residual(game, x, y, p, q)
        scale = 1 + inner(game, x, x) + inner(game, y, y)
        reach = self.tol**2 + (16 * rounding(x)) ** 2
        margin = reach * scale - inner(game, r, r) - inner(game, s, s)
        return select(margin, p, nan * p), select(margin, q, nan * q), memory

    def newton(self, game: Any, x: Any, y: Any) -> Any:
        """Return the last of Newton's iterates from (x, y)."""
        p, q = x, y
        for _ in range(self.iterations):
            r, s = self.residual(game, x, y, p, q)
            u, w = game.solve(p, q, self.lr_x, self.lr_y, r, s)
            p, q = p - u, q - w
        return p, q

    def residual(self, game: Any, x: Any, y: Any, p: Any, q: Any) -> Any:
        """Return (p, q) + lr v(p, q) - (x, y)."""
        return p + self.lr_x * game.gx(p, q) - x, q + self.lr_y * game.gy(p, q) - y

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        asked = self.iterations + 1
        return {"gx": asked, "gy": asked, "solve": self.iterations}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        return 1, -2 / (1 + q), 1 / (1 + q)

    def contraction(self, mu: Any, lipschitz: Any) -> Any:
        """Return the certified factor 1/(1 + ημ), for equal rates."""
        return 1 / (1 + self.lr_x * mu) if self.lr_x == self.lr_y else None
