"""Truncated power series in one variable, with arrays as coefficients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import numpy as np

from gandyn import elementary
from gandyn.errors import GandynError
from gandyn.stability.calculus.jets import ON_EDGE, NonSmooth


class MixedSigns(GandynError):
    """A comparison has different outcomes in a batch: take its members one by one."""


class Series:
    r"""A power series :math:`a_0 + a_1 h + \dots + a_K h^K`, powers beyond K dropped.

    Parameters
    ----------
    parts : sequence of K + 1 numbers or arrays
        The coefficients; arrays are a batch of series. They may be complex, or objects
        such as `Jet`, so that a series can be differentiated.

    Raises
    ------
    NonSmooth
        By a comparison at a tie, or a function at its singularity.

    References
    ----------
    Griewank, Walther, *Evaluating Derivatives*, 2nd edition, SIAM 2008, Section 13.2.

    Examples
    --------
    >>> h = Series([0.0, 1.0, 0.0])
    >>> ((1 + h).inverse() * 2).parts
    (2.0, -2.0, 2.0)
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)

    def __repr__(self) -> str:
        return f"Series({list(self.parts)})"

    @property
    def real(self) -> Series:
        """The series itself: comparisons look at real parts."""
        return self

    def _like(self, other: Any) -> Series | None:
        if isinstance(other, Series):
            return other
        if isinstance(other, Number):
            return Series((other,) + (0.0,) * (len(self.parts) - 1))
        return None  # an array does its own loop

    def __add__(self, other: Any) -> Series:
        if (other := self._like(other)) is None:
            return NotImplemented
        return Series([a + b for a, b in zip(self.parts, other.parts, strict=True)])

    __radd__ = __add__

    def __neg__(self) -> Series:
        return Series([-a for a in self.parts])

    def __pos__(self) -> Series:
        return self

    def __sub__(self, other: Any) -> Series:
        if (other := self._like(other)) is None:
            return NotImplemented
        return Series([a - b for a, b in zip(self.parts, other.parts, strict=True)])

    def __rsub__(self, other: Any) -> Series:
        return -(self - other)

    def __mul__(self, other: Any) -> Series:
        if isinstance(other, Number):
            return Series([a * other for a in self.parts])
        if not isinstance(other, Series):
            return NotImplemented
        a, b = self.parts, other.parts
        return Series([_sum(a[i] * b[k - i] for i in range(k + 1)) for k in _upto(a)])

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Series:
        if isinstance(other, Number):
            return Series([a / other for a in self.parts])
        if not isinstance(other, Series):
            return NotImplemented
        return self * other.inverse()

    def __rtruediv__(self, other: Any) -> Series:
        return self.inverse() * other

    def __pow__(self, power: Any) -> Series:
        if isinstance(power, Series):
            return (power * self.log()).exp()
        if power == int(power) >= 0:
            one = self._like(1.0)
            assert one is not None
            return math.prod([self] * int(power), start=one)
        a0 = self._inside("power")
        return self._recur(
            a0**power,
            lambda a, y, k: (
                _sum((power * j - (k - j)) * a[j] * y[k - j] for j in range(1, k + 1))
                / (k * a0)
            ),
        )

    def __rpow__(self, base: Any) -> Series:
        return (self * math.log(base)).exp()

    def __complex__(self) -> complex:
        """Return the value at 0 that is nearest to 0, a pivot's worst case."""
        values = _values(self.parts[0])
        return complex(values[np.argmin(np.abs(values))])

    def __abs__(self) -> Series:
        return self if self > 0 else -self

    def __gt__(self, other: Any) -> bool:
        return self._compare(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._compare(other) >= 0

    def __lt__(self, other: Any) -> bool:
        return self._compare(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._compare(other) <= 0

    def _compare(self, other: Any) -> int:
        """Return the sign of the difference for small h > 0, the same in the batch."""
        gap = (self - other).parts
        value, slope = _values(gap[0]).real, np.abs(_values(sum(map(abs, gap[1:]))))
        if np.any((slope > 0) & (np.abs(value) <= ON_EDGE * slope)):
            raise NonSmooth("a comparison is tied: there is no derivative here")
        signs = set(np.sign(value).tolist())
        if len(signs) > 1:
            raise MixedSigns("a comparison has different outcomes in a batch")
        return int(signs.pop())

    def inverse(self) -> Series:
        """Return 1 / self."""
        a0 = self._inside("quotient")
        return self._recur(
            1 / a0,
            lambda a, y, k: -_sum(a[j] * y[k - j] for j in range(1, k + 1)) / a0,
        )

    def exp(self) -> Series:
        """Return the exponential."""
        return self._recur(
            elementary.exp(np.asarray(self.parts[0])),
            lambda a, y, k: _sum(j * a[j] * y[k - j] for j in range(1, k + 1)) / k,
        )

    def log(self) -> Series:
        """Return the natural logarithm."""
        a0 = self._inside("logarithm")
        return self._recur(
            elementary.log(np.asarray(a0)),
            lambda a, y, k: (
                (a[k] - _sum(j * y[j] * a[k - j] for j in range(1, k)) / k) / a0
            ),
        )

    def sqrt(self) -> Series:
        """Return the square root."""
        root = elementary.sqrt(np.asarray(self._inside("square root")))
        return self._recur(
            root,
            lambda a, y, k: (
                (a[k] - _sum(y[j] * y[k - j] for j in range(1, k))) / (2 * root)
            ),
        )

    def sin(self) -> Series:
        """Return the sine."""
        return self._circular()[0]

    def cos(self) -> Series:
        """Return the cosine."""
        return self._circular()[1]

    def tanh(self) -> Series:
        """Return the hyperbolic tangent."""
        a, y = self.parts, [elementary.tanh(np.asarray(self.parts[0]))]
        slopes: list[Any] = []
        for k in _upto(a)[1:]:
            square = _sum(y[i] * y[k - 1 - i] for i in range(k))
            slopes.append((1 if k == 1 else 0) - square)
            y.append(_sum(j * a[j] * slopes[k - j] for j in range(1, k + 1)) / k)
        return Series(y)

    def _circular(self) -> tuple[Series, Series]:
        a, start = self.parts, np.asarray(self.parts[0])
        s, c = [elementary.sin(start)], [elementary.cos(start)]
        for k in _upto(a)[1:]:
            s.append(_sum(j * a[j] * c[k - j] for j in range(1, k + 1)) / k)
            c.append(-_sum(j * a[j] * s[k - j] for j in range(1, k + 1)) / k)
        return Series(s), Series(c)

    def _recur(self, first: Any, rule: Callable[[Any, Any, int], Any]) -> Series:
        """Return the series that a recurrence continues."""
        y = [first]
        for k in _upto(self.parts)[1:]:
            y.append(rule(self.parts, y, k))
        return Series(y)

    def _inside(self, what: str) -> Any:
        """Return the constants, where none is the singularity 0."""
        if np.any(_values(self.parts[0]) == 0):
            raise NonSmooth(f"a {what} at 0: there is no Taylor series here")
        return self.parts[0]


def _upto(parts: Sequence[Any]) -> range:
    return range(len(parts))


def _sum(terms: Any) -> Any:
    return sum(terms, start=0.0)


def _values(part: Any) -> np.ndarray:
    """Return the plain numbers of a coefficient, infinitesimal parts left out."""
    return np.atleast_1d(np.asarray(part)).astype(complex).ravel()


def lifted(parts: Sequence[Any]) -> np.ndarray:
    """Return batches of states (S, B), one per power of h, as series of shape (S, 1).

    The batch is inside the series: arithmetic on them is arithmetic on arrays.
    """
    rows = np.empty((len(parts[0]), 1), dtype=object)
    for i in range(len(rows)):
        rows[i, 0] = Series([np.asarray(part)[i] for part in parts])
    return rows


def lowered(values: Any, place: int, batch: int) -> np.ndarray:
    """Return one power's coefficient of each series, shape (S, B)."""
    rows = []
    for value in np.asarray(values, dtype=object).ravel():
        inside = isinstance(value, Series)
        part = value.parts[place] if inside else (0.0 if place else value)
        rows.append(np.broadcast_to(np.asarray(part), (batch,)))
    return np.array(rows)
