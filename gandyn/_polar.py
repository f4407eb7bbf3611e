"""Logarithms of lengths and angles of turns in kernels: straight-line code for LLVM.

The C library's functions are called lane by lane; these are computed for a whole vector
of lanes, to a unit or two in the last place.
"""

from __future__ import annotations

import math

from numba.extending import register_jitable

from gandyn._duals import fused
from gandyn._kernel_math import LN2_HIGH, LN2_LOW, ROUND, bits
from gandyn._lowering import INLINE

_ARC_TAIL = (
    -0.3333333333333333,
    0.1999999999999552,
    -0.14285714284666542,
    0.11111111015256361,
    -0.09090904578123903,
    0.07692183190826087,
    -0.06664511447381948,
    0.0585814891280221,
    -0.0508544973794026,
    0.03923165829558719,
    -0.01917688711906226,
)
"""(atan(t)/t - 1) / t² on |t| <= tan(π/8), interpolated at Chebyshev nodes: 5e-18."""
A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10 = _ARC_TAIL
_EIGHTH = 0.41421356237309503
"""tan(π/8): the angles of larger ratios are taken from π/4."""

_LOG_TAIL = (
    0.666666666666667,
    0.39999999999899505,
    0.28571428625975487,
    0.2222221113479508,
    0.18182889125261723,
    0.15331721600556042,
    0.14616449685043406,
)
"""(log((1 + s)/(1 - s))/s - 2) / s² for numbers between √½ and √2, in the same way:
9e-18."""
L0, L1, L2, L3, L4, L5, L6 = _LOG_TAIL
_ROOT_HALF_BITS = 4604544271217802189
"""The bit pattern of √½, where the range of mantissas begins."""
_MANTISSA_BITS = 52
_ROUND_BITS = 4843621399236968448
"""The bit pattern of `ROUND`: an integer added to it is added to the number."""
NORMAL, LIFT = 2.2250738585072014e-308, 54.0
"""The smallest normal number; those below are multiplied by 2^54 first."""


@register_jitable(**INLINE)
def log_length(t):  # type: ignore[no-untyped-def]
    """Return log t of a number that is not negative, -inf of 0."""
    small = t < NORMAL
    lifted = t * 2.0**LIFT if small else t
    k = (bits(lifted) - _ROOT_HALF_BITS) >> _MANTISSA_BITS
    f = bits(bits(lifted) - (k << _MANTISSA_BITS)) - 1.0
    power = bits(k + _ROUND_BITS) - ROUND
    power = power - LIFT if small else power
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = fused(w, fused(w, fused(w, L6, L4), L2), L0)
    odd = fused(w, fused(w, L5, L3), L1)
    half = 0.5 * f * f
    tail = fused(s, fused(z, fused(z, odd, even), half), power * LN2_LOW)
    value = fused(power, LN2_HIGH, f - (half - tail))
    value = value if t < math.inf else t
    return -math.inf if t == 0.0 else value


@register_jitable(**INLINE)
def angle(sine, cosine):  # type: ignore[no-untyped-def]
    """Return the angle of a vector of any length, in (-π, π], 0 of no vector."""
    up, across = abs(sine), abs(cosine)
    steep = up > across
    less, more = (across, up) if steep else (up, across)
    turned = less > _EIGHTH * more
    over = less - more if turned else less
    under = less + more if turned else more
    t = 0.0 if under == 0.0 else over / under
    z = t * t
    w = z * z
    odd = fused(w, fused(w, fused(w, fused(w, A9, A7), A5), A3), A1)
    even = fused(w, fused(w, fused(w, fused(w, fused(w, A10, A8), A6), A4), A2), A0)
    value = fused(t * z, fused(z, odd, even), t)
    value = value + 0.25 * math.pi if turned else value
    value = 0.5 * math.pi - value if steep else value
    value = math.pi - value if cosine < 0.0 else value
    return -value if sine < 0.0 else value
