"""The one protocol of the numbers that a step's own source runs on."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from gandyn.errors import GandynError

_Plain = Callable[[str], Any]


class NonSmooth(GandynError):
    """A function was expanded at a point where it has no Taylor series."""


class RingElement:
    r"""An element :math:`a_0 + n` of a truncated algebra, n its nilpotent part.

    A ring is a subclass that says what its coefficients are and how monomials multiply;
    the operators, powers and elementary functions are the ones here. numpy finds them
    on object arrays by their names, and `gandyn.elementary` on single elements. A
    function of an element is

    .. math:: f(a_0 + n) = \sum_k \frac{f^{(k)}(a_0)}{k!} n^k,

    a finite sum, with the derivatives taken in the ring of coefficients.

    Parameters
    ----------
    parts : sequence
        The coefficients of the ring's monomials, the constant one first.

    Notes
    -----
    A ring overrides what differs from an algebra with εᵢεⱼ = 0 for all i, j, of one
    value and its gradient:

    - ``_product`` and ``_compose``, where nilpotent parts have products;
    - ``_constant``: a number as a coefficient, None for what the ring does not take;
    - ``_plain``: an elementary function of the constant coefficient;
    - ``_sign``: a number of the element's sign *for certain*, or an error. Comparisons,
      `heaviside` and `select` rest on it, and it is never shared: it carries the
      soundness of what is computed. A ring without it has no order.

    Numbers that record the operations they go through fit as one more ring: one part, a
    node whose operators write down what they are given, `_plain` that writes down a
    call, and `select` and `heaviside` that keep both branches.

    References
    ----------
    Griewank, Walther, *Evaluating Derivatives*, 2nd edition, SIAM 2008, Chapter 13.
    """

    __slots__ = ("parts",)

    _zero: Any = 0
    _sign: Callable[[], Any] | None = None

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.parts)})"

    def _product(self, a: Sequence[Any], b: Sequence[Any]) -> Sequence[Any]:
        (a0, *slopes), (b0, *others) = a, b
        along = [s * b0 + a0 * t for s, t in zip(slopes, others, strict=True)]
        return [a0 * b0, *along]

    def _new(self, parts: Sequence[Any]) -> Self:
        return type(self)(parts)

    def _constant(self, number: Any) -> Any:
        raise NotImplementedError

    def _plain(self, name: str) -> Any:
        raise TypeError(f"{type(self).__name__} has no {name}")

    def _exponent(self, power: Any) -> Any:
        raise NotImplementedError

    def _check_regular(self, what: str) -> None:
        """Raise NonSmooth if the constant is the singularity 0 of a function."""
        if self.parts[0] == 0:
            raise NonSmooth(f"a {what} at 0: there is no Taylor series here")

    def _like(self, other: Any) -> Self | None:
        if isinstance(other, type(self)):
            return other
        if (constant := self._constant(other)) is None:
            return None  # an array does its own loop
        return self._new((constant,) + (self._zero,) * (len(self.parts) - 1))

    @property
    def real(self) -> Self:
        """The element itself: comparisons look at real parts."""
        return self

    def __add__(self, other: Any) -> Any:
        if (other := self._like(other)) is None:
            return NotImplemented
        pairs = zip(self.parts, other.parts, strict=True)
        return self._new([a + b for a, b in pairs])

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if (other := self._like(other)) is None:
            return NotImplemented
        pairs = zip(self.parts, other.parts, strict=True)
        return self._new([a - b for a, b in pairs])

    def __rsub__(self, other: Any) -> Any:
        return -(self - other)

    def __neg__(self) -> Any:
        return self._new([-a for a in self.parts])

    def __pos__(self) -> Self:
        return self

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, type(self)):
            return self._new(self._product(self.parts, other.parts))
        if (constant := self._constant(other)) is None:
            return NotImplemented
        return self._new([a * constant for a in self.parts])

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, type(self)):
            return self * other.inverse()
        if (constant := self._constant(other)) is None:
            return NotImplemented
        return self._new([a / constant for a in self.parts])

    def __rtruediv__(self, other: Any) -> Any:
        return self.inverse() * other

    def __pow__(self, power: Any) -> Any:
        if (exponent := self._exponent(power)) is None:
            return NotImplemented
        if exponent == 0:
            return self._new([self._constant(1), *[self._zero] * (len(self.parts) - 1)])
        return self._raised(exponent)

    def _raised(self, power: Any) -> Any:
        return self._compose(_power(self.parts[0], power))

    def __abs__(self) -> Any:
        return self if self > 0 else -self

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def _compare(self, other: Any, relation: Callable[[Any, int], bool]) -> Any:
        if self._sign is None or (other := self._like(other)) is None:
            return NotImplemented
        return relation((self - other)._sign(), 0)

    def select(self, a: Any, b: Any) -> Any:
        """Return a where this is >= 0, else b."""
        return a if self >= 0 else b

    def heaviside(self) -> Any:
        """Return 1 where this is positive, else 0."""
        return 1.0 if self > 0 else 0.0

    def inverse(self) -> Any:
        """Return 1 / self."""
        self._check_regular("quotient")
        return self._compose(_inverse(self.parts[0]))

    def exp(self) -> Any:
        """Return the exponential."""
        return self._function("exp")

    def log(self) -> Any:
        """Return the natural logarithm."""
        self._check_regular("logarithm")
        return self._function("log")

    def sqrt(self) -> Any:
        """Return the square root."""
        self._check_regular("square root")
        return self._function("sqrt")

    def sin(self) -> Any:
        """Return the sine."""
        return self._function("sin")

    def cos(self) -> Any:
        """Return the cosine."""
        return self._function("cos")

    def tanh(self) -> Any:
        """Return the hyperbolic tangent."""
        return self._function("tanh")

    def _function(self, name: str) -> Any:
        return self._compose(_TAYLOR[name](self._plain, self.parts[0]))

    def _compose(self, taylor: Iterator[Any]) -> Any:
        """Return Σ cₖ nᵏ; at the first order c₀ + c₁n, which needs no product."""
        first, nilpotent = next(taylor), self.parts[1:]
        if not nilpotent:
            return self._new([first])
        slope = next(taylor)
        return self._new([first, *[slope * a for a in nilpotent]])


def _power(t: Any, p: Any) -> Iterator[Any]:
    yield t**p
    yield p * t ** (p - 1)
    yield p * (p - 1) / 2 * t ** (p - 2)
    yield p * (p - 1) / 2 * (p - 2) / 3 * t ** (p - 3)


def _inverse(t: Any) -> Iterator[Any]:
    r = 1 / t
    yield r
    yield -(r**2)
    yield r**3
    yield -(r**4)


def _exp(plain: _Plain, t: Any) -> Iterator[Any]:
    e = plain("exp")
    yield e
    yield e
    yield e / 2
    yield e / 6


def _log(plain: _Plain, t: Any) -> Iterator[Any]:
    yield plain("log")
    yield 1 / t
    yield -1 / (2 * t * t)
    yield 1 / (3 * t**3)


def _sqrt(plain: _Plain, t: Any) -> Iterator[Any]:
    r = plain("sqrt")
    yield r
    yield 1 / (2 * r)
    yield -1 / (8 * (r * t))
    yield 1 / (16 * (r * t * t))


def _sin(plain: _Plain, t: Any) -> Iterator[Any]:
    s, c = plain("sin"), plain("cos")
    yield s
    yield c
    yield -s / 2
    yield -c / 6


def _cos(plain: _Plain, t: Any) -> Iterator[Any]:
    s, c = plain("sin"), plain("cos")
    yield c
    yield -s
    yield -c / 2
    yield s / 6


def _tanh(plain: _Plain, t: Any) -> Iterator[Any]:
    h = plain("tanh")
    yield h
    d = 1 - h * h
    yield d
    yield -h * d
    yield d * (3 * h * h - 1) / 3


_TAYLOR = {
    "exp": _exp, "log": _log, "sqrt": _sqrt, "sin": _sin, "cos": _cos, "tanh": _tanh,
}  # fmt: skip


def coefficients(values: Any, place: int, shape: Any = None) -> np.ndarray:
    """Return one coefficient of each element; plain numbers have none but the first.

    Coefficients that are arrays, a batch, are broadcast to ``shape`` first.
    """
    flat = np.asarray(values, dtype=object).ravel()
    found = [
        v.parts[place] if isinstance(v, RingElement) else (0.0 if place else v)
        for v in flat
    ]
    if shape is not None:
        found = [np.broadcast_to(np.asarray(part), shape) for part in found]
    return np.array(found)
