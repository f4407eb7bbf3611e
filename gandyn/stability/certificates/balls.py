"""Multipliers enclosed in balls: for large maps, and for maps that are not rational."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flint import acb_mat, arb, ctx, fmpq_mat

from gandyn.stability.certificates.schur_cohn import NO_ROOTS, Counts

_PRECISIONS = (64, 128, 256, 512)
"""Bits tried in turn; balls that touch the circle at the last leave it unproved."""


def ball_counts(
    matrix: Callable[[], acb_mat], precisions: Sequence[int] = _PRECISIONS
) -> Counts | None:
    """Count multipliers off the circle by balls, or return None.

    Parameters
    ----------
    matrix : callable
        Makes the matrix at the working precision.
    precisions : sequence of int
        Bits, tried in turn.

    Returns
    -------
    Counts or None
        None where a ball touches the circle at every precision, or the eigenvalues
        could not be enclosed: balls alone never decide a multiplier on the circle.

    Examples
    --------
    >>> ball_counts(lambda: acb_mat([[0.5, 1], [0, 2]]))
    Counts(inside=1, on=0, outside=1)
    >>> ball_counts(lambda: acb_mat([[0, 1], [-1, 0]])) is None
    True
    """
    for bits in precisions:
        with ctx.workprec(bits):
            try:
                sizes = [abs(ball) for ball in matrix().eig(multiple=True)]
            except ValueError:  # not isolated
                continue
            inside = sum(bool(size < 1) for size in sizes)
            outside = sum(bool(size > 1) for size in sizes)
        if inside + outside == len(sizes):
            return Counts(inside, 0, outside)
    return None


def large_counts(matrix: fmpq_mat) -> Counts | None:
    """Count the multipliers of a large rational map, or return None.

    Multipliers 1 with an eigenvector are found and divided out over the rationals
    first, and multipliers 0 likewise, for balls can't isolate repeated ones.
    """
    size = matrix.nrows()
    moving = _without(matrix, 1)
    rest = _without(moving, 0)
    ones, zeros = size - moving.nrows(), moving.nrows() - rest.nrows()
    found = ball_counts(lambda: acb_mat(rest)) if rest.nrows() else NO_ROOTS
    if found is None:
        return None
    return Counts(found.inside + zeros, ones, found.outside)


def _without(matrix: fmpq_mat, value: int) -> fmpq_mat:
    """Return the map on the quotient by the eigenvectors of a multiplier.

    With R = rref(M - value I) the quotient's map N is given by R M = N R, and R is the
    identity in its pivot columns. For 0 this is repeated along Jordan chains.
    """
    size = matrix.nrows()
    shifted = fmpq_mat(matrix)
    for i in range(size):
        shifted[i, i] -= value
    reduced, rank = shifted.rref()
    if rank == size or rank == 0:
        return matrix if rank else fmpq_mat(0, 0)
    rows = fmpq_mat(rank, size, reduced.entries()[: rank * size])
    pivots = [next(j for j in range(size) if rows[i, j] != 0) for i in range(rank)]
    moved = rows * matrix
    quotient = fmpq_mat([[moved[i, j] for j in pivots] for i in range(rank)])
    return _without(quotient, 0) if value == 0 else quotient


def polynomial_counts(coefficients: Sequence[Any]) -> Counts | None:
    """Count the roots of a polynomial of balls by Schur and Cohn's recursion.

    Returns None where a ball can't tell which outer coefficient is the larger one.

    Examples
    --------
    >>> polynomial_counts([arb(0.5), arb(-1.0), arb(1.0)])
    Counts(inside=2, on=0, outside=0)
    """
    p, found, swapped = [arb(c) for c in coefficients], [0, 0], 0
    while len(p) > 1:
        low, high = abs(p[0]), abs(p[-1])
        if low > high:
            p = p[::-1]
            swapped = 1 - swapped
        elif not low < high:
            return None
        ratio = p[0] / p[-1]
        p = [a - ratio * b for a, b in zip(p[1:], p[-2::-1], strict=True)]
        found[swapped] += 1
    return Counts(found[0], 0, found[1])
