"""Compiled loops over a recorded window: averages, returns and turning.

A window has a row per step and a column per cell, a multiple of `BLOCK` columns. These
loops know no rule and no game, so they are compiled once.
"""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from gandyn._lane_blocks import BLOCK, empty, fill, interleave, scratch, wide_vectors
from gandyn._polar import angle, log_length
from gandyn.dynamics.recognition._growth_kernels import growths
from gandyn.dynamics.recognition._turning_kernels import FAR, turned_as_one

_CONFIRMING = 4
"""Share of the window, as its inverse, whose states must all return before a period is
believed: an orbit may hardly move for long before it goes on."""
_SCATTERED = 61
"""Steps between the states of that share that are asked first."""
_RECURRENCE = 1e-7
"""Return distance over amplitude under which an orbit may be periodic."""
REGULAR = 1e-3
"""Birkhoff averages of two halves agree to this share of the amplitude: regular."""
STATIONARY = 0.02
"""Relative change of amplitude between two halves that counts as none."""
_SLACK = 1.0 + 1e-9
"""Turning is measured of cells that others may find regular by a rounding."""
_HARDLY = 16 * math.pi
"""Turning over a window that says nothing: that of a curve that passes its own mean, as
a figure of eight does, is a sum of jumps."""
LAST, ROWS = 7, 8
"""Where the scratch array of moments holds the last row, and those to be added."""
_TOGETHER = 4
"""Rows added at a time."""
X, Y, LEADING, SECOND = 0, 7, 14, 21
"""Where the measures of x, y and the growth of either tangent begin: three weighted
means, of all rows and of either half, three variances about them, and the largest
modulus."""
GROWTH, UNSURE, BESIDE, PERIOD, DISTANCE, PARTING, SPREAD, TURNS, MEASURES = range(
    28, 37
)
"""Rows of other measures, and how many rows there are."""


def measure_window(xs, ys, growth, weights, out, at):  # type: ignore[no-untyped-def]
    """Measure a window whose first cell has the column ``at`` of ``out``.

    Parameters
    ----------
    xs, ys : ndarray, shape (steps, cells)
    growth : ndarray, shape (2 * passes, cells)
        Of the leading tangent, then of the second.
    weights : tuple of ndarray
        Of all rows of an even number of steps and of half of them, of the passes in the
        same way, and of the displacements.
    out : ndarray, shape (MEASURES, all cells)
    """
    full, half, of_passes, of_half, of_turns = weights
    passes = growth.shape[0] // 2
    for first in range(0, xs.shape[1], BLOCK):
        column = at + first
        _moments(xs, 0, first, full, half, out, X, column)
        _moments(ys, 0, first, full, half, out, Y, column)
        _moments(growth, 0, first, of_passes, of_half, out, LEADING, column)
        _moments(growth, passes, first, of_passes, of_half, out, SECOND, column)
        growths(growth, first, passes, xs.shape[0], out, GROWTH, column)
        _first_returns(xs, ys, first, out, column)
        for lane in range(BLOCK):
            _part(xs, ys, first + lane, out, column + lane)
            _spread_over_period(xs, ys, first + lane, out, column + lane)
        _mean_turning(xs, ys, first, of_turns, out, column)
        for lane in range(BLOCK):
            _turn_to_and_fro(xs, ys, first + lane, of_turns, out, column + lane)


@register_jitable
def _moments(values, begin, first, full, half, out, row, column):  # type: ignore[no-untyped-def]
    """Set weighted means, variances and the largest modulus of a block.

    Less the last row meanwhile, which keeps digits.
    """
    wide_vectors()
    rows = half.shape[0]
    room = scratch(values, 1)
    for place in range(LAST * BLOCK):
        room[place] = 0.0
    fill(room, LAST, values, begin + 2 * rows - 1, first)
    for part in range(2):
        together = rows - rows % _TOGETHER
        for start in range(0, together, _TOGETHER):
            step = part * rows + start
            for k in range(_TOGETHER):
                fill(room, ROWS + k, values, begin + step + k, first)
            _add_rows(room, part, full, step, half, start, _TOGETHER)
        for start in range(together, rows):
            step = part * rows + start
            fill(room, ROWS, values, begin + step, first)
            _add_rows(room, part, full, step, half, start, 1)
    for lane in range(BLOCK):
        if not math.isfinite(room[lane]):
            room[6 * BLOCK + lane] = math.nan
        for part in range(3):
            moved, square = room[part * BLOCK + lane], room[(3 + part) * BLOCK + lane]
            room[part * BLOCK + lane] = room[LAST * BLOCK + lane] + moved
            room[(3 + part) * BLOCK + lane] = np.maximum(square - moved * moved, 0.0)
    for k in range(LAST):
        empty(room, k, out, row + k, column)


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


@register_jitable(forceinline=True)
def _root_of_squares(out, part, cell):  # type: ignore[no-untyped-def]
    """Return the amplitude over all of the window, or over a half of it."""
    return math.sqrt(out[X + 3 + part, cell] + out[Y + 3 + part, cell])


@register_jitable
def _first_returns(xs, ys, first, out, column):  # type: ignore[no-untyped-def]
    """Set the least period at which a whole turn returns, and how nearly it does.

    A cell's period stays 0 where none up to half of the window does: the last p states
    (and a quarter of the window at the least) must each lie within the tolerance of the
    state p steps before.
    """
    wide_vectors()
    last = xs.shape[0] - 1
    room = scratch(xs, 1)
    fill(room, 0, xs, last, first)
    fill(room, 1, ys, last, first)
    for lane in range(BLOCK):
        room[2 * BLOCK + lane] = _RECURRENCE * _root_of_squares(out, 0, column + lane)
        out[PERIOD, column + lane] = 0.0
        out[DISTANCE, column + lane] = math.inf
    for p in range(1, (last + 1) // 2 + 1):
        fill(room, 3, xs, last - p, first)
        fill(room, 4, ys, last - p, first)
        hits = 0
        for lane in range(BLOCK):
            dx = abs(room[lane] - room[3 * BLOCK + lane])
            dy = abs(room[BLOCK + lane] - room[4 * BLOCK + lane])
            near = room[2 * BLOCK + lane]
            hit = int(dx <= near) & int(dy <= near)
            room[5 * BLOCK + lane] = hit
            hits += hit
        if not hits:
            continue
        for lane in range(BLOCK):
            if not room[5 * BLOCK + lane]:
                continue
            near = room[2 * BLOCK + lane]
            worst = _return_distance(xs, ys, first + lane, p, near)
            if worst <= near:
                out[PERIOD, column + lane] = p
                out[DISTANCE, column + lane] = worst
                room[2 * BLOCK + lane] = -1.0  # found: it returns no more


@register_jitable
def _return_distance(xs, ys, cell, p, near):  # type: ignore[no-untyped-def]
    """Return the largest distance to the state p steps before, or one beyond near.

    A few states from all of the stretch are asked first: an orbit that drifts returns
    nearly for a while.
    """
    last = xs.shape[0] - 1
    begin = last + 1 - max(p, xs.shape[0] // _CONFIRMING)
    worst = 0.0
    for stride in (_SCATTERED, 1):
        for t in range(begin, last + 1, stride):
            dx = abs(xs[t, cell] - xs[t - p, cell])
            dy = abs(ys[t, cell] - ys[t - p, cell])
            worst = max(worst, dx, dy)
            if not worst <= near:
                return np.inf
    return worst


@register_jitable
def _part(xs, ys, cell, out, column):  # type: ignore[no-untyped-def]
    """Set the least distance to a state p/q steps before, q the primes that divide p.

    The largest over the last p states for each q, infinite without a period.
    """
    out[PARTING, column] = math.inf
    p = int(out[PERIOD, column])
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
        out[PARTING, column] = min(out[PARTING, column], worst)


@register_jitable
def _spread_over_period(xs, ys, cell, out, column):  # type: ignore[no-untyped-def]
    """Set the root mean square distance from the mean, over a period if it has one."""
    out[SPREAD, column] = _root_of_squares(out, 0, column)
    p, end = int(out[PERIOD, column]), xs.shape[0]
    if p > 1:
        x, y, square = 0.0, 0.0, 0.0
        for t in range(end - p, end):
            x += xs[t, cell] / p
            y += ys[t, cell] / p
        for t in range(end - p, end):
            square += (xs[t, cell] - x) ** 2 + (ys[t, cell] - y) ** 2
        out[SPREAD, column] = math.sqrt(square / p)


@register_jitable
def _turns_regularly(out, column):  # type: ignore[no-untyped-def]
    """Tell whether a cell may be found to circle: periodic, or as regular as that."""
    whole, early, late = (
        _root_of_squares(out, 0, column),
        _root_of_squares(out, 1, column),
        _root_of_squares(out, 2, column),
    )
    error = max(
        abs(out[X + 1, column] - out[X + 2, column]),
        abs(out[Y + 1, column] - out[Y + 2, column]),
    )
    regular = error <= _SLACK * REGULAR * whole
    steady = abs(late - early) <= _SLACK * STATIONARY * early
    return out[PERIOD, column] > 1 or (regular and steady)


@register_jitable
def _mean_turning(xs, ys, first, weights, out, column):  # type: ignore[no-untyped-def]
    """Set the mean turning about the mean, in radians per step, where it is regular.

    Over exactly one period where there is one, weighted over the window elsewhere.
    """
    wide_vectors()
    last = xs.shape[0] - 1
    room = scratch(xs, 1)
    begin = last
    for lane in range(BLOCK):
        out[TURNS, column + lane] = math.nan
        if _turns_regularly(out, column + lane):
            p = int(out[PERIOD, column + lane])
            begin = min(begin, last - p if p else 0)
    if begin == last:
        return
    fill(room, 0, out, X, column)
    fill(room, 1, out, Y, column)
    fill(room, 2, xs, begin, first)
    fill(room, 3, ys, begin, first)
    fill(room, 7, out, PERIOD, column)
    for lane in range(BLOCK):
        room[2 * BLOCK + lane] -= room[lane]
        room[3 * BLOCK + lane] -= room[BLOCK + lane]
        for k in (6, 8, 9):
            room[k * BLOCK + lane] = 0.0
    for t in range(begin + 1, last + 1):
        fill(room, 4, xs, t, first)
        fill(room, 5, ys, t, first)
        left, weight = float(last - t), weights[t - 1]
        for lane in range(BLOCK):
            x, y = room[2 * BLOCK + lane], room[3 * BLOCK + lane]
            u = room[4 * BLOCK + lane] - room[lane]
            w = room[5 * BLOCK + lane] - room[BLOCK + lane]
            p = room[7 * BLOCK + lane]
            own = 1.0 if left < p else 0.0
            own = weight if p == 0.0 else own
            turned = angle(x * w - y * u, x * u + y * w)
            room[6 * BLOCK + lane] += own * turned
            room[8 * BLOCK + lane] = np.maximum(room[8 * BLOCK + lane], turned)
            room[9 * BLOCK + lane] = np.minimum(room[9 * BLOCK + lane], turned)
            room[2 * BLOCK + lane] = u
            room[3 * BLOCK + lane] = w
            interleave((), 4, 2)
    for lane in range(BLOCK):
        if _turns_regularly(out, column + lane):
            total, p = room[6 * BLOCK + lane], room[7 * BLOCK + lane]
            far = min(room[8 * BLOCK + lane], -room[9 * BLOCK + lane]) > FAR
            if far and (p or abs(total) * xs.shape[0] >= _HARDLY):
                centre = room[lane], room[BLOCK + lane]
                total = turned_as_one(xs, ys, first + lane, centre, int(p), weights)
            out[TURNS, column + lane] = total / p if p else total


@register_jitable
def _turn_to_and_fro(xs, ys, cell, weights, out, column):  # type: ignore[no-untyped-def]
    """Set the mean turning of an orbit that hardly turns about its mean.

    A figure of eight does not, although it has a rotation. In the plane of a number and
    its next displacement every passage of the mean turns the same way; of the two
    numbers the one that varies more is taken.
    """
    rows = xs.shape[0]
    if out[PERIOD, column] > 0 or not abs(out[TURNS, column]) * rows < _HARDLY:
        return
    wider = out[Y + 3, column] > out[X + 3, column]
    values, row = (ys, Y) if wider else (xs, X)
    mean, square = out[row, column], 0.0
    for t in range(rows - 1):
        square += (values[t + 1, cell] - values[t, cell]) ** 2
    if not square > 0.0:
        return
    scale = math.sqrt(out[row + 3, column] * (rows - 1) / square)
    x, y = values[0, cell] - mean, scale * (values[1, cell] - values[0, cell])
    total = 0.0
    for t in range(1, rows - 1):
        u = values[t, cell] - mean
        w = scale * (values[t + 1, cell] - values[t, cell])
        total += weights[t - 1] * angle(x * w - y * u, x * u + y * w)
        x, y = u, w
    out[TURNS, column] = total


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
