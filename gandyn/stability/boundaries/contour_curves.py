"""Curves of critical multipliers on an equilibrium surface, all points at once."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gandyn.dynamics.spectra import eigenvalues
from gandyn.stability.boundaries.contours import (
    GridLine,
    Test,
    lines,
    onto,
    zeros_on_edges,
)
from gandyn.stability.boundaries.equilibrium_surface import (
    GRID_INTERVALS,
    EquilibriumSurface,
    critical,
    critical_pair,
    critical_real,
)
from gandyn.stability.continuation.newton import Newton, iterate

CRITICAL_SIDES = (0, -1, 1)
"""What is critical: a complex pair, a multiplier at -1, a multiplier at 1."""
_CLOSE = 0.3 / GRID_INTERVALS
"""Crossed edges nearer to each other than a third of the grid's spacing say little of a
line's direction: one of them is left out."""
_PASSES = 3
"""Points are spread evenly along a line in so many rounds at most; two are the rule."""
_UNEVEN = 1.08
"""Neighbouring points that are this many strides apart pass: they are as even as the
polygon through the points of the last round lets them be."""
_SHORT = 0.97
"""This part of a stride is aimed at, so that few gaps come out longer than one."""
ON_CIRCLE = 1e-8
"""A point's multiplier must be this near to the circle, or the line is no curve: the
root of rounding is what a double multiplier is off by."""
_STRUCTURAL = 0.1
"""Where this part of the grid has no sign, the test function vanishes for a reason: a
curve alone takes the sign of a few nodes only."""
_COARSE = 4
"""The multipliers of every fourth node in each direction are counted: that is a check
of the test functions, which know all nodes."""
_MEETING = Newton(most=8, still=1e-13, at_last=math.inf)
"""Four moves to where a pair meets do; whether it does its multipliers tell, so the
last of all moves may be of any size."""
_APART = 1e-6
"""The secants of these moves span this part of the box: what they miss is of its
square, and rounding of 1e-10."""


class ContourCurve(NamedTuple):
    """A curve in coordinates of the box; of side 2 are folds of the equilibrium."""

    side: int
    places: np.ndarray
    multipliers: np.ndarray
    others: np.ndarray
    ends: tuple[str, str]


def contour_curves(
    surface: EquilibriumSurface, side: int, stride: float
) -> tuple[list[ContourCurve], list[GridLine]]:
    """Return the curves of one kind, and lines that did not become curves."""
    found, failed = [], []
    test = surface.test(side)
    for line in lines(surface.grid.nodes, *surface.tests(side)):
        places = _spread(test, line, stride)
        parts = None if places is None else _parts(surface, side, places, line)
        if parts is None:
            failed.append(line)
        else:
            found += parts
    return found, failed


def structural(surface: EquilibriumSurface, side: int) -> bool:
    """Tell whether a test function vanishes all over a part of the box."""
    values, noise = surface.tests(side)
    return bool(np.mean(np.abs(values) <= noise) > _STRUCTURAL)


def hidden(surface: EquilibriumSurface) -> bool:
    """Tell whether multipliers cross in twos, which turns no determinant's sign.

    Between neighbours of a coarser grid the count of multipliers outside the circle
    differs, and no test function does.
    """
    maps = surface.grid.maps[::_COARSE, ::_COARSE]
    shape, size = maps.shape[:2], maps.shape[-1]
    flat = maps.reshape(-1, size, size)
    sound = np.isfinite(flat).all(axis=(1, 2))
    flat = np.where(sound[:, None, None], flat, 0.0)
    moduli = np.sort(np.abs(eigenvalues(flat)), axis=1)
    clear = sound & (np.min(np.abs(moduli - 1), axis=1) > ON_CIRCLE)
    count = np.sum(moduli > 1, axis=1).reshape(shape)
    tests = [critical(flat, side) for side in CRITICAL_SIDES]
    signs = np.sign(tests).reshape(len(CRITICAL_SIDES), *shape)
    clear = clear.reshape(shape)
    for axis in (0, 1):
        turned = np.any(np.diff(signs, axis=axis + 1) != 0, axis=0)
        both = np.take(clear, range(shape[axis] - 1), axis)
        both = both & np.take(clear, range(1, shape[axis]), axis)
        if np.any((np.diff(count, axis=axis) != 0) & ~turned & both):
            return True
    return False


def _spread(test: Test, line: GridLine, stride: float) -> np.ndarray | None:
    """Return points at even distances along a line, on the curve to rounding."""
    if len(line.starts) < 2:
        return None
    vertices = _thinned(zeros_on_edges(test, line))
    if line.closed:
        vertices = np.concatenate([vertices, vertices[:1]])
    for _ in range(_PASSES):
        gaps = np.linalg.norm(np.diff(vertices, axis=0), axis=1)
        if not np.all(gaps > 0):
            return None
        length = np.concatenate([[0.0], np.cumsum(gaps)])
        count = max(int(np.ceil(length[-1] / (_SHORT * stride))), 2)
        along = np.linspace(0.0, length[-1], count + 1)
        between = np.stack([np.interp(along, length, part) for part in vertices.T], 1)
        tangents = np.gradient(between, axis=0)
        ways = np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)
        if not line.closed:
            ways[[0, -1]] = (line.stops - line.starts)[[0, -1]]
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        places = onto(test, between, ways)
        if line.closed:
            places[-1] = places[0]
        gaps = np.linalg.norm(np.diff(places, axis=0), axis=1)
        if not np.isfinite(gaps).all():
            return None
        if np.max(gaps) <= _UNEVEN * stride:
            return places
        vertices = places
    return None


def _thinned(vertices: np.ndarray) -> np.ndarray:
    gaps = np.linalg.norm(np.diff(vertices, axis=0), axis=1)
    if np.all(gaps > _CLOSE):
        return vertices
    kept, places = [0], vertices.tolist()
    for k in range(1, len(places) - 1):
        near = (math.dist(places[k], places[j]) for j in (kept[-1], -1))
        if min(near) > _CLOSE:
            kept.append(k)
    return vertices[[*kept, len(vertices) - 1]]


def _parts(
    surface: EquilibriumSurface, side: int, places: np.ndarray, line: GridLine
) -> list[ContourCurve] | None:
    """Return the curve, without the parts where a pair's multipliers are real."""
    _, maps = surface.at(places)
    if not np.isfinite(maps).all():
        return None
    own, rest = critical_real(maps, side) if side else critical_pair(maps)
    product = np.prod(own, axis=1) * (side or 1)
    if np.max(np.abs(product - 1)) > ON_CIRCLE:
        return None
    others = np.max(np.abs(rest), axis=1, initial=0.0)
    ends = ("closed",) * 2 if line.closed else (_end(line, 0), _end(line, -1))
    if side:
        return [ContourCurve(side, places, own[:, 0].real + 0j, others, ends)]
    pair = np.where(own[:, 0].imag > 0, own[:, 0], own[:, 1])
    turning = pair.imag > 0
    if turning.all():
        return [ContourCurve(0, places, pair, others, ends)]
    if line.closed:  # begin where it is interrupted
        first = int(np.argmin(turning))
        order = np.roll(np.arange(len(places) - 1), -first)
        order = np.append(order, order[0])
        places, pair, others, turning = (
            part[order] for part in (places, pair, others, turning)
        )
    whole = ContourCurve(0, places, pair, others, ends)
    return [_cut(surface, whole, *run) for run in _runs(turning)]


def _end(line: GridLine, which: int) -> str:
    edge = np.stack([line.starts[which], line.stops[which]])
    on_side = (edge[0] == edge[1]) & ((edge[0] == 0) | (edge[0] == 1))
    return "box" if on_side.any() else "lost"


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return where runs of true values begin and end."""
    steps = np.diff(np.concatenate([[0], mask.astype(int), [0]]))
    pairs = zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True)
    return [(int(a), int(b)) for a, b in pairs]


def _cut(
    surface: EquilibriumSurface, whole: ContourCurve, start: int, stop: int
) -> ContourCurve:
    """Return a run of complex pairs, to where they meet on the real axis."""
    columns = [part[start:stop] for part in whole[1:4]]
    ends = list(whole.ends)
    for end, inside, outside in ((0, start, start - 1), (1, stop - 1, stop)):
        if not 0 <= outside < len(whole.places):
            continue
        side = 1 if whole.multipliers[inside].real > 0 else -1
        met = _meeting(surface, whole.places[[inside, outside]], side)
        ends[end] = "resonance"
        if met is not None:
            place, others = met
            new = (place[None], np.array([side + 0j]), np.array([others]))
            columns = [
                np.concatenate([part, extra] if end else [extra, part])
                for part, extra in zip(columns, new, strict=True)
            ]
    return ContourCurve(0, columns[0], columns[1], columns[2], (ends[0], ends[1]))


def _meeting(
    surface: EquilibriumSurface, between: np.ndarray, side: int
) -> tuple[np.ndarray, float] | None:
    """Return where both multipliers of a pair are at ±1, and the largest other one.

    Newton's method by secants on their product and sum, which are smooth there. It
    keeps to the box, beyond which there are no maps, and so do the secants.
    """
    start = between.mean(axis=0)
    farthest = 4 * np.linalg.norm(between[1] - between[0])

    def near(place: np.ndarray) -> bool:
        return bool(np.linalg.norm(place - between[0]) <= farthest)

    def move(place: np.ndarray, _: int) -> tuple[np.ndarray, float] | None:
        apart = np.where(place > 0.5, -_APART, _APART)
        maps = surface.at(place + np.vstack([0 * apart, np.diag(apart)]))[1]
        if not np.isfinite(maps).all():
            return None
        gaps = _gaps(maps, side)
        slopes = (gaps[1:] - gaps[0]).T / apart
        change = np.linalg.lstsq(slopes, gaps[0], rcond=None)[0]
        return np.clip(place - change, 0.0, 1.0), float(np.linalg.norm(change))

    found = iterate(move, start, _MEETING, near)
    if found is None:
        return None
    place = found.at
    _, maps = surface.at(place[None])
    if not np.abs(_gaps(maps, side)).max() <= ON_CIRCLE:
        return None
    return place, float(np.max(np.abs(critical_pair(maps)[1]), initial=0.0))


def _gaps(maps: np.ndarray, side: int) -> np.ndarray:
    """Return the product less 1 and the sum less ±2 of critical pairs, (points, 2)."""
    values = critical_pair(maps)[0]
    return np.stack([np.prod(values, 1) - 1, np.sum(values, 1) - 2 * side], 1).real
