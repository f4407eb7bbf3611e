"""Lines on which a function of two coordinates changes its sign, on a grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_SECANTS = 12
"""A place is brought onto a line in so many secant steps at most; four or five do."""
_SHIFT = 1e-5
"""A secant's first two points are this far apart, in units of the box."""
_STILL = 2e-15
"""A secant step this small is rounding's, of places in the unit box."""
_NEXT = 1e-20
"""Two steps whose product is this small are the last: the next one is a multiple of it
and below rounding."""
_FLAT = 4
"""So many steps of regula falsi place a crossing on an edge of the grid well enough to
span a polygon; the secants above bring its points onto the line."""

Test = Callable[[np.ndarray], np.ndarray]
"""Values of a function at places of shape (points, 2)."""


class GridLine(NamedTuple):
    """Crossed edges of the grid in order: the ends of each edge, and its values.

    A line is closed where its last edge is beside its first.
    """

    starts: np.ndarray
    stops: np.ndarray
    before: np.ndarray
    after: np.ndarray
    closed: bool


def lines(nodes: np.ndarray, values: np.ndarray, noise: np.ndarray) -> list[GridLine]:
    """Return the lines between nodes of different signs, by marching squares.

    Parameters
    ----------
    nodes : ndarray, shape (n,)
        The grid's coordinates along both axes.
    values : ndarray, shape (n, n)
        The function on the grid; a NaN has no sign.
    noise : ndarray, shape (n, n)
        Values up to this have no sign.
    """
    signs = np.where(np.abs(values) > noise, np.sign(values), 0.0)
    signs = np.where(np.isfinite(values), signs, 0.0)
    along = signs[:-1] * signs[1:] < 0
    across = signs[:, :-1] * signs[:, 1:] < 0
    index = np.full((2, *values.shape), -1)
    index[0, :-1][along] = np.arange(along.sum())
    index[1, :, :-1][across] = along.sum() + np.arange(across.sum())
    i, j = (
        np.concatenate(p) for p in zip(along.nonzero(), across.nonzero(), strict=True)
    )
    step = np.repeat([[1, 0], [0, 1]], [along.sum(), across.sum()], axis=0)
    k, m = i + step[:, 0], j + step[:, 1]
    starts, stops = nodes[np.stack([i, j], 1)], nodes[np.stack([k, m], 1)]
    whole = GridLine(starts, stops, values[i, j], values[k, m], False)
    return [_taken(whole, *chain) for chain in _chains(_links(index, values), len(i))]


def _taken(whole: GridLine, order: list[int], closed: bool) -> GridLine:
    starts, stops, before, after = (part[order] for part in whole[:4])
    return GridLine(starts, stops, before, after, closed)


def _links(index: np.ndarray, values: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs of crossed edges that a line joins inside a cell."""
    low, high = index[0, :-1, :-1], index[0, :-1, 1:]
    left, right = index[1, :-1, :-1], index[1, 1:, :-1]
    edges = np.stack([low, high, left, right], axis=-1)
    crossed = np.sum(edges >= 0, axis=-1)
    pairs = [tuple(e[e >= 0]) for e in edges[crossed == 2]]
    for i, j in zip(*np.nonzero(crossed == 4), strict=True):
        low_edge, high_edge, left_edge, right_edge = edges[i, j]
        corners = values[i : i + 2, j : j + 2]
        if corners.mean() * corners[0, 0] > 0:
            pairs += [(low_edge, right_edge), (left_edge, high_edge)]
        else:
            pairs += [(low_edge, left_edge), (high_edge, right_edge)]
    return [(int(a), int(b)) for a, b in pairs]


def _chains(pairs: list[tuple[int, int]], count: int) -> list[tuple[list[int], bool]]:
    beside: list[list[int]] = [[] for _ in range(count)]
    for a, b in pairs:
        beside[a].append(b)
        beside[b].append(a)
    seen = [False] * count
    found = []
    ends = [k for k in range(count) if len(beside[k]) == 1]
    for first in (*ends, *range(count)):
        if seen[first] or not beside[first]:
            continue
        chain, here = [], first
        while here >= 0:
            seen[here] = True
            chain.append(here)
            here = next((k for k in beside[here] if not seen[k]), -1)
        closed = len(beside[first]) == 2 and len(chain) > 2
        found.append((chain, closed))
    return found


def zeros_on_edges(test: Test, line: GridLine) -> np.ndarray:
    """Return a place on each edge of a line, near where the function vanishes."""
    a, b = np.zeros(len(line.starts)), np.ones(len(line.starts))
    at_a, at_b = line.before.copy(), line.after.copy()
    edge = line.stops - line.starts
    for last in reversed(range(_FLAT)):
        apart = np.where(at_a == at_b, 1.0, at_a - at_b)  # zero both: b is the place
        t = np.where(at_a == at_b, b, a + (b - a) * at_a / apart)
        if not last:
            break
        value = test(line.starts + t[:, None] * edge)
        same = value * at_b > 0
        at_a = np.where(same, at_a / 2, at_b)  # Illinois: the stale end counts half
        a = np.where(same, a, b)
        b, at_b = t, value
    return np.asarray(line.starts + np.clip(t, 0, 1)[:, None] * edge)


def onto(test: Test, places: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Return where the function vanishes on lines through places, NaN if not found.

    Parameters
    ----------
    test : callable
    places, ways : ndarray, shape (points, 2)
        Places near the zeros, and unit vectors across.
    """
    t, value = np.zeros(len(places)), test(places)
    done = value == 0
    step = np.where(done, 0.0, _SHIFT)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_SECANTS):
            t, last = t + step, value
            value = test(places + t[:, None] * ways)
            slope, before = (value - last) / step, step
            step = np.where(done | (value == 0), 0.0, -value / slope)
            done |= (np.abs(step) <= _STILL) | (np.abs(step * before) <= _NEXT)
            if done.all():
                break
            step = np.clip(step, -0.1, 0.1)
    t = np.where(done, t + step, np.nan)
    return np.asarray(places + t[:, None] * ways)
