"""A polynomial game of two vectors with a min-max point and a Nash equilibrium."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import Positive
from gandyn.elementary import sqrt, stack
from gandyn.games._base import VectorGame


class PolynomialGame(VectorGame):
    r"""A zero-sum game of four coordinates with two critical points of different kinds.

    With the players (x₁, x₂) and (y₁, y₂),

    .. math::
        L_x = b (x_1 - 1)^2 Q + x_1^2 R = -L_y, \qquad
        R = (x_1 - 1)^2 + (x_2 - 1)^2 - (y_1 - 1)^2 - (y_2 - 1)^2, \\
        Q = a x_1^2 + 2\sqrt a\, x_1 y_1 + \tfrac a2 y_1^2 - \tfrac12 x_2^2
            + 2\sqrt a\, x_2 y_2 - a y_2^2

    (1, 1, 1, 1) is a strict local Nash equilibrium, stable for every ratio τ of the
    rates. The origin is no Nash equilibrium; it is stable for large τ alone.

    Parameters
    ----------
    a, b : float
        The coefficients, > 0.

    References
    ----------
    Fiez, Ratliff, *Local Convergence Analysis of Gradient Descent Ascent with Finite
    Timescale Separation*, ICLR 2021.

    Examples
    --------
    >>> game = PolynomialGame(a=1.0, b=1.25)
    >>> ones = np.ones(2)
    >>> game.jvp(ones, ones, np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    (array([12.,  0.]), array([-0.,  2.]))
    """

    aliases: ClassVar[tuple[str, ...]] = ("PolyNN",)

    a: Positive = 1.0
    b: Positive = 1.25

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((2,), (2,))``."""
        return (2,), (2,)

    def _quadratic(self, x: Any, y: Any) -> Any:
        """Return Q."""
        p, q = self._quadratic_slope(x, y)
        return (x[0] * p[0] + x[1] * p[1] + y[0] * q[0] + y[1] * q[1]) / 2

    def _quadratic_slope(self, x: Any, y: Any) -> Any:
        """Return the gradients of Q, linear in (x, y)."""
        root = 2 * sqrt(self.a)
        first = stack(2 * self.a * x[0] + root * y[0], root * y[1] - x[1])
        second = stack(root * x[0] + self.a * y[0], root * x[1] - 2 * self.a * y[1])
        return first, second

    def _well(self, z: Any) -> Any:
        """Return |z - 1|², a player's part of R."""
        return (z[0] - 1) * (z[0] - 1) + (z[1] - 1) * (z[1] - 1)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return b(x₁ - 1)² Q + x₁² R."""
        depth = x[0] * x[0] * (self._well(x) - self._well(y))
        return self.b * (x[0] - 1) * (x[0] - 1) * self._quadratic(x, y) + depth

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        p, _ = self._quadratic_slope(x, y)
        s = x[0] - 1
        extra = 2 * self.b * s * self._quadratic(x, y)
        extra = extra + 2 * x[0] * (self._well(x) - self._well(y))
        own = self.b * s * s * p + 2 * x[0] * x[0] * (x - 1)
        return own + stack(extra, 0 * extra)

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        _, q = self._quadratic_slope(x, y)
        s = x[0] - 1
        return 2 * x[0] * x[0] * (y - 1) - self.b * s * s * q

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        p, q = self._quadratic_slope(x, y)
        dp, dq = self._quadratic_slope(u, w)
        s, c = x[0] - 1, 2 * self.b
        d_quadratic = u[0] * p[0] + u[1] * p[1] + w[0] * q[0] + w[1] * q[1]
        depth = self._well(x) - self._well(y)
        d_depth = 2 * (u[0] * s + u[1] * (x[1] - 1))
        d_depth = d_depth - 2 * (w[0] * (y[0] - 1) + w[1] * (y[1] - 1))
        extra = c * (u[0] * self._quadratic(x, y) + s * d_quadratic)
        extra = extra + 2 * (u[0] * depth + x[0] * d_depth)
        turn, square = 4 * x[0] * u[0], 2 * x[0] * x[0]
        first = c * s * u[0] * p + self.b * s * s * dp + turn * (x - 1) + square * u
        second = c * s * u[0] * q + self.b * s * s * dq - turn * (y - 1) - square * w
        return first + stack(extra, 0 * extra), -second

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the origin and (1, 1, 1, 1)."""
        return [(np.zeros(2), np.zeros(2)), (np.ones(2), np.ones(2))]
