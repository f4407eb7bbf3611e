"""The linear game of a rational game Jacobian, for rules that run on rationals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq_mat

from gandyn.stability.certificates.duals import Dual, lifted


@dataclass(frozen=True)
class JacobianGame:
    """The linear game of a rational J around 0: what a linear rule sees of any other.

    Its implicit equations are solved by elimination over the rationals.
    """

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
        size = len(self.J)
        rates = np.repeat(np.concatenate([a, b]), [self.n, size - self.n])
        matrix = lifted(np.eye(size)) + rates[:, None] * self.J
        solved = _eliminated(matrix, np.concatenate([u, w]))
        return solved[: self.n], solved[self.n :]


def _eliminated(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    rows = np.concatenate([matrix, right], axis=1)
    size = len(matrix)
    for k in range(size):
        pivot = next((i for i in range(k, size) if _certain(rows[i, k])), None)
        if pivot is None:
            raise ZeroDivisionError("the matrix is singular")
        rows[[k, pivot]] = rows[[pivot, k]]
        rows[k] = rows[k] / rows[k, k]
        for i in range(size):
            if i != k:
                rows[i] = rows[i] - rows[i, k] * rows[k]
    return rows[:, size:]


def _certain(pivot: Dual) -> bool:
    return bool(pivot.value > 0 or pivot.value < 0)


def linear_game(jacobian: fmpq_mat, n: int) -> JacobianGame:
    """Return the linear game of a rational J."""
    entries = [Dual(entry) for entry in jacobian.entries()]
    size = jacobian.nrows()
    J = np.array(entries, dtype=object).reshape(size, size)
    return JacobianGame(J, n)
