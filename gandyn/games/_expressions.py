"""Losses written as text: parsed by a whitelist, differentiated, printed as Python."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from gandyn.errors import FieldError, UnknownName

_MAX_LENGTH = 2000
_MAX_TERMS = 500
_MAX_DEPTH = 40
_MAX_POWER = 64
_MAX_NUMBER = 1e300
_MAX_SIZE = 1000
"""Nodes of a loss: functions that are written by others double those below them."""
_MAX_DERIVED = 20_000
"""Nodes of all derivatives of a game."""
_MAX_EXPANDED = 16
"""Largest power of a sum that is multiplied out to see whether it vanishes."""
NAMED_NUMBERS = {"pi": sympy.pi}
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
_DIGITS = 30
"""Decimal digits in which constants are computed before they are rounded."""


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

    def _eval_evalf(self, prec: int) -> Any:
        return sympy.log(1 + sympy.exp(self.args[0]))._eval_evalf(prec)


class tanh(sympy.Function):  # noqa: N801
    """The hyperbolic tangent; sympy's own takes 2^n operations to nest n deep."""

    @classmethod
    def eval(cls, argument: Any) -> Any:
        """Return 0 at 0, and -tanh(t) for tanh(-t)."""
        if argument.is_zero:
            return sympy.S.Zero
        return -cls(-argument) if argument.could_extract_minus_sign() else None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return 1 - t²."""
        return 1 - self**2


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": lambda t: sympy.sin(t) / sympy.cos(t),
    "sinh": lambda t: (sympy.exp(t) - sympy.exp(-t)) / 2,
    "cosh": lambda t: (sympy.exp(t) + sympy.exp(-t)) / 2,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "softplus": softplus,
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
    if len(text) > _MAX_LENGTH:
        raise FieldError(
            f"the loss has {len(text)} characters, more than {_MAX_LENGTH}"
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or type(error).__name__
        raise FieldError(f"the loss {text!r} is not an expression: {reason}") from error
    if sum(1 for _ in ast.walk(tree)) > _MAX_TERMS * 2:
        raise FieldError(f"the loss has more than {_MAX_TERMS} terms")
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
        if depth > _MAX_DEPTH:
            raise FieldError(f"the loss is nested deeper than {_MAX_DEPTH} levels")
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
                if isinstance(op, ast.Div):
                    self.check_divisor(parts[1])
                return self.checked(combine(*parts))
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
                value = self.function(name)(self.build(argument, depth + 1))
                if _size(value, _MAX_SIZE) >= _MAX_SIZE:
                    raise FieldError(f"the loss comes to more than {_MAX_SIZE} terms")
                return self.checked(value)
        raise self.forbidden(node)

    def number(self, value: float) -> Any:
        if abs(value) > _MAX_NUMBER or not math.isfinite(value):
            raise FieldError(f"the loss holds a number beyond {_MAX_NUMBER:g}")
        return sympy.Rational(repr(value))

    def name(self, name: str) -> Any:
        known = {**NAMED_NUMBERS, **self.symbols}
        if name not in known:
            raise UnknownName("name in a loss", name, {*known, *FUNCTIONS})
        return known[name]

    def function(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise UnknownName("function in a loss", name, FUNCTIONS)
        return FUNCTIONS[name]

    def checked(self, value: Any) -> Any:
        if value.is_Rational and abs(value) > _MAX_NUMBER:
            raise FieldError(f"the loss holds a number beyond {_MAX_NUMBER:g}")
        if value.is_Pow:
            self.check_power(value.exp)
        return value

    def check_power(self, power: Any) -> None:
        if power.is_number and abs(power) > _MAX_POWER:
            raise FieldError(
                f"the loss {self.text!r} has the power {power}, beyond {_MAX_POWER}"
            )

    def check_divisor(self, divisor: Any) -> None:
        if not divisor.is_number or divisor.is_Rational:
            return
        if not abs(divisor.evalf(_DIGITS)) > 10.0**-_DIGITS:
            raise FieldError(
                f"the loss {self.text!r} divides by {divisor}, which is 0 as far as "
                f"{_DIGITS} digits tell"
            )

    def forbidden(self, node: ast.AST) -> FieldError:
        kind = type(getattr(node, "op", node)).__name__
        part = ast.get_source_segment(self.text.strip(), node) or kind  # type: ignore[arg-type]
        remedy = _REMEDIES.get(kind, "use numbers, names, + - * / ** and functions")
        return FieldError(
            f"the loss {self.text!r} holds {part!r} ({kind}), which is not allowed: "
            f"{remedy}"
        )


X, Y = sympy.symbols("x y")


def _size(value: Any, most: int) -> int:
    """Return how many nodes an expression has, counted no further than to a number."""
    return sum(1 for _ in itertools.islice(sympy.preorder_traversal(value), most))


def vanishes(value: Any) -> bool:
    """Tell whether an expression is zero once it is multiplied out.

    What has too high powers for that is said not to vanish.
    """
    if value == 0 or not value.free_symbols:
        return bool(value == 0)
    if _size(value, _MAX_SIZE) >= _MAX_SIZE or any(
        part.base.is_Add and part.exp.is_number and abs(part.exp) > _MAX_EXPANDED
        for part in value.atoms(sympy.Pow)
    ):
        return False
    return bool(sympy.expand(value) == 0)


def derivatives(loss_x: Any, loss_y: Any) -> dict[str, list[Any]]:
    """Return the expressions of every method of a game with the two losses.

    Raises
    ------
    FieldError
        If they are too large or not real.
    """
    gx, gy = _derived(loss_x, X), _derived(loss_y, Y)
    jacobian = [_derived(g, z) for g in (gx, gy) for z in (X, Y)]
    return {
        "loss_x": [loss_x],
        "loss_y": [loss_y],
        "gx": [gx],
        "gy": [gy],
        "cross": [_derived(loss_x, Y), _derived(loss_y, X)],
        "jacobian": jacobian,
    }


def _derived(value: Any, by: Any) -> Any:
    found = sympy.diff(value, by)
    if found.has(sympy.I):
        raise FieldError(
            "the derivatives of the losses are not real: give powers a positive base"
        )
    if _size(found, _MAX_DERIVED) >= _MAX_DERIVED:
        raise FieldError(
            f"the derivatives of the losses have more than {_MAX_DERIVED} terms: nest "
            "fewer functions"
        )
    return found


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
    value = complex(expr.evalf(_DIGITS))
    if value.imag or not math.isfinite(value.real):
        raise FieldError(f"the loss holds {expr}, which is no finite real number")
    return f"({value.real!r})"
