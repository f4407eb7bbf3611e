"""Numbers with two tangents, inside kernels: the value and both derivatives in one go.

A dual is v + a·ε + b·δ with ε² = δ² = εδ = 0. Its value is computed by the operations
that a float goes through, in their order, so that it has a float's bits.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.imputils import lower_builtin, lower_cast, lower_getattr
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)
from numba.extending import intrinsic, models, register_model

TANGENTS = 2
"""Tangents that a dual carries: the two leading exponents need no more."""


class DualType(types.Type):  # type: ignore[misc]
    """The type of a dual number; floats and integers become duals where they meet."""

    def __init__(self) -> None:
        super().__init__("dual")

    def unify(self, typingctx: Any, other: Any) -> Any:
        """Return the type of a variable that holds either."""
        return self if isinstance(other, types.Number | types.Boolean) else None


dual = DualType()


@register_model(DualType)
class _DualModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: Any) -> None:
        parts = [(f"part{i}", types.float64) for i in range(1 + TANGENTS)]
        super().__init__(manager, of, parts)


def _parts(builder: Any, kind: Any, number: Any) -> tuple[Any, list[Any] | None]:
    """Return the value of a number and its tangents, None for a float's."""
    if not isinstance(kind, DualType):
        return number, None
    value, *tangents = unpack(builder, number)
    return value, tangents


def unpack(builder: Any, number: Any) -> list[Any]:
    """Return a dual's value and its tangents."""
    return [builder.extract_value(number, i) for i in range(1 + TANGENTS)]


def pack(builder: Any, parts: list[Any]) -> Any:
    """Return the dual of a value and its tangents."""
    kind = ir.LiteralStructType([ir.DoubleType()] * len(parts))
    number = ir.Constant(kind, ir.Undefined)
    for i, part in enumerate(parts):
        number = builder.insert_value(number, part, i)
    return number


def _pack(builder: Any, value: Any, tangents: list[Any]) -> Any:
    return pack(builder, [value, *tangents])


_FREE = ("contract", "nsz")
"""What LLVM may do to tangents, whose last bits are nobody's: a product and a sum may
become one operation. Of values they may not."""


def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a·b + c, rounded once where the processor can."""
    kind = ir.FunctionType(a.type, [a.type] * 3)
    function = builder.module.declare_intrinsic("llvm.fmuladd", [a.type], kind)
    return builder.call(function, [a, b, c])


@intrinsic
def fused(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a·b + c of floats, rounded once where the processor can."""

    def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
        return multiply_add(builder, *args)

    return types.float64(types.float64, types.float64, types.float64), codegen


def _operands(args: tuple[Any, ...]) -> Any:
    """Return the types that an operation takes for these, None for no dual among them.

    Integers and booleans are made floats first, as beside a float.
    """
    known = all(isinstance(t, DualType | types.Number | types.Boolean) for t in args)
    if not known or not any(isinstance(t, DualType) for t in args):
        return None
    return [t if isinstance(t, DualType) else types.float64 for t in args]


def _register(function: Any, result: Any, code: Callable[..., Any]) -> None:
    """Teach numba an operation; ``code`` writes it for parts of its operands."""

    @infer_global(function)
    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args, kws):  # type: ignore[no-untyped-def]
            operands = _operands(args)
            return operands and signature(result, *operands)

    def lowered(context, builder, sig, args):  # type: ignore[no-untyped-def]
        pairs = zip(sig.args, args, strict=True)
        return code(builder, *(_parts(builder, kind, number) for kind, number in pairs))

    for kinds in ((dual,), (dual, dual), (dual, types.float64), (types.float64, dual)):
        lower_builtin(function, *kinds)(lowered)


def _linear(instruction: str) -> Callable[..., Any]:
    """Return the code of a sum or difference."""

    def code(builder: Any, one: Any, other: Any) -> Any:
        act = getattr(builder, instruction)
        (a, da), (b, db) = one, other
        if db is None:
            tangents = da
        elif da is None:
            tangents = db if instruction == "fadd" else [builder.fneg(t) for t in db]
        else:
            pairs = zip(da, db, strict=True)
            tangents = [act(s, t, flags=_FREE) for s, t in pairs]
        return _pack(builder, act(a, b), tangents)

    return code


def _scaled(builder: Any, factor: Any, tangents: list[Any]) -> list[Any]:
    return [builder.fmul(factor, t, flags=_FREE) for t in tangents]


def _product(builder: Any, one: Any, other: Any) -> Any:
    (a, da), (b, db) = one, other
    tangents = db and _scaled(builder, a, db)
    if da is not None:
        rest = tangents or [None] * TANGENTS
        own = _scaled(builder, b, da)
        tangents = [
            t if s is None else builder.fadd(t, s, flags=_FREE)
            for t, s in zip(own, rest, strict=True)
        ]
    return _pack(builder, builder.fmul(a, b), tangents)


def _quotient(builder: Any, one: Any, other: Any) -> Any:
    """Divide; d(a/b) = (da - (a/b) db)/b, the division by b made once."""
    (a, da), (b, db) = one, other
    value = builder.fdiv(a, b)
    inverse = builder.fdiv(ir.Constant(ir.DoubleType(), 1.0), b)
    back = builder.fneg(value)
    if db is None:
        numerators = da
    elif da is None:
        numerators = _scaled(builder, back, db)
    else:
        pairs = zip(da, db, strict=True)
        numerators = [multiply_add(builder, back, t, s) for s, t in pairs]
    return _pack(builder, value, _scaled(builder, inverse, numerators))


def _negative(builder: Any, one: Any) -> Any:
    value, tangents = one
    return _pack(builder, builder.fneg(value), [builder.fneg(t) for t in tangents])


def _comparison(sign: str) -> Callable[..., Any]:
    compare = "fcmp_unordered" if sign == "!=" else "fcmp_ordered"
    return lambda builder, one, other: getattr(builder, compare)(sign, one[0], other[0])


for _functions, _code in (
    ((operator.add, operator.iadd), _linear("fadd")),
    ((operator.sub, operator.isub), _linear("fsub")),
    ((operator.mul, operator.imul), _product),
    ((operator.truediv, operator.itruediv), _quotient),
    ((operator.neg,), _negative),
    ((operator.pos,), lambda builder, one: _pack(builder, *one)),
):
    for _function in _functions:
        _register(_function, dual, _code)

for _function, _sign in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"),
    (operator.ge, ">="), (operator.eq, "=="), (operator.ne, "!="),
):  # fmt: skip
    _register(_function, types.boolean, _comparison(_sign))


@lower_cast(types.Number, DualType)
@lower_cast(types.Boolean, DualType)
def _constant(context: Any, builder: Any, kind: Any, target: Any, number: Any) -> Any:
    value = context.cast(builder, number, kind, types.float64)
    return _pack(builder, value, [ir.Constant(ir.DoubleType(), 0.0)] * TANGENTS)


@infer_getattr
class _DualAttributes(AttributeTemplate):  # type: ignore[misc]
    key = DualType

    def resolve_real(self, of: Any) -> Any:
        return types.float64


@lower_getattr(DualType, "real")
def _real(context: Any, builder: Any, kind: Any, number: Any) -> Any:
    return builder.extract_value(number, 0)


@intrinsic
def chain(typingctx: Any, value: Any, slope: Any, argument: Any) -> Any:
    """Return f(argument), where its value and f's slope there are given."""

    def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
        _, along = _parts(builder, dual, args[2])
        return _pack(builder, args[0], _scaled(builder, args[1], along or []))

    return dual(types.float64, types.float64, dual), codegen
