"""Quotients of polynomials in two symbols, as numbers that a rule's step runs on."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

_RING = fmpq_mpoly_ctx.get(("s", "p"), Ordering.lex)
_ONE = _RING.constant(1)
_DEGREE = 256
"""The largest degree in a symbol: roots of polynomials twice as high take a second."""


class Ratio:
    """A quotient of polynomials in s and p with rational coefficients, reduced.

    Floats stand for the rational numbers that they are. Constants have an order and a
    float; of anything else there is none, so a step that branches on it, or wants its
    exponential, raises TypeError.

    Examples
    --------
    >>> s = symbols()[0]
    >>> (1 - s * s) / (1 + s) + 0.5
    Ratio(-s + 3/2)
    """

    __slots__ = ("bottom", "top")

    def __init__(self, top: fmpq_mpoly, bottom: fmpq_mpoly = _ONE) -> None:
        if not bottom.is_one():
            top, bottom = _reduced(top, bottom)
        if max(top.degrees() + bottom.degrees()) > _DEGREE:
            raise OverflowError(f"the degree in a symbol is above {_DEGREE}")
        self.top, self.bottom = top, bottom

    def __repr__(self) -> str:
        below = "" if self.bottom.is_one() else f", {self.bottom}"
        return f"Ratio({self.top}{below})"

    @property
    def real(self) -> Ratio:
        """The number itself: symbols are real."""
        return self

    def weight(self) -> float:
        """Return how good a pivot it is: the better the fewer terms; 0 if it is 0."""
        return 1 / (len(self.top) + len(self.bottom)) if self.top else 0.0

    def __float__(self) -> float:
        """Return a constant as the nearest float."""
        value = self._constant()
        return int(value.p) / int(value.q)

    def __eq__(self, other: Any) -> Any:
        return _with(other, lambda o: self.top == o.top and self.bottom == o.bottom)

    __hash__ = None  # type: ignore[assignment]

    def __ge__(self, other: Any) -> Any:
        return _with(other, lambda o: _sum(self, -o)._constant() >= 0)

    def __gt__(self, other: Any) -> Any:
        return _with(other, lambda o: _sum(self, -o)._constant() > 0)

    def __le__(self, other: Any) -> Any:
        return _with(other, lambda o: _sum(self, -o)._constant() <= 0)

    def __lt__(self, other: Any) -> Any:
        return _with(other, lambda o: _sum(self, -o)._constant() < 0)

    def _constant(self) -> fmpq:
        if not (self.top.is_constant() and self.bottom.is_one()):
            raise TypeError(f"{self!r} is not constant: it has no order and no float")
        return fmpq(self.top.leading_coefficient())

    def __add__(self, other: Any) -> Any:
        return _with(other, lambda o: _sum(self, o))

    def __sub__(self, other: Any) -> Any:
        return _with(other, lambda o: _sum(self, -o))

    def __rsub__(self, other: Any) -> Any:
        return _with(other, lambda o: _sum(o, -self))

    def __mul__(self, other: Any) -> Any:
        return _with(other, lambda o: Ratio(self.top * o.top, self.bottom * o.bottom))

    def __truediv__(self, other: Any) -> Any:
        return _with(other, lambda o: _quotient(self, o))

    def __rtruediv__(self, other: Any) -> Any:
        return _with(other, lambda o: _quotient(o, self))

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Ratio:
        return Ratio(-self.top, self.bottom)

    def __pos__(self) -> Ratio:
        return self

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(exponent, numbers.Integral):
            return NotImplemented
        k = int(exponent)
        power = Ratio(self.top ** abs(k), self.bottom ** abs(k))
        return power if k >= 0 else _quotient(Ratio(_ONE), power)


def _reduced(top: fmpq_mpoly, bottom: fmpq_mpoly) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """Return a quotient without common factors, its bottom's leading coefficient 1."""
    if not bottom:
        raise ZeroDivisionError("division by a polynomial that is 0")
    if not bottom.is_constant():
        common = top.gcd(bottom)
        top, bottom = top / common, bottom / common
    leading = _RING.constant(bottom.leading_coefficient())
    return top / leading, bottom / leading


def _sum(a: Ratio, b: Ratio) -> Ratio:
    if a.bottom == b.bottom:
        return Ratio(a.top + b.top, a.bottom)
    return Ratio(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom)


def _quotient(a: Ratio, b: Ratio) -> Ratio:
    return Ratio(a.top * b.bottom, a.bottom * b.top)


def _with(other: Any, function: Callable[[Ratio], Any]) -> Any:
    if isinstance(other, Ratio):
        return function(other)
    if isinstance(other, numbers.Real):
        return function(exactly(other)) if math.isfinite(other) else math.nan
    return NotImplemented


def exactly(number: Any) -> Ratio:
    """Return a finite number as the rational that it is."""
    top, bottom = number.as_integer_ratio()
    return Ratio(_RING.constant(fmpq(int(top), int(bottom))))


def symbols() -> tuple[Ratio, Ratio]:
    """Return s and p."""
    s, p = _RING.gens()
    return Ratio(s), Ratio(p)


def characteristic(rows: list[list[Any]]) -> list[fmpq_mpoly]:
    """Return det(λ - B) times the least polynomial that clears it of denominators.

    The coefficients of λ, from the lowest power on; factors λ are left out. By the
    algorithm of Faddeev and LeVerrier, for the few rows that blocks have.

    >>> s, p = symbols()
    >>> characteristic([[1 - s, p], [0.0, 0.5]])
    [-1/2*s + 1/2, s - 3/2, 1]
    """
    size = range(len(rows))
    matrix = [[_lifted(entry) for entry in row] for row in rows]
    known, product = [exactly(1)], matrix
    for k in range(1, len(rows) + 1):
        trace = sum((product[i][i] for i in size), exactly(0))
        known.append(-trace / k)
        moved = [
            [product[i][j] + (known[-1] if i == j else 0) for j in size] for i in size
        ]
        product = [
            [sum((matrix[i][n] * moved[n][j] for n in size), exactly(0)) for j in size]
            for i in size
        ]
    common = _ONE
    for one in known:
        common = common * (one.bottom / common.gcd(one.bottom))
    found = [one.top * (common / one.bottom) for one in reversed(known)]
    while not found[0]:
        del found[0]
    return found


def _lifted(entry: Any) -> Ratio:
    return entry if isinstance(entry, Ratio) else exactly(entry)
