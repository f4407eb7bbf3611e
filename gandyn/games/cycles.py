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
    reaches x = ±1.25442 and y = ±1.15968.

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
    cycles: ClassVar[str] = "1 stable"

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


class Forsaken(ScalarGame):
    r"""The forsaken game: a stable min-max point shielded by an unstable cycle.

    .. math::
        L_x = x (y - s) + φ(x) - φ(y) = -L_y, \qquad
        φ(z) = \tfrac{z^2}{4} - \tfrac{z^4}{2} + \tfrac{z^6}{6}

    so that :math:`v = (y - s + φ'(x),\; -x + φ'(y))` with
    :math:`φ'(z) = z/2 - 2z^3 + z^5`. For s = 0.45 the only critical point is
    (0.0780267, 0.411934), a stable focus of the flow: the eigenvalues of J are
    0.044746 ± 0.908028i. An unstable limit cycle of period 7.169878 around it (x from
    -0.1757 to 0.2282) keeps orbits out; they end on a stable limit cycle of period
    7.548004 that holds no critical point.

    Parameters
    ----------
    offset : float
        The offset s of y.

    References
    ----------
    Hsieh, Mertikopoulos, Cevher, *The Limits of Min-Max Optimization Algorithms:
    Convergence to Spurious Non-Critical Sets*, ICML 2021, Section 5.

    Examples
    --------
    >>> [(x, y)] = Forsaken().equilibria()
    >>> round(x, 6), round(y, 6)
    (0.078027, 0.411934)
    """

    cycles: ClassVar[str] = "1 unstable inside 1 stable"

    offset: Real = 0.45

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return x(y - s) + φ(x) - φ(y)."""
        return x * (y - self.offset) + self._potential(x) - self._potential(y)

    def _potential(self, z: Any) -> Any:
        """Return φ(z)."""
        square = z * z
        return square * (3 - square * (6 - 2 * square)) / 12

    def _slope(self, z: Any) -> Any:
        """Return φ'(z)."""
        square = z * z
        return z * (1 - square * (4 - 2 * square)) / 2

    def _curvature(self, z: Any) -> Any:
        """Return φ''(z)."""
        square = z * z
        return (1 - square * (12 - 10 * square)) / 2

    def gx(self, x: Any, y: Any) -> Any:
        """Return y - s + φ'(x)."""
        return y - self.offset + self._slope(x)

    def gy(self, x: Any, y: Any) -> Any:
        """Return -x + φ'(y)."""
        return self._slope(y) - x

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        return self._curvature(x), 1, -1, self._curvature(y)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the critical points that Newton's method finds on [-4, 4]²."""
        from gandyn.games._roots import find_roots

        return find_roots(self)


class GlobalForsaken(Forsaken):
    r"""A forsaken game with a weak Minty solution at the origin.

    .. math::
        L_x = xy + φ(x) - φ(y) = -L_y, \qquad
        φ(z) = \tfrac{z^2}{3} - \tfrac{z^4}{3} + \tfrac{2z^6}{21}

    Here :math:`v = (y + φ'(x),\; -x + φ'(y))` with
    :math:`φ'(z) = \tfrac 23 z - \tfrac 43 z^3 + \tfrac 47 z^5`; at (0, 0) the
    eigenvalues of J are 2/3 ± i, and limit cycles surround it.

    Parameters
    ----------
    offset : float
        The offset s of y, 0 in the paper.

    References
    ----------
    Pethick, Latafat, Patrinos, Fercoq, Cevher, *Escaping Limit Cycles: Global
    Convergence for Constrained Nonconvex-Nonconcave Minimax Problems*, ICLR 2022.

    Examples
    --------
    >>> GlobalForsaken().equilibria()[0]
    (0.0, 0.0)
    """

    offset: Real = 0.0

    def _potential(self, z: Any) -> Any:
        """Return φ(z)."""
        square = z * z
        return square * (7 - square * (7 - 2 * square)) / 21

    def _slope(self, z: Any) -> Any:
        """Return φ'(z)."""
        square = z * z
        return 2 * z * (7 - square * (14 - 6 * square)) / 21

    def _curvature(self, z: Any) -> Any:
        """Return φ''(z)."""
        square = z * z
        return 2 * (7 - square * (42 - 30 * square)) / 21
