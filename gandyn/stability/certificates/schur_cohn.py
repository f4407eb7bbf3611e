"""Roots of a rational polynomial inside, on and outside the unit circle, exactly."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from flint import fmpq_mat, fmpz_mat, fmpz_poly


class Counts(NamedTuple):
    """Numbers of multipliers by their place, with multiplicity."""

    inside: int
    on: int
    outside: int


NO_ROOTS = Counts(0, 0, 0)


def circle_counts(polynomial: fmpz_poly) -> Counts:
    r"""Count the roots inside, on and outside the unit circle.

    Schur and Cohn's recursion: with :math:`p^*(z) = z^n p(1/z)` and
    :math:`|p_0| < |p_n|`, Rouché's theorem gives

    .. math:: q(z) = (p_n\, p(z) - p_0\, p^*(z)) / z

    one root less inside and the same on the circle and outside; where
    :math:`|p_0| > |p_n|` the same holds for :math:`p^*`. Where they are equal, the
    signature of the Schur-Cohn form and the common divisor of p and :math:`p^*` decide.
    Everything is integer arithmetic.

    Parameters
    ----------
    polynomial : fmpz_poly
        Not zero; roots may be repeated, and at 0.

    References
    ----------
    Marden, *Geometry of Polynomials*, 1966, Theorems 42.1 (recursion), 43.1 (form)
    and 45.2 (Cohn, self-inversive polynomials).

    Examples
    --------
    >>> p = fmpz_poly([1, 0, 1]) ** 2 * fmpz_poly([-1, 2]) * fmpz_poly([-3, 1])
    >>> circle_counts(p)
    Counts(inside=1, on=4, outside=1)
    """
    zeros = next(i for i in range(len(polynomial)) if polynomial[i] != 0)
    p = polynomial.right_shift(zeros)
    found, swapped = [zeros, 0], 0
    while p.degree() > 0:
        mirror, low, high = _reciprocal(p), p[0], p[p.degree()]
        if abs(low) == abs(high):
            break
        if abs(low) > abs(high):
            p, mirror, low, high = mirror, p, high, low
            swapped = 1 - swapped
        p = (high * p - low * mirror).right_shift(1)
        p = p // p.content()
        found[swapped] += 1
    rest = _irregular(p) if p.degree() > 0 else NO_ROOTS
    found[swapped] += rest.inside
    found[1 - swapped] += rest.outside
    return Counts(found[0], rest.on, found[1])


def _irregular(p: fmpz_poly) -> Counts:
    """Count the roots of a polynomial whose outer coefficients are equal in size.

    The Schur-Cohn form has as many positive, negative and zero eigenvalues as p has
    roots inside, outside, and roots r with 1/r among them. Its characteristic
    polynomial has real roots only, so Descartes' rule is exact. The roots with 1/r
    are those of gcd(p, p*), which is self-inversive: by Cohn's theorem it has as many
    roots outside as its derivative.
    """
    form = _schur_cohn_form(p).charpoly()
    shared = next(i for i in range(len(form)) if form[i] != 0)
    inside = _sign_changes(form)
    outside = p.degree() - shared - inside
    if not shared:
        return Counts(inside, 0, outside)
    symmetric = p.gcd(_reciprocal(p))
    pairs = circle_counts(symmetric.derivative()).outside
    return Counts(inside + pairs, shared - 2 * pairs, outside + pairs)


def _schur_cohn_form(p: fmpz_poly) -> fmpz_mat:
    n = p.degree()
    rows = range(n)
    upper = [[p[n - i + j] if j <= i else 0 for j in rows] for i in rows]
    lower = [[p[i - j] if j <= i else 0 for j in rows] for i in rows]
    a, b = fmpz_mat(upper), fmpz_mat(lower)
    return a * a.transpose() - b * b.transpose()


def _sign_changes(p: fmpz_poly) -> int:
    signs = [c > 0 for c in p.coeffs() if c != 0]
    return sum(a != b for a, b in itertools.pairwise(signs))


def _reciprocal(p: fmpz_poly) -> fmpz_poly:
    return fmpz_poly(p.coeffs()[::-1])


def is_defective_on_circle(matrix: fmpq_mat, polynomial: fmpz_poly) -> bool:
    """Tell whether a multiplier on the circle lacks eigenvectors.

    Its powers then grow like a power of the step. A multiplier is semisimple iff it is
    a simple root of the minimal polynomial.

    Parameters
    ----------
    matrix : fmpq_mat
    polynomial : fmpz_poly
        A multiple of its characteristic polynomial.

    Examples
    --------
    >>> shear = fmpq_mat(2, 2, [1, 1, 0, 1])
    >>> is_defective_on_circle(shear, shear.charpoly().numer())
    True
    >>> is_defective_on_circle(fmpq_mat(2, 2, [1, 0, 0, 1]), fmpz_poly([1, -2, 1]))
    False
    """
    if not _repeats_on_circle(polynomial):
        return False
    return _repeats_on_circle(matrix.minpoly().numer())


def _repeats_on_circle(p: fmpz_poly) -> bool:
    return circle_counts(p.gcd(p.derivative())).on > 0
