"""Curves in two fields on which a branch of fixed points turns back."""

from __future__ import annotations

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.boundaries.contour_curves import ContourCurve
from gandyn.stability.boundaries.contours import GridLine, lines
from gandyn.stability.boundaries.equilibrium_surface import (
    EquilibriumSurface,
    critical_real,
)
from gandyn.stability.crossings.branches import Sample
from gandyn.stability.crossings.folds import find_fold

_REACH = 0.5
"""A fold up to this part of an interval beyond an edge of the grid belongs to it."""
_TURNED = 1e-5
"""The multiplier is this near to 1 at a fold that is located: it moves as the square
root of the parameter, and is off by the root of what that is."""


def fold_curves(surface: EquilibriumSurface) -> list[ContourCurve]:
    """Return where the equilibrium is lost because it turns back, as curves.

    Each edge of the grid between nodes with and without it leads to a fold on its line,
    by Newton's method on the augmented system; neighbours are joined.
    """
    known = np.isfinite(surface.grid.states[0])
    if known.all():
        return []
    signs = np.where(known, 1.0, -1.0)
    found = (_fold_curve(surface, line) for line in _of(surface, signs))
    return [curve for curve in found if curve is not None]


def _of(surface: EquilibriumSurface, signs: np.ndarray) -> list[GridLine]:
    return lines(surface.grid.nodes, signs, np.zeros_like(signs))


def _fold_curve(surface: EquilibriumSurface, line: GridLine) -> ContourCurve | None:
    places, others = [], []
    for start, stop, sign in zip(line.starts, line.stops, line.before, strict=True):
        inside, outside = (start, stop) if sign > 0 else (stop, start)
        found = _fold(surface, inside, outside - inside)
        if found is not None:
            places.append(found[0])
            others.append(found[1])
    if len(places) < 2:
        return None
    ends = ("closed",) * 2 if line.closed else tuple(map(_end, (places[0], places[-1])))
    multipliers = np.ones(len(places), complex)
    return ContourCurve(
        2, np.array(places), multipliers, np.array(others), (ends[0], ends[1])
    )


def _fold(
    surface: EquilibriumSurface, inside: np.ndarray, way: np.ndarray
) -> tuple[np.ndarray, float] | None:
    """Return the place of the fold on an edge, and the largest other multiplier."""
    line = surface.plane.line(inside, way)
    state = surface.at(inside[None])[0][:, 0]
    try:
        matrix = line.jacobian(state, 0.0)
        turn = find_fold(line, Sample(0.0, state, matrix, np.linalg.eigvals(matrix)))
    except (GandynError, ZeroDivisionError, OverflowError):
        return None
    if turn is None or not -_REACH < turn[0] < 1 + _REACH:
        return None
    own, rest = critical_real(line.jacobian(turn[1], turn[0])[None], 1)
    if abs(own[0, 0] - 1) > _TURNED:
        return None
    return inside + turn[0] * way, float(np.max(np.abs(rest), initial=0.0))


def _end(place: np.ndarray) -> str:
    edge = np.minimum(np.abs(place), np.abs(place - 1)) < _TURNED
    return "box" if edge.any() else "lost"
