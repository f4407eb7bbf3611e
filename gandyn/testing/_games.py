"""Games that tests need beside those of the catalogue."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, NonNegative, Positive, Real
from gandyn.elementary import clip, dot, solve_implicit, stack, tanh
from gandyn.games import Game, ScalarGame
from gandyn.games._base import VectorGame
from gandyn.games.bilinear import Bilinear


class BoundedBilinear(Bilinear):
    """The bilinear game whose players' coordinates stay in [-bound, bound].

    Only rules that call ``project`` take notice.

    Examples
    --------
    >>> BoundedBilinear(1.0, bound=0.5).project(2.0, 0.25)
    (0.5, 0.25)
    """

    bound: Positive = 1.0

    def project(self, x: Any, y: Any) -> Any:
        """Return (x, y), clipped."""
        return clip(x, self.bound), clip(y, self.bound)


class CubicPayoff(ScalarGame):
    r"""A zero-sum game of two numbers with a polynomial payoff.

    .. math:: L_x = \tfrac a2 x^2 + σ x y - \tfrac c2 y^2 + k x^2 y = -L_y

    (0, 0) is an equilibrium, where J does not depend on k.

    Examples
    --------
    >>> game = CubicPayoff(sigma=1.0, k=0.5)
    >>> game.gx(1.0, 2.0), game.gy(1.0, 2.0)
    (4.0, -1.5)
    """

    sigma: Real = 1.0
    k: Real = 1.0
    a: Real = 0.0
    c: Real = 0.0

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return L_x."""
        own = (self.a * x * x - self.c * y * y) / 2
        return own + self.sigma * x * y + self.k * x * x * y

    def gx(self, x: Any, y: Any) -> Any:
        """Return a x + σ y + 2 k x y."""
        return self.a * x + self.sigma * y + 2 * self.k * x * y

    def gy(self, x: Any, y: Any) -> Any:
        """Return c y - σ x - k x²."""
        return self.c * y - self.sigma * x - self.k * x * x

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the four entries of J."""
        turn = self.sigma + 2 * self.k * x
        return self.a + 2 * self.k * y, turn, -turn, self.c + 0 * x

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0)."""
        return [(0.0, 0.0)]


class VectorQuadratic(Game):
    r"""A zero-sum quadratic game of two vectors, all of it from four numbers.

    .. math::
        L_x = \tfrac a2 |x|^2 + σ\,x^T B y - \tfrac a2 |y|^2 = -L_y, \qquad
        B_{ij} = \bigl((i^2 + 2j^2 + ij + i + 2j) \bmod 13 - 6\bigr)/8

    No coordinate is like another, and B has as many different singular values as the
    smaller player has coordinates: what a rule does wrong to one of them shows.

    Examples
    --------
    >>> game = VectorQuadratic(n=2, m=3)
    >>> game.matrix()
    array([[-0.75 , -0.25 ,  0.75 ],
           [-0.5  ,  0.125, -0.375]])
    >>> game.gx(np.zeros(2), np.array([0.0, 1.0, 0.0]))
    array([-0.25 ,  0.125])
    """

    linear: ClassVar[bool] = True
    cycles: ClassVar[str] = "none known"

    n: Count = 5
    m: Count = 7
    sigma: Positive = 1.0
    own: NonNegative = 0.0

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (m,))``."""
        return (self.n,), (self.m,)

    def matrix(self) -> np.ndarray:
        """Return σ B."""
        i, j = np.ogrid[: self.n, : self.m]
        whole = i * i + 2 * j * j + i * j + i + 2 * j
        return self.sigma * ((whole % 13 - 6) / 8)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return L_x."""
        turning = (x * dot(self.matrix(), y)).sum(0)
        return self.own * ((x * x).sum(0) - (y * y).sum(0)) / 2 + turning

    def gx(self, x: Any, y: Any) -> Any:
        """Return a x + σ B y."""
        return self.own * x + dot(self.matrix(), y)

    def gy(self, x: Any, y: Any) -> Any:
        """Return a y - σ Bᵀ x."""
        return self.own * y - dot(self.matrix().T, x)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        return self.gx(u, w), self.gy(u, w)

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w)."""
        B = self.matrix()
        return self.own * u - dot(B, w), self.own * w + dot(B.T, u)

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w)."""
        B = self.matrix()
        return solve_implicit(self.own, B, -B.T, self.own, a, b, u, w)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the blocks of J."""
        B = self.matrix()
        return self.own * np.eye(self.n), B, -B.T, self.own * np.eye(self.m)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return 0."""
        return [(np.zeros(self.n), np.zeros(self.m))]


class TinyMLP(VectorGame):
    r"""A generator a s + b of two samples s = ±1 against a unit u tanh(w t + c).

    .. math::
        L_x = \tfrac12 \sum_{s = ±1} D(a s + b) - \tfrac12 \sum_{r = ±ρ} D(r), \qquad
        D(t) = u \tanh(w t + c) - \tfrac{γ}{2} (w^2 + u^2 + c^2)/2,

    zero-sum, with the players (a, b) and (w, u, c): as small as a network gets. The
    penalty keeps the discriminator bounded; every generator with w = u = c = 0 is an
    equilibrium.

    Examples
    --------
    >>> game = TinyMLP()
    >>> x, y = np.array([1.0, 0.0]), np.array([0.0, 1.0, 0.0])
    >>> game.gx(x, y), game.gy(x, y)
    (array([0., 0.]), array([0. , 0.5, 0. ]))
    """

    cycles: ClassVar[str] = "none known"

    rho: Positive = 2.0
    gamma: Real = 0.5

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((2,), (3,))``."""
        return (2,), (3,)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return L_x."""
        fake = sum(tanh(y[0] * (x[0] * s + x[1]) + y[2]) for s in (-1.0, 1.0))
        real = sum(tanh(y[0] * r + y[2]) for r in (-self.rho, self.rho))
        penalty = self.gamma * (y[0] * y[0] + y[1] * y[1] + y[2] * y[2]) / 2
        return y[1] * (fake - real) / 2 - penalty

    def gx(self, x: Any, y: Any) -> Any:
        """Return the generator's gradient."""
        da, db = 0 * x[0], 0 * x[0]
        for s in (-1.0, 1.0):
            t = tanh(y[0] * (x[0] * s + x[1]) + y[2])
            slope = y[1] * (1 - t * t) * y[0] / 2
            da, db = da + slope * s, db + slope
        return stack(da, db)

    def gy(self, x: Any, y: Any) -> Any:
        """Return the discriminator's gradient."""
        dw, du, dc = (self.gamma * y[i] for i in range(3))
        for sign, points in ((1, self._fake(x)), (-1, (-self.rho, self.rho))):
            for p in points:
                t = tanh(y[0] * p + y[2])
                slope = sign * y[1] * (1 - t * t) / 2
                dw, du, dc = dw - slope * p, du - sign * t / 2, dc - slope
        return stack(dw, du, dc)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        da, db = 0 * x[0], 0 * x[0]
        dw, du, dc = (self.gamma * w[i] for i in range(3))
        moved = [(1, p, u[0] * s + u[1], s) for p, s in self._pairs(x)]
        moved += [(-1, r, 0 * u[0], 0.0) for r in (-self.rho, self.rho)]
        for sign, p, dp, s in moved:
            t = tanh(y[0] * p + y[2])
            bend = 1 - t * t
            dt = bend * (w[0] * p + y[0] * dp + w[2])
            slope = sign * y[1] * bend / 2
            d_slope = sign * (w[1] * bend - 2 * y[1] * t * dt) / 2
            dw = dw - d_slope * p - slope * dp
            du, dc = du - sign * dt / 2, dc - d_slope
            if sign == 1:
                pull = d_slope * y[0] + slope * w[0]
                da, db = da + pull * s, db + pull
        return stack(da, db), stack(dw, du, dc)

    def _fake(self, x: Any) -> tuple[Any, Any]:
        return x[1] - x[0], x[1] + x[0]

    def _pairs(self, x: Any) -> tuple[tuple[Any, float], tuple[Any, float]]:
        low, high = self._fake(x)
        return (low, -1.0), (high, 1.0)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the generator of ±ρ with the discriminator 0."""
        return [(np.array([self.rho, 0.0]), np.zeros(3))]
