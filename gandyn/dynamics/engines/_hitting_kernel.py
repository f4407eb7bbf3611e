"""The compiled loop that looks at a measure after every step.

A cell is one scalar game, or several side by side: its parts. A lane whose cell has
ended takes the next cell that waits, so that none idles beside a slow one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from gandyn import _kernel_math  # noqa: F401  (registers the elementary functions)
from gandyn._lane_blocks import (
    BLOCK,
    flush_subnormals,
    load,
    restore_mode,
    store,
    wide_vectors,
)
from gandyn._lowering import INLINE, bind

OPEN, REACHED, LEFT, BROKEN = range(4)
"""How a cell ended: out of steps, at the last target, beyond its bound, at NaN."""

_LOOKS = 16
"""Steps between two times that lanes are asked what happened in them."""

SQUARE, TERM, LOW, HIGH, EVENT, KNOWN = range(6)
"""Rows of what is known of each lane; squared measures since it was asked follow."""

_WIDE = 1e-15
"""More than squares and roots are rounded by: lanes are asked once too often rather."""
_LARGEST = 1.7e308
"""A square beyond has overflowed, or nearly."""


@register_jitable(**INLINE)
def _row(array, row, rows=1):  # type: ignore[no-untyped-def]
    """Return rows of lanes as an array, where offsets are constant again."""
    return array[row * BLOCK : (row + rows) * BLOCK]


@register_jitable(**INLINE)
def _enter(cell, lane, lanes, state, bound, targets, flat, own, known):  # type: ignore[no-untyped-def]
    """Put a cell into a lane."""
    parts, slots, swept = state.shape[0], state.shape[1], lanes.shape[1]
    for part in range(parts):
        for slot in range(slots):
            flat[(part * slots + slot) * BLOCK + lane] = state[part, slot, cell]
        for slot in range(swept):
            own[(part * swept + slot) * BLOCK + lane] = lanes[part, slot, cell]
    known[HIGH * BLOCK + lane] = min((1.0 - _WIDE) * bound[cell] ** 2, _LARGEST)
    _await(targets[0], lane, known)


@register_jitable(**INLINE)
def _await(target, lane, known):  # type: ignore[no-untyped-def]
    """Leave a lane alone until its measure is about as small as a target."""
    known[LOW * BLOCK + lane] = (1.0 + _WIDE) * target**2
    known[EVENT * BLOCK + lane] = 0.0


@register_jitable(**INLINE)
def _residual(game, slots, swept, parts, flat, own, known):  # type: ignore[no-untyped-def]
    """Square the norm of the field."""
    for lane in range(BLOCK):
        known[SQUARE * BLOCK + lane] = 0.0
    for part in range(parts):
        at, mine = _row(flat, part * slots, slots), _row(own, part * swept, swept)
        for lane in range(BLOCK):
            g = bind(game, mine, lane)
            x, y = at[lane], at[BLOCK + lane]
            known[SQUARE * BLOCK + lane] += g.gx(x, y) ** 2 + g.gy(x, y) ** 2


@register_jitable(**INLINE)
def _nearest(points, slots, flat, known):  # type: ignore[no-untyped-def]
    """Square the distance from the nearest of the points."""
    for point in range(points.shape[0]):
        for lane in range(BLOCK):
            known[TERM * BLOCK + lane] = 0.0
        for part in range(points.shape[1]):
            at = _row(flat, part * slots, 2)
            px, py = points[point, part, 0], points[point, part, 1]
            for lane in range(BLOCK):
                dx, dy = at[lane] - px, at[BLOCK + lane] - py
                known[TERM * BLOCK + lane] += dx * dx + dy * dy
        for lane in range(BLOCK):
            term, least = known[TERM * BLOCK + lane], known[SQUARE * BLOCK + lane]
            nearer = (point == 0) | (term < least)
            known[SQUARE * BLOCK + lane] = term if nearer else least


@register_jitable(**INLINE)
def _note(look, known):  # type: ignore[no-untyped-def]
    """Keep the squares, and where something may happen: a target, the bound or NaN."""
    squares = _row(known, KNOWN + look)
    for lane in range(BLOCK):
        square = known[SQUARE * BLOCK + lane]
        low, high = known[LOW * BLOCK + lane], known[HIGH * BLOCK + lane]
        quiet = (low < square) & (square <= high)
        squares[lane] = square
        event = known[EVENT * BLOCK + lane]
        known[EVENT * BLOCK + lane] = event if quiet else 1.0


@register_jitable(**INLINE)
def _ask(begin, looks, lane, which, first, bound, targets, known, hits, at_hit):  # type: ignore[no-untyped-def]
    """Note the targets reached; return how many, how the cell ended, and when."""
    reached = first
    for look in range(looks):
        measure = math.sqrt(known[(KNOWN + look) * BLOCK + lane])
        while reached < targets.size and measure <= targets[reached]:
            hits[reached, which] = begin + look
            at_hit[reached, which] = measure
            reached += 1
        if reached == targets.size:
            return reached, REACHED, begin + look
        if math.isnan(measure):
            return reached, BROKEN, begin + look
        if measure > bound:
            return reached, LEFT, begin + look
    return reached, OPEN, begin + looks - 1


def hit(  # type: ignore[no-untyped-def]
    rule: Any,
    game: Any,
    memory: Any,
    lanes: Any,
    state: Any,
    points: Any,
    targets: Any,
    bound: Any,
    steps: Any,
    cells: Any,
    hits: Any,
    at_hit: Any,
    ending: Any,
    taken: Any,
):
    """Step each of the cells until it has reached the last target, left or run out.

    ``lanes`` (parts, swept, columns) and ``state`` (parts, slots, columns) are read;
    ``points`` (k, parts, 2) are the solutions, none for the norm of the field. The
    column after the cells' is a spare one: lanes play it while no cell waits.
    """
    wide_vectors()
    parts, slots, swept = state.shape[0], state.shape[1], lanes.shape[1]
    flat = np.empty(parts * slots * BLOCK)
    own = np.empty(parts * swept * BLOCK)
    known = np.zeros((KNOWN + _LOOKS) * BLOCK)
    cell = np.empty(BLOCK, np.int64)
    begin = np.zeros(BLOCK, np.int64)
    reached = np.zeros(BLOCK, np.int64)
    for lane in range(BLOCK):
        cell[lane] = min(lane, cells)
        _enter(cell[lane], lane, lanes, state, bound, targets, flat, own, known)
    waiting = going = min(BLOCK, cells)
    mode = flush_subnormals()
    while going > 0:
        for look in range(_LOOKS):
            if points.shape[0] == 0:
                _residual(game, slots, swept, parts, flat, own, known)
            else:
                _nearest(points, slots, flat, known)
            _note(look, known)
            for part in range(parts):
                at = _row(flat, part * slots, slots)
                mine = _row(own, part * swept, swept)
                for lane in range(BLOCK):
                    x, y, kept = load(memory, at, lane)
                    r, g = bind(rule, mine, lane), bind(game, mine, lane)
                    store(r.step(g, x, y, kept), at, lane)
        for lane in range(BLOCK):
            left = steps + 1 - begin[lane]
            if known[EVENT * BLOCK + lane] == 0.0 and left > _LOOKS:
                begin[lane] += _LOOKS
                continue
            which = cell[lane]
            reached[lane], ended, taken[which] = _ask(
                begin[lane], min(_LOOKS, left), lane, which, reached[lane],
                bound[which], targets, known, hits, at_hit,
            )  # fmt: skip
            if ended == OPEN and left > _LOOKS:
                begin[lane] += _LOOKS
                _await(targets[reached[lane]], lane, known)
                continue
            ending[which] = ended
            going -= which < cells
            cell[lane], begin[lane], reached[lane] = waiting, 0, 0
            going += waiting < cells
            waiting = min(waiting + 1, cells)
            _enter(cell[lane], lane, lanes, state, bound, targets, flat, own, known)
    restore_mode(mode)
