"""What the elementary functions are inside kernels: straight-line code for LLVM.

A dual number's value is what the function of a float gives, and its tangents are those
of the argument times the slope.
"""

from __future__ import annotations

import inspect
import math
import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_jitable

from gandyn import elementary
from gandyn._duals import DualType, chain, fused
from gandyn._lowering import INLINE, lowered_class
from gandyn.elementary import divide, exp, sigmoid, softplus, solve_blocks
from gandyn.rules._blocks import solve_interaction, solve_response
from gandyn.rules._clipped import (
    ClippedByNorm,
    ClippedByValue,
    clipped_by_norm,
    clipped_by_value,
)

LOWEST, HIGHEST = -708.0, 709.0
"""Where 2^k stays a normal number; beyond, e^t is taken as 0 or infinity."""
_LOG2E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
"""ln 2 split so that k * LN2_HIGH is exact for every exponent k (fdlibm)."""
ROUND = 6755399441055744.0
"""1.5 * 2^52: adding it rounds to an integer held in the low bits."""
_BIASED_ROUND = ROUND + 1023.0
"""The same for exponents: the low bits hold them as a float's do."""
_EXP_TAIL = (
    0.5000000000000001,
    0.16666666666666669,
    0.041666666666624164,
    0.008333333333330065,
    0.0013888888917196719,
    0.00019841269863040545,
    2.4801521322368692e-05,
    2.7557268480310024e-06,
    2.7620075879983367e-07,
    2.5100375832561234e-08,
)
"""(e^r - 1 - r) / r² on |r| <= ln(2)/2, interpolated at Chebyshev nodes: 1.3e-17."""
A0, A1, A2, A3, A4, A5, A6, A7, A8, A9 = _EXP_TAIL
_COTH_TAIL = (
    0.1666666666666666,
    -0.0027777777777564148,
    6.613756471495207e-05,
    -1.6534059835599643e-06,
    4.1437568537775936e-08,
)
"""(r coth(r/2) - 2) / r², a polynomial in r², in the same way: 7e-18."""
C0, C1, C2, C3, C4 = _COTH_TAIL


@intrinsic
def bits(context: Any, value: Any) -> Any:
    """Reinterpret a float64 as int64, or an int64 as float64."""
    to_float = isinstance(value, types.Integer)

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.bitcast(args[0], ir.DoubleType() if to_float else ir.IntType(64))

    return (types.float64 if to_float else types.int64)(value), codegen


def _overload(function: Any) -> Any:
    return overload(function, jit_options=INLINE, strict=False)


def _is_dual(value: Any) -> bool:
    return isinstance(value, DualType)


@register_jitable(**INLINE)
def _reduced(t):  # type: ignore[no-untyped-def]
    """Return r and 2^k with e^t = 2^k e^r, |r| <= ln(2)/2, t limited to normal 2^k."""
    clipped = min(max(t, LOWEST), HIGHEST)
    shifted = fused(clipped, _LOG2E, _BIASED_ROUND)
    k = shifted - _BIASED_ROUND
    r = fused(-k, LN2_LOW, fused(-k, LN2_HIGH, clipped))
    return r, bits(bits(shifted) << 52)


@register_jitable(**INLINE)
def _clipped_exp(t):  # type: ignore[no-untyped-def]
    r, power = _reduced(t)
    s = r * r
    low = fused(s, fused(r, A3, A2), fused(r, A1, A0))
    high = fused(s, fused(s, fused(r, A9, A8), fused(r, A7, A6)), fused(r, A5, A4))
    tail = fused(s * s, high, low)
    return (1.0 + fused(s, tail, r)) * power


@register_jitable(**INLINE)
def _clipped_sigmoid(t):  # type: ignore[no-untyped-def]
    """Return 1/(1 + e^-t) by one division: e^r = (c + r)/(c - r), c = r coth(r/2)."""
    r, power = _reduced(-t)
    s = r * r
    c = fused(s, fused(s, fused(s, fused(s, fused(s, C4, C3), C2), C1), C0), 2.0)
    less = c - r
    return less / fused(c + r, power, less)


@_overload(exp)
def _exp(t: Any) -> Any:
    if _is_dual(t):

        def dual(t):  # type: ignore[no-untyped-def]
            value = exp(t.real)
            return chain(value, value, t)

        return dual

    def real(t):  # type: ignore[no-untyped-def]
        value = _clipped_exp(t)
        value = math.inf if t > HIGHEST else value
        return 0.0 if t < LOWEST else value

    return real


@_overload(sigmoid)
def _sigmoid(t: Any) -> Any:
    if _is_dual(t):

        def dual(t):  # type: ignore[no-untyped-def]
            s = _clipped_sigmoid(t.real)
            return chain(s, s * (1.0 - s), t)

        return dual
    return lambda t: _clipped_sigmoid(t)


@_overload(softplus)
def _softplus(t: Any) -> Any:
    if _is_dual(t):
        return lambda t: chain(softplus(t.real), sigmoid(t.real), t)
    return lambda t: max(t, 0.0) + math.log1p(_clipped_exp(-abs(t)))


@overload(operator.pow, jit_options=INLINE, strict=False, prefer_literal=True)
@overload(operator.ipow, jit_options=INLINE, strict=False, prefer_literal=True)
def _power(a: Any, b: Any) -> Any:
    if _is_dual(b):

        def both(a, b):  # type: ignore[no-untyped-def]
            value, base, power = a.real**b.real, a.real, b.real
            return chain(value, value * math.log(base), b) + (a - base) * (
                power * base ** (power - 1.0)
            )

        return both
    if not _is_dual(a):
        return None
    if isinstance(b, types.IntegerLiteral):  # numba multiplies for a known exponent
        n = b.literal_value
        less = n - 1
        return lambda a, b: chain(a.real**n, n * a.real**less, a)
    return lambda a, b: chain(a.real**b, b * a.real ** (b - 1), a)


@_overload(abs)
def _size(t: Any) -> Any:
    if _is_dual(t):
        return lambda t: chain(abs(t.real), math.copysign(1.0, t.real), t)
    return None


def _register_library(function: Any, derivative: Any) -> None:
    """Give an elementary function the C library's version, and its dual number's."""
    library = getattr(math, function.__name__)
    slope = register_jitable(**INLINE)(derivative)

    @_overload(function)
    def implementation(t: Any) -> Any:
        if _is_dual(t):
            return lambda t: chain(library(t.real), slope(t.real), t)
        return lambda t: library(t)


def _register_twin(twin: Any, function: Any) -> None:
    """Let a function of numpy or math take dual numbers as gandyn's own does."""

    @_overload(twin)
    def implementation(t: Any) -> Any:
        return (lambda t: function(t)) if _is_dual(t) else None


_register_library(elementary.log, lambda t: 1.0 / t)
_register_library(elementary.sqrt, lambda t: 0.5 / math.sqrt(t))
_register_library(elementary.sin, lambda t: math.cos(t))
_register_library(elementary.cos, lambda t: -math.sin(t))
_register_library(elementary.tanh, lambda t: 1.0 - math.tanh(t) ** 2)
for _name in ("exp", "log", "sqrt", "sin", "cos", "tanh"):
    for _library in (np, math):
        _register_twin(getattr(_library, _name), getattr(elementary, _name))


@_overload(elementary.heaviside)
def _heaviside(t: Any) -> Any:
    return lambda t: 1.0 if t.real > 0.0 else 0.0


@_overload(elementary.select)
def _select(t: Any, a: Any, b: Any) -> Any:
    return lambda t, a, b: a if t.real >= 0.0 else b


@_overload(divide)
def _divide(a: Any, b: Any) -> Any:
    return lambda a, b: a / b


@_overload(elementary.cross_gradients)
def _cross_gradients(game: Any, x: Any, y: Any) -> Any:
    cls = game.instance_class.node
    if hasattr(cls, "cross"):
        return lambda game, x, y: game.cross(x, y)
    if cls.zero_sum:
        return lambda game, x, y: (-game.gy(x, y), -game.gx(x, y))
    return None  # the plain step has said so in its own words


def _register_oracle(function: Any, oracle: Any) -> None:
    """Let a function that wraps a game's oracle return the lowered oracle."""
    names = tuple(inspect.signature(function).parameters)
    lowered = lowered_class(oracle, names, {})
    text = f"lambda {', '.join(names)}: lambda {', '.join(names)}: "
    text += f"lowered({', '.join(names)})"
    _overload(function)(eval(text, {"lowered": lowered}))


_register_oracle(clipped_by_value, ClippedByValue)
_register_oracle(clipped_by_norm, ClippedByNorm)


def _solve_implicit(xx, xy, yx, yy, a, b, u, w):  # type: ignore[no-untyped-def]
    return solve_blocks(1 + a * xx, a * xy, b * yx, 1 + b * yy, u, w)


_ON_NUMBERS = {
    elementary.dot: lambda a, b: a * b,
    elementary.transpose: lambda a: a,
    elementary.aligned: lambda b, x, a: b,
    elementary.summed: lambda values, a: values,
    elementary.inner: lambda game, a, b: a * b,
    elementary.rounding: lambda t: 2.0**-52,
    elementary.solve_implicit: _solve_implicit,
    solve_interaction: lambda game, xy, yx, a, b, u, w: solve_blocks(
        1, a * xy, b * yx, 1, u, w
    ),
    solve_response: lambda game, yx, yy, g: divide(yx * g, yy),
    elementary.sign: elementary.sign,
    elementary.clip: elementary.clip,
    elementary.solve_blocks: elementary.solve_blocks,
}
"""What functions of numbers and matrices are on numbers: kernels have nothing else."""


def _register_as_written(function: Any, implementation: Any) -> None:
    names = ", ".join(inspect.signature(function).parameters)
    chooser = eval(f"lambda {names}: chosen", {"chosen": implementation})
    _overload(function)(chooser)


for _function, _implementation in _ON_NUMBERS.items():
    _register_as_written(_function, _implementation)
