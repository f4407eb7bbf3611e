"""Compiled loops over a recorded window: averages, returns and turning.

A window has a row per step and a column per cell, a multiple of `BLOCK` columns. These
loops know no rule and no game, so they are compiled once.
"""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from gandyn._lane_blocks import BLOCK

CONFIRMING = 4
"""Share of the window, as its inverse, whose states must all return before a period is
believed: an orbit may hardly move for long before it goes on."""


def weighted_moments(values, full, half, out):  # type: ignore[no-untyped-def]
    """Set ``out`` to weighted means of values and of their squares, and the largest.

    Of all rows with the weights ``full``, of the first and of the second half of them
    with the weights ``half``; less the last row, which keeps digits. ``out`` has shape
    (7, cells): three means, three mean squares, the largest modulus.
    """
    rows = half.shape[0]
    for first in range(0, values.shape[1], BLOCK):
        sums = np.zeros(7 * BLOCK)
        last = values[values.shape[0] - 1, first : first + BLOCK].copy()
        for part in range(2):
            for row in range(rows):
                step = part * rows + row
                weight, own = full[step], half[row]
                for lane in range(BLOCK):
                    value = values[step, first + lane]
                    moved = value - last[lane]
                    square = moved * moved
                    sums[lane] += weight * moved
                    sums[3 * BLOCK + lane] += weight * square
                    sums[(1 + part) * BLOCK + lane] += own * moved
                    sums[(4 + part) * BLOCK + lane] += own * square
                    sums[6 * BLOCK + lane] = max(sums[6 * BLOCK + lane], abs(value))
        for row in range(7):
            out[row, first : first + BLOCK] = sums[row * BLOCK : (row + 1) * BLOCK]


def first_returns(xs, ys, tolerance, period, distance):  # type: ignore[no-untyped-def]
    """Set the least period at which a whole turn returns, and how nearly it does.

    A cell's period stays 0 where none up to half of the window does: the last p states
    (and a quarter of the window at the least) must each lie within the tolerance of the
    state p steps before.
    """
    last = xs.shape[0] - 1
    for first in range(0, xs.shape[1], BLOCK):
        for p in range(1, (last + 1) // 2 + 1):
            hits = 0
            for cell in range(first, first + BLOCK):
                dx = abs(xs[last, cell] - xs[last - p, cell])
                dy = abs(ys[last, cell] - ys[last - p, cell])
                hits += int(dx <= tolerance[cell]) & int(dy <= tolerance[cell])
            if not hits:
                continue
            for cell in range(first, first + BLOCK):
                if period[cell] == 0:
                    worst = _return_distance(xs, ys, cell, p, tolerance[cell])
                    if worst <= tolerance[cell]:
                        period[cell] = p
                        distance[cell] = worst


@register_jitable
def _return_distance(xs, ys, cell, p, near):  # type: ignore[no-untyped-def]
    """Return the largest distance to the state p steps before, or one beyond near."""
    last = xs.shape[0] - 1
    worst = 0.0
    for t in range(last, last - max(p, xs.shape[0] // CONFIRMING), -1):
        dx, dy = abs(xs[t, cell] - xs[t - p, cell]), abs(ys[t, cell] - ys[t - p, cell])
        worst = max(worst, dx, dy)
        if not worst <= near:
            return np.inf
    return worst


def mean_turning(xs, ys, cells, centre_x, centre_y, period, weights, out):  # type: ignore[no-untyped-def]
    """Set the mean turning of some cells about a centre, in radians per step.

    Over exactly one period where there is one, weighted over the window elsewhere.
    """
    last = xs.shape[0] - 1
    for i in range(cells.shape[0]):
        cell = cells[i]
        begin = last - period[cell] if period[cell] else 0
        x, y = xs[begin, cell] - centre_x[cell], ys[begin, cell] - centre_y[cell]
        total = 0.0
        for t in range(begin + 1, last + 1):
            u, w = xs[t, cell] - centre_x[cell], ys[t, cell] - centre_y[cell]
            turn = math.atan2(x * w - y * u, x * u + y * w)
            total += turn if period[cell] else turn * weights[t - 1]
            x, y = u, w
        out[i] = total / period[cell] if period[cell] else total


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
