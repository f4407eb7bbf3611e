"""Numbers with a derivative, exact or enclosed, that a rule's own step runs on."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, fmpq

from gandyn.stability.calculus.jets import NonSmooth

ZERO = fmpq(0)
ONE = fmpq(1)
LONGEST = 1 << 16
"""Bits from which a rational goes on as a ball: iterated squares double theirs."""
TINY = 5e-324
"""The smallest float: what a number weighs that is not 0 but smaller than any."""


class Dual:
    """A value and a slope, each a rational (``fmpq``) or a ball (``arb``).

    Sums, products and quotients of rationals are exact; floats stand for the rational
    numbers that they are. Elementary functions give rationals where their values are
    (e⁰ = 1), balls elsewhere. There is no way back to a float, so nothing is rounded
    unseen.

    Examples
    --------
    >>> t = Dual(fmpq(1, 3), fmpq(1))
    >>> (t * t + 0.5).value, (t * t).slope
    (11/18, 2/3)
    """

    __slots__ = ("slope", "value")

    def __init__(self, value: Any, slope: Any = ZERO) -> None:
        self.value = _bounded(value)
        self.slope = _bounded(slope)

    @property
    def real(self) -> Dual:
        """The number itself: all are real."""
        return self

    def __add__(self, other: Any) -> Any:
        return _with(other, lambda o: Dual(self.value + o.value, self.slope + o.slope))

    def __sub__(self, other: Any) -> Any:
        return _with(other, lambda o: Dual(self.value - o.value, self.slope - o.slope))

    def __mul__(self, other: Any) -> Any:
        return _with(other, lambda o: _product(self, o))

    def __truediv__(self, other: Any) -> Any:
        return _with(other, lambda o: _quotient(self, o))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __rtruediv__(self, other: Any) -> Any:
        return _with(other, lambda o: _quotient(o, self))

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __pos__(self) -> Dual:
        return self

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(exponent, numbers.Integral):
            return NotImplemented
        k = int(exponent)
        if k == 0:
            return Dual(ONE)
        return Dual(self.value**k, k * self.value ** (k - 1) * self.slope)

    def __abs__(self) -> Dual:
        return self if self > 0 else -self

    def __eq__(self, other: Any) -> Any:
        return _with(other, lambda o: _sign(self - o) == 0)

    __hash__ = None  # type: ignore[assignment]

    def __ge__(self, other: Any) -> Any:
        return _with(other, lambda o: _sign(self - o) >= 0)

    def __gt__(self, other: Any) -> Any:
        return _with(other, lambda o: _sign(self - o) > 0)

    def __le__(self, other: Any) -> Any:
        return _with(other, lambda o: _sign(self - o) <= 0)

    def __lt__(self, other: Any) -> Any:
        return _with(other, lambda o: _sign(self - o) < 0)

    def weight(self) -> float:
        """Return how far from 0 the value is for certain, positive if it is at all."""
        lower = float(arb(self.value).abs_lower())
        return max(lower, TINY) if self.value > 0 or self.value < 0 else 0.0

    def exp(self) -> Dual:
        """Return e to this power; numpy calls it, as the others, on object arrays."""
        value = ONE if self.value == 0 else arb(self.value).exp()
        return Dual(value, value * self.slope)

    def log(self) -> Dual:
        """Return the natural logarithm."""
        value = ZERO if self.value == 1 else arb(self.value).log()
        return Dual(value, self.slope / self.value)

    def sqrt(self) -> Dual:
        """Return the square root; not differentiable at 0."""
        if self.value == 0:
            raise NonSmooth("the square root has no derivative at 0")
        value = _root(self.value)
        return Dual(value, self.slope / (2 * value))

    def sin(self) -> Dual:
        """Return the sine."""
        return Dual(_sine(self.value), _cosine(self.value) * self.slope)

    def cos(self) -> Dual:
        """Return the cosine."""
        return Dual(_cosine(self.value), -_sine(self.value) * self.slope)

    def tanh(self) -> Dual:
        """Return the hyperbolic tangent."""
        value = ZERO if self.value == 0 else arb(self.value).tanh()
        return Dual(value, (1 - value * value) * self.slope)


def as_dual(number: Any) -> Dual:
    """Return an int, a float or a fraction as the rational number that it is."""
    if not math.isfinite(number):
        return Dual(arb(number))
    top, bottom = number.as_integer_ratio()
    return Dual(fmpq(int(top), int(bottom)))


def _lift(entry: Any) -> Dual:
    return entry if isinstance(entry, Dual) else as_dual(entry)


_lift_each = np.frompyfunc(_lift, 1, 1)


def lifted(values: Any) -> np.ndarray:
    """Return numbers as an object array of `Dual`, at least one axis."""
    return np.asarray(_lift_each(np.atleast_1d(np.asarray(values))), dtype=object)


def _bounded(number: Any) -> Any:
    if isinstance(number, fmpq) and number.height_bits() > LONGEST:
        return arb(number)
    return number


def _with(other: Any, function: Callable[[Dual], Any]) -> Any:
    if isinstance(other, Dual):
        return function(other)
    if isinstance(other, numbers.Real):
        return function(as_dual(other))
    return NotImplemented


def _product(a: Dual, b: Dual) -> Dual:
    return Dual(a.value * b.value, a.slope * b.value + a.value * b.slope)


def _quotient(a: Dual, b: Dual) -> Dual:
    value = a.value / b.value
    return Dual(value, (a.slope - value * b.slope) / b.value)


def _sign(difference: Dual) -> int:
    value = difference.value
    if value > 0:
        return 1
    if value < 0:
        return -1
    if value == 0 and difference.slope == 0:
        return 0
    raise NonSmooth("the step may change its branch at the point")


def _sine(value: Any) -> Any:
    return ZERO if value == 0 else arb(value).sin()


def _cosine(value: Any) -> Any:
    return ONE if value == 0 else arb(value).cos()


def _root(value: Any) -> Any:
    if isinstance(value, fmpq) and value > 0:
        exact = fmpq(value.p.isqrt(), value.q.isqrt())
        if exact * exact == value:
            return exact
    return arb(value).sqrt()
