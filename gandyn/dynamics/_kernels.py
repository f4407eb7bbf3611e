"""The compiled loops: no policy and no input or output, only steps.

A tile of cells arrives as ``lanes`` (swept fields) and ``state`` (x, y, memory slots),
each with a row per quantity and a column per cell, a multiple of `BLOCK` columns. Each
block is copied into one flat scratch array, where LLVM sees constant offsets.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from gandyn import _kernel_math  # noqa: F401  (registers the elementary functions)
from gandyn._lowering import (
    BLOCK,
    INLINE,
    bind,
    load,
    load_dual,
    store,
    store_dual,
    wide_vectors,
)

REORTHOGONALISE = 8
"""Steps between two Gram-Schmidt passes; tangents stay far from overflow meanwhile."""


@register_jitable(**INLINE)
def _orthonormalise(flat, slots, lane):  # type: ignore[no-untyped-def]
    """Make a lane's tangents orthonormal; return the logarithms of their lengths."""
    one, two = slots * BLOCK + lane, 2 * slots * BLOCK + lane
    square = 0.0
    for slot in range(slots):
        square += flat[one + slot * BLOCK] ** 2
    length = math.sqrt(square)
    along = 0.0
    for slot in range(slots):
        flat[one + slot * BLOCK] /= length
        along += flat[one + slot * BLOCK] * flat[two + slot * BLOCK]
    square = 0.0
    for slot in range(slots):
        flat[two + slot * BLOCK] -= along * flat[one + slot * BLOCK]
        square += flat[two + slot * BLOCK] ** 2
    across = math.sqrt(square)
    for slot in range(slots):
        flat[two + slot * BLOCK] /= across
    return math.log(length), math.log(across)


def advance(rule: Any, game: Any, memory: Any, lanes: Any, state: Any, steps: Any):  # type: ignore[no-untyped-def]
    """Take ``steps`` steps of every cell, in place."""
    wide_vectors()
    slots, swept = state.shape[0], lanes.shape[0]
    flat = np.empty(slots * BLOCK)
    own = np.empty(swept * BLOCK)
    for first in range(0, state.shape[1], BLOCK):
        for slot in range(slots):
            flat[slot * BLOCK : (slot + 1) * BLOCK] = state[slot, first : first + BLOCK]
        for slot in range(swept):
            own[slot * BLOCK : (slot + 1) * BLOCK] = lanes[slot, first : first + BLOCK]
        for _ in range(steps):
            for lane in range(BLOCK):
                x, y, kept = bind(rule, own, lane).step(
                    bind(game, own, lane),
                    flat[lane],
                    flat[BLOCK + lane],
                    load(memory, flat, 2, lane),
                )
                flat[lane] = x
                flat[BLOCK + lane] = y
                store(kept, flat, 2, lane)
        for slot in range(slots):
            state[slot, first : first + BLOCK] = flat[slot * BLOCK : (slot + 1) * BLOCK]


def observe(  # type: ignore[no-untyped-def]
    rule: Any,
    game: Any,
    memory: Any,
    lanes: Any,
    state: Any,
    tangents: Any,
    xs: Any,
    ys: Any,
    growth: Any,
    stride: Any,
):
    """Take steps, recording the orbit every ``stride`` and the growth of two tangents.

    ``tangents`` has shape (2, slots, cells); ``growth`` (2, steps / REORTHOGONALISE,
    cells) receives the logarithms of the lengths before each renormalisation.
    """
    wide_vectors()
    slots, swept = state.shape[0], lanes.shape[0]
    flat = np.empty(3 * slots * BLOCK)
    own = np.empty(swept * BLOCK)
    for first in range(0, state.shape[1], BLOCK):
        for slot in range(slots):
            for lane in range(BLOCK):
                flat[slot * BLOCK + lane] = state[slot, first + lane]
                flat[(slots + slot) * BLOCK + lane] = tangents[0, slot, first + lane]
                flat[(2 * slots + slot) * BLOCK + lane] = tangents[
                    1, slot, first + lane
                ]
        for slot in range(swept):
            own[slot * BLOCK : (slot + 1) * BLOCK] = lanes[slot, first : first + BLOCK]
        for step in range(xs.shape[0] * stride):
            sample = step // stride
            for lane in range(BLOCK):
                r = bind(rule, own, lane)
                g = bind(game, own, lane)
                second = 2 * slots
                x, y, kept = r.step(
                    g,
                    load_dual(0.0, flat, 0, second, lane),
                    load_dual(0.0, flat, 1, second, lane),
                    load_dual(memory, flat, 2, second, lane),
                )
                u, w, also = r.step(
                    g,
                    load_dual(0.0, flat, 0, slots, lane),
                    load_dual(0.0, flat, 1, slots, lane),
                    load_dual(memory, flat, 2, slots, lane),
                )
                store_dual(x, flat, 0, second, lane)
                store_dual(y, flat, 1, second, lane)
                store_dual(kept, flat, 2, second, lane)
                store_dual(u, flat, 0, slots, lane)
                store_dual(w, flat, 1, slots, lane)
                store_dual(also, flat, 2, slots, lane)
                xs[sample, first + lane] = x.real
                ys[sample, first + lane] = y.real
            if (step + 1) % REORTHOGONALISE == 0:
                row = step // REORTHOGONALISE
                for lane in range(BLOCK):
                    a, b = _orthonormalise(flat, slots, lane)
                    growth[0, row, first + lane] = a
                    growth[1, row, first + lane] = b
        for slot in range(slots):
            for lane in range(BLOCK):
                state[slot, first + lane] = flat[slot * BLOCK + lane]
                tangents[0, slot, first + lane] = flat[(slots + slot) * BLOCK + lane]
                tangents[1, slot, first + lane] = flat[
                    (2 * slots + slot) * BLOCK + lane
                ]
