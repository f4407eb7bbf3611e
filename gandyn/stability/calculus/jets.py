"""Truncated Taylor arithmetic: exact derivatives of a step, up to the third."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import numpy as np

from gandyn.errors import GandynError

ON_EDGE = 1e-12
"""A comparison this near to a tie, per unit of slope, is a tie: rounding of a sum."""


class NonSmooth(GandynError):
    """A function was expanded at a point where it has no Taylor series."""


def _products(count: int) -> list[list[tuple[int, int]]]:
    """Return, for each monomial, the pairs of monomials whose product it is."""
    masks = range(1 << count)
    return [[(i, whole ^ i) for i in masks if i & whole == i] for whole in masks]


_PRODUCTS = {1 << count: _products(count) for count in (1, 2, 3)}


class Jet:
    r"""A number with infinitesimal parts: a polynomial in ε₁, ε₂, ε₃ with εᵢ² = 0.

    For a smooth f the coefficients of :math:`f(z + ε_1 u + ε_2 v + ε_3 w)` are f,
    :math:`Df\,u`, :math:`D^2f(u, v)` at ε₁ε₂, and :math:`D^3f(u, v, w)` at ε₁ε₂ε₃,
    without a factorial and without truncation error.

    Parameters
    ----------
    parts : sequence of 2, 4 or 8 numbers
        The coefficients of 1, ε₁, ε₂, ε₁ε₂, ε₃, ε₁ε₃, ε₂ε₃, ε₁ε₂ε₃: the place is the
        number with bit i - 1 set for each εᵢ. Complex numbers are fine.

    Raises
    ------
    NonSmooth
        By a comparison, absolute value or root at its corner.

    References
    ----------
    Fike, Alonso, *The Development of Hyper-Dual Numbers for Exact Second-Derivative
    Calculations*, AIAA 2011-886; Griewank, Walther, *Evaluating Derivatives*, 2nd
    edition, SIAM 2008, Chapter 13.

    Examples
    --------
    >>> t = Jet([2.0, 1.0, 1.0, 0.0])  # 2 + ε₁ + ε₂
    >>> (t * t * t).parts
    (8.0, 12.0, 12.0, 12.0)
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)

    def __repr__(self) -> str:
        return f"Jet({list(self.parts)})"

    def _like(self, other: Any) -> Jet | None:
        if isinstance(other, Jet):
            return other
        if isinstance(other, Number):
            return Jet((other,) + (0,) * (len(self.parts) - 1))
        return None  # an array does its own loop

    def __add__(self, other: Any) -> Jet:
        if (other := self._like(other)) is None:
            return NotImplemented
        return Jet([a + b for a, b in zip(self.parts, other.parts, strict=True)])

    __radd__ = __add__

    def __neg__(self) -> Jet:
        return Jet([-a for a in self.parts])

    def __pos__(self) -> Jet:
        return self

    def __sub__(self, other: Any) -> Jet:
        if (other := self._like(other)) is None:
            return NotImplemented
        return Jet([a - b for a, b in zip(self.parts, other.parts, strict=True)])

    def __rsub__(self, other: Any) -> Jet:
        return -(self - other)

    def __mul__(self, other: Any) -> Jet:
        if isinstance(other, Number):
            return Jet([a * other for a in self.parts])
        if not isinstance(other, Jet):
            return NotImplemented
        a, b = self.parts, other.parts
        return Jet([sum(a[i] * b[j] for i, j in ij) for ij in _PRODUCTS[len(a)]])

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Jet:
        if isinstance(other, Jet):
            return self * other.inverse()
        if isinstance(other, Number):
            return Jet([a / other for a in self.parts])
        return NotImplemented

    def __rtruediv__(self, other: Any) -> Jet:
        return self.inverse() * other

    def __pow__(self, power: Any) -> Jet:
        if isinstance(power, Jet):
            return (power * self.log()).exp()
        if power == int(power) >= 0:
            whole = self._like(1)
            assert whole is not None
            return math.prod([self] * int(power), start=whole)
        value = self._inside("power")
        factors = itertools.accumulate(
            range(3), lambda c, k: c * (power - k) / (k + 1), initial=1.0
        )
        return self._compose([c * value ** (power - k) for k, c in enumerate(factors)])

    def __rpow__(self, base: Any) -> Jet:
        return (
            self * cmath.log(base) if base.real < 0 else self * math.log(base)
        ).exp()

    def __complex__(self) -> complex:
        """Return the value without its infinitesimal parts."""
        return complex(self.parts[0])

    def __abs__(self) -> Jet:
        return self if self > 0 else -self

    def __gt__(self, other: Any) -> bool:
        return self._gap(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._gap(other) >= 0

    def __lt__(self, other: Any) -> bool:
        return self._gap(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._gap(other) <= 0

    def _gap(self, other: Any) -> float:
        """Return the real difference, where a small change does not turn its sign."""
        gap = self - other
        slopes = [abs(gap.parts[i]) for i in (1, 2, 4) if i < len(gap.parts)]
        value = float(gap.parts[0].real)
        if any(slopes) and abs(value) <= ON_EDGE * max(slopes):
            raise NonSmooth("a comparison is tied: there is no derivative here")
        return value

    def inverse(self) -> Jet:
        """Return 1 / self."""
        r = 1 / self._inside("quotient")
        return self._compose([r, -(r**2), r**3, -(r**4)])

    def exp(self) -> Jet:
        """Return the exponential."""
        e = _plain("exp", self.parts[0])
        return self._compose([e, e, e / 2, e / 6])

    def log(self) -> Jet:
        """Return the natural logarithm."""
        t = self._inside("logarithm")
        return self._compose(
            [_plain("log", t), 1 / t, -1 / (2 * t * t), 1 / (3 * t**3)]
        )

    def sqrt(self) -> Jet:
        """Return the square root."""
        t = self._inside("square root")
        r = _plain("sqrt", t)
        return self._compose([r, 0.5 / r, -0.125 / (r * t), 0.0625 / (r * t * t)])

    def sin(self) -> Jet:
        """Return the sine."""
        s, c = _plain("sin", self.parts[0]), _plain("cos", self.parts[0])
        return self._compose([s, c, -s / 2, -c / 6])

    def cos(self) -> Jet:
        """Return the cosine."""
        s, c = _plain("sin", self.parts[0]), _plain("cos", self.parts[0])
        return self._compose([c, -s, -c / 2, s / 6])

    def tanh(self) -> Jet:
        """Return the hyperbolic tangent."""
        t = _plain("tanh", self.parts[0])
        d = 1 - t * t
        return self._compose([t, d, -t * d, d * (3 * t * t - 1) / 3])

    def _inside(self, what: str) -> Any:
        """Return the constant, where it is not the singularity 0."""
        if self.parts[0] == 0:
            raise NonSmooth(f"a {what} at 0: there is no Taylor series here")
        return self.parts[0]

    def _compose(self, series: Sequence[Any]) -> Jet:
        """Return Σ cₖ nᵏ with n the infinitesimal part, by Horner's scheme."""
        n = Jet((0, *self.parts[1:]))
        order = len(self.parts).bit_length() - 1
        total = n * series[order]
        for k in range(order - 1, 0, -1):
            total = n * (total + series[k])
        return total + series[0]


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, complex) or (value < 0 and name in ("log", "sqrt")):
        return getattr(cmath, name)(value)
    return getattr(math, name)(value)


def lift(state: Any, *directions: Any) -> np.ndarray:
    """Return z + ε₁u + ε₂v + ... as an array of jets.

    Parameters
    ----------
    state : array_like, shape (S,)
    *directions : array_like, shape (S,)
        One to three, real or complex.

    Returns
    -------
    ndarray of Jet, shape (S, 1)
        With the trailing axis that a batch of states has.
    """
    columns = [np.asarray(part).tolist() for part in (state, *directions)]
    jets = np.empty((len(columns[0]), 1), dtype=object)
    for i, entry in enumerate(zip(*columns, strict=True)):
        parts = [entry[0]] + [0.0] * ((1 << len(directions)) - 1)
        for k, slope in enumerate(entry[1:]):
            parts[1 << k] = slope
        jets[i, 0] = Jet(parts)
    return jets


def coefficients(values: Any, place: int) -> np.ndarray:
    """Return one coefficient of each jet; plain numbers have none but the first."""
    flat = np.asarray(values, dtype=object).ravel()
    found = [
        v.parts[place] if isinstance(v, Jet) else (0.0 if place else v) for v in flat
    ]
    return np.array(found)


def multilinear_forms(
    function: Callable[[Any], Any], state: Any, u: Any, v: Any, w: Any
) -> dict[str, np.ndarray]:
    """Return the derivatives of a map along three directions at a state.

    Parameters
    ----------
    function : callable
        From an array of jets of shape (S, 1) to one.
    state, u, v, w : array_like, shape (S,)

    Returns
    -------
    dict of str to ndarray, shape (S,)
        ``"u"`` is A u; ``"uv"``, ``"uw"``, ``"vw"`` are B(·, ·), and ``"uvw"`` is
        C(u, v, w), without factorials.

    Raises
    ------
    NonSmooth
        If the map has no Taylor series there.

    Examples
    --------
    >>> cube = multilinear_forms(lambda z: z**3, [2.0], [1.0], [1.0], [1.0])
    >>> float(cube["uv"][0]), float(cube["uvw"][0])
    (12.0, 6.0)
    """
    image = function(lift(state, u, v, w))
    names = {"u": 1, "v": 2, "w": 4, "uv": 3, "uw": 5, "vw": 6, "uvw": 7}
    return {name: coefficients(image, place) for name, place in names.items()}
