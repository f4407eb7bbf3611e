"""Games given by their game Jacobian."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import scipy

from gandyn._node import Count, Real
from gandyn.elementary import aligned, dot, solve_implicit
from gandyn.errors import FieldError
from gandyn.games._arrays import as_vector, check_length, read_linear, set_array
from gandyn.games._base import Game


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

    aliases: ClassVar[tuple[str, ...]] = ("linearised GAN",)
    zero_sum: ClassVar[bool] = False
    linear: ClassVar[bool] = True
    cycles: ClassVar[str] = "every orbit"

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

    @classmethod
    def with_spectrum(
        cls,
        eigenvalues: Sequence[complex],
        n: int = 1,
        *,
        condition: float = 1.0,
        seed: int = 0,
    ) -> LinearGame:
        """Return a random game whose J has the given eigenvalues.

        Parameters
        ----------
        eigenvalues : sequence of complex
            Each with its conjugate, in any order.
        n : int
            The number of coordinates of player x.
        condition : float
            The condition number of the eigenvectors' real basis: 1 makes J normal, more
            makes the flow grow before it decays.
        seed : int

        Examples
        --------
        >>> game = LinearGame.with_spectrum([1 + 2j, 1 - 2j, 0.5], n=1, condition=10.0)
        >>> [complex(z) for z in np.sort_complex(np.linalg.eigvals(game.J)).round(9)]
        [(0.5+0j), (1-2j), (1+2j)]
        """
        blocks = _real_blocks(np.asarray(eigenvalues, dtype=complex))
        if not condition >= 1:
            raise FieldError(f"condition must be at least 1, got {condition!r}")
        size, rng = blocks.shape[0], np.random.default_rng(seed)
        left, _ = np.linalg.qr(rng.normal(size=(size, size)))
        right, _ = np.linalg.qr(rng.normal(size=(size, size)))
        grades = np.geomspace(1.0, condition, size)
        basis, inverse = (left * grades) @ right.T, (right / grades) @ left.T
        return cls(J=basis @ blocks @ inverse, n=n)

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
        point = as_vector(self.point, self.J.shape[0])
        return [(point[: self.n], point[self.n :])]


def _real_blocks(eigenvalues: np.ndarray) -> np.ndarray:
    """Return a real block diagonal matrix with the given eigenvalues."""
    upper = np.sort_complex(eigenvalues[eigenvalues.imag > 0])
    lower = np.sort_complex(eigenvalues[eigenvalues.imag < 0].conj())
    if not np.array_equal(upper, lower) or not np.isfinite(eigenvalues).all():
        raise FieldError("each complex eigenvalue needs its conjugate, all finite")
    real = eigenvalues[eigenvalues.imag == 0].real
    blocks = [np.array([[z.real, z.imag], [-z.imag, z.real]]) for z in upper]
    return scipy.linalg.block_diag(*blocks, *real)
