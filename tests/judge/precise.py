"""Fifty digits: numbers that a rule's step takes like floats."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from gandyn._node import Node, fields, is_structural

DIGITS = 50
"""Digits of a re-examination: three times those of a float."""


class Big:
    """A number of `DIGITS` digits with the methods that gandyn's functions ask for."""

    __slots__ = ("v",)

    def __init__(self, v: Any):
        self.v = v.v if isinstance(v, Big) else mpmath.mpf(v)

    def __add__(self, o: Any) -> Any:
        return _pair(self, o, lambda a, b: a + b)

    def __sub__(self, o: Any) -> Any:
        return _pair(self, o, lambda a, b: a - b)

    def __mul__(self, o: Any) -> Any:
        return _pair(self, o, lambda a, b: a * b)

    def __truediv__(self, o: Any) -> Any:
        return _pair(self, o, _ratio)

    def __rsub__(self, o: Any) -> Any:
        return _pair(self, o, lambda a, b: b - a)

    def __rtruediv__(self, o: Any) -> Any:
        return _pair(self, o, lambda a, b: _ratio(b, a))

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, n: Any) -> Big:
        return Big(self.v ** (n.v if isinstance(n, Big) else n))

    def __neg__(self) -> Big:
        return Big(-self.v)

    def __pos__(self) -> Big:
        return self

    def __abs__(self) -> Big:
        return Big(abs(self.v))

    def __float__(self) -> float:
        return float(self.v)

    def __complex__(self) -> complex:
        return complex(self.v)

    def __lt__(self, o: Any) -> bool:
        return bool(self.v < _plain(o))

    def __le__(self, o: Any) -> bool:
        return bool(self.v <= _plain(o))

    def __gt__(self, o: Any) -> bool:
        return bool(self.v > _plain(o))

    def __ge__(self, o: Any) -> bool:
        return bool(self.v >= _plain(o))

    def __eq__(self, o: object) -> bool:
        return bool(self.v == _plain(o))

    def __hash__(self) -> int:
        return hash(self.v)

    @property
    def real(self) -> Big:
        return self

    def conjugate(self) -> Big:
        return self

    def exp(self) -> Big:
        return Big(mpmath.exp(self.v))

    def log(self) -> Big:
        return Big(mpmath.log(self.v))

    def sqrt(self) -> Big:
        return Big(mpmath.sqrt(self.v) if self.v >= 0 else mpmath.nan)

    def sin(self) -> Big:
        return Big(mpmath.sin(self.v))

    def cos(self) -> Big:
        return Big(mpmath.cos(self.v))

    def tan(self) -> Big:
        return Big(mpmath.tan(self.v))

    def tanh(self) -> Big:
        return Big(mpmath.tanh(self.v))

    def cosh(self) -> Big:
        return Big(mpmath.cosh(self.v))

    def sinh(self) -> Big:
        return Big(mpmath.sinh(self.v))


def _plain(o: Any) -> Any:
    return o.v if isinstance(o, Big) else o


def _pair(a: Big, o: Any, operate: Any) -> Any:
    if isinstance(o, np.ndarray):
        return NotImplemented
    if isinstance(o, Big):
        return Big(operate(a.v, o.v))
    return Big(operate(a.v, mpmath.mpf(o)))


def _ratio(a: Any, b: Any) -> Any:
    return a / b if b != 0 else mpmath.nan


def enlarged(node: Any) -> Any:
    """Return a rule or game whose numeric fields have `DIGITS` digits."""
    copy = object.__new__(type(node))
    for name, value in fields(node).items():
        if isinstance(value, Node):
            value = enlarged(value)
        elif isinstance(value, np.ndarray):
            value = big(value)
        elif not is_structural(type(node), name):
            value = Big(float(value))
        object.__setattr__(copy, name, value)
    return copy


def big(values: Any) -> np.ndarray:
    """Return an array of numbers of `DIGITS` digits."""
    array = np.asarray(values)
    found = np.empty(array.shape, dtype=object)
    for i, value in np.ndenumerate(array):
        found[i] = Big(value)
    return found


def precise_orbit(rule: Any, game: Any, start: Any, steps: int) -> np.ndarray:
    """Return the players' states (time, coordinate) of an orbit in `DIGITS` digits."""
    rule, game = enlarged(rule), enlarged(game)
    x, y = (big(np.asarray(part, dtype=float)[..., None]) for part in start)
    memory, states = rule.init(game, x, y), []
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        states.append([float(v) for v in (*np.ravel(x), *np.ravel(y))])
    return np.array(states)


def matrix(values: np.ndarray) -> mpmath.matrix:
    """Return an object array as a matrix of mpmath."""
    return mpmath.matrix([[Big(v).v for v in row] for row in values])
