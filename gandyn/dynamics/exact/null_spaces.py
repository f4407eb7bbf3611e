"""The null space of J at an equilibrium, and whether equilibria continue along it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gandyn.dynamics.exact.linear import dense_jacobian
from gandyn.games import Game

_EXACT = 500
"""Largest J whose rank is found over the rationals, which takes seconds."""
CLEAR = 1e-10
"""A determinant of two by two that keeps more of its terms is no rounding of 0."""
_RANK = 16 * np.finfo(float).eps
"""Singular values that are smaller, per row and relative to the largest, may be
rounding: LAPACK's own bound with an order of magnitude to spare, as exact arithmetic
decides where one is."""
_SCALINGS = 4
"""Passes of scaling rows and columns; later ones hardly change anything."""
_DIRECTIONS = 3
"""Generic directions of a null space in which equilibria are looked for."""
_REACHES = (0.1, -0.1, 0.01)
"""How far, relative to the size of the state: a force that is a power of the distance
up to the seventh is seen above rounding at all of them."""
_NEWTON = 12
"""Newton's steps to an equilibrium nearby; quadratic convergence needs five or so."""
_SLACK = 1e3
"""Roundings that a force may be made of, and how much more than at the point itself."""


class NullSpace(NamedTuple):
    """The null space of J at an equilibrium."""

    dimension: int
    """Directions in which J vanishes to rounding."""
    established: bool
    """Whether equilibria are known to continue along all of them."""


def null_directions(game: Game, point: tuple[Any, Any]) -> int:
    """Return how many multipliers 1 a manifold of equilibria through a point leaves.

    Of a nonlinear game none, unless the manifold is established: see `null_space`.
    """
    found = null_space(game, point)
    return found.dimension if game.linear or found.established else 0


def null_space(game: Game, point: tuple[Any, Any]) -> NullSpace:
    """Return the null space of J, and whether it is a manifold of equilibria.

    Of a linear game it is, where the rank over the rationals that the binary64 entries
    are says the same as the singular values. Of another game a singular J proves no
    manifold: equilibria are looked for at finite distances along the null space.

    Parameters
    ----------
    game : Game
    point : pair
        An equilibrium.

    Examples
    --------
    >>> from gandyn.games import LinearGame
    >>> null_space(LinearGame([[1e10, 0.0], [0.0, -1e-7]]), (np.zeros(1), np.zeros(1)))
    NullSpace(dimension=0, established=True)
    """
    jacobian = dense_jacobian(game, *point)
    size = len(jacobian)
    if not np.isfinite(jacobian).all():
        return NullSpace(0, False)
    rank = _numerical_rank(game, jacobian)
    if game.linear:
        return NullSpace(size - rank, has_known_rank(jacobian, rank))
    flat = rank == size or _continue_equilibria(game, point, jacobian, size - rank)
    return NullSpace(size - rank, flat)


def null_dimension(game: Game, point: tuple[Any, Any]) -> int:
    """Return in how many directions J vanishes to rounding."""
    jacobian = dense_jacobian(game, *point)
    if not np.isfinite(jacobian).all():
        return 0
    return len(jacobian) - _numerical_rank(game, jacobian)


def _numerical_rank(game: Game, jacobian: np.ndarray) -> int:
    if _is_clearly_regular(jacobian):
        return len(jacobian)
    rank = _scaled_rank(jacobian)
    if game.linear:
        return rank
    return min(rank, int(np.linalg.matrix_rank(jacobian)))  # a row may be rounding only


def has_known_rank(matrix: np.ndarray, numerical: int) -> bool:
    """Tell whether a numerical rank is the one over the rationals, beyond doubt."""
    least = min(matrix.shape)
    return numerical == least or (least <= _EXACT and numerical == _exact_rank(matrix))


def _is_clearly_regular(jacobian: np.ndarray) -> bool:
    """Tell at once whether a matrix of two rows has full rank."""
    if len(jacobian) != 2:
        return False
    (a, b), (c, d) = jacobian
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(abs(a * d - b * c) > CLEAR * (abs(a * d) + abs(b * c)))


def _scaled_rank(matrix: np.ndarray) -> int:
    """Return the numerical rank after rows and columns are scaled to entries up to 1.

    So a small eigenvalue of a badly scaled matrix is not taken for rounding of a large
    one. Scales are powers of two.
    """
    for _ in range(_SCALINGS):
        for axis in (1, 0):
            largest = np.max(np.abs(matrix), axis=axis, keepdims=True)
            matrix = np.ldexp(matrix, -np.frexp(largest)[1])
    sigma = np.linalg.svd(matrix, compute_uv=False)
    return int(np.count_nonzero(sigma > _RANK * len(matrix) * sigma[0]))


def _exact_rank(matrix: np.ndarray) -> int:
    """Return the rank over the rationals of a matrix of floats."""
    from flint import fmpz_mat  # half a sweep's time to import, and seldom needed

    rows = []
    for row in matrix.tolist():
        ratios = [entry.as_integer_ratio() for entry in row]
        common = max(bottom for _, bottom in ratios)  # all are powers of two
        rows.append([top * (common // bottom) for top, bottom in ratios])
    return int(fmpz_mat(rows).rank())


def _continue_equilibria(
    game: Game, point: tuple[Any, Any], jacobian: np.ndarray, count: int
) -> bool:
    """Tell whether equilibria go on along a null space of that dimension.

    Newton's method, within the complement of the null space, is to reach an equilibrium
    from places at finite distances in generic directions of it.
    """
    z = np.concatenate([np.ravel(part) for part in point]).astype(float)
    rows = np.max(np.abs(jacobian), axis=1)
    along = np.linalg.svd(jacobian / np.where(rows > 0, rows, 1.0)[:, None])[2][-count:]
    floor = _SLACK * np.abs(_field(game, z))
    weights = np.cos(np.arange(1.0, _DIRECTIONS * count + 1)).reshape(
        _DIRECTIONS, count
    )
    for direction in (weights / np.linalg.norm(weights, axis=1)[:, None]) @ along:
        for reach in _REACHES:
            start = z + reach * (1 + np.abs(z).max()) * direction
            if not _reaches_equilibrium(game, start, along, floor):
                return False
    return True


def _reaches_equilibrium(
    game: Game, z: np.ndarray, along: np.ndarray, floor: np.ndarray
) -> bool:
    still = np.zeros(len(along))
    for _ in range(_NEWTON):
        force, jacobian = _field(game, z), dense_jacobian(game, *_players(game, z))
        if not (np.isfinite(force).all() and np.isfinite(jacobian).all()):
            return False
        rounding = _SLACK * np.finfo(float).eps * np.abs(jacobian) @ np.abs(z)
        if np.all(np.abs(force) <= rounding + floor):
            return True
        rows = np.max(np.abs(jacobian), axis=1)
        scale = np.where(rows > 0, rows, 1.0)
        bordered = np.concatenate([jacobian / scale[:, None], along])
        right = np.concatenate([-force / scale, still])
        z = z + np.linalg.lstsq(bordered, right, rcond=None)[0]
    return False


def _players(game: Game, z: np.ndarray) -> tuple[Any, Any]:
    if game.shape == ((), ()):
        return float(z[0]), float(z[1])
    n = int(np.prod(game.shape[0]))
    return z[:n].reshape(game.shape[0]), z[n:].reshape(game.shape[1])


def _field(game: Game, z: np.ndarray) -> np.ndarray:
    """Return v(z) as one vector."""
    x, y = _players(game, z)
    with np.errstate(all="ignore"):
        force = game.gx(x, y), game.gy(x, y)
    return np.concatenate([np.ravel(part) for part in force]).astype(float)
