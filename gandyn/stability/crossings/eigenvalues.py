"""The eigenvalues of a matrix of floats, by the roots of its rational polynomial."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from flint import acb, arb, ctx, fmpq, fmpq_mat, fmpq_poly

PRECISION = 160
"""Bits of the roots: what a threshold loses of them leaves many more than a float's."""
_LARGEST = 100
"""Rows of a matrix whose polynomial and its roots take no more than a second."""
_LONGEST = 1 << 16
"""Bits of all its coefficients at most, for the same reason."""


class Eigenvalue(NamedTuple):
    """A real eigenvalue, or the one of a pair that is above the real axis.

    Attributes
    ----------
    real, imag : fmpq
        The parts, to 160 bits.
    times : int
        How many it stands for: its multiplicity, twice that for a pair.
    """

    real: fmpq
    imag: fmpq
    times: int

    @property
    def value(self) -> complex:
        """The nearest complex float."""
        return complex(as_float(self.real), as_float(self.imag))


def as_float(number: fmpq) -> float:
    """Return the float nearest to a rational."""
    return int(number.p) / int(number.q)


def as_rational(number: float) -> fmpq:
    """Return the rational number that a float is."""
    top, bottom = float(number).as_integer_ratio()
    return fmpq(top, bottom)


def exact_eigenvalues(
    matrix: np.ndarray, scales: np.ndarray
) -> list[Eigenvalue] | None:
    """Return the eigenvalues of diag(scales) A, the largest first.

    None of a matrix that is too large, or not finite. Equal ones are one, for the
    entries are the rational numbers that the floats are: defective or not.

    Examples
    --------
    >>> found = exact_eigenvalues(np.array([[1.0, 1e9], [0.0, 1.0]]), np.ones(2))
    >>> [(one.value, one.times) for one in found]
    [((1+0j), 2)]
    """
    size = len(matrix)
    if size > _LARGEST or not np.isfinite(matrix).all():
        return None
    entries = [
        as_rational(scale) * as_rational(entry)
        for scale, row in zip(scales.tolist(), matrix.tolist(), strict=True)
        for entry in row
    ]
    bits = max(entry.height_bits() for entry in entries)
    if size * bits > _LONGEST:
        return None
    polynomial = fmpq_mat(size, size, entries).charpoly()
    found = [_rounded(*root) for root in roots(polynomial)]
    return sorted(
        (one for one in found if one.imag >= 0),
        key=lambda one: -abs(one.value),
    )


def roots(polynomial: fmpq_poly) -> list[Any]:
    """Return a polynomial's complex roots, enclosed apart, and their multiplicities."""
    if polynomial.degree() < 1:
        return []
    with ctx.workprec(PRECISION):
        return list(polynomial.complex_roots())


def midpoint(ball: arb) -> fmpq:
    """Return the middle of a ball, 0 where that is in it."""
    return fmpq(0) if ball.contains(0) else ball.mid().fmpq()


def _rounded(root: acb, multiplicity: int) -> Eigenvalue:
    real, imag = midpoint(root.real), midpoint(root.imag)
    return Eigenvalue(real, imag, multiplicity * (2 if imag else 1))
