"""Linear fields that rules are played on, written without gandyn's games."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import numpy as np


class Number:
    """The field s z of two numbers, one for each player; s may be an array."""

    shape = ((), ())
    zero_sum = False

    def __init__(self, s: Any) -> None:
        self.s = s

    def gx(self, x: Any, y: Any) -> Any:
        return self.s * x

    def gy(self, x: Any, y: Any) -> Any:
        return self.s * y

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        return self.s * u, self.s * w

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        return u / (1 + a * self.s), w / (1 + b * self.s)


class Plain:
    """The field J z of two vectors, with states as columns."""

    zero_sum = False

    def __init__(self, matrix: np.ndarray, n: int) -> None:
        self.matrix, self.n = matrix, n
        self.shape = (n,), (len(matrix) - n,)

    def _times(self, matrix: np.ndarray, x: Any, y: Any) -> Any:
        both = np.tensordot(matrix, np.concatenate([x, y]), 1)
        return both[: self.n], both[self.n :]

    def gx(self, x: Any, y: Any) -> Any:
        return self._times(self.matrix, x, y)[0]

    def gy(self, x: Any, y: Any) -> Any:
        return self._times(self.matrix, x, y)[1]

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        return self._times(self.matrix, u, w)

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        return self._times(self.matrix.T, u, w)

    def jacobian(self, x: Any, y: Any) -> Any:
        n, j = self.n, self.matrix
        return j[:n, :n], j[:n, n:], j[n:, :n], j[n:, n:]

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        size, columns = len(self.matrix), np.concatenate([u, w])
        rates = np.empty((size, columns.shape[1]))
        rates[: self.n], rates[self.n :] = a, b
        left = np.eye(size) + rates.T[:, :, None] * self.matrix
        both = np.linalg.solve(left, columns.T[:, :, None])[:, :, 0].T
        return both[: self.n], both[self.n :]


class Precise(Plain):
    """The same in mpmath's numbers: a step in floats takes digits from its map."""

    def __init__(self, matrix: np.ndarray, n: int) -> None:
        super().__init__(np.vectorize(mpmath.mpf, otypes=[object])(matrix), n)

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Solve for all columns at once: at one learning rate they have one matrix."""
        size = len(self.matrix)
        rates = [np.ravel(a)[0]] * self.n + [np.ravel(b)[0]] * (size - self.n)
        left = np.eye(size) + np.array(rates)[:, None] * self.matrix
        both = _eliminated(left, np.concatenate([u, w]))
        return both[: self.n], both[self.n :]


def _eliminated(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    rows, size = np.concatenate([left, right], axis=1), len(left)
    for i in range(size):
        best = i + int(np.argmax(np.abs(rows[i:, i]).astype(float)))
        rows[[i, best]] = rows[[best, i]]
        rows[i] = rows[i] / rows[i, i]
        for j in range(size):
            if j != i:
                rows[j] = rows[j] - rows[j, i] * rows[i]
    return rows[:, size:]


def leaves_of(tree: Any) -> list[Any]:
    """Return the numbers or arrays in nested tuples, in order."""
    if isinstance(tree, tuple):
        return list(itertools.chain.from_iterable(map(leaves_of, tree)))
    return [tree]


def filled(tree: Any, values: Any) -> Any:
    """Return nested tuples of the same form with other leaves."""
    if isinstance(tree, tuple):
        return tuple(filled(part, values) for part in tree)
    return next(values)
