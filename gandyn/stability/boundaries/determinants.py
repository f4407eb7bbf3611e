"""Determinants of many small matrices at once."""

from __future__ import annotations

import numpy as np

_NOISE = 1e-13
"""The relative error that is granted to every entry of a matrix: what it makes of a
determinant is rounding, and a determinant nearer to 0 has no sign."""


def determinants(matrices: np.ndarray) -> np.ndarray:
    """Return the determinants of stacked matrices, of small ones by minors."""
    size = matrices.shape[-1]
    if size == 1:
        return np.asarray(matrices[:, 0, 0])
    if size > 4:
        return np.asarray(np.linalg.det(matrices))
    rows = [[matrices[:, i, j] for j in range(size)] for i in range(size)]
    if size == 2:
        return np.asarray(_minor(rows[0], rows[1], 0, 1))
    if size == 3:
        (a, b, c), *rest = rows
        part = a * _minor(rest[0], rest[1], 1, 2) - b * _minor(rest[0], rest[1], 0, 2)
        return np.asarray(part + c * _minor(rest[0], rest[1], 0, 1))
    return np.asarray(_laplace(_minors(rows[0], rows[1]), _minors(rows[2], rows[3])))


def pair_test(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Return :math:`\prod_{i<j} (λ_iλ_j - 1)` of 4-by-4 maps, and its rounding.

    It is Jury's determinant of the characteristic polynomial's coefficients
    :math:`λ^4 + aλ^3 + bλ^2 + cλ + d`, whose 3-by-3 matrix is
    :math:`X - Y` with X the Toeplitz matrix of 1, a, b and Y the Hankel one of d, c, b.
    Rounding is that of coefficients wrong by `_NOISE` times powers of the map's norm.

    References
    ----------
    Jury, *Inners and Stability of Dynamic Systems*, Wiley 1974, Section 2.
    """
    rows = [[maps[:, i, j] for j in range(4)] for i in range(4)]
    upper, lower = _minors(rows[0], rows[1]), _minors(rows[2], rows[3])
    (r0, r1, r2, r3), d = rows, _laplace(upper, lower)
    a = -(r0[0] + r1[1] + r2[2] + r3[3])
    mixed = (
        _minor(r0, r2, 0, 2) + _minor(r0, r3, 0, 3)
        + _minor(r1, r2, 1, 2) + _minor(r1, r3, 1, 3)
    )  # fmt: skip
    b = upper[0] + lower[5] + mixed
    c = -_bordered(r2, upper, (0, 1, 2), (3, 1, 0))
    c = c - _bordered(r3, upper, (0, 1, 3), (4, 2, 0))
    c = c - _bordered(r0, lower, (0, 2, 3), (5, 2, 1))
    c = c - _bordered(r1, lower, (1, 2, 3), (5, 4, 3))
    p, q, r = 1 - b + d * (b - d), c - a * d, a - c
    slopes = (
        abs(q) + abs(r * d), (1 - d) ** 2, abs(q) + abs(r),
        abs(p) + abs((1 - d) * (b - 2 * d)) + abs(r * a),
    )  # fmt: skip
    size = np.maximum(np.sqrt(np.einsum("kij,kij->k", maps, maps)), 1.0)
    noise = sum(slope * size ** (k + 1) for k, slope in enumerate(slopes))
    return (1 - d) * p + r * q, _NOISE * noise


def determinant_rounding(matrices: np.ndarray) -> np.ndarray:
    """Return the rounding of determinants, were each entry wrong by `_NOISE`."""
    squares = np.einsum("kij,kij->ki", matrices, matrices)
    rows = np.maximum(np.sqrt(squares), _NOISE)
    return np.asarray(_NOISE * np.prod(rows, axis=-1) * np.sum(1 / rows, axis=-1))


def _minor(one: list[np.ndarray], two: list[np.ndarray], i: int, j: int) -> np.ndarray:
    return np.asarray(one[i] * two[j] - one[j] * two[i])


def _minors(one: list[np.ndarray], two: list[np.ndarray]) -> list[np.ndarray]:
    """Return a pair of rows' minors in columns 01, 02, 03, 12, 13, 23."""
    pairs = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    return [_minor(one, two, i, j) for i, j in pairs]


def _laplace(upper: list[np.ndarray], lower: list[np.ndarray]) -> np.ndarray:
    p, q = upper, lower
    outer = p[0] * q[5] - p[1] * q[4] + p[2] * q[3]
    return np.asarray(outer + p[3] * q[2] - p[4] * q[1] + p[5] * q[0])


def _bordered(
    row: list[np.ndarray],
    minors: list[np.ndarray],
    columns: tuple[int, int, int],
    chosen: tuple[int, int, int],
) -> np.ndarray:
    """Return the minor of three rows: one, and two whose own minors are known."""
    (i, j, k), (p, q, r) = columns, chosen
    return np.asarray(row[i] * minors[p] - row[j] * minors[q] + row[k] * minors[r])
