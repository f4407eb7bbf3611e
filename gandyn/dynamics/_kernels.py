"""The compiled loops: no policy and no input or output, only steps.

A tile of cells arrives as ``lanes`` (swept fields) and ``state`` (x, y, memory slots),
each with a row per quantity and a column per cell, a multiple of `BLOCK` columns. Each
block is copied into one flat scratch array, where LLVM sees constant offsets.
"""

from __future__ import annotations

import math
from typing import Any

from numba.extending import register_jitable

from gandyn import _kernel_math  # noqa: F401  (registers the elementary functions)
from gandyn._lowering import (
    BLOCK,
    INLINE,
    bind,
    count_slots,
    load,
    load_dual,
    scratch,
    store,
    store_dual,
    wide_vectors,
)

REORTHOGONALISE = 8
"""Steps between two Gram-Schmidt passes; tangents stay far from overflow meanwhile."""


@register_jitable(**INLINE)
def _orthonormalise(flat, slots, lane):  # type: ignore[no-untyped-def]
    """Make a lane's tangents orthonormal; return their lengths before.

    A tangent that has vanished stays 0, and its length is 0 from then on.
    """
    one, two = slots * BLOCK + lane, 2 * slots * BLOCK + lane
    square = 0.0
    for slot in range(slots):
        square += flat[one + slot * BLOCK] ** 2
    length = math.sqrt(square)
    inverse = 0.0 if length == 0.0 else 1.0 / length
    along = 0.0
    for slot in range(slots):
        flat[one + slot * BLOCK] *= inverse
        along += flat[one + slot * BLOCK] * flat[two + slot * BLOCK]
    square = 0.0
    for slot in range(slots):
        flat[two + slot * BLOCK] -= along * flat[one + slot * BLOCK]
        square += flat[two + slot * BLOCK] ** 2
    across = math.sqrt(square)
    inverse = 0.0 if across == 0.0 else 1.0 / across
    for slot in range(slots):
        flat[two + slot * BLOCK] *= inverse
    return length, across


@register_jitable(**INLINE)
def _fill(flat, slot, array, row, first):  # type: ignore[no-untyped-def]
    """Copy a block of a row into a slot."""
    for lane in range(BLOCK):
        flat[slot * BLOCK + lane] = array[row, first + lane]


@register_jitable(**INLINE)
def _empty(flat, slot, array, row, first):  # type: ignore[no-untyped-def]
    """Copy a slot back to a block of a row."""
    for lane in range(BLOCK):
        array[row, first + lane] = flat[slot * BLOCK + lane]


def advance(rule: Any, game: Any, memory: Any, lanes: Any, state: Any, steps: Any):  # type: ignore[no-untyped-def]
    """Take ``steps`` steps of every cell, in place."""
    wide_vectors()
    slots = count_slots(memory)
    flat, own = scratch(memory, 1), scratch(lanes, 1)
    for first in range(0, state.shape[1], BLOCK):
        for slot in range(slots):
            _fill(flat, slot, state, slot, first)
        for slot in range(lanes.shape[0]):
            _fill(own, slot, lanes, slot, first)
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
            _empty(flat, slot, state, slot, first)


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
):
    """Take the same steps, recording every state and the growth of two tangents.

    ``tangents`` has shape (2, slots, cells); ``growth`` (2, steps / REORTHOGONALISE,
    cells) receives the lengths before each renormalisation.
    """
    wide_vectors()
    slots = count_slots(memory)
    flat, own = scratch(memory, 3), scratch(lanes, 1)
    for first in range(0, state.shape[1], BLOCK):
        for slot in range(slots):
            _fill(flat, slot, state, slot, first)
            _fill(flat, slots + slot, tangents[0], slot, first)
            _fill(flat, 2 * slots + slot, tangents[1], slot, first)
        for slot in range(lanes.shape[0]):
            _fill(own, slot, lanes, slot, first)
        for step in range(xs.shape[0]):
            for lane in range(BLOCK):
                x, y, kept = bind(rule, own, lane).step(
                    bind(game, own, lane),
                    load_dual(0.0, flat, 0, slots, lane),
                    load_dual(0.0, flat, 1, slots, lane),
                    load_dual(memory, flat, 2, slots, lane),
                )
                store_dual(x, flat, 0, slots, lane)
                store_dual(y, flat, 1, slots, lane)
                store_dual(kept, flat, 2, slots, lane)
            _empty(flat, 0, xs, step, first)
            _empty(flat, 1, ys, step, first)
            if (step + 1) % REORTHOGONALISE == 0:
                row = step // REORTHOGONALISE
                for lane in range(BLOCK):
                    a, b = _orthonormalise(flat, slots, lane)
                    growth[0, row, first + lane] = a
                    growth[1, row, first + lane] = b
        for slot in range(slots):
            _empty(flat, slot, state, slot, first)
            _empty(flat, slots + slot, tangents[0], slot, first)
            _empty(flat, 2 * slots + slot, tangents[1], slot, first)
