"""Games with a linear field: the bilinear game, and any given game Jacobian."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, Real
from gandyn.elementary import aligned, dot, solve_implicit, summed, transpose
from gandyn.errors import FieldError
from gandyn.games._arrays import check_length, set_array, spread
from gandyn.games._base import Game
from gandyn.games._files import read_linear

RANK_TOLERANCE = float(np.finfo(float).eps)
"""Singular values below max(n, m) times this, relative to the largest, count as 0."""

CONSISTENCY_TOLERANCE = 1e3 * RANK_TOLERANCE
"""Part of an offset outside the range of A, relative, that rounding may explain."""


class Bilinear(Game):
    r"""The bilinear zero-sum game, the hardest of the easy ones.

    .. math::
        L_x = x^T A y + b^T x + c^T y = -L_y, \qquad
        v = (A y + b,\; -A^T x - c), \qquad
        J = \begin{pmatrix} 0 & A \\ -A^T & 0 \end{pmatrix}

    The eigenvalues of J are ±iσ over the singular values σ of A, and 0. By a change of
    orthonormal coordinates the game is a set of scalar games, one for each σ. The flow
    circles around the equilibria and keeps the distance from each.

    Parameters
    ----------
    A : float or array of shape (n, m)
        A number makes a game of two numbers. A matrix may be rectangular and rank
        deficient.
    b, c : float or array of shape (n,) and (m,)
        Offsets; a number stands for a constant vector.

    References
    ----------
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020,
    Section 2.

    Examples
    --------
    >>> game = Bilinear(2.0, b=1.0)
    >>> game.gx(3.0, 4.0), game.gy(3.0, 4.0)
    (9.0, -6.0)
    >>> game.equilibria()
    [(-0.0, -0.5)]
    >>> Bilinear([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]]).singular_values()
    array([4., 3.])
    """

    aliases: ClassVar[tuple[str, ...]] = ("bilinear game",)
    linear: ClassVar[bool] = True

    A: Real = 1.0
    b: Real = 0.0
    c: Real = 0.0

    def __post_init__(self) -> None:
        set_array(self, "A", 0, 1, 2)
        set_array(self, "b", 0, 1)
        set_array(self, "c", 0, 1)
        super().__post_init__()
        if np.ndim(self.A) == 2:
            check_length(self, "b", self.A.shape[0])
            check_length(self, "c", self.A.shape[1])

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players: ``((n,), (m,))``, or ``((), ())`` for a number A."""
        if np.ndim(self.A) != 2:
            return (), ()
        return self.A.shape[:1], self.A.shape[1:]

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return xᵀA y + bᵀx + cᵀy."""
        pull = dot(self.A, y) + aligned(self.b, x, self.A)
        return summed(x * pull, self.A) + summed(aligned(self.c, y, self.A) * y, self.A)

    def gx(self, x: Any, y: Any) -> Any:
        """Return A y + b."""
        return dot(self.A, y) + aligned(self.b, x, self.A)

    def gy(self, x: Any, y: Any) -> Any:
        """Return -Aᵀx - c."""
        return -dot(transpose(self.A), x) - aligned(self.c, y, self.A)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the four blocks of J; a 0 on the diagonal stands for a zero block."""
        return 0, self.A, -transpose(self.A), 0

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return (A w, -Aᵀu)."""
        return dot(self.A, w), -dot(transpose(self.A), u)

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w)."""
        return solve_implicit(0, self.A, -transpose(self.A), 0, a, b, u, w)

    def singular_values(self) -> np.ndarray:
        """Return the min(n, m) singular values of A, the largest first."""
        if np.ndim(self.A) != 2:
            return np.atleast_1d(np.abs(self.A))
        return np.linalg.svd(self.A, compute_uv=False)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the equilibrium of least norm.

        It solves A y = -b and Aᵀx = -c. The list is empty if the offsets are
        inconsistent: the rank is decided by the singular values, relative to the
        largest, and an offset's part outside the range of A relative to the offset.
        """
        if np.ndim(self.A) == 2:
            n, m = self.A.shape
            x, y = _least_norm(self.A.T, self.c, m), _least_norm(self.A, self.b, n)
            return [] if x is None or y is None else [(x, y)]
        if np.all(np.asarray(self.A, dtype=object) != 0):
            return [(-self.c / self.A, -self.b / self.A)]
        return [(0.0, 0.0)] if np.all(self.b == 0) and np.all(self.c == 0) else []


def _least_norm(matrix: np.ndarray, offset: Any, length: int) -> np.ndarray | None:
    """Return the z of least norm with matrix·z = -offset, None if there is none."""
    offset = spread(offset, length)
    u, sigma, vt = np.linalg.svd(matrix, full_matrices=False)
    floor = max(matrix.shape) * RANK_TOLERANCE * sigma[0]
    rank = int(np.count_nonzero(sigma > floor))
    parts = u[:, :rank].T @ offset
    outside = np.linalg.norm(offset - u[:, :rank] @ parts)
    limit = max(matrix.shape) * CONSISTENCY_TOLERANCE * np.linalg.norm(offset)
    return None if outside > limit else -vt[:rank].T @ (parts / sigma[:rank])


class LinearGame(Game):
    r"""Any game Jacobian with a split into two players.

    .. math:: v(z) = J (z - z^*), \qquad z = (x, y)

    The first n coordinates are player x, the others player y. J need not come from
    losses, so the game has none. The flow is stable iff every eigenvalue of J has
    positive real part.

    Parameters
    ----------
    J : array of shape (N, N)
        The game Jacobian, of the *descent* directions.
    n : int
        The number of coordinates of player x, 1 to N - 1.
    point : float or array of shape (N,)
        The equilibrium z*.

    References
    ----------
    Letcher, Balduzzi, Racanière, Martens, Foerster, Tuyls, Graepel, *Differentiable
    Game Mechanics*, JMLR 2019, Section 2 (the game Jacobian there is called Hessian).

    Examples
    --------
    >>> game = LinearGame([[1.0, 2.0], [-2.0, 0.0]], n=1)
    >>> game.gx(np.array([1.0]), np.array([1.0]))
    array([3.])
    >>> game.shape
    ((1,), (1,))
    """

    zero_sum: ClassVar[bool] = False
    linear: ClassVar[bool] = True

    J: Real = ((0.0, 1.0), (-1.0, 0.0))
    n: Count = 1
    point: Real = 0.0

    def __post_init__(self) -> None:
        set_array(self, "J", 2)
        set_array(self, "point", 0, 1)
        super().__post_init__()
        size = self.J.shape[0]
        if self.J.shape != (size, size) or size < 2:
            raise FieldError(
                "LinearGame: J must be a square matrix of at least 2 rows, got shape "
                f"{self.J.shape}"
            )
        if self.n >= size:
            raise FieldError(
                f"LinearGame: n, the coordinates of player x, must be 1 to {size - 1} "
                f"for a {size}x{size} matrix, got {self.n}"
            )
        check_length(self, "point", size)

    @classmethod
    def from_file(cls, path: str | Path, split: int | None = None) -> LinearGame:
        """Read a game from a ``.npy``, ``.npz`` or MATLAB (up to version 7) file.

        A ``.npy`` file holds J. The others hold it under the name ``J`` (or as their
        only square matrix), and may hold ``n`` and ``point``. Only real numbers are
        read; nothing is ever unpickled.

        Parameters
        ----------
        path : str or Path
        split : int, optional
            The number n of coordinates of player x; wins over the file's.

        Raises
        ------
        FieldError
            If the file is missing, truncated, not numeric, holds Python objects, NaN or
            infinities, its matrix is not square, or the split is missing or outside
            1..N-1.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     np.savez(Path(folder, "game.npz"), J=np.eye(3), n=2)
        ...     LinearGame.from_file(Path(folder, "game.npz")).shape
        ((2,), (1,))
        """
        matrix, n, point = read_linear(path)
        n = n if split is None else split
        if n is None:
            raise FieldError(
                f"{path}: holds no n; give split=, the coordinates of player x"
            )
        try:
            return cls(J=matrix, n=n, point=point)
        except FieldError as error:
            raise FieldError(f"{path}: {error}") from error

    @functools.cached_property
    def _blocks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        n = self.n
        return self.J[:n, :n], self.J[:n, n:], self.J[n:, :n], self.J[n:, n:]

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (N - n,))``."""
        return (self.n,), (self.J.shape[0] - self.n,)

    def gx(self, x: Any, y: Any) -> Any:
        """Return the first n entries of J (z - z*)."""
        xx, xy, _, _ = self._blocks
        p, q = self.equilibria()[0]
        return dot(xx, x - aligned(p, x, xx)) + dot(xy, y - aligned(q, y, xy))

    def gy(self, x: Any, y: Any) -> Any:
        """Return the other entries of J (z - z*)."""
        _, _, yx, yy = self._blocks
        p, q = self.equilibria()[0]
        return dot(yx, x - aligned(p, x, yx)) + dot(yy, y - aligned(q, y, yy))

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the four blocks of J."""
        return self._blocks

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        xx, xy, yx, yy = self._blocks
        return dot(xx, u) + dot(xy, w), dot(yx, u) + dot(yy, w)

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w)."""
        xx, xy, yx, yy = self._blocks
        return dot(xx.T, u) + dot(yx.T, w), dot(xy.T, u) + dot(yy.T, w)

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w), a dense solve for each state."""
        xx, xy, yx, yy = self._blocks
        return solve_implicit(xx, xy, yx, yy, a, b, u, w)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return z*, split; the only one where J is regular."""
        point = spread(self.point, self.J.shape[0])
        return [(point[: self.n], point[self.n :])]
