"""Numbers with a derivative, exact or enclosed, that a rule's own step runs on."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
from flint import arb, fmpq

from gandyn.stability.arithmetic.ring import NonSmooth, RingElement

_ZERO = fmpq(0)
ONE = fmpq(1)
_LONGEST = 1 << 16
"""Bits from which a rational goes on as a ball: iterated squares double theirs."""
_SMALLEST = 5e-324
"""The least positive float: what a number weighs that is smaller but not 0."""
_RATIONAL = {
    "exp": (_ZERO, ONE), "log": (ONE, _ZERO), "sin": (_ZERO, _ZERO),
    "cos": (_ZERO, ONE), "tanh": (_ZERO, _ZERO),
}  # fmt: skip
"""Where an elementary function is rational at a rational, and its value there."""


class Dual(RingElement):
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

    __slots__ = ()

    _zero = _ZERO

    def __init__(self, value: Any, slope: Any = _ZERO) -> None:
        self.parts = (_bounded(value), _bounded(slope))

    def _new(self, parts: Any) -> Dual:
        return Dual(*parts)

    @property
    def value(self) -> Any:
        """The constant part."""
        return self.parts[0]

    @property
    def slope(self) -> Any:
        """The coefficient of ε."""
        return self.parts[1]

    def _constant(self, number: Any) -> Any:
        return rational(number) if isinstance(number, numbers.Real) else None

    def _exponent(self, power: Any) -> Any:
        return int(power) if isinstance(power, numbers.Integral) else None

    def _plain(self, name: str) -> Any:
        t = self.parts[0]
        if name == "sqrt":
            return _root(t)
        place, value = _RATIONAL[name]
        return value if t == place else getattr(arb(t), name)()

    def _check_regular(self, what: str) -> None:
        if what == "square root" and self.value == 0:
            raise NonSmooth("the square root has no derivative at 0")

    def __truediv__(self, other: Any) -> Any:
        if (b := self._like(other)) is None:
            return NotImplemented
        (a0, a1), (b0, b1) = self.parts, b.parts
        value = a0 / b0  # narrower than the product with a reciprocal
        return Dual(value, (a1 - value * b1) / b0)

    def __rtruediv__(self, other: Any) -> Any:
        other = self._like(other)
        return NotImplemented if other is None else other / self

    def __eq__(self, other: Any) -> Any:
        other = self._like(other)
        return NotImplemented if other is None else (self - other)._sign() == 0

    __hash__ = None  # type: ignore[assignment]

    def _sign(self) -> int:
        value = self.value
        if value > 0:
            return 1
        if value < 0:
            return -1
        if value == 0 and self.slope == 0:
            return 0
        raise NonSmooth("the step may change its branch at the point")

    def weight(self) -> float:
        """Return how far from 0 the value is for certain, positive if it is at all."""
        lower = float(arb(self.value).abs_lower())
        return max(lower, _SMALLEST) if self.value > 0 or self.value < 0 else 0.0


def rational(number: Any) -> Any:
    """Return an int, a float or a fraction as the rational that it is, or as a ball."""
    if not math.isfinite(number):
        return arb(number)
    top, bottom = number.as_integer_ratio()
    return fmpq(int(top), int(bottom))


def _dual(entry: Any) -> Dual:
    return entry if isinstance(entry, Dual) else Dual(rational(entry))


_dual_each = np.frompyfunc(_dual, 1, 1)


def as_duals(values: Any) -> np.ndarray:
    """Return numbers as an object array of `Dual`, at least one axis."""
    return np.asarray(_dual_each(np.atleast_1d(np.asarray(values))), dtype=object)


def _bounded(number: Any) -> Any:
    if isinstance(number, fmpq) and number.height_bits() > _LONGEST:
        return arb(number)
    return number


def _root(value: Any) -> Any:
    if isinstance(value, fmpq) and value > 0:
        exact = fmpq(value.p.isqrt(), value.q.isqrt())
        if exact * exact == value:
            return exact
    return arb(value).sqrt()
