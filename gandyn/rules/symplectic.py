"""Symplectic gradient adjustment."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive, Real
from gandyn.elementary import inner, select
from gandyn.rules._base import Rule
from gandyn.rules._orders import _GaussSeidel


class SymplecticGradientAdjustment(Rule):
    r"""Symplectic gradient adjustment (SGA).

    With the antisymmetric part :math:`A = (J - J^T)/2` of the game Jacobian,

    .. math::
        z_{t+1} = z_t - \eta\,(v + λ A^T v)(z_t), \qquad A^T v = (J^T v - J v)/2.

    On a bilinear game A = J, so it equals `Consensus` with γ = λ: stable iff
    :math:`\eta < 2λ/(1 + λ^2σ^2)`. On a potential game A = 0 and it is `Simultaneous`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    lam : float
        Strength of the adjustment. Positive draws towards stable equilibria, see
        `AlignedSymplecticGradientAdjustment`.

    References
    ----------
    Balduzzi, Racanière, Martens, Foerster, Tuyls, Graepel, *The Mechanics of n-Player
    Differentiable Games*, ICML 2018.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = SymplecticGradientAdjustment(lr=0.5, lam=1.0)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("SGA",)
    second_order: ClassVar[bool] = True
    joint: ClassVar[bool | None] = True
    rate_times_loss: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (({"lam": 0.0}, "Simultaneous"),)

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    lam: Real = 1.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        hx, hy = game.vjp(x, y, gx, gy)
        jx, jy = game.jvp(x, y, gx, gy)
        ax, ay = (hx - jx) / 2, (hy - jy) / 2
        next_x = x - self.lr_x * (gx + self.lam * ax)
        return next_x, y - self.lr_y * (gy + self.lam * ay), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "vjp": 1, "jvp": 1}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: v + λ Aᵀv."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        hx, hy = game.vjp(x, y, gx, gy)
        jx, jy = game.jvp(x, y, gx, gy)
        return gx + self.lam * (hx - jx) / 2, gy + self.lam * (hy - jy) / 2

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        p = 1 - self.lr_x * self.lam * sigma * sigma
        s = 1 - self.lr_y * self.lam * sigma * sigma
        return 1, -p - s, p * s + q


class AlternatingSymplecticGradientAdjustment(_GaussSeidel):
    r"""Alternating symplectic gradient adjustment: y's terms are taken at the new x.

    As `SymplecticGradientAdjustment`; on a bilinear game it equals
    `AlternatingConsensus` with γ = λ.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    lam : float
        Strength of the adjustment.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Balduzzi, Racanière, Martens, Foerster, Tuyls, Graepel, *The Mechanics of n-Player
    Differentiable Games*, ICML 2018 (for the simultaneous rule).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = AlternatingSymplecticGradientAdjustment(lr=0.5)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, ((), ()))
    (0.0, 0.5, ((), ()))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltSGA",)
    second_order: ClassVar[bool] = True
    rate_times_loss: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (({"lam": 0.0}, "Alternating"),)

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    lam: Real = 1.0

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x after its move, and its memory."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        hx, _ = game.vjp(x, y, gx, gy)
        jx, _ = game.jvp(x, y, gx, gy)
        return x - self.lr_x * (gx + self.lam * (hx - jx) / 2), memory

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y after its move, and its memory."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        _, hy = game.vjp(x, y, gx, gy)
        _, jy = game.jvp(x, y, gx, gy)
        return y - self.lr_y * (gy + self.lam * (hy - jy) / 2), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 2, "gy": 2, "vjp": 2, "jvp": 2}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: v + λ Aᵀv."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        hx, hy = game.vjp(x, y, gx, gy)
        jx, jy = game.jvp(x, y, gx, gy)
        return gx + self.lam * (hx - jx) / 2, gy + self.lam * (hy - jy) / 2

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        p = 1 - self.lr_x * self.lam * sigma * sigma
        s = 1 - self.lr_y * self.lam * sigma * sigma
        return 1, q - p - s, p * s


class AlignedSymplecticGradientAdjustment(Rule):
    r"""Symplectic gradient adjustment whose sign is chosen at every step.

    As `SymplecticGradientAdjustment` with λ times the sign of

    .. math::
        \tfrac1d ⟨v, ∇H⟩⟨A^T v, ∇H⟩ + ε, \qquad H = \tfrac12‖v‖^2,\; ∇H = J^T v,

    where d is the number of coordinates, so that the adjustment draws towards stable
    equilibria and away from unstable ones. On a bilinear game
    :math:`⟨v, ∇H⟩ = 0`: the sign is that of ε.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    lam : float
        Strength of the adjustment.
    epsilon : float
        Bias of the sign, which decides where the alignment vanishes; so it decides
        at equilibria, where everything else does.

    References
    ----------
    Balduzzi, Racanière, Martens, Foerster, Tuyls, Graepel, *The Mechanics of n-Player
    Differentiable Games*, ICML 2018, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = AlignedSymplecticGradientAdjustment(lr=0.5, lam=1.0)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("AlignedSGA", "SGAalign")
    linear: ClassVar[bool] = False
    second_order: ClassVar[bool] = True
    joint: ClassVar[bool | None] = True
    rate_times_loss: ClassVar[bool | None] = False
    scales: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (({"lam": 0.0}, "Simultaneous"),)

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    lam: Real = 1.0
    epsilon: Positive = 0.1

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        hx, hy = game.vjp(x, y, gx, gy)
        jx, jy = game.jvp(x, y, gx, gy)
        ax, ay = (hx - jx) / 2, (hy - jy) / 2
        along = inner(game, gx, hx) + inner(game, gy, hy)
        adjusted = inner(game, ax, hx) + inner(game, ay, hy)
        one_x, one_y = 1 + 0 * x, 1 + 0 * y
        size = inner(game, one_x, one_x) + inner(game, one_y, one_y)
        lam = self.lam * select(along * adjusted / size + self.epsilon, 1.0, -1.0)
        return x - self.lr_x * (gx + lam * ax), y - self.lr_y * (gy + lam * ay), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "vjp": 1, "jvp": 1}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return None: its field jumps where the sign does."""
        return None

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        p = 1 - self.lr_x * self.lam * sigma * sigma
        s = 1 - self.lr_y * self.lam * sigma * sigma
        return 1, -p - s, p * s + q
