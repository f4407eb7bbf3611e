"""The Dirac-GAN whose discriminator has hidden units with fixed weights."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import NonNegative, Real
from gandyn.elementary import contract, tanh
from gandyn.games._arrays import set_array
from gandyn.games._base import VectorGame
from gandyn.games.losses import Loss, Minimax


class FeatureDiracGAN(VectorGame):
    r"""The Dirac-GAN with a discriminator of h fixed tanh units: random features.

    The data are at 0, the generator is the point x, and the logit of a point s being
    fake is :math:`\sum_i y_i \tanh(w_i s)`. With t that of x,

    .. math:: L_x = f_x(t), \qquad L_y = -f_y(t) - f_y(0) + \tfrac{γ}{2} |y|^2

    At the equilibrium (0, 0)

    .. math:: J = \begin{pmatrix} 0 & f'(0) w^T \\ -f'(0) w & γ I \end{pmatrix}

    has one plane of trace γ and determinant f'(0)² |w|², and h - 1 eigenvalues γ: a
    wider discriminator is a steeper one.

    Parameters
    ----------
    loss : Loss or str
    gamma : float
        Weight γ >= 0 of the weight decay on y.
    weights : array of shape (h,)
        The hidden units' weights w.

    References
    ----------
    Rahimi, Recht, *Random Features for Large-Scale Kernel Machines*, NeurIPS 2007;
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Definition 2.1.

    Examples
    --------
    >>> game = FeatureDiracGAN(gamma=0.1, weights=[3.0, -4.0])
    >>> game.jvp(np.zeros(1), np.zeros(2), np.ones(1), np.ones(2))
    (array([-0.5]), array([-1.4,  2.1]))
    """

    aliases: ClassVar[tuple[str, ...]] = ("random features",)
    zero_sum: ClassVar[bool] = False

    loss: Loss = Minimax()
    gamma: NonNegative = 0.0
    weights: Real = (1.0, -0.5)

    def __post_init__(self) -> None:
        set_array(self, "weights", 1)
        super().__post_init__()

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((1,), (h,))``."""
        return (1,), self.weights.shape

    def _units(self, x: Any) -> tuple[Any, Any, Any]:
        """Return the units at x and their first two derivatives."""
        w = contract("i,...->i...", self.weights, 0 * x[0] + 1)
        unit = tanh(w * x)
        slope = w * (1 - unit * unit)
        return unit, slope, -2 * w * unit * slope

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return f_x(t)."""
        return self.loss.value_x((y * self._units(x)[0]).sum(0))

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return -f_y(t) - f_y(0) + γ/2 |y|²."""
        t = (y * self._units(x)[0]).sum(0)
        decay = self.gamma / 2 * (y * y).sum(0)
        return self.loss.value_y(t) + self.loss.value_real(0 * t) + decay

    def gx(self, x: Any, y: Any) -> Any:
        """Return f_x'(t) times the discriminator's slope."""
        unit, slope, _ = self._units(x)
        pull = self.loss.pull_x((y * unit).sum(0))
        return (y * slope).sum(0)[None] * pull

    def gy(self, x: Any, y: Any) -> Any:
        """Return γ y minus f_y'(t) times the units."""
        unit, _, _ = self._units(x)
        return self.gamma * y - unit * self.loss.pull_y((y * unit).sum(0))

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        unit, slope, _ = self._units(x)
        t, steep = (y * unit).sum(0), (y * slope).sum(0)
        return unit * self.loss.pull_x(t), -steep[None] * self.loss.pull_y(t)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        unit, slope, bend = self._units(x)
        t, steep = (y * unit).sum(0), (y * slope).sum(0)
        moved = steep * u[0] + (unit * w).sum(0)
        turned = (y * bend).sum(0) * u[0] + (slope * w).sum(0)
        along = turned * self.loss.pull_x(t) + steep * self.loss.slope_x(t) * moved
        back = slope * u * self.loss.pull_y(t) + unit * self.loss.slope_y(t) * moved
        return along[None], self.gamma * w - back

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ(x, y)·(u, w)."""
        unit, slope, bend = self._units(x)
        t, steep = (y * unit).sum(0), (y * slope).sum(0)
        pull = self.loss.pull_x(t)
        met = steep * self.loss.slope_x(t) * u[0]
        met = met - (unit * w).sum(0) * self.loss.slope_y(t)
        back = (y * bend).sum(0) * u[0] * pull + steep * met
        back = back - (slope * w).sum(0) * self.loss.pull_y(t)
        return back[None], slope * u * pull + unit * met + self.gamma * w

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0)."""
        return [(np.zeros(1), np.zeros(len(self.weights)))]
