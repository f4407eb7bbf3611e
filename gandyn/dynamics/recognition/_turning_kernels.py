"""Compiled loops that tell how far an orbit turns, and when such turning returns."""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from gandyn._lane_blocks import BLOCK, empty, fill, scratch, wide_vectors
from gandyn._polar import angle

FAR = math.pi / 2
"""Turning in one step, in radians, from which on the way round may be the other one."""
_BINS = BLOCK
"""Of the turnings of all steps, in which the widest gap is looked for."""


@register_jitable
def turned_as_one(xs, ys, cell, centre, p, weights):  # type: ignore[no-untyped-def]
    """Return the turning of an orbit that turns by more and by less than half a turn.

    The way round is continuous along a closed curve, so that it is cut where no step
    turns by as much: in the middle of the widest gap, not always at half a turn. NaN if
    there is none. Over one period p, or weighted over the window if p is 0.
    """
    last = xs.shape[0] - 1
    total, room = 0.0, scratch(xs, 1)  # a process that loads an array loads numba's
    for k in range(3 * _BINS):
        room[k] = 0.0
    begin = last - p if p else 0
    x, y = xs[begin, cell] - centre[0], ys[begin, cell] - centre[1]
    for t in range(begin + 1, last + 1):
        u, w = xs[t, cell] - centre[0], ys[t, cell] - centre[1]
        turned = angle(x * w - y * u, x * u + y * w)
        own = 1.0 if p else weights[t - 1]
        place = int((turned + math.pi) / (2 * math.pi) * _BINS) % _BINS
        total += own * turned
        room[place] = room[place + _BINS] = 1.0
        room[2 * _BINS + place] += own
        x, y = u, w
    widest, run, cut = 0, 0, 0
    for k in range(2 * _BINS):
        run = 0 if room[k] else run + 1
        if run > widest:
            widest, cut = run, k - run // 2
    if not widest:
        return math.nan
    for k in range(cut % _BINS):
        total += 2 * math.pi * room[2 * _BINS + k]
    whole = 2 * math.pi * (p if p else 1)
    return total - whole if total > whole / 2 else total


def nearest_returns(turns, longest, out):  # type: ignore[no-untyped-def]
    """Set the least distance of a whole number of steps' turns from a whole number."""
    wide_vectors()
    room = scratch(turns, 1)
    for first in range(0, turns.shape[1], BLOCK):
        fill(room, 0, turns, 0, first)
        for lane in range(BLOCK):
            room[BLOCK + lane] = 1.0
        for p in range(1, longest + 1):
            for lane in range(BLOCK):
                phase = p * room[lane]
                gap = abs(phase - np.rint(phase))
                room[BLOCK + lane] = min(room[BLOCK + lane], gap)
        empty(room, 1, out, 0, first)
