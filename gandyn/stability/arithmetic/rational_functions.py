"""Rational functions of symbols, as numbers that a rule's own step runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from flint import arb, fmpq
from sympy.polys.fields import field

from gandyn.stability.arithmetic.ring import RingElement

_LARGEST = 10**6
"""Denominator up to which a fraction is looked for that rounds to a float."""


def _beside_balls(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an operation that gives a NaN beside a ball, for no function is one."""
    return lambda self, other: (
        arb("nan") if isinstance(other, arb) else operation(self, other)
    )


class RationalFunction(RingElement):
    """A quotient of polynomials with rational coefficients, not constant.

    It has no order: a step that branches on it, or wants its exponential, has no
    rational map and raises TypeError. Constant results are rationals again.
    """

    __slots__ = ()

    def __init__(self, value: Any) -> None:
        super().__init__((value,))

    def _new(self, parts: Any) -> Any:
        return _reduced(parts[0])

    def _like(self, other: Any) -> Any:
        if isinstance(other, RationalFunction):
            return other
        constant = self._constant(other)
        return None if constant is None else RationalFunction(constant)

    @property
    def value(self) -> Any:
        """The element of sympy's field of fractions."""
        return self.parts[0]

    def _constant(self, number: Any) -> Any:
        if isinstance(number, fmpq | int):
            return self.value.field.ground_new(_ground(number))
        return None

    def _exponent(self, power: Any) -> Any:
        return power

    def _check_regular(self, what: str) -> None:
        """Take any: one that is not constant vanishes nowhere."""

    __add__ = __radd__ = _beside_balls(RingElement.__add__)
    __sub__ = _beside_balls(RingElement.__sub__)
    __rsub__ = _beside_balls(RingElement.__rsub__)
    __mul__ = __rmul__ = _beside_balls(RingElement.__mul__)
    __truediv__ = _beside_balls(RingElement.__truediv__)
    __rtruediv__ = _beside_balls(RingElement.__rtruediv__)

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

    Of denominators up to a million, else the shortest decimal.

    >>> simplest(0.3), simplest(1 / 3), simplest(0.12345678)
    (Fraction(3, 10), Fraction(1, 3), Fraction(6172839, 50000000))
    """
    short = Fraction(number).limit_denominator(_LARGEST)
    return short if float(short) == number else Fraction(repr(float(number)))
