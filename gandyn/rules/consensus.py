"""Rules that descend the norm of the field as well, or nothing else."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import NonNegative, Positive
from gandyn.rules._base import Rule
from gandyn.rules._orders import _GaussSeidel


class Consensus(Rule):
    r"""Consensus optimization (CO): each player also descends γ/2·‖v‖².

    .. math::
        z_{t+1} = z_t - \eta\,(v + γ J^T v)(z_t)

    On the bilinear game with singular value σ (one learning rate) the multipliers are
    :math:`1 - \eta γσ^2 \mp i\eta σ`, stable iff :math:`\eta < 2γ/(1 + γ^2σ^2)`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both. They multiply both terms.
    gamma : float
        Weight of the consensus term, >= 0, in units of the learning rate.

    Notes
    -----
    The gradient of γ/2·‖v‖² is γ Jᵀv, without a factor ½; codes that penalise γ‖v‖²
    have twice this γ.

    References
    ----------
    Mescheder, Nowozin, Geiger, *The Numerics of GANs*, NeurIPS 2017, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> Consensus(lr=0.5, gamma=1.0).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("CO", "ConOpt")
    second_order: ClassVar[bool] = True
    joint: ClassVar[bool | None] = True
    rate_times_loss: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (({"gamma": 0.0}, "Simultaneous"),)

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    gamma: NonNegative = 1.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, cy = game.vjp(x, y, gx, gy)
        next_x = x - self.lr_x * (gx + self.gamma * cx)
        return next_x, y - self.lr_y * (gy + self.gamma * cy), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "vjp": 1}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: v + γ Jᵀv."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, cy = game.vjp(x, y, gx, gy)
        return gx + self.gamma * cx, gy + self.gamma * cy

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        p = 1 - self.lr_x * self.gamma * sigma * sigma
        s = 1 - self.lr_y * self.gamma * sigma * sigma
        return 1, -p - s, p * s + q


class AlternatingConsensus(_GaussSeidel):
    r"""Alternating consensus optimization: y's terms are taken at the new x.

    As `Consensus`. On the bilinear game with singular value σ the multipliers solve
    :math:`λ^2 - (p + s - \eta_x\eta_yσ^2)λ + ps = 0` with
    :math:`p = 1 - \eta_xγσ^2`, :math:`s = 1 - \eta_yγσ^2`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both. They multiply both terms.
    gamma : float
        Weight of the consensus term, >= 0, in units of the learning rate.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Mescheder, Nowozin, Geiger, *The Numerics of GANs*, NeurIPS 2017, Algorithm 1 (for
    the simultaneous rule).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> AlternatingConsensus(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ((), ()))
    (0.0, 0.5, ((), ()))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltCO",)
    second_order: ClassVar[bool] = True
    rate_times_loss: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (({"gamma": 0.0}, "Alternating"),)

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    gamma: NonNegative = 1.0

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x after its move, and its memory."""
        gx = game.gx(x, y)
        cx, _ = game.vjp(x, y, gx, game.gy(x, y))
        return x - self.lr_x * (gx + self.gamma * cx), memory

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y after its move, and its memory."""
        gy = game.gy(x, y)
        _, cy = game.vjp(x, y, game.gx(x, y), gy)
        return y - self.lr_y * (gy + self.gamma * cy), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 2, "gy": 2, "vjp": 2}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: v + γ Jᵀv."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, cy = game.vjp(x, y, gx, gy)
        return gx + self.gamma * cx, gy + self.gamma * cy

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        p = 1 - self.lr_x * self.gamma * sigma * sigma
        s = 1 - self.lr_y * self.gamma * sigma * sigma
        return 1, q - p - s, p * s


class HamiltonianGradientDescent(Rule):
    r"""Hamiltonian gradient descent (HGD): descend ½‖v‖² and nothing else.

    .. math::
        z_{t+1} = z_t - \eta\,J^T v(z_t)

    On the bilinear game with singular value σ the multipliers are
    :math:`1 - \eta_xσ^2` and :math:`1 - \eta_yσ^2`: for singular values from s to S the
    best common rate is :math:`2/(s^2 + S^2)`, with
    :math:`ρ = (κ^2 - 1)/(κ^2 + 1)`, κ = S/s.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.

    Notes
    -----
    It is drawn to every critical point of the field, stable for the players or not, and
    to points where Jᵀv = 0 with v ≠ 0.

    References
    ----------
    Abernethy, Lai, Wibisono, *Last-iterate convergence rates for min-max optimization:
    convergence of Hamiltonian gradient descent and consensus optimization*, ALT 2021.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> HamiltonianGradientDescent(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.5, 0.5, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("HGD",)
    second_order: ClassVar[bool] = True
    joint: ClassVar[bool | None] = True
    rate_times_loss: ClassVar[bool | None] = False

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        cx, cy = game.vjp(x, y, game.gx(x, y), game.gy(x, y))
        return x - self.lr_x * cx, y - self.lr_y * cy, memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "vjp": 1}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: Jᵀv."""
        return game.vjp(x, y, game.gx(x, y), game.gy(x, y))

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        p = 1 - self.lr_x * sigma * sigma
        s = 1 - self.lr_y * sigma * sigma
        return 1, -p - s, p * s


class JacobianRegularisation(Rule):
    r"""JARE: each player also descends γ/2·‖the other player's gradient‖².

    .. math::
        x_{t+1} = x_t - \eta_x (g_x + γ J_{yx}^T g_y), \qquad
        y_{t+1} = y_t - \eta_y (g_y + γ J_{xy}^T g_x)

    On a bilinear game it equals `Consensus`; in general it leaves out the products of
    consensus with the diagonal blocks of J.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both. They multiply both terms.
    gamma : float
        Weight of the regulariser, >= 0.

    References
    ----------
    Nie, Patel, *Towards a Better Understanding and Regularization of GAN Training
    Dynamics*, UAI 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> JacobianRegularisation(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("JARE",)
    second_order: ClassVar[bool] = True
    joint: ClassVar[bool | None] = False
    rate_times_loss: ClassVar[bool | None] = False
    reduces: ClassVar[tuple[Any, ...]] = (({"gamma": 0.0}, "Simultaneous"),)

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    gamma: NonNegative = 1.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, _ = game.vjp(x, y, 0 * gx, gy)
        _, cy = game.vjp(x, y, gx, 0 * gy)
        next_x = x - self.lr_x * (gx + self.gamma * cx)
        return next_x, y - self.lr_y * (gy + self.gamma * cy), memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "vjp": 2}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: v + γ J_offᵀ v."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, _ = game.vjp(x, y, 0 * gx, gy)
        _, cy = game.vjp(x, y, gx, 0 * gy)
        return gx + self.gamma * cx, gy + self.gamma * cy

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        p = 1 - self.lr_x * self.gamma * sigma * sigma
        s = 1 - self.lr_y * self.gamma * sigma * sigma
        return 1, -p - s, p * s + q
