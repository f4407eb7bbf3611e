"""Compiled loops over a recorded window: averages, returns and turning.

A window has a row per step and a column per cell, a multiple of `BLOCK` columns. These
loops know no rule and no game, so they are compiled once.
"""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from gandyn._lane_blocks import BLOCK, empty, fill, scratch, wide_vectors
from gandyn._polar import angle, log_length

_CONFIRMING = 4
"""Share of the window, as its inverse, whose states must all return before a period is
believed: an orbit may hardly move for long before it goes on."""
LAST, ROWS = 7, 8
"""Where the scratch array of moments holds the last row, and those to be added."""
_TOGETHER = 4
"""Rows added at a time."""


def weighted_moments(values, full, half, out):  # type: ignore[no-untyped-def]
    """Set ``out`` to weighted means of values and of their squares, and the largest.

    Of all rows with the weights ``full``, of the first and of the second half of them
    with the weights ``half``; less the last row, which keeps digits. ``out`` has shape
    (7, cells): three means, three mean squares, the largest modulus.
    """
    wide_vectors()
    rows = half.shape[0]
    room = scratch(values, 1)
    for first in range(0, values.shape[1], BLOCK):
        for place in range(LAST * BLOCK):
            room[place] = 0.0
        fill(room, LAST, values, values.shape[0] - 1, first)
        for part in range(2):
            together = rows - rows % _TOGETHER
            for row in range(0, together, _TOGETHER):
                step = part * rows + row
                for k in range(_TOGETHER):
                    fill(room, ROWS + k, values, step + k, first)
                _add_rows(room, part, full, step, half, row, _TOGETHER)
            for row in range(together, rows):
                step = part * rows + row
                fill(room, ROWS, values, step, first)
                _add_rows(room, part, full, step, half, row, 1)
        for row in range(LAST):
            empty(room, row, out, row, first)


@register_jitable(forceinline=True)
def _add_rows(room, part, full, step, half, row, count):  # type: ignore[no-untyped-def]
    """Add some rows to the sums, which stay in registers meanwhile."""
    for lane in range(BLOCK):
        mean, square = room[lane], room[3 * BLOCK + lane]
        own_mean = room[(1 + part) * BLOCK + lane]
        own_square = room[(4 + part) * BLOCK + lane]
        largest, last = room[6 * BLOCK + lane], room[LAST * BLOCK + lane]
        for k in range(count):
            value = room[(ROWS + k) * BLOCK + lane]
            moved = value - last
            squared = moved * moved
            mean += full[step + k] * moved
            square += full[step + k] * squared
            own_mean += half[row + k] * moved
            own_square += half[row + k] * squared
            largest = max(largest, abs(value))
        room[lane], room[3 * BLOCK + lane] = mean, square
        room[(1 + part) * BLOCK + lane] = own_mean
        room[(4 + part) * BLOCK + lane] = own_square
        room[6 * BLOCK + lane] = largest


def first_returns(xs, ys, tolerance, period, distance):  # type: ignore[no-untyped-def]
    """Set the least period at which a whole turn returns, and how nearly it does.

    A cell's period stays 0 where none up to half of the window does: the last p states
    (and a quarter of the window at the least) must each lie within the tolerance of the
    state p steps before.
    """
    wide_vectors()
    last = xs.shape[0] - 1
    room = scratch(xs, 1)
    for first in range(0, xs.shape[1], BLOCK):
        fill(room, 0, xs, last, first)
        fill(room, 1, ys, last, first)
        for lane in range(BLOCK):
            room[2 * BLOCK + lane] = tolerance[first + lane]
        for p in range(1, (last + 1) // 2 + 1):
            fill(room, 3, xs, last - p, first)
            fill(room, 4, ys, last - p, first)
            hits = 0
            for lane in range(BLOCK):
                dx = abs(room[lane] - room[3 * BLOCK + lane])
                dy = abs(room[BLOCK + lane] - room[4 * BLOCK + lane])
                near = room[2 * BLOCK + lane]
                hits += int(dx <= near) & int(dy <= near)
            if not hits:
                continue
            for lane in range(BLOCK):
                near = room[2 * BLOCK + lane]
                worst = _return_distance(xs, ys, first + lane, p, near)
                if worst <= near:
                    period[first + lane] = p
                    distance[first + lane] = worst
                    room[2 * BLOCK + lane] = -1.0  # found: it returns no more


@register_jitable
def _return_distance(xs, ys, cell, p, near):  # type: ignore[no-untyped-def]
    """Return the largest distance to the state p steps before, or one beyond near."""
    last = xs.shape[0] - 1
    worst = 0.0
    for t in range(last, last - max(p, xs.shape[0] // _CONFIRMING), -1):
        dx, dy = abs(xs[t, cell] - xs[t - p, cell]), abs(ys[t, cell] - ys[t - p, cell])
        worst = max(worst, dx, dy)
        if not worst <= near:
            return np.inf
    return worst


def mean_turning(xs, ys, wanted, centre, period, weights, out):  # type: ignore[no-untyped-def]
    """Set the mean turning of the wanted cells about a centre, in radians per step.

    Over exactly one period where there is one, weighted over the window elsewhere.
    ``centre`` has shape (2, cells).
    """
    wide_vectors()
    last = xs.shape[0] - 1
    room = scratch(xs, 1)
    for first in range(0, xs.shape[1], BLOCK):
        begin = last
        for cell in range(first, first + BLOCK):
            if wanted[cell]:
                begin = min(begin, last - period[cell] if period[cell] else 0)
        if begin == last:
            continue
        fill(room, 0, centre, 0, first)
        fill(room, 1, centre, 1, first)
        fill(room, 2, xs, begin, first)
        fill(room, 3, ys, begin, first)
        for lane in range(BLOCK):
            p = period[first + lane]
            room[6 * BLOCK + lane] = 0.0
            room[7 * BLOCK + lane] = float(p)
        for t in range(begin + 1, last + 1):
            fill(room, 4, xs, t, first)
            fill(room, 5, ys, t, first)
            left, weight = float(last - t), weights[t - 1]
            for lane in range(BLOCK):
                a, b = room[lane], room[BLOCK + lane]
                x, y = room[2 * BLOCK + lane] - a, room[3 * BLOCK + lane] - b
                u, w = room[4 * BLOCK + lane] - a, room[5 * BLOCK + lane] - b
                p = room[7 * BLOCK + lane]
                own = 1.0 if left < p else 0.0
                own = weight if p == 0.0 else own
                room[6 * BLOCK + lane] += own * angle(x * w - y * u, x * u + y * w)
                room[2 * BLOCK + lane] = room[4 * BLOCK + lane]
                room[3 * BLOCK + lane] = room[5 * BLOCK + lane]
        for lane in range(BLOCK):
            total, p = room[6 * BLOCK + lane], room[7 * BLOCK + lane]
            out[first + lane] = total / p if p else total


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


def spread_over_period(xs, ys, period, out):  # type: ignore[no-untyped-def]
    """Set the root mean square distance from the mean of cells that have a period."""
    end = xs.shape[0]
    for cell in range(xs.shape[1]):
        p = period[cell]
        if p > 1:
            x, y, square = 0.0, 0.0, 0.0
            for t in range(end - p, end):
                x += xs[t, cell] / p
                y += ys[t, cell] / p
            for t in range(end - p, end):
                square += (xs[t, cell] - x) ** 2 + (ys[t, cell] - y) ** 2
            out[cell] = math.sqrt(square / p)


def displacements(xs, ys, heading, height):  # type: ignore[no-untyped-def]
    """Set direction and log length of each displacement, NaN where there is none."""
    wide_vectors()
    room = scratch(xs, 1)
    for first in range(0, xs.shape[1], BLOCK):
        for t in range(xs.shape[0] - 1):
            fill(room, 0, xs, t, first)
            fill(room, 1, ys, t, first)
            fill(room, 2, xs, t + 1, first)
            fill(room, 3, ys, t + 1, first)
            for lane in range(BLOCK):
                dx = room[2 * BLOCK + lane] - room[lane]
                dy = room[3 * BLOCK + lane] - room[BLOCK + lane]
                size = max(abs(dx), abs(dy))
                u, w = dx / size, dy / size  # squares overflow
                length = math.sqrt(u * u + w * w) * size
                usable = (length > 0.0) & (length < math.inf)
                room[4 * BLOCK + lane] = angle(w, u) if usable else math.nan
                room[5 * BLOCK + lane] = log_length(length) if usable else math.nan
            empty(room, 4, heading, t, first)
            empty(room, 5, height, t, first)


def partings(xs, ys, period, out):  # type: ignore[no-untyped-def]
    """Set the least distance to a state p/q steps before, q the primes that divide p.

    The largest over the last p states for each q; cells without a period are left.
    """
    for cell in range(xs.shape[1]):
        p = period[cell]
        q, rest = 2, p
        while p > 1 and rest > 1:
            if rest % q:
                q += 1
                continue
            while rest % q == 0:
                rest //= q
            worst = 0.0
            for t in range(xs.shape[0] - p, xs.shape[0]):
                dx = abs(xs[t, cell] - xs[t - p // q, cell])
                dy = abs(ys[t, cell] - ys[t - p // q, cell])
                worst = max(worst, dx, dy)
            out[cell] = min(out[cell], worst)
