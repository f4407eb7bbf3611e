"""Games whose local min-max points need not be Nash: the ratio of rates decides."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from gandyn._node import Real
from gandyn.elementary import cos, exp, sin
from gandyn.games._base import ScalarGame


class TorusGame(ScalarGame):
    r"""A zero-sum game of two angles.

    .. math::
        L_x = -a \cos x + \cos(x - y) + b \cos y = -L_y

    Of the critical points (0, 0), (π, π), (0, π) and (π, 0), the first is a local
    min-max point that is not Nash for a < 1: with the rates lr_y = τ lr_x the flow is
    stable there iff :math:`τ > (1 - a)/(1 + b)`, and at (π, π) iff
    :math:`τ > (1 + a)/(1 - b)`. At (0, 0) :math:`J = [[a - 1, 1], [-1, 1 + b]]`.

    Parameters
    ----------
    a, b : float
        The weights of the players' own terms.

    References
    ----------
    Fiez, Ratliff, *Local Convergence Analysis of Gradient Descent Ascent with Finite
    Timescale Separation*, ICLR 2021, Section 5.

    Examples
    --------
    >>> TorusGame(a=0.25, b=0.5).jacobian(0.0, 0.0)
    (-0.75, 1.0, -1.0, 1.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("torus",)
    cycles: ClassVar[str] = "a family around (π, 0)"

    a: Real = 0.15
    b: Real = 0.15

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return -a cos x + cos(x - y) + b cos y."""
        return cos(x - y) - self.a * cos(x) + self.b * cos(y)

    def gx(self, x: Any, y: Any) -> Any:
        """Return a sin x - sin(x - y)."""
        return self.a * sin(x) - sin(x - y)

    def gy(self, x: Any, y: Any) -> Any:
        """Return b sin y - sin(x - y)."""
        return self.b * sin(y) - sin(x - y)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        c = cos(x - y)
        return self.a * cos(x) - c, c, -c, c + self.b * cos(y)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0), (π, π), (0, π) and (π, 0); there may be more."""
        corners = ((0, 0), (1, 1), (0, 1), (1, 0))
        return [(i * math.pi, j * math.pi) for i, j in corners]


class GaussianHills(ScalarGame):
    r"""A damped quartic landscape with several local min-max points.

    .. math::
        L_x = -e^{-(x^2 + y^2)/100}
            \left((0.3 x^2 + y)^2 + (0.3 y^2 + x)^2\right) = -L_y

    At the critical point (-11.0297385, -11.0297385), which isn't Nash, the flow with
    the rates lr_y = τ lr_x is stable iff τ > 1; (10.5721640, -8.9517392) is a strict
    local Nash equilibrium, stable for every τ > 0.

    References
    ----------
    Fiez, Ratliff, *Local Convergence Analysis of Gradient Descent Ascent with Finite
    Timescale Separation*, ICLR 2021, Section 5.

    Examples
    --------
    >>> [round(float(z), 7) for z in GaussianHills().equilibria()[0]]
    [-11.0297385, -11.0297385]
    """

    cycles: ClassVar[str] = "a family around the first"

    def _quartic(self, x: Any, y: Any) -> Any:
        """Return P = (0.3x² + y)² + (0.3y² + x)²."""
        first, second = 0.3 * x * x + y, 0.3 * y * y + x
        return first * first + second * second

    def _tilt(self, x: Any, y: Any) -> Any:
        """Return ∂P/∂x; ∂P/∂y is the same with the players exchanged."""
        return 1.2 * x * (0.3 * x * x + y) + 2 * (0.3 * y * y + x)

    def _damping(self, x: Any, y: Any) -> Any:
        """Return exp(-(x² + y²)/100)."""
        return exp(-(x * x + y * y) / 100)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return -exp(-(x² + y²)/100) P."""
        return -self._damping(x, y) * self._quartic(x, y)

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        pull = x * self._quartic(x, y) / 50 - self._tilt(x, y)
        return self._damping(x, y) * pull

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        pull = y * self._quartic(x, y) / 50 - self._tilt(y, x)
        return -self._damping(x, y) * pull

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        scale, p = self._damping(x, y), self._quartic(x, y)
        p_x, p_y = self._tilt(x, y), self._tilt(y, x)
        p_xx = 1.08 * x * x + 1.2 * y + 2
        p_yy = 1.08 * y * y + 1.2 * x + 2
        f_xx = p_xx - x * p_x / 25 + (x * x / 2500 - 0.02) * p
        f_yy = p_yy - y * p_y / 25 + (y * y / 2500 - 0.02) * p
        f_xy = 1.2 * (x + y) - (x * p_y + y * p_x) / 50 + x * y * p / 2500
        return -scale * f_xx, -scale * f_xy, scale * f_xy, scale * f_yy

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the two points above, the second's mirror image, and the origin."""
        from gandyn.games._roots import refined_root

        near = ((-11.03, -11.03), (10.57, -8.95), (-8.95, 10.57))
        return [*(refined_root(self, x, y) for x, y in near), (0.0, 0.0)]
