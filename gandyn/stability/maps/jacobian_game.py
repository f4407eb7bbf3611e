"""The linear game of a rational game Jacobian, for rules that run on rationals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq_mat

from gandyn.elementary import solve_implicit
from gandyn.stability.arithmetic.duals import Dual


@dataclass(frozen=True)
class JacobianGame:
    """The linear game of a rational J around 0: all a linear rule sees of others."""

    J: np.ndarray
    n: int
    zero_sum = False

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players."""
        return (self.n,), (len(self.J) - self.n,)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the four blocks of J."""
        n, J = self.n, self.J
        return J[:n, :n], J[:n, n:], J[n:, :n], J[n:, n:]

    def gx(self, x: Any, y: Any) -> Any:
        """Return the first n entries of J z."""
        return self.jvp(x, y, x, y)[0]

    def gy(self, x: Any, y: Any) -> Any:
        """Return the other entries of J z."""
        return self.jvp(x, y, x, y)[1]

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        moved = self.J @ np.concatenate([u, w])
        return moved[: self.n], moved[self.n :]

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w)."""
        moved = self.J.T @ np.concatenate([u, w])
        return moved[: self.n], moved[self.n :]

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w)."""
        n, J = self.n, self.J
        return solve_implicit(J[:n, :n], J[:n, n:], J[n:, :n], J[n:, n:], a, b, u, w)


def linear_game(jacobian: fmpq_mat, n: int) -> JacobianGame:
    """Return the linear game of a rational J."""
    entries = [Dual(entry) for entry in jacobian.entries()]
    size = jacobian.nrows()
    J = np.array(entries, dtype=object).reshape(size, size)
    return JacobianGame(J, n)
