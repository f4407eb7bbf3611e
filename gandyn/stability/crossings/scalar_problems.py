"""Where the multipliers that belong to one eigenvalue of J cross the unit circle.

They are the roots of a polynomial in λ whose coefficients are polynomials in the
parameter, of rational numbers. Where one is on the circle a real polynomial in the
parameter vanishes, all of whose roots are enclosed: none is missed. Between any two
the number of multipliers outside is counted, by signs of rational numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from flint import acb, acb_poly, arb, ctx, fmpq, fmpq_mpoly, fmpq_poly

from gandyn.stability.crossings.eigenvalues import (
    PRECISION,
    Eigenvalue,
    as_float,
    midpoint,
    roots,
)
from gandyn.stability.crossings.locations import Crossing

_ON = 1e-10
"""A multiplier that is nearer to the circle is the one that crosses, or others with it:
a fourfold one is known to the fourth root of rounding."""
_BY_NUMPY = 1e-6
"""The same of floats, a double one of which is known to the root of their rounding."""
_ROOT = 2.0**-100
"""Radius of the enclosures of complex roots."""
_REAL = 1e-13
"""A multiplier on the circle that is nearer to the real axis is so by rounding."""
_SHARES = (fmpq(1, 2), fmpq(3, 7), fmpq(5, 11), fmpq(8, 13))
"""Where between two roots multipliers are counted, the first that has no zero there."""


class Undecided(Exception):
    """A multiplier stays on the circle, or two are reciprocal, whatever the value."""


class _Polynomial(NamedTuple):
    """A complex polynomial in the parameter."""

    real: fmpq_poly
    imag: fmpq_poly

    def times(self, other: _Polynomial) -> _Polynomial:
        return _Polynomial(
            self.real * other.real - self.imag * other.imag,
            self.real * other.imag + self.imag * other.real,
        )

    def less(self, other: _Polynomial) -> _Polynomial:
        return _Polynomial(self.real - other.real, self.imag - other.imag)

    def conjugate(self) -> _Polynomial:
        return _Polynomial(self.real, -self.imag)

    @property
    def square(self) -> fmpq_poly:
        """The square of the modulus, for real values."""
        return self.real * self.real + self.imag * self.imag

    def at(self, place: fmpq) -> tuple[fmpq, fmpq]:
        return self.real(place), self.imag(place)

    @property
    def slope(self) -> _Polynomial:
        return _Polynomial(self.real.derivative(), self.imag.derivative())


class ScalarProblem:
    """The multipliers of one number's step, whose field is multiplied by s.

    Or of a whole map, as that of a number without a field.

    Parameters
    ----------
    coefficients : sequence of fmpq_mpoly
        Of the characteristic polynomial in s and p, from the lowest power of λ on.
    eigenvalue : Eigenvalue
        The value of s. At 0 the multipliers that are 1 for all p are left out; there
        are as many as the attribute ``ones`` says.
    """

    def __init__(
        self, coefficients: Sequence[fmpq_mpoly], eigenvalue: Eigenvalue
    ) -> None:
        self.eigenvalue = eigenvalue
        powers = _powers(eigenvalue, max(c.degrees()[0] for c in coefficients))
        self._own = [_at_eigenvalue(c, powers) for c in coefficients]
        self.ones = 0
        if not eigenvalue.real and not eigenvalue.imag:
            degree = len(self._own)
            self._own = _without_ones(self._own)
            self.ones = degree - len(self._own)
        self._turned = [_at_eigenvalue(c.derivative("s"), powers) for c in coefficients]
        self._tests, self._on_circle = _schur_cohn(self._own)

    def crossings(self, low: fmpq, high: fmpq) -> tuple[int, list[Crossing]]:
        """Return how many multipliers are outside beside ``low``, and what changes.

        Pairs count twice, and multiple eigenvalues as often as they are. The
        uncertainty is that of an eigenvalue that is off by 1.

        Raises
        ------
        Undecided
            If one is on the circle all along, or may be.
        """
        if len(self._own) == 1:
            return 0, []
        if not self._on_circle:
            raise Undecided
        marks = [low, *_real_roots(self._on_circle, low, high), high]
        counts = [self._counted(*pair) for pair in itertools.pairwise(marks)]
        places, outside = zip(*counts, strict=True)
        found: list[Crossing] = []
        for k, value in enumerate(marks[1:-1]):
            bracket = as_float(places[k]), as_float(places[k + 1])
            found += self._located(value, outside[k + 1] - outside[k], bracket)
        return outside[0] * self.eigenvalue.times, found

    def _counted(self, low: fmpq, high: fmpq) -> tuple[fmpq, int]:
        """Return a place between two roots, and how many are outside the circle there.

        Each test takes one multiplier off: of the inside if it is positive, of the
        outside after an exchange of both if it is negative.
        """
        for share in _SHARES:
            place = low + share * (high - low)
            signs = [test(place) for test in self._tests]
            if all(signs):
                break
        else:
            raise Undecided
        outside = 0
        for left, sign in enumerate(reversed(signs), 1):
            outside = outside if sign > 0 else left - outside
        return place, outside

    def _located(
        self, value: fmpq, change: int, bracket: tuple[float, float]
    ) -> Iterator[Crossing]:
        """Yield what crosses at a root, nothing where the circle is touched only."""
        near = [one for one in self._near(value) if one[1] or change]
        ways = [int(np.sign(speed)) for _, speed, _ in near]
        pairs = [1 if self.eigenvalue.imag or not one.imag else 2 for one, *_ in near]
        if sum(w * n for w, n in zip(ways, pairs, strict=True)) != change:
            if not change:
                return
            near, ways, pairs = near[:1], [int(np.sign(change))], [abs(change)]
        times = self.eigenvalue.times
        for (multiplier, speed, rate), way, many in zip(near, ways, pairs, strict=True):
            doubt = rate / abs(speed) if speed else math.inf
            yield Crossing(
                as_float(value), bracket, doubt, multiplier, many * times,
                way * many * times, speed,
            )  # fmt: skip

    def _near(self, value: fmpq) -> list[tuple[complex, float, float]]:
        """Return the multipliers on the circle, the nearest first; of a pair one.

        Each with d|λ|/dp and |dλ/ds|.
        """
        families = self._own, [c.slope for c in self._own], self._turned
        rows = [[one.at(value) for one in family] for family in families]
        with ctx.workprec(PRECISION):
            found, on = _multipliers(rows[0])
            found.sort(key=lambda one: abs(float(abs(one) - 1)))
            chosen = [one for one in found if abs(float(abs(one) - 1)) < on]
            if not self.eigenvalue.imag:
                chosen = [one for one in chosen if complex(one).imag >= 0]
            return [_moving(one, rows) for one in chosen or found[:1]]


def _multipliers(coefficients: list[tuple[fmpq, fmpq]]) -> tuple[list[acb], float]:
    """Return the roots of a polynomial in λ, and how near to the circle is on it."""
    real, imag = zip(*coefficients, strict=True)
    if not any(imag):
        return [one for one, n in roots(fmpq_poly(list(real))) for _ in range(n)], _ON
    balls = acb_poly([acb(arb(a), arb(b)) for a, b in coefficients])
    try:
        return balls.roots(tol=_ROOT), _ON
    except ValueError:  # several are one, within the rounding of the coefficients
        return [
            acb(one) for one in np.roots([complex(c) for c in balls][::-1])
        ], _BY_NUMPY


def _moving(
    root: acb, rows: list[list[tuple[fmpq, fmpq]]]
) -> tuple[complex, float, float]:
    """Return a root of f, d|λ|/dp and |dλ/ds|; rows are of f, f_p and f_s."""
    own, moved, turned = (
        acb_poly([acb(arb(a), arb(b)) for a, b in row]) for row in rows
    )
    one, inner = complex(root), own.derivative()(root)
    if inner.contains(0):
        return _above(one), 0.0, math.inf
    speed, rate = complex(-moved(root) / inner), complex(turned(root) / inner)
    return _above(one), (speed * one.conjugate()).real / abs(one), abs(rate)


def _above(value: complex) -> complex:
    """Return one of a pair on the circle, or what is real but for rounding."""
    value = value / abs(value)
    if abs(value.imag) < _REAL:
        return complex(round(value.real))
    return value.conjugate() if value.imag < 0 else value


def _powers(eigenvalue: Eigenvalue, most: int) -> list[tuple[fmpq, fmpq]]:
    real, imag = eigenvalue.real, eigenvalue.imag
    found = [(fmpq(1), fmpq(0))]
    for _ in range(most):
        a, b = found[-1]
        found.append((a * real - b * imag, a * imag + b * real))
    return found


def _at_eigenvalue(
    coefficient: fmpq_mpoly, powers: list[tuple[fmpq, fmpq]]
) -> _Polynomial:
    """Return a coefficient with s set, as a polynomial in p."""
    size = max(coefficient.degrees()[1], 0) + 1
    real, imag = [fmpq(0)] * size, [fmpq(0)] * size
    for (i, j), number in coefficient.to_dict().items():
        a, b = powers[i]
        real[j] += number * a
        imag[j] += number * b
    return _Polynomial(fmpq_poly(real), fmpq_poly(imag))


def _without_ones(own: list[_Polynomial]) -> list[_Polynomial]:
    """Return a real polynomial in λ without its roots that are 1 for all p."""
    while len(own) > 1 and not sum((c.real for c in own), fmpq_poly()):
        left, rest = fmpq_poly(), []
        for one in reversed(own[1:]):
            left = left + one.real
            rest.append(_Polynomial(left, fmpq_poly()))
        own = rest[::-1]
    return own


def _schur_cohn(own: list[_Polynomial]) -> tuple[list[fmpq_poly], fmpq_poly]:
    r"""Return the tests that a root of λ must change to cross the circle, and where.

    With f of degree m, leading coefficient a and constant term b, the next one is
    :math:`(\bar a f - b f^*)/λ`, the test :math:`|a|^2 - |b|^2`. The last vanishes
    where a root is on the circle, or else a factor does that all coefficients of one f
    had, and which was taken out: degrees would double from each to the next.
    """
    tests, factors = [], fmpq_poly([1])
    while len(own) > 1:
        first, last = own[0], own[-1]
        tests.append(last.square - first.square)
        lead = last.conjugate()
        own = [
            lead.times(up).less(first.times(down.conjugate()))
            for up, down in zip(own[1:], reversed(own[:-1]), strict=True)
        ]
        own, common = _primitive(own)
        factors = _least_multiple(factors, common)
    return tests, _least_multiple(factors, tests[-1]) if tests else factors


def _primitive(own: list[_Polynomial]) -> tuple[list[_Polynomial], fmpq_poly]:
    """Return a polynomial in λ without the factor of all its coefficients, and that."""
    common = fmpq_poly()
    for one in own:
        common = common.gcd(one.real).gcd(one.imag)
    if not common:
        return own, common
    return [_Polynomial(one.real // common, one.imag // common) for one in own], common


def _least_multiple(a: fmpq_poly, b: fmpq_poly) -> fmpq_poly:
    return a * (b // a.gcd(b)) if a and b else fmpq_poly()


def _real_roots(polynomial: fmpq_poly, low: fmpq, high: fmpq) -> list[fmpq]:
    """Return the different real roots between two numbers, in order."""
    real = [midpoint(root.real) for root, _ in roots(polynomial) if root.imag == 0]
    return sorted(one for one in real if low < one < high)
