"""GANs whose generator may use a code, or leave it to noise."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from gandyn._node import NonNegative, Positive
from gandyn.elementary import log, stack
from gandyn.games._base import VectorGame


class InformationGAN(VectorGame):
    r"""A linear generator of a code and a latent, paid for what tells of the code.

    The fakes are a c + b z + ε with a code c, a latent z, both of variance 1, and noise
    ε of variance σ²; the data have the variance S + σ², and the critic is D(u) = w u²:

    .. math::
        L_x = w (S - a^2 - b^2) - β I, \quad
        L_y = -w (S - a^2 - b^2) + \tfrac{γ}{2} w^2, \quad
        I = \tfrac12 \log\frac{a^2 + b^2 + σ^2}{b^2 + σ^2},

    I being the mutual information of fakes and code, for normal c and z. Players are
    x = (a, b) and y = (w). Without the regulariser, β = 0, a² + b² = S is a circle of
    equilibria. With it the one that uses the code, b = 0, has w = -β/2A with
    :math:`A = a^2 + σ^2 = ½(S + σ^2) + ½\sqrt{(S + σ^2)^2 + 2γβ}`, and the one that
    ignores it, a = 0, is a saddle.

    Parameters
    ----------
    second_moment : float
        S > 0.
    noise_var : float
        σ² > 0.
    information : float
        β >= 0.
    gamma : float
        The weight γ >= 0 of the decay of w.

    References
    ----------
    Chen, Duan, Houthooft, Schulman, Sutskever, Abbeel, *InfoGAN*, NeurIPS 2016,
    Equation 3.

    Examples
    --------
    >>> game = InformationGAN(information=0.0)
    >>> game.gx(np.array([0.6, 0.8]), np.array([1.0]))
    array([-1.2, -1.6])
    """

    aliases: ClassVar[tuple[str, ...]] = ("InfoGAN", "hierarchical latents")
    zero_sum: ClassVar[bool] = False

    second_moment: Positive = 1.0
    noise_var: Positive = 0.1
    information: NonNegative = 0.1
    gamma: NonNegative = 0.2

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((2,), (1,))``."""
        return (2,), (1,)

    def _variances(self, x: Any) -> Any:
        """Return b² + σ² and a² + b² + σ²."""
        unseen = x[1] * x[1] + self.noise_var
        return unseen, x[0] * x[0] + unseen

    def _missing(self, x: Any) -> Any:
        """Return S - a² - b²."""
        return self.second_moment - (x * x).sum(0)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return w (S - a² - b²) - β I."""
        unseen, whole = self._variances(x)
        told = log(whole / unseen) / 2
        return y[0] * self._missing(x) - self.information * told

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return -w (S - a² - b²) + γ/2 w²."""
        return y[0] * (self.gamma / 2 * y[0] - self._missing(x))

    def gx(self, x: Any, y: Any) -> Any:
        """Return -2w (a, b) - β ∇I."""
        unseen, whole = self._variances(x)
        common = -2 * y[0] - self.information / whole
        of_b = x[1] * (common + self.information / unseen)
        return stack(x[0] * common, of_b)

    def gy(self, x: Any, y: Any) -> Any:
        """Return γ w - (S - a² - b²)."""
        return self.gamma * y - self._missing(x)[None]

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        return self._missing(x)[None], 2 * y * x

    def _bent(self, x: Any, y: Any, u: Any) -> Any:
        """Return the Hessian of L_x in x times u."""
        unseen, whole = self._variances(x)
        common = -2 * y[0] - self.information / whole
        tilt = 2 * self.information * (x * u).sum(0) / (whole * whole)
        own = self.information * (unseen - 2 * x[1] * x[1]) / (unseen * unseen)
        of_b = common * u[1] + tilt * x[1] + own * u[1]
        return stack(common * u[0] + tilt * x[0], of_b)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        of_y = self.gamma * w + 2 * (x * u).sum(0)[None]
        return self._bent(x, y, u) - 2 * w * x, of_y

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ(x, y)·(u, w)."""
        of_y = self.gamma * w - 2 * (x * u).sum(0)[None]
        return self._bent(x, y, u) + 2 * w * x, of_y

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return that which uses the code and that which ignores it."""
        own = self.second_moment + self.noise_var
        whole = (own + math.sqrt(own * own + 2 * self.gamma * self.information)) / 2
        code = math.sqrt(whole - self.noise_var)
        ignored = math.sqrt(self.second_moment)
        return [
            (np.array([code, 0.0]), np.array([-self.information / (2 * whole)])),
            (np.array([0.0, ignored]), np.zeros(1)),
        ]
