"""Hidden games: players meet through functions of their parameters."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from gandyn._node import Fraction01
from gandyn.elementary import sigmoid
from gandyn.games._base import ScalarGame


class HiddenBilinear(ScalarGame):
    r"""A bilinear game of two probabilities, each the sigmoid of a parameter.

    .. math::
        L_x = (σ(x) - p)(σ(y) - q) = -L_y, \qquad
        v = \big(σ'(x)(σ(y) - q),\; -(σ(x) - p)σ'(y)\big)

    The equilibrium is (logit p, logit q), where J has the eigenvalues
    :math:`\pm i\, p(1 - p)\, q(1 - q)`. The flow circles around it and conserves
    :math:`h_p(x) + h_q(y)` with :math:`h_r(t) = (1 - 2r)t + (1 - r)e^t + r e^{-t}`.

    Parameters
    ----------
    p, q : float
        The hidden equilibrium, in [0, 1].

    References
    ----------
    Vlatakis-Gkaragkounis, Flokas, Piliouras, *Poincaré Recurrence, Cycles and Spurious
    Equilibria in Gradient-Descent-Ascent for Non-Convex Non-Concave Zero-Sum Games*,
    NeurIPS 2019.

    Examples
    --------
    >>> HiddenBilinear(p=0.5, q=0.5).gx(0.0, 0.0)
    0.0
    """

    aliases: ClassVar[tuple[str, ...]] = ("hidden",)
    cycles: ClassVar[str] = "every orbit"

    p: Fraction01 = 0.5
    q: Fraction01 = 0.5

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return (σ(x) - p)(σ(y) - q)."""
        return (sigmoid(x) - self.p) * (sigmoid(y) - self.q)

    def gx(self, x: Any, y: Any) -> Any:
        """Return σ'(x)(σ(y) - q)."""
        s = sigmoid(x)
        return s * (1 - s) * (sigmoid(y) - self.q)

    def gy(self, x: Any, y: Any) -> Any:
        """Return -(σ(x) - p)σ'(y)."""
        s = sigmoid(y)
        return -(sigmoid(x) - self.p) * s * (1 - s)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        s, r = sigmoid(x), sigmoid(y)
        slope_x, slope_y = s * (1 - s), r * (1 - r)
        return (
            slope_x * (1 - 2 * s) * (r - self.q),
            slope_x * slope_y,
            -slope_x * slope_y,
            -(s - self.p) * slope_y * (1 - 2 * r),
        )

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (logit p, logit q); nothing where it is at infinity."""
        if not (0 < self.p < 1 and 0 < self.q < 1):
            return []
        x, y = math.log(self.p / (1 - self.p)), math.log(self.q / (1 - self.q))
        return [(x, y)]
