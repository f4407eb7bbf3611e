"""GANs whose discriminator picks the real point among fakes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, NonNegative, Positive
from gandyn.elementary import exp, log
from gandyn.games._base import VectorGame


class InfoNCEDiracGAN(VectorGame):
    r"""The zero-sum InfoNCE game of one real point at 0 and K fakes on a line.

    The discriminator D(s) = y s raises the logits of fakes; with tⱼ = xⱼ y and the
    temperature τ its loss is the cross entropy of picking the real point,

    .. math::
        L_y = \log\Big(1 + \sum_j e^{-t_j/τ}\Big) + \tfrac{γ}{2} y^2, \qquad
        L_x = -\log\Big(1 + \sum_j e^{-t_j/τ}\Big).

    Fake j has the weight :math:`p_j = e^{-t_j/τ}/(1 + \sum_i e^{-t_i/τ})` in both
    gradients. With ``shared`` all K fakes sit at one point, and x is that point. At the
    equilibrium (0, 0) the damping is γ and the coupling c = K/((K + 1)τ) for shared
    fakes, √K/((K + 1)τ) for separate ones, whose differences are neutral: simultaneous
    play is stable for lr < γ/c², if γ < 2c. One fake with τ = 1 is the logistic
    Dirac-GAN.

    Parameters
    ----------
    negatives : int
        K.
    shared : bool
        Whether all fakes are at one point.
    temperature : float
        τ > 0.
    gamma : float
        The weight γ >= 0 of R1.

    References
    ----------
    van den Oord, Li, Vinyals, *Representation Learning with Contrastive Predictive
    Coding*, 2018, Equation 4.

    Examples
    --------
    >>> game = InfoNCEDiracGAN(negatives=3)
    >>> game.gx(np.zeros(3), np.ones(1)), game.gy(np.ones(3), np.zeros(1))
    (array([0.25, 0.25, 0.25]), array([-0.75]))
    """

    aliases: ClassVar[tuple[str, ...]] = ("InfoNCE",)
    zero_sum: ClassVar[bool] = False

    negatives: Count = 3
    shared: bool = False
    temperature: Positive = 1.0
    gamma: NonNegative = 0.1

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((K,), (1,))``, or ``((1,), (1,))`` if shared."""
        return (1 if self.shared else self.negatives,), (1,)

    def _copies(self) -> int:
        return self.negatives if self.shared else 1

    def _entropy(self, x: Any, y: Any) -> Any:
        odds = exp(-x * y / self.temperature).sum(0)
        return log(1 + self._copies() * odds)

    def _weights(self, t: Any) -> Any:
        """Return each point's p, copies together; no logit makes it inf/inf."""
        odds = exp(t[:, None] - t[None]).sum(1)
        return 1 / (exp(t) / self._copies() + odds)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return -log(1 + Σ e^(-t/τ))."""
        return -self._entropy(x, y)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return log(1 + Σ e^(-t/τ)) + γ/2 y²."""
        return self._entropy(x, y) + self.gamma / 2 * (y * y).sum(0)

    def gx(self, x: Any, y: Any) -> Any:
        """Return p y/τ."""
        return self._weights(x * y / self.temperature) * y / self.temperature

    def gy(self, x: Any, y: Any) -> Any:
        """Return γ y - p·x/τ."""
        pull = self._weights(x * y / self.temperature) * x / self.temperature
        return self.gamma * y - pull.sum(0)[None]

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        return self.gamma * y - self.gy(x, y), -self.gx(x, y)

    def _half(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return the Hessian of L_x times (u, w)."""
        p = self._weights(x * y / self.temperature)
        change = (u * y + x * w) / self.temperature
        moved = p * ((p * change).sum(0) - change)
        of_x = (moved * y + p * w) / self.temperature
        return of_x, ((moved * x + p * u) / self.temperature).sum(0)[None]

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        of_x, of_y = self._half(x, y, u, w)
        return of_x, self.gamma * w - of_y

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ(x, y)·(u, w): that of a zero-sum game, with damping."""
        of_x, of_y = self._half(x, y, u, -w)
        return of_x, of_y + self.gamma * w

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0)."""
        return [(np.zeros(self.shape[0]), np.zeros(1))]
