"""Plain gradient play: both players at once, or one after the other."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Count, Positive
from gandyn.elementary import sqrt
from gandyn.rules._base import Rule


class Simultaneous(Rule):
    r"""Simultaneous gradient descent (GDA): both players use the old state.

    .. math::
        x_{t+1} = x_t - \eta_x \nabla_x L_x(x_t, y_t), \qquad
        y_{t+1} = y_t - \eta_y \nabla_y L_y(x_t, y_t)

    On the bilinear game with singular value σ the multipliers are
    :math:`1 \pm i\sigma\sqrt{\eta_x\eta_y}`, outside the unit circle for every learning
    rate. On a game Jacobian with eigenvalues λ it is stable iff
    :math:`\eta < 2\,\mathrm{Re}\,λ/|λ|^2` for all of them (equal learning rates).

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.

    Notes
    -----
    Also called Jacobi updates; with lr_x ≠ lr_y it is TTUR.

    References
    ----------
    Mescheder, Nowozin, Geiger, *The Numerics of GANs*, NeurIPS 2017, Lemma 4.
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> Simultaneous(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.5, 1.5, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("GDA", "SimGDA", "SimGD", "TTUR")
    joint: ClassVar[bool | None] = True
    preserves_volume: ClassVar[bool | None] = False

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        return 1, -2, 1 + q

    def contraction(self, mu: Any, lipschitz: Any) -> Any:
        """Return the certified factor √(1 - 2ημ + η²L²), for equal rates."""
        if self.lr_x != self.lr_y:
            return None
        return sqrt(1 - 2 * self.lr_x * mu + (self.lr_x * lipschitz) ** 2)


class Alternating(Rule):
    r"""Alternating gradient descent: the second player sees the first one's move.

    With ``k_x`` steps of x, then ``k_y`` steps of y (for ``y_first`` the other way):

    .. math::
        x_{t+1} = x_t - \eta_x \nabla_x L_x(x_t, y_t), \qquad
        y_{t+1} = y_t - \eta_y \nabla_y L_y(x_{t+1}, y_t)

    The state is recorded after both players have moved. On the bilinear game with
    singular value σ and one step each the multipliers lie on the unit circle at angle
    :math:`\arccos(1 - \eta_x\eta_y\sigma^2/2)` while :math:`\eta_x\eta_y\sigma^2 < 4`,
    and :math:`x^2/\eta_x + y^2/\eta_y - \sigma x y` is conserved. The order changes
    orbits and energies but, with one step each, never the multipliers.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    k_x, k_y : int
        Inner steps of each player per step of the rule (n_g and n_d of a GAN).
    y_first : bool
        Whether y moves first.

    Notes
    -----
    Also called Gauss–Seidel updates. Many GAN codes train the discriminator first
    (``y_first=True``); the literature on games mostly moves x first, the default here.

    References
    ----------
    Bailey, Gidel, Piliouras, *Finite Regret and Cycles with Fixed Step-Size via
    Alternating Gradient Descent-Ascent*, COLT 2020, Theorem 4 (energy).
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Lemma 2.6.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> Alternating(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.5, 1.25, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltGDA", "AltGD", "GaussSeidel")
    joint: ClassVar[bool | None] = False
    preserves_volume: ClassVar[bool | None] = True

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    k_x: Count = 1
    k_y: Count = 1
    y_first: bool = False

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        if self.y_first:
            y = self.move_y(game, x, y)
        for _ in range(self.k_x):
            x = x - self.lr_x * game.gx(x, y)
        if not self.y_first:
            y = self.move_y(game, x, y)
        return x, y, memory

    def move_y(self, game: Any, x: Any, y: Any) -> Any:
        """Return y after its inner steps at a fixed x."""
        for _ in range(self.k_y):
            y = y - self.lr_y * game.gy(x, y)
        return y

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": self.k_x, "gy": self.k_y}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: k v."""
        return self.k_x * game.gx(x, y), self.k_y * game.gy(x, y)

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.k_x * self.k_y * self.lr_x * self.lr_y * sigma * sigma
        return 1, q - 2, 1

    def energy(self, sigma: Any, x: Any, y: Any) -> Any:
        """Return what play on the bilinear game conserves, for one step each."""
        if self.k_x != 1 or self.k_y != 1:
            return None
        turn = sigma * x * y
        turn = turn if self.y_first else -turn
        return x * x / self.lr_x + y * y / self.lr_y + turn
