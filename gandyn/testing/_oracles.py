"""Games seen in other coordinates, by exchanged players, or only in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_PARTS = ("gx", "gy", "jvp", "vjp", "solve", "jacobian", "cross")
"""What a rule may ask of a game, beside its allowed set."""


def _times(matrix: Any, value: Any) -> Any:
    return matrix @ value if np.ndim(matrix) == 2 else matrix * value


def _turned(left: Any, block: Any, right: Any) -> Any:
    if np.ndim(left) == 2 or np.ndim(right) == 2:
        rows, columns = np.shape(left)[0], np.shape(right)[0]
        if np.ndim(block) == 0:
            block = block * np.eye(rows, columns)
        return left @ block @ right.T
    return left * block * right


class Transformed:
    r"""A game in the coordinates :math:`\tilde z = s\,T z + p`, its losses times c s².

    With T = diag(P, Q) orthogonal, :math:`\tilde v(\tilde z) = c\,s\,T v(z)` and
    :math:`\tilde J = c\,T J T^T`. The allowed set stays where it was.
    """

    def __init__(
        self,
        game: Any,
        P: Any = 1.0,
        Q: Any = 1.0,
        scale: float = 1.0,
        p: Any = 0.0,
        q: Any = 0.0,
        factor: float = 1.0,
    ) -> None:
        self.game, self.P, self.Q, self.scale = game, P, Q, scale
        self.p, self.q, self.factor = p, q, factor
        self.shape, self.zero_sum = game.shape, getattr(game, "zero_sum", False)
        self.project = game.project
        if hasattr(game, "cross"):
            self.cross: Callable[..., Any] = self._cross

    def forth(self, x: Any, y: Any) -> Any:
        """Return the new coordinates of a point."""
        u, w = _times(self.P, x), _times(self.Q, y)
        return self.scale * u + self.p, self.scale * w + self.q

    def back(self, x: Any, y: Any) -> Any:
        """Return the old coordinates of a point."""
        u, w = (x - self.p) / self.scale, (y - self.q) / self.scale
        return self._pull(u, w)

    def _pull(self, u: Any, w: Any) -> Any:
        return _times(np.transpose(self.P), u), _times(np.transpose(self.Q), w)

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of x's loss."""
        g = self.game.gx(*self.back(x, y))
        return self.factor * self.scale * _times(self.P, g)

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of y's loss."""
        g = self.game.gy(*self.back(x, y))
        return self.factor * self.scale * _times(self.Q, g)

    def _cross(self, x: Any, y: Any) -> Any:
        a, b = self.game.cross(*self.back(x, y))
        size = self.factor * self.scale
        return size * _times(self.Q, a), size * _times(self.P, b)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        a, b = self.game.jvp(*self.back(x, y), *self._pull(u, w))
        return self.factor * _times(self.P, a), self.factor * _times(self.Q, b)

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w)."""
        a, b = self.game.vjp(*self.back(x, y), *self._pull(u, w))
        return self.factor * _times(self.P, a), self.factor * _times(self.Q, b)

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w)."""
        point, right = self.back(x, y), self._pull(u, w)
        a, b = self.factor * a, self.factor * b
        r, s = self.game.solve(*point, a, b, *right)
        return _times(self.P, r), _times(self.Q, s)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the blocks of J."""
        xx, xy, yx, yy = self.game.jacobian(*self.back(x, y))
        P, Q, c = self.P, self.Q, self.factor
        return (
            c * _turned(P, xx, P),
            c * _turned(P, xy, Q),
            c * _turned(Q, yx, P),
            c * _turned(Q, yy, Q),
        )


class Swapped:
    """The same game with the players exchanged."""

    def __init__(self, game: Any) -> None:
        self.game, self.shape = game, game.shape[::-1]
        self.zero_sum = getattr(game, "zero_sum", False)
        if hasattr(game, "cross"):
            self.cross: Callable[..., Any] = lambda x, y: game.cross(y, x)[::-1]

    def gx(self, x: Any, y: Any) -> Any:
        """Return the other's gradient."""
        return self.game.gy(y, x)

    def gy(self, x: Any, y: Any) -> Any:
        """Return the other's gradient."""
        return self.game.gx(y, x)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        return self.game.jvp(y, x, w, u)[::-1]

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w)."""
        return self.game.vjp(y, x, w, u)[::-1]

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w)."""
        return self.game.solve(y, x, b, a, w, u)[::-1]

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the blocks of J."""
        return self.game.jacobian(y, x)[::-1]

    def project(self, x: Any, y: Any) -> Any:
        """Return the allowed state next to (x, y)."""
        return self.game.project(y, x)[::-1]


class Watched:
    """A game that counts what it is asked for, and may refuse or spoil some of it."""

    def __init__(
        self, game: Any, refused: tuple[str, ...] = (), shift: float = 0.0
    ) -> None:
        self._game, self._refused, self._shift = game, refused, shift
        self.calls: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        if name in self._refused:
            raise Refused(name)
        found = getattr(self._game, name)
        if name not in (*_PARTS, "loss_x", "loss_y") or not callable(found):
            return found
        shift = self._shift if name in ("loss_x", "loss_y") else None

        def watched(*arguments: Any) -> Any:
            self.calls[name] = self.calls.get(name, 0) + 1
            value = found(*arguments)
            return value if shift is None else value + shift

        return watched


class Refused(BaseException):
    """Something was asked for that a rule of its kind does not need.

    Not an Exception, so that a rule that tries and falls back does not hide it.
    """


class Poisoned(Watched):
    """A game whose gradients are NaN."""

    def gx(self, x: Any, y: Any) -> Any:
        """Return NaN."""
        return float("nan") * x

    def gy(self, x: Any, y: Any) -> Any:
        """Return NaN."""
        return float("nan") * y
