"""Games whose flow has limit cycles that shield, or replace, an equilibrium."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Real
from gandyn.games._base import ScalarGame


class AlmostBilinear(ScalarGame):
    r"""A bilinear game with a small quartic: a limit cycle around nothing of interest.

    .. math::
        L_x = xy + ε\left(\tfrac{y^2}{2} - \tfrac{y^4}{4}\right) = -L_y, \qquad
        v = (y,\; -x - ε(y - y^3))

    The only critical point is (0, 0), where :math:`J = [[0, 1], [-1, -ε]]` has
    eigenvalues :math:`-ε/2 \pm i\sqrt{1 - ε^2/4}`: unstable for ε > 0. Every other
    orbit of the flow ends on one limit cycle, a circle of radius
    :math:`2/\sqrt 3 ≈ 1.1547` as ε → 0, which holds no critical point. For ε = 1 it
    reaches :math:`|x| = 1.25442` and :math:`|y| = 1.15968`.

    Parameters
    ----------
    eps : float
        The size ε of the perturbation.

    References
    ----------
    Hsieh, Mertikopoulos, Cevher, *The Limits of Min-Max Optimization Algorithms:
    Convergence to Spurious Non-Critical Sets*, ICML 2021, Section 5.

    Examples
    --------
    >>> AlmostBilinear(eps=0.5).jacobian(0.0, 0.0)
    (0, 1, -1, -0.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("Hsieh",)

    eps: Real = 0.1

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return xy + ε(y²/2 - y⁴/4)."""
        return x * y + self.eps * y * y * (2 - y * y) / 4

    def gx(self, x: Any, y: Any) -> Any:
        """Return y."""
        return y + 0 * x

    def gy(self, x: Any, y: Any) -> Any:
        """Return -x - ε(y - y³)."""
        return -x - self.eps * y * (1 - y * y)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        return 0, 1, -1, -self.eps * (1 - 3 * y * y)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0), the only one."""
        return [(0.0, 0.0)]
