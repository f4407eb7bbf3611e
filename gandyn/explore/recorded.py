"""Numbers that write down what is done to them: a step becomes a list of operations."""

from __future__ import annotations

import numbers
from typing import Any

from gandyn.errors import GandynError
from gandyn.stability.arithmetic.ring import RingElement


class BranchError(GandynError):
    """A step decides by a value that only a run of it would know."""


class Operation:
    """One operation of a trace, on operations before it; equal ones are one object.

    Parameters
    ----------
    known : dict
        The operations of the trace so far.
    name : str
        ``"input"``, ``"number"``, a sign of arithmetic, or a function's name.
    operands : tuple
        Operations, or what an input or a number is.

    Notes
    -----
    The plain integer 0 stands for a derivative that vanishes whatever the values are,
    and goes where it is multiplied. A number 0 in a step is an operation like others:
    0 times infinity is not left out.
    """

    __slots__ = ("_known", "name", "operands")

    def __init__(self, known: dict[Any, Operation], name: str, operands: Any) -> None:
        self._known, self.name, self.operands = known, name, operands

    def make(self, name: str, *operands: Any) -> Operation:
        """Return an operation of the same trace, the one there is if it is known."""
        return made(self._known, name, *(self.operand(a) for a in operands))

    def operand(self, value: Any) -> Operation:
        """Return a number as an operation of the same trace."""
        if isinstance(value, Operation):
            return value
        return made(self._known, "number", float(value))

    def __add__(self, other: Any) -> Any:
        return self if _vanishes(other) else self.make("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self if _vanishes(other) else self.make("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self if _vanishes(other) else self.make("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return -self if _vanishes(other) else self.make("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return 0 if _vanishes(other) else self.make("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return 0 if _vanishes(other) else self.make("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.make("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return 0 if _vanishes(other) else self.make("/", other, self)

    def __neg__(self) -> Any:
        return self.make("neg", self)

    def __pow__(self, power: int) -> Any:
        if power < 0:
            return 1 / self**-power
        found: Any = 1.0
        for _ in range(power):
            found = found * self if isinstance(found, Operation) else self
        return found


def made(known: dict[Any, Operation], name: str, *operands: Any) -> Operation:
    """Return an operation of a trace, a new one if it is not known there."""
    key = (name, *(repr(a) if name == "number" else a for a in operands))
    if key not in known:
        known[key] = Operation(known, name, operands)
    return known[key]


def _vanishes(value: Any) -> bool:
    return type(value) is int and value == 0


class Recorded(RingElement):
    """A number that records the operations it goes through, with a derivative or not.

    Its value is computed by the operations that a float would go through, in their
    order. `gandyn.elementary` finds its methods; whatever decides by its value is
    refused, for a trace has no other branch.

    Raises
    ------
    BranchError
        Where it is compared, or asked to be a float, a truth value or an index.

    Examples
    --------
    >>> x, along = (made(known := {}, "input", name) for name in ("x", "dx"))
    >>> value, slope = Recorded([x, along]).exp().parts
    >>> value.name, slope.name, [part.name for part in slope.operands]
    ('exp', '*', ['exp', 'input'])
    """

    __slots__ = ()

    def _constant(self, number: Any) -> Any:
        if not isinstance(number, numbers.Real):
            return None
        return self.parts[0].operand(number)

    def like(self, value: Any) -> Recorded:
        """Return a number as a recorded one of the same trace."""
        found = self._like(value)
        if found is None:
            raise GandynError(f"a trace holds real numbers, not {value!r}")
        return found

    def _plain(self, name: str) -> Any:
        return self.parts[0].make(name, self.parts[0])

    def _exponent(self, power: Any) -> Any:
        return int(power) if power == int(power) else None

    def _check_regular(self, what: str) -> None:
        """Take any value: there is none yet."""

    def _sign(self) -> Any:
        self._refuse()

    def _refuse(self, *ignored: Any) -> Any:
        raise BranchError(
            "a step that decides by the value of a number cannot be traced: write the "
            "choice with gandyn.elementary's select, clip or heaviside"
        )

    __bool__ = __float__ = __int__ = __index__ = __complex__ = __round__ = _refuse
    __eq__ = __ne__ = _refuse
    __hash__ = None  # type: ignore[assignment]

    def __rsub__(self, other: Any) -> Any:
        other = self._like(other)
        return NotImplemented if other is None else other - self

    def __truediv__(self, other: Any) -> Any:
        if (b := self._like(other)) is None:
            return NotImplemented
        (a0, *slopes), (b0, *others) = self.parts, b.parts
        value = a0 / b0
        pairs = zip(slopes, others, strict=True)
        return self._new([value, *((s - value * t) / b0 for s, t in pairs)])

    def __rtruediv__(self, other: Any) -> Any:
        other = self._like(other)
        return NotImplemented if other is None else other / self

    def __abs__(self) -> Any:
        return self.select(self, -self)

    def sqrt(self) -> Any:
        """Return the square root; its derivative at 0 is 0, as that of √(g²) is here.

        Adaptive rules take roots of running means of g², which vanish with g.
        """
        root = self._plain("sqrt")
        slopes = (s / (2 * root) if s is not self._zero else s for s in self.parts[1:])
        kept = (_chosen("positive", root, s, 0) for s in slopes)
        return self._new([root, *kept])

    def select(self, a: Any, b: Any) -> Any:
        """Return a where this is >= 0, else b; both are computed."""
        branches = [self.like(branch) for branch in (a, b)]
        pairs = zip(*(branch.parts for branch in branches), strict=True)
        return self._new([_chosen("select", self.parts[0], p, q) for p, q in pairs])

    def heaviside(self) -> Any:
        """Return 1 where this is positive, else 0."""
        value = self.parts[0].make("positive", self.parts[0], 1.0, 0.0)
        return self._new([value, *[self._zero] * (len(self.parts) - 1)])


def _chosen(name: str, decider: Operation, a: Any, b: Any) -> Any:
    return a if a is b else decider.make(name, decider, a, b)
