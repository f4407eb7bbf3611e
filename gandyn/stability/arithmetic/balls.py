"""Balls with a gradient: enclosures of a function and its derivatives over a box."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb

from gandyn.stability.arithmetic.duals import Dual, rational
from gandyn.stability.arithmetic.ring import RingElement


class Ball(RingElement):
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

    __slots__ = ()

    _zero = arb(0)

    def __init__(self, value: Any, slopes: Sequence[Any] = ()) -> None:
        self.parts = (value, *slopes)

    def _new(self, parts: Any) -> Ball:
        return Ball(parts[0], parts[1:])

    @property
    def value(self) -> Any:
        """The enclosure of the values."""
        return self.parts[0]

    @property
    def slopes(self) -> tuple[Any, ...]:
        """The enclosures of the partial derivatives."""
        return self.parts[1:]

    def _constant(self, number: Any) -> Any:
        if isinstance(number, Dual):  # a field, which is a constant
            return number.value
        return rational(number) if isinstance(number, numbers.Real) else None

    def _exponent(self, power: Any) -> Any:
        if not isinstance(power, numbers.Real):
            return None
        k = float(power)
        return int(k) if k.is_integer() else arb(k)

    def _plain(self, name: str) -> Any:
        return getattr(arb(self.value), name)()

    def _check_regular(self, what: str) -> None:
        """Singular values are enclosed by balls that are not finite."""

    def __truediv__(self, other: Any) -> Any:
        other = self._like(other)
        return NotImplemented if other is None else self * other.inverse()

    def inverse(self) -> Ball:
        """Return 1 / self."""
        value = 1 / arb(self.value)
        return self._compose(iter((value, -value * value)))

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
        first, second = self._like(a), self._like(b)
        assert first is not None
        assert second is not None
        value = arb(first.value).union(arb(second.value))
        return Ball(value, [arb("nan")] * len(self.slopes))


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
    constant = Ball(0, [arb(0)] * size)
    flat = [constant._like(np.asarray(v, dtype=object).ravel()[0]) for v in values]
    if any(ball is None for ball in flat):
        raise TypeError("the function returns other things than numbers")
    balls = [ball for ball in flat if ball is not None]
    return [arb(b.value) for b in balls], [list(b.slopes) for b in balls]


def ends(ball: Any) -> tuple[float, float]:
    """Return floats below and above every number of a finite ball."""
    low, high = float(ball.lower()), float(ball.upper())
    return float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))
