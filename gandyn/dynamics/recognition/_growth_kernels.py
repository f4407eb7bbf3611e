"""Compiled loops over the recorded growth of tangents."""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from gandyn._lane_blocks import BLOCK, empty, fill, scratch, wide_vectors

_BATCHES = 16
"""Parts of a window by whose means it is told how well the mean of all is known."""


@register_jitable
def growths(growth, first, passes, steps, out, row, column):  # type: ignore[no-untyped-def]
    """Set three rows: mean growth of the leading tangent, its error, what grows beside.

    The error is the standard error, by the means of batches. What grows most beside
    the leading tangent is the log growth of the second one less its own, from any row
    of the window to a later one.
    """
    wide_vectors()
    room = scratch(growth, 1)
    for place in range(7 * BLOCK):
        room[place] = 0.0
    size = max(passes // _BATCHES, 1)
    for step in range(passes):
        fill(room, 7, growth, step, first)
        fill(room, 8, growth, passes + step, first)
        for lane in range(BLOCK):
            leading, second = room[7 * BLOCK + lane], room[8 * BLOCK + lane]
            beside = np.maximum(room[BLOCK + lane] + (second - leading), 0.0)
            room[lane] += leading
            room[BLOCK + lane] = beside
            room[2 * BLOCK + lane] = np.maximum(room[2 * BLOCK + lane], beside)
            room[3 * BLOCK + lane] += leading
        if (step + 1) % size == 0:
            for lane in range(BLOCK):
                mean = room[3 * BLOCK + lane] / size
                room[3 * BLOCK + lane] = 0.0
                room[4 * BLOCK + lane] += mean
                room[5 * BLOCK + lane] += mean * mean
    batches = passes // size
    for lane in range(BLOCK):
        room[lane] /= passes
        room[2 * BLOCK + lane] *= steps / passes
        mean = room[4 * BLOCK + lane] / batches
        square = np.maximum(room[5 * BLOCK + lane] / batches - mean * mean, 0.0)
        room[6 * BLOCK + lane] = math.sqrt(square / max(batches - 1, 1))
    empty(room, 0, out, row, column)
    empty(room, 6, out, row + 1, column)
    empty(room, 2, out, row + 2, column)
