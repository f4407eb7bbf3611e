"""Truncated power series in one variable, with arrays as coefficients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gandyn import elementary
from gandyn.errors import GandynError
from gandyn.stability.arithmetic.jets import ON_EDGE, Table, TaylorNumber
from gandyn.stability.arithmetic.ring import NonSmooth


class MixedSigns(GandynError):
    """A comparison has different outcomes in a batch: take its members one by one."""


class Series(TaylorNumber):
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

    __slots__ = ()

    _zero = 0.0

    @staticmethod
    def _table(size: int) -> Table:
        return _products(size)

    def __complex__(self) -> complex:
        """Return the value at 0 that is nearest to 0, a pivot's worst case."""
        values = _values(self.parts[0])
        return complex(values[np.argmin(np.abs(values))])

    def _sign(self) -> int:
        """Return the sign for small h > 0, the same in the batch."""
        value = _values(self.parts[0]).real
        slope = np.abs(_values(sum(map(abs, self.parts[1:]))))
        if np.any((slope > 0) & (np.abs(value) <= ON_EDGE * slope)):
            raise NonSmooth("a comparison is tied: there is no derivative here")
        signs = set(np.sign(value).tolist())
        if len(signs) > 1:
            raise MixedSigns("a comparison has different outcomes in a batch")
        return int(signs.pop())

    def _check_regular(self, what: str) -> None:
        if np.any(_values(self.parts[0]) == 0):
            raise NonSmooth(f"a {what} at 0: there is no Taylor series here")

    def _function(self, name: str) -> Series:
        first = getattr(elementary, name)(np.asarray(self.parts[0]))
        return _FUNCTIONS[name](self, first)

    def inverse(self) -> Series:
        """Return 1 / self."""
        self._check_regular("quotient")
        a0 = self.parts[0]
        return self._recur(
            1 / a0,
            lambda a, y, k: -_sum(a[j] * y[k - j] for j in range(1, k + 1)) / a0,
        )

    def _raised(self, power: Any) -> Series:
        a0 = self.parts[0]
        return self._recur(
            a0**power,
            lambda a, y, k: (
                _sum((power * j - (k - j)) * a[j] * y[k - j] for j in range(1, k + 1))
                / (k * a0)
            ),
        )

    def _recur(self, first: Any, rule: Callable[[Any, Any, int], Any]) -> Series:
        """Return the series that a recurrence continues, of cost K² where nᵏ is K³."""
        y = [first]
        for k in _upto(self.parts)[1:]:
            y.append(rule(self.parts, y, k))
        return Series(y)


def _exp(series: Series, first: Any) -> Series:
    return series._recur(
        first, lambda a, y, k: _sum(j * a[j] * y[k - j] for j in range(1, k + 1)) / k
    )


def _log(series: Series, first: Any) -> Series:
    return series._recur(
        first,
        lambda a, y, k: (
            (a[k] - _sum(j * y[j] * a[k - j] for j in range(1, k)) / k) / a[0]
        ),
    )


def _sqrt(series: Series, root: Any) -> Series:
    return series._recur(
        root,
        lambda a, y, k: (
            (a[k] - _sum(y[j] * y[k - j] for j in range(1, k))) / (2 * root)
        ),
    )


def _sin(series: Series, first: Any) -> Series:
    return _circular(series, first, elementary.cos(np.asarray(series.parts[0])))[0]


def _cos(series: Series, first: Any) -> Series:
    return _circular(series, elementary.sin(np.asarray(series.parts[0])), first)[1]


def _circular(series: Series, sine: Any, cosine: Any) -> tuple[Series, Series]:
    a, s, c = series.parts, [sine], [cosine]
    for k in _upto(a)[1:]:
        s.append(_sum(j * a[j] * c[k - j] for j in range(1, k + 1)) / k)
        c.append(-_sum(j * a[j] * s[k - j] for j in range(1, k + 1)) / k)
    return Series(s), Series(c)


def _tanh(series: Series, first: Any) -> Series:
    a, y = series.parts, [first]
    slopes: list[Any] = []
    for k in _upto(a)[1:]:
        square = _sum(y[i] * y[k - 1 - i] for i in range(k))
        slopes.append((1 if k == 1 else 0) - square)
        y.append(_sum(j * a[j] * slopes[k - j] for j in range(1, k + 1)) / k)
    return Series(y)


_FUNCTIONS = {
    "exp": _exp, "log": _log, "sqrt": _sqrt, "sin": _sin, "cos": _cos, "tanh": _tanh,
}  # fmt: skip


@functools.cache
def _products(size: int) -> Table:
    return [[(i, k - i) for i in range(k + 1)] for k in range(size)]


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
