"""The bilinear game."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from gandyn._node import Real
from gandyn.elementary import aligned, dot, solve_implicit, summed, transpose
from gandyn.errors import FieldError
from gandyn.games._arrays import as_vector, check_length, read_bilinear, set_array
from gandyn.games._base import Game

_SAME_TOLERANCE = 4 * np.finfo(float).eps
"""Relative difference of two singular values that rounding alone explains."""
RANK_TOLERANCE = float(np.finfo(float).eps)
"""Singular values below max(n, m) times this, relative to the largest, count as 0."""

_CONSISTENCY_TOLERANCE = 1e3 * RANK_TOLERANCE
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
    cycles: ClassVar[str] = "every orbit"

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

    @classmethod
    def from_file(cls, path: str | Path) -> Bilinear:
        """Read a game from a ``.npy``, ``.npz`` or MATLAB (up to version 7) file.

        The file holds the matrix under the name ``A``, or as its only array, and may
        hold ``b`` and ``c``. Nothing is ever unpickled. In a specification,
        ``Bilinear('A.npz')``.

        Raises
        ------
        FieldError
            If the file is missing, truncated, not numeric, holds Python objects, NaN or
            infinities, or its arrays do not fit each other.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     np.savez(Path(folder, "game.npz"), A=np.ones((3, 2)), c=[1.0, 2.0])
        ...     Bilinear.from_file(Path(folder, "game.npz"))
        Bilinear(A=<array 3x2>, b=0.0, c=<array 2>)
        """
        matrix, b, c = read_bilinear(path)
        try:
            return cls(A=matrix, b=b, c=c)
        except FieldError as error:
            raise FieldError(f"{path}: {error}") from error

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

    def couplings(self) -> np.ndarray:
        """Return the singular values above the rounding of the largest."""
        values = self.singular_values()
        floor = max(np.shape(self.A), default=1) * RANK_TOLERANCE * values[0]
        return values[values > floor]

    def payoff_directions(self) -> np.ndarray:
        """Return the distinct singular values above rounding, the largest first.

        Each is the coupling of a game of two numbers; directions without one are a
        manifold of equilibria. Values that agree to rounding count once.
        """
        values = self.couplings()
        gaps = values[:-1] - values[1:] > _SAME_TOLERANCE * values[:-1]
        return values[np.concatenate([[True], gaps])[: values.size]]

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
    offset = as_vector(offset, length)
    u, sigma, vt = np.linalg.svd(matrix, full_matrices=False)
    floor = max(matrix.shape) * RANK_TOLERANCE * sigma[0]
    rank = int(np.count_nonzero(sigma > floor))
    parts = u[:, :rank].T @ offset
    outside = np.linalg.norm(offset - u[:, :rank] @ parts)
    limit = max(matrix.shape) * _CONSISTENCY_TOLERANCE * np.linalg.norm(offset)
    return None if outside > limit else -vt[:rank].T @ (parts / sigma[:rank])
