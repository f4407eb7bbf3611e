"""The compiled loops: no policy and no input or output, only steps.

A tile of cells arrives as ``lanes`` (swept fields) and ``state`` (x, y, memory slots),
each with a row per quantity and a column per cell, a multiple of `BLOCK` columns. Each
block is copied into one flat scratch array, where LLVM sees constant offsets.
"""

from __future__ import annotations

from typing import Any

from gandyn import _kernel_math  # noqa: F401  (registers the elementary functions)
from gandyn._lane_blocks import (
    BLOCK,
    count_slots,
    empty,
    fill,
    flush_subnormals,
    interleave,
    load,
    load_dual,
    orthonormalise,
    restore_mode,
    scratch,
    store,
    wide_vectors,
)
from gandyn._lowering import bind
from gandyn._polar import log_length

REORTHOGONALISE = 8
"""Steps between two Gram-Schmidt passes; tangents stay far from overflow meanwhile."""


def advance(  # type: ignore[no-untyped-def]
    rule: Any,
    game: Any,
    memory: Any,
    lanes: Any,
    state: Any,
    steps: Any,
    xs: Any,
    ys: Any,
):
    """Take ``steps`` steps of every cell, in place.

    ``xs`` and ``ys`` receive the players before each of the last steps, a row a step.
    """
    wide_vectors()
    mode = flush_subnormals()
    slots = count_slots(memory)
    flat, own = scratch(memory, 1), scratch(lanes, 1)
    for first in range(0, state.shape[1], BLOCK):
        for slot in range(slots):
            fill(flat, slot, state, slot, first)
        for slot in range(lanes.shape[0]):
            fill(own, slot, lanes, slot, first)
        for step in range(steps):
            row = step - steps + xs.shape[0]
            if row >= 0:
                empty(flat, 0, xs, row, first)
                empty(flat, 1, ys, row, first)
            for lane in range(BLOCK):
                x, y, kept = load(memory, flat, lane)
                r, g = bind(rule, own, lane), bind(game, own, lane)
                store(r.step(g, x, y, kept), flat, lane)
                interleave(memory, 8, 4)
        for slot in range(slots):
            empty(flat, slot, state, slot, first)
    restore_mode(mode)


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

    ``tangents`` has a row per slot of the first, then of the second. ``growth``
    receives a row a pass of the first's log growth per step, then the second's. In the
    scratch array tangents lie behind the state, their lengths behind them.
    """
    wide_vectors()
    mode = flush_subnormals()
    slots = count_slots(memory)
    flat, own = scratch(memory, 4), scratch(lanes, 1)
    for first in range(0, state.shape[1], BLOCK):
        for slot in range(slots):
            fill(flat, slot, state, slot, first)
            fill(flat, slots + slot, tangents, slot, first)
            fill(flat, 2 * slots + slot, tangents, slots + slot, first)
        for slot in range(lanes.shape[0]):
            fill(own, slot, lanes, slot, first)
        for step in range(xs.shape[0]):
            for lane in range(BLOCK):
                x, y, kept = load_dual(memory, flat, lane)
                r, g = bind(rule, own, lane), bind(game, own, lane)
                store(r.step(g, x, y, kept), flat, lane)
                interleave(memory, 4, 2)
            empty(flat, 0, xs, step, first)
            empty(flat, 1, ys, step, first)
            if (step + 1) % REORTHOGONALISE == 0:
                row = step // REORTHOGONALISE
                for lane in range(BLOCK):
                    orthonormalise(memory, flat, lane)
                for place in range(3 * slots * BLOCK, (3 * slots + 2) * BLOCK):
                    flat[place] = log_length(flat[place]) / REORTHOGONALISE
                empty(flat, 3 * slots, growth, row, first)
                empty(flat, 3 * slots + 1, growth, growth.shape[0] // 2 + row, first)
        for slot in range(slots):
            empty(flat, slot, state, slot, first)
            empty(flat, slots + slot, tangents, slot, first)
            empty(flat, 2 * slots + slot, tangents, slots + slot, first)
    restore_mode(mode)
