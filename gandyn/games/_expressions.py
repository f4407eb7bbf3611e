"""Losses written as text: a small language parsed by a whitelist, nothing evaluated."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable
from typing import Any

import sympy

from gandyn.errors import FieldError, UnknownName

MAX_LENGTH = 2000
MAX_TERMS = 500
MAX_DEPTH = 40
MAX_POWER = 64
MAX_NUMBER = 1e300


class sigmoid(sympy.Function):  # noqa: N801 - the printed name of the function
    """The logistic function, with its own derivative."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return s(1 - s)."""
        return self * (1 - self)


class softplus(sympy.Function):  # noqa: N801
    """log(1 + e^t), whose derivative is `sigmoid`."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the sigmoid."""
        return sigmoid(*self.args)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": lambda t: sympy.sin(t) / sympy.cos(t),
    "sinh": lambda t: (sympy.exp(t) - sympy.exp(-t)) / 2,
    "cosh": lambda t: (sympy.exp(t) + sympy.exp(-t)) / 2,
    "tanh": sympy.tanh,
    "sigmoid": sigmoid,
    "softplus": softplus,
}

CONSTANTS = {"pi": sympy.pi}

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}

_REMEDIES = {
    "BitXor": "write ** for a power",
    "Attribute": "use plain names, exp(x) and not math.exp(x)",
    "Compare": "losses must be smooth",
    "IfExp": "losses must be smooth",
    "And": "losses must be smooth",
    "Or": "losses must be smooth",
    "FloorDiv": "write / for a division",
}


def parse_loss(text: str, names: Iterable[str]) -> Any:
    """Return the sympy expression of a loss in x, y and the named parameters.

    Numbers, ``+ - * / **``, ``pi`` and the functions of `FUNCTIONS` are allowed.
    Decimal numbers are taken as the rationals they spell.

    Raises
    ------
    FieldError
        If the text is too long or too deep, or holds anything else.
    UnknownName
        For a name that is none of these, with the nearest ones.
    """
    if not isinstance(text, str):
        raise FieldError(f"a loss must be text, got {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise FieldError(f"the loss has {len(text)} characters, more than {MAX_LENGTH}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or type(error).__name__
        raise FieldError(f"the loss {text!r} is not an expression: {reason}") from error
    if sum(1 for _ in ast.walk(tree)) > MAX_TERMS * 2:
        raise FieldError(f"the loss has more than {MAX_TERMS} terms")
    symbols = {name: sympy.Symbol(name) for name in ("x", "y", *names)}
    expression = _Builder(text, symbols).build(tree, 0)
    if expression.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
        raise FieldError(f"the loss {text!r} is not a finite real number anywhere")
    return expression


class _Builder:
    """Builds the sympy expression of one syntax tree."""

    def __init__(self, text: str, symbols: dict[str, Any]) -> None:
        self.text = text
        self.symbols = symbols

    def build(self, node: ast.AST, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise FieldError(f"the loss is nested deeper than {MAX_DEPTH} levels")
        match node:
            case ast.Constant(value=bool() | complex() | str() | bytes() | None):
                raise self.forbidden(node)
            case ast.Constant(value=int() | float() as value):
                return self.number(value)
            case ast.Name(id=name):
                return self.name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.build(operand, depth + 1)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.build(operand, depth + 1)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                base, power = self.build(left, depth + 1), self.build(right, depth + 1)
                self.check_power(power)
                return self.checked(base**power)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                combine = _OPERATORS[type(op)]
                parts = self.build(left, depth + 1), self.build(right, depth + 1)
                return self.checked(combine(*parts))
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
                return self.checked(
                    self.function(name)(self.build(argument, depth + 1))
                )
        raise self.forbidden(node)

    def number(self, value: float) -> Any:
        if abs(value) > MAX_NUMBER or not math.isfinite(value):
            raise FieldError(f"the loss holds a number beyond {MAX_NUMBER:g}")
        return sympy.Rational(repr(value))

    def name(self, name: str) -> Any:
        known = {**CONSTANTS, **self.symbols}
        if name not in known:
            raise UnknownName("name in a loss", name, {*known, *FUNCTIONS})
        return known[name]

    def function(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise UnknownName("function in a loss", name, FUNCTIONS)
        return FUNCTIONS[name]

    def checked(self, value: Any) -> Any:
        if value.is_Rational and abs(value) > MAX_NUMBER:
            raise FieldError(f"the loss holds a number beyond {MAX_NUMBER:g}")
        if value.is_Pow:
            self.check_power(value.exp)
        return value

    def check_power(self, power: Any) -> None:
        if power.is_number and abs(power) > MAX_POWER:
            raise FieldError(
                f"the loss {self.text!r} has the power {power}, beyond {MAX_POWER}"
            )

    def forbidden(self, node: ast.AST) -> FieldError:
        kind = type(getattr(node, "op", node)).__name__
        part = ast.get_source_segment(self.text.strip(), node) or kind  # type: ignore[arg-type]
        remedy = _REMEDIES.get(kind, "use numbers, names, + - * / ** and functions")
        return FieldError(
            f"the loss {self.text!r} holds {part!r} ({kind}), which is not allowed: "
            f"{remedy}"
        )
