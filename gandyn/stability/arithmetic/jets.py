"""Truncated Taylor arithmetic: exact derivatives of a step, up to the third."""

from __future__ import annotations

import cmath
import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from numbers import Number
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn.stability.arithmetic.ring import NonSmooth, RingElement, coefficients

Table = Sequence[Sequence[tuple[int, int]]]

ON_EDGE = 1e-12
"""A comparison this near to a tie, per unit of slope, is a tie: rounding of a sum."""


class TaylorNumber(RingElement):
    """What `Jet` and `Series` share: coefficients that are machine numbers.

    A ring says by ``_table`` of which pairs of monomials each monomial is the product.
    """

    __slots__ = ()

    @staticmethod
    def _table(size: int) -> Table:
        raise NotImplementedError

    def _product(self, a: Sequence[Any], b: Sequence[Any]) -> Sequence[Any]:
        return [sum(a[i] * b[j] for i, j in ij) for ij in self._table(len(a))]

    def _constant(self, number: Any) -> Any:
        return number if isinstance(number, Number) else None

    def __pow__(self, power: Any) -> Any:
        if isinstance(power, type(self)):
            return (power * self.log()).exp()
        if power == int(power) >= 0:
            return math.prod([self] * int(power), start=self._like(1))  # type: ignore[type-var]
        self._check_regular("power")
        return self._raised(power)

    def __rpow__(self, base: Any) -> Any:
        log = cmath.log if base.real < 0 else math.log
        return (self * log(base)).exp()


class Jet(TaylorNumber):
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

    __slots__ = ()

    @staticmethod
    def _table(size: int) -> Table:
        return _products(size)

    def _compose(self, taylor: Iterator[Any]) -> Jet:
        """Return Σ cₖ nᵏ by Horner's scheme."""
        order = len(self.parts).bit_length() - 1
        nilpotent = Jet((0, *self.parts[1:]))
        first, *rest = itertools.islice(taylor, order + 1)
        total = nilpotent * rest.pop()
        while rest:
            total = nilpotent * (total + rest.pop())
        return total + first

    def _plain(self, name: str) -> Any:
        t = self.parts[0]
        real = not isinstance(t, complex) and (t >= 0 or name not in ("log", "sqrt"))
        return getattr(math if real else cmath, name)(t)

    def __complex__(self) -> complex:
        """Return the value without its infinitesimal parts."""
        return complex(self.parts[0])

    def _sign(self) -> float:
        """Return the real part, where a small change does not turn its sign."""
        slopes = [abs(self.parts[i]) for i in (1, 2, 4) if i < len(self.parts)]
        value = float(self.parts[0].real)
        if any(slopes) and abs(value) <= ON_EDGE * max(slopes):
            raise NonSmooth("a comparison is tied: there is no derivative here")
        return value


@functools.cache
def _products(size: int) -> Table:
    """Return, for each monomial, the pairs of monomials whose product it is."""
    masks = range(size)
    return [[(i, whole ^ i) for i in masks if i & whole == i] for whole in masks]


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


@checked
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
