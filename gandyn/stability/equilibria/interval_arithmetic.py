"""Balls with a gradient: enclosures of a function and its derivatives over a box."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb, fmpq

from gandyn.stability.certificates.duals import Dual, as_dual


class Ball:
    """An enclosure of a function's values on a box, and of its partial derivatives.

    Floats stand for the numbers that they are. Where a comparison is undecided on the
    box the value is the hull of both branches, and the derivatives, which may jump,
    are not finite.

    Parameters
    ----------
    value : arb or fmpq
    slopes : sequence of arb
        The partial derivatives; none for a constant.

    References
    ----------
    Johansson, *Arb: Efficient Arbitrary-Precision Midpoint-Radius Interval
    Arithmetic*, IEEE Transactions on Computers 66 (2017).

    Examples
    --------
    >>> t = Ball(arb(2).union(arb(3)), [arb(1)])
    >>> bool((t * t).value.contains(arb(9))), bool((t * t).slopes[0].contains(arb(4)))
    (True, True)
    """

    __slots__ = ("slopes", "value")

    def __init__(self, value: Any, slopes: Sequence[Any] = ()) -> None:
        self.value, self.slopes = value, tuple(slopes)

    @property
    def real(self) -> Ball:
        """The number itself: all are real."""
        return self

    def __add__(self, other: Any) -> Any:
        if (b := _ball(other)) is None:
            return NotImplemented
        return Ball(self.value + b.value, _sums(self.slopes, b.slopes))

    __radd__ = __add__

    def __neg__(self) -> Ball:
        return Ball(-self.value, [-s for s in self.slopes])

    def __pos__(self) -> Ball:
        return self

    def __sub__(self, other: Any) -> Any:
        if (b := _ball(other)) is None:
            return NotImplemented
        return self + -b

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if (b := _ball(other)) is None:
            return NotImplemented
        first = [s * b.value for s in self.slopes]
        second = [self.value * s for s in b.slopes]
        return Ball(self.value * b.value, _sums(first, second))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if (b := _ball(other)) is None:
            return NotImplemented
        return self * b._inverse()

    def __rtruediv__(self, other: Any) -> Any:
        return self._inverse() * other

    def __pow__(self, power: Any) -> Any:
        if not isinstance(power, numbers.Real):
            return NotImplemented
        k = float(power)
        if not k.is_integer():
            base = arb(self.value)
            return self._along(base ** arb(k), arb(k) * base ** (arb(k) - 1))
        n = int(k)
        if n == 0:
            return Ball(fmpq(1))
        return self._along(self.value**n, n * self.value ** (n - 1))

    def _along(self, value: Any, slope: Any) -> Ball:
        """Return a function of this number, by its value and derivative."""
        return Ball(value, [slope * s for s in self.slopes])

    def _inverse(self) -> Ball:
        value = 1 / arb(self.value)
        return self._along(value, -value * value)

    def exp(self) -> Ball:
        """Return e to this power; numpy calls it, as the others, on object arrays."""
        value = arb(self.value).exp()
        return self._along(value, value)

    def log(self) -> Ball:
        """Return the natural logarithm."""
        return self._along(arb(self.value).log(), 1 / arb(self.value))

    def sqrt(self) -> Ball:
        """Return the square root."""
        value = arb(self.value).sqrt()
        return self._along(value, 1 / (2 * value))

    def sin(self) -> Ball:
        """Return the sine."""
        return self._along(arb(self.value).sin(), arb(self.value).cos())

    def cos(self) -> Ball:
        """Return the cosine."""
        return self._along(arb(self.value).cos(), -arb(self.value).sin())

    def tanh(self) -> Ball:
        """Return the hyperbolic tangent."""
        value = arb(self.value).tanh()
        return self._along(value, 1 - value * value)

    def select(self, a: Any, b: Any) -> Any:
        """Return a where this is >= 0, else b; the hull of both where it is either."""
        if self.value >= 0:
            return a
        return b if self.value < 0 else self._hull(a, b)

    def heaviside(self) -> Any:
        """Return 1 where this is positive, else 0; the hull where it is either."""
        if self.value > 0:
            return 1.0
        return 0.0 if self.value <= 0 else self._hull(0.0, 1.0)

    def _hull(self, a: Any, b: Any) -> Ball:
        first, second = _ball(a), _ball(b)
        assert first is not None
        assert second is not None
        value = arb(first.value).union(arb(second.value))
        size = max(map(len, (self.slopes, first.slopes, second.slopes)))
        return Ball(value, [arb("nan")] * size)


def _ball(number: Any) -> Ball | None:
    """Return a number as a ball, None if it is an array or no real number."""
    if isinstance(number, Ball):
        return number
    if isinstance(number, Dual):  # a field, which is a constant
        return Ball(number.value)
    return Ball(as_dual(number).value) if isinstance(number, numbers.Real) else None


def _sums(a: Sequence[Any], b: Sequence[Any]) -> Sequence[Any]:
    if not (a and b):
        return a or b
    return [p + q for p, q in zip(a, b, strict=True)]


def box_balls(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the coordinates over a box, as an array of balls of shape (S, 1).

    Each has its unit vector for slopes; at a point, where both ends agree, none.
    """
    balls = np.empty((len(low), 1), dtype=object)
    point = bool(np.array_equal(low, high))
    for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        unit = () if point else [arb(int(i == j)) for j in range(len(low))]
        balls[i, 0] = Ball(arb(a) if point else arb(a).union(arb(b)), unit)
    return balls


def entries(values: Any, size: int) -> tuple[list[Any], list[list[Any]]]:
    """Return the values of a function's coordinates, and their partial derivatives."""
    flat = [_ball(np.asarray(v, dtype=object).ravel()[0]) for v in values]
    if any(ball is None for ball in flat):
        raise TypeError("the function returns other things than numbers")
    values = [arb(ball.value) for ball in flat if ball is not None]
    slopes = [list(b.slopes) or [arb(0)] * size for b in flat if b is not None]
    return values, slopes


def ends(ball: Any) -> tuple[float, float]:
    """Return floats below and above every number of a finite ball."""
    low, high = float(ball.lower()), float(ball.upper())
    return float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))
