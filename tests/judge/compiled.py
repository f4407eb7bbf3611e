"""A step as straight-line code: recorded once while it runs on symbols, then compiled.

A rule's own ``step`` runs on numbers that write down what is done to them. The record
is one Python loop over cells and steps, which numba compiles without ``fastmath``: the
same operations on the same floats, a hundred times as many of them.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numba
import numpy as np

from gandyn._node import Node, fields
from gandyn.errors import GandynError


class Record:
    """The lines written so far; equal operations are written once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, str] = {}

    def write(self, text: str) -> Symbol:
        """Return the symbol of an expression."""
        if text not in self.names:
            self.names[text] = f"v{len(self.names)}"
            self.lines.append(f"{self.names[text]} = {text}")
        return Symbol(self, self.names[text])


class Symbol:
    """A number that writes down what is done to it."""

    def __init__(self, record: Record, name: str) -> None:
        self.record, self.name = record, name

    def _binary(self, text: str, o: Any) -> Any:
        if isinstance(o, np.ndarray):
            return NotImplemented
        return self.record.write(text.format(a=self.name, b=_name(o)))

    def __add__(self, o: Any) -> Any:
        return self._binary("{a} + {b}", o)

    def __radd__(self, o: Any) -> Any:
        return self._binary("{b} + {a}", o)

    def __sub__(self, o: Any) -> Any:
        return self._binary("{a} - {b}", o)

    def __rsub__(self, o: Any) -> Any:
        return self._binary("{b} - {a}", o)

    def __mul__(self, o: Any) -> Any:
        return self._binary("{a} * {b}", o)

    def __rmul__(self, o: Any) -> Any:
        return self._binary("{b} * {a}", o)

    def __truediv__(self, o: Any) -> Any:
        return self._binary("{a} / {b}", o)

    def __rtruediv__(self, o: Any) -> Any:
        return self._binary("{b} / {a}", o)

    def __pow__(self, o: Any) -> Any:
        if isinstance(o, int):
            return self.record.write(f"{self.name} ** {o}")
        return self._binary("{a} ** {b}", o)

    def __neg__(self) -> Symbol:
        return self.record.write(f"-{self.name}")

    def __pos__(self) -> Symbol:
        return self

    def __bool__(self) -> bool:
        raise TypeError("a step that branches on its state is not straight-line code")

    __lt__ = __le__ = __gt__ = __ge__ = __float__ = __complex__ = __abs__ = __bool__

    @property
    def real(self) -> Symbol:
        return self

    def conjugate(self) -> Symbol:
        return self

    def select(self, a: Any, b: Any) -> Symbol:
        text = f"{_name(a)} if {self.name} >= 0.0 else {_name(b)}"
        return self.record.write(text)

    def heaviside(self) -> Symbol:
        return self.record.write(f"1.0 if {self.name} > 0.0 else 0.0")


def _function(name: str) -> Any:
    return lambda self: self.record.write(f"math.{name}({self.name})")


for _each in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
    setattr(Symbol, _each, _function(_each))


def _name(value: Any) -> str:
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, np.ndarray):
        value = value.item()
    return f"({float(value)!r})"


def compiled(play: Any) -> Any:
    """Return a function (states, fields, steps, history) of a play, or None.

    ``states`` has the shape (coordinates, cells), and is advanced in place; ``fields``
    (fields, cells); the last ``len(history)`` states are kept.
    """
    record, names = Record(), list(play.per_cell)
    rule, game = play.base
    try:
        for i, name in enumerate(names):
            symbol = Symbol(record, f"p{i}")
            owner, _, path = name.partition(".")
            if owner == "rule":
                rule = _changed(rule, path.split("."), symbol)
            else:
                game = _changed(game, path.split("."), symbol)
        state = np.empty((play.size, 1), dtype=object)
        state[:, 0] = [Symbol(record, f"z{i}") for i in range(play.size)]
        x, y, memory = play.unpack(state)
        after = play.pack(rule.step(game, x, y, memory), 1)[:, 0]
    except (TypeError, ValueError, AttributeError, NotImplementedError, GandynError):
        return None
    return _build(tuple(record.lines), tuple(map(_name, after)), len(names))


@functools.lru_cache(maxsize=64)
def _build(lines: tuple[str, ...], after: tuple[str, ...], count: int) -> Any:
    text = ["def advance(states, fields, steps, history):",
            "    for c in range(states.shape[1]):"]  # fmt: skip
    text += [f"        p{i} = fields[{i}, c]" for i in range(count)]
    text += [f"        z{i} = states[{i}, c]" for i in range(len(after))]
    text += ["        for t in range(steps):"]
    text += [f"            {line}" for line in lines]
    text += [f"            w{i} = {name}" for i, name in enumerate(after)]
    text += [f"            z{i} = w{i}" for i in range(len(after))]
    text += ["            k = t - (steps - history.shape[0])", "            if k >= 0:"]
    text += [f"                history[k, {i}, c] = z{i}" for i in range(len(after))]
    text += [f"        states[{i}, c] = z{i}" for i in range(len(after))]
    scope: dict[str, Any] = {"math": math}
    exec("\n".join(text), scope)  # noqa: S102 - the judge's own text
    return numba.njit(error_model="numpy")(scope["advance"])


def _changed(node: Any, path: list[str], value: Any) -> Any:
    """Return a copy of a node with a field set past its checks."""
    copy = object.__new__(type(node))
    for name, old in fields(node).items():
        new = old
        if name == path[0]:
            new = value if len(path) == 1 else _changed(old, path[1:], value)
        object.__setattr__(copy, name, new)
    if not isinstance(copy, Node):
        raise TypeError(f"{copy!r} is no node")
    return copy
