"""Rational functions of symbols, as numbers that a rule's own step runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from flint import arb, fmpq
from sympy.polys.fields import field

LARGEST = 10**6
"""Denominator up to which a fraction is looked for that rounds to a float."""


class RationalFunction:
    """A quotient of polynomials with rational coefficients, not constant.

    It has no order: a step that branches on it, or wants its exponential, has no
    rational map and raises TypeError. Constant results are rationals again.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def _with(self, other: Any, function: Callable[[Any], Any]) -> Any:
        if isinstance(other, RationalFunction):
            return _reduced(function(other.value))
        if isinstance(other, fmpq | int):
            return _reduced(function(self.value.field.ground_new(_ground(other))))
        if isinstance(other, arb):  # no function is a ball
            return arb("nan")
        return NotImplemented

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda o: self.value + o)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda o: self.value - o)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda o: -self.value + o)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda o: self.value * o)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, lambda o: self.value / o)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda o: self.value**-1 * o)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return RationalFunction(-self.value)

    def __pow__(self, exponent: int) -> Any:
        return _reduced(self.value**exponent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RationalFunction) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


def _ground(number: Any) -> Any:
    return sympy.QQ(int(number.numerator), int(number.denominator))


def _reduced(value: Any) -> Any:
    """Return a constant as the rational that it is, so that it compares."""
    if value.numer.is_ground and value.denom.is_ground:
        top, bottom = (part.coeff(1) for part in (value.numer, value.denom))
        quotient = top / bottom
        return fmpq(int(quotient.numerator), int(quotient.denominator))
    return RationalFunction(value)


def generators(
    assumptions: Mapping[str, Mapping[str, bool]],
) -> tuple[list[Any], dict[str, RationalFunction]]:
    """Return symbols by name, and the rational functions that they are."""
    symbols = [sympy.Symbol(name, **how) for name, how in assumptions.items()]
    _, *made = field(symbols, sympy.QQ)
    functions = map(RationalFunction, made)
    return symbols, dict(zip(assumptions, functions, strict=True))


def expression(number: Any) -> Any:
    """Return a rational function or a rational as a sympy expression."""
    if isinstance(number, RationalFunction):
        return number.value.as_expr()
    return sympy.Rational(int(number.p), int(number.q))


def simplest(number: float) -> Fraction:
    """Return a short fraction that rounds to a float, such as 3/10 for 0.3.

    Of denominators up to `LARGEST`, else the shortest decimal.

    >>> simplest(0.3), simplest(1 / 3), simplest(0.12345678)
    (Fraction(3, 10), Fraction(1, 3), Fraction(6172839, 50000000))
    """
    short = Fraction(number).limit_denominator(LARGEST)
    return short if float(short) == number else Fraction(repr(float(number)))
