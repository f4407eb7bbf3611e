"""From two losses to the Python source of a game: derivatives as arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import sympy
from sympy.printing.str import StrPrinter

DIGITS = 30
"""Decimal digits in which constants are computed before they are rounded."""

X, Y = sympy.symbols("x y")


def derivatives(loss_x: Any, loss_y: Any) -> dict[str, list[Any]]:
    """Return the expressions of every method of a game with the two losses."""
    gx, gy = sympy.diff(loss_x, X), sympy.diff(loss_y, Y)
    jacobian = [sympy.diff(g, z) for g in (gx, gy) for z in (X, Y)]
    return {
        "loss_x": [loss_x],
        "loss_y": [loss_y],
        "gx": [gx],
        "gy": [gy],
        "cross": [sympy.diff(loss_x, Y), sympy.diff(loss_y, X)],
        "jacobian": jacobian,
    }


def method_source(name: str, parts: list[Any], parameters: Sequence[str]) -> str:
    """Return the source of a method of (self, x, y) that returns the expressions."""
    printer = _Printer(parameters)
    shared, results = sympy.cse(parts, symbols=printer.symbols)
    for symbol, value in shared:
        printer.assign(symbol.name, value)
    texts = [printer.doprint(result) for result in results]
    if len(parts) == 1 and not {X, Y} & parts[0].free_symbols:
        texts[0] += " + 0*x"  # a constant gradient has the player's shape
    lines = [f"def {name}(self, x, y):", *printer.lines, f"return {', '.join(texts)}"]
    return "\n    ".join(lines) + "\n"


class _Printer(StrPrinter):
    """Prints arithmetic and the functions of `gandyn.elementary`, nothing else.

    Whole powers become products: ``x**5`` of a large float raises, a product doesn't.
    """

    def __init__(self, parameters: Sequence[str]) -> None:
        super().__init__()
        self.parameters = frozenset(parameters)
        names = (f"t{i}" for i in itertools.count())
        self.symbols = (sympy.Symbol(t) for t in names if t not in self.parameters)
        self.lines: list[str] = []
        self.powers: dict[tuple[str, int], str] = {}

    def assign(self, name: str, value: Any) -> str:
        text = value if isinstance(value, str) else self.doprint(value)
        self.lines.append(f"{name} = {text}")
        return name

    def power(self, base: str, count: int) -> str:
        """Return the name of base**count, by squaring."""
        if count == 1:
            return base
        if (base, count) not in self.powers:
            half = self.power(base, count // 2)
            text = f"{half}*{half}" + (f"*{base}" if count % 2 else "")
            self.powers[base, count] = self.assign(next(self.symbols).name, text)
        return self.powers[base, count]

    def _print_Symbol(self, expr: Any) -> str:
        return f"self.{expr.name}" if expr.name in self.parameters else expr.name

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        base, power = expr.args
        if expr.is_number:
            return _number(expr)
        text = self.doprint(base)
        if not power.is_Rational or power.q > 2:
            return f"exp({self.doprint(power)}*log({text}))"
        if power.q == 2:
            text = f"sqrt({text})"
        if not text.isidentifier() and abs(power.p) > 1:
            text = self.assign(next(self.symbols).name, text)
        text = self.power(text, abs(power.p))
        return text if power > 0 else f"(1/({text}))"

    def _print_Function(self, expr: Any) -> str:
        return _number(expr) if expr.is_number else super()._print_Function(expr)

    def _print_Exp1(self, expr: Any) -> str:
        return _number(expr)

    def _print_Pi(self, expr: Any) -> str:
        return _number(expr)

    def _print_Rational(self, expr: Any) -> str:
        return f"({expr.p}/{expr.q})"


def _number(expr: Any) -> str:
    return f"({float(expr.evalf(DIGITS))!r})"
