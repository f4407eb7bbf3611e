"""Polynomial games of two numbers with several critical points."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from gandyn._node import Real
from gandyn.games._base import ScalarGame


class AdolphsSaddle(ScalarGame):
    r"""A zero-sum game with two stable critical points, one of which is no saddle.

    .. math::
        L_x = 2x^2 + y^2 + 4xy + \tfrac43 y^3 - \tfrac14 y^4 = -L_y, \qquad
        v = \big(4(x + y),\; -2y - 4x - 4y^2 + y^3\big)

    The critical points are (0, 0), :math:`(-2 - \sqrt 2, 2 + \sqrt 2)` and
    :math:`(-2 + \sqrt 2, 2 - \sqrt 2)`. At the first :math:`J = [[4, 4], [-4, -2]]`
    has the eigenvalues :math:`1 \pm i\sqrt 7`: gradient play settles there, although y
    sits in a minimum of its gain. Only the second is a local saddle point, with
    :math:`J = [[4, 4], [-4, 4\sqrt 2]]` and eigenvalues
    :math:`2 + 2\sqrt 2 \pm i\sqrt{4 + 8\sqrt 2}`; the third is a saddle of the flow.

    References
    ----------
    Adolphs, Daneshmand, Lucchi, Hofmann, *Local Saddle Point Optimization: A Curvature
    Exploitation Approach*, AISTATS 2019, Section 3.

    Examples
    --------
    >>> game = AdolphsSaddle()
    >>> game.jacobian(0.0, 0.0)
    (4, 4, -4, -2.0)
    >>> [(round(x, 6), round(y, 6)) for x, y in game.equilibria()]
    [(0.0, 0.0), (-3.414214, 3.414214), (-0.585786, 0.585786)]
    """

    aliases: ClassVar[tuple[str, ...]] = ("Adolphs",)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return 2x² + y² + 4xy + 4y³/3 - y⁴/4."""
        return 2 * x * x + 4 * x * y + y * y * (1 + y * (4 / 3 - y / 4))

    def gx(self, x: Any, y: Any) -> Any:
        """Return 4(x + y)."""
        return 4 * (x + y)

    def gy(self, x: Any, y: Any) -> Any:
        """Return -2y - 4x - 4y² + y³."""
        return y * (y * (y - 4) - 2) - 4 * x

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        return 4, 4, -4, y * (3 * y - 8) - 2

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the origin and the two others, the saddle point first."""
        root = math.sqrt(2)
        return [(0.0, 0.0), (-2 - root, 2 + root), (root - 2, 2 - root)]


class GrimmerQuartic(ScalarGame):
    r"""Two double wells with a bilinear interaction of strength A.

    .. math::
        L_x = (x^2 - 9)(x^2 - 1) + A x y - (y^2 - 9)(y^2 - 1) = -L_y, \qquad
        v = (4x^3 - 20x + A y,\; 4y^3 - 20y - A x)

    The origin, where J has the eigenvalues -20 ± iA, repels the flow for every A. For
    :math:`|A| < 5\sqrt 2` there are nine critical points; at :math:`5\sqrt 2` eight of
    them meet in pairs (folds). For A = 20 the flow has a stable limit cycle of period
    0.342567 around the origin. The proximal point method with
    :math:`η > 10` makes the origin attract for :math:`A^2 > 40η - 400`, where
    :math:`η` is the inverse of its step size.

    Parameters
    ----------
    A : float
        The strength of the interaction.

    References
    ----------
    Grimmer, Lu, Worah, Mirrokni, *The Landscape of the Proximal Point Method for
    Nonconvex-Nonconcave Minimax Optimization*, Mathematical Programming 2023.

    Examples
    --------
    >>> len(GrimmerQuartic(A=7.0).equilibria()), len(GrimmerQuartic(A=7.1).equilibria())
    (9, 1)
    """

    aliases: ClassVar[tuple[str, ...]] = ("Grimmer",)
    cycles: ClassVar[str] = "1 stable"

    A: Real = 10.0

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return (x² - 9)(x² - 1) + A x y - (y² - 9)(y² - 1)."""
        return self._wells(x) + self.A * x * y - self._wells(y)

    def _wells(self, z: Any) -> Any:
        """Return (z² - 9)(z² - 1)."""
        return (z * z - 9) * (z * z - 1)

    def gx(self, x: Any, y: Any) -> Any:
        """Return 4x³ - 20x + A y."""
        return 4 * x * (x * x - 5) + self.A * y

    def gy(self, x: Any, y: Any) -> Any:
        """Return 4y³ - 20y - A x."""
        return 4 * y * (y * y - 5) - self.A * x

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        return 12 * x * x - 20, self.A, -self.A, 12 * y * y - 20

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the origin and the other critical points, the nearest first."""
        from gandyn.games._roots import find_roots

        return find_roots(self)


class LetcherZeroSum(ScalarGame):
    r"""A zero-sum game whose only critical point is a strict maximum of both losses.

    .. math::
        L_x = xy - \tfrac{x^2}{2} + \tfrac{y^2}{2} + \tfrac{x^4}{4} - \tfrac{y^4}{4}
            = -L_y, \qquad
        v = (y - x + x^3,\; -x - y + y^3)

    At the only critical point (0, 0) J has the eigenvalues -1 ± i. Both players run
    away from it, and being coercive their losses keep them in a bounded set: for small
    learning rates no reasonable rule converges.

    References
    ----------
    Letcher, *On the Impossibility of Global Convergence in Multi-Loss Optimization*,
    ICLR 2021.

    Examples
    --------
    >>> LetcherZeroSum().jacobian(0.0, 0.0)
    (-1.0, 1, -1, -1.0)
    """

    cycles: ClassVar[str] = "1 stable"

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return xy - x²/2 + y²/2 + x⁴/4 - y⁴/4."""
        return x * y - x * x * (2 - x * x) / 4 + y * y * (2 - y * y) / 4

    def gx(self, x: Any, y: Any) -> Any:
        """Return y - x + x³."""
        return y - x * (1 - x * x)

    def gy(self, x: Any, y: Any) -> Any:
        """Return -x - y + y³."""
        return -x - y * (1 - y * y)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        return 3 * x * x - 1, 1, -1, 3 * y * y - 1

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0), the only one."""
        return [(0.0, 0.0)]


class LetcherMarket(ScalarGame):
    r"""A market: zero-sum interaction, coercive losses, no satisfactory outcome.

    .. math::
        L_x &= \tfrac{x^6}{6} - \tfrac{x^2}{2} + xy + q(x, y), \\
        L_y &= \tfrac{y^6}{6} - \tfrac{y^2}{2} - xy - q(x, y), \\
        q &= \tfrac 14 \left(\frac{y^4}{1 + x^2} - \frac{x^2}{1 + y^2}\right)

    The only critical point (0, 0), where
    :math:`J = [[-\tfrac 32, 1], [-1, -1]]`, is a strict maximum of both losses. The
    orbits of the flow end on a limit cycle.

    References
    ----------
    Letcher, *On the Impossibility of Global Convergence in Multi-Loss Optimization*,
    ICLR 2021, Theorem 1.

    Examples
    --------
    >>> LetcherMarket().jacobian(0.0, 0.0)
    (-1.5, 1.0, -1.0, -1.0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("Letcher", "market")
    zero_sum: ClassVar[bool] = False
    cycles: ClassVar[str] = "1 stable"

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return x⁶/6 - x²/2 + xy + q."""
        return self._well(x) + x * y + self._exchange(x, y)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return y⁶/6 - y²/2 - xy - q."""
        return self._well(y) - x * y - self._exchange(x, y)

    def _well(self, z: Any) -> Any:
        """Return z⁶/6 - z²/2."""
        square = z * z
        return square * (square * square - 3) / 6

    def _exchange(self, x: Any, y: Any) -> Any:
        """Return q, which x pays to y."""
        square_x, square_y = x * x, y * y
        return (square_y * square_y / (1 + square_x) - square_x / (1 + square_y)) / 4

    def gx(self, x: Any, y: Any) -> Any:
        """Return x⁵ - x + y + ∂q/∂x."""
        square_x, square_y = x * x, y * y
        p, q = 1 + square_x, 1 + square_y
        pull = square_y * square_y / (p * p) + 1 / q
        return x * (square_x * square_x - 1 - pull / 2) + y

    def gy(self, x: Any, y: Any) -> Any:
        """Return y⁵ - y - x - ∂q/∂y."""
        square_x, square_y = x * x, y * y
        p, q = 1 + square_x, 1 + square_y
        pull = square_y / p + square_x / (2 * q * q)
        return y * (square_y * square_y - 1 - pull) - x

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        square_x, square_y = x * x, y * y
        p, q = 1 + square_x, 1 + square_y
        first = square_y / p + square_x / (2 * q * q)
        second = square_y * square_y / (p * p) + 1 / q
        return x + y * first, x * second / 2 - y

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        square_x, square_y = x * x, y * y
        p, q = 1 + square_x, 1 + square_y
        cross = x * y * (1 / (q * q) - 2 * square_y / (p * p))
        bend_x = square_y * square_y * (1 - 3 * square_x) / (p * p * p) + 1 / q
        bend_y = 6 * square_y / p + square_x * (1 - 3 * square_y) / (q * q * q)
        return (
            5 * square_x * square_x - 1 - bend_x / 2,
            1 + cross,
            -1 - cross,
            5 * square_y * square_y - 1 - bend_y / 2,
        )

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0), the only one."""
        return [(0.0, 0.0)]
